// SPDX-License-Identifier: GPL-3.0-or-later
// The README.md of a written folder: what was done, how well, and how it is served.
#pragma once

#include "core/jobs/folder_job.h"

#include <string>

namespace quantlathe {

/// @param name of the folder; @param method in words ("round to nearest")
std::string folderReadme(const FolderOutput& output, const FolderResult& result, const std::string& name, const std::string& method);

} // namespace quantlathe
