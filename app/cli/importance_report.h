// SPDX-License-Identifier: GPL-3.0-or-later
// What --imatrix does for a plan: told before the work, and in JSON.
#pragma once

#include "app/cli/invocation.h"
#include "core/plan/importance_report.h"

namespace quantlathe::cli {

/// One line for each thing that happens to tensors, on standard error; with --quiet only what is missing or wrong. Nothing without importance.
void noteImportance(const Invocation& invocation, const ImportanceMatch* importance, const Plan& plan);

/// {file, hash, datasets, chunks, chunkSize, entries, uses: [{use, what, tensors, example}], unknown}; null without importance.
Json importanceJson(const ImportanceMatch* importance, const Plan& plan);

} // namespace quantlathe::cli
