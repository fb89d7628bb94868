// SPDX-License-Identifier: GPL-3.0-or-later
// What is missing or inconsistent among the tokenizer's keys. Part of checkHeader().
#pragma once

#include "core/analysis/findings.h"

namespace quantlathe {

void addTokenizerFindings(const Metadata& metadata, std::vector<Finding>& findings);

} // namespace quantlathe
