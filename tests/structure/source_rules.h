// SPDX-License-Identifier: GPL-3.0-or-later
// The rules of the source tree as functions of a path and a text, so that they can be tried on crafted files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quantlathe::structure {

/// A file of the tree, its path relative to the root with forward slashes.
struct SourceFile
{
    std::string path;
    std::string text;
    std::vector<std::string> generated = {}; ///< names that the build makes from a NAME.in beside the file
};

/// Rooms of core/, ground floor first. A room includes only rooms before it (and itself).
const std::vector<std::string>& roomOrder();

// Each returns one line per violation: "path:line: what". Nothing for files the rule does not concern.

/// core/ includes no Qt and only lower rooms; ui/ includes ui/ and core/; app/ includes ui/ and core/; nobody includes tests/.
/// Quoted includes name the path from the root; what the build generates has none.
std::vector<std::string> includeViolations(const SourceFile& file);
/// The first line (the second after #!) is the licence line.
std::vector<std::string> licenceViolations(const SourceFile& file);
/// At most 800 lines in a source file.
std::vector<std::string> lengthViolations(const SourceFile& file);
/// No paths of the machines it was built on.
std::vector<std::string> machinePathViolations(const SourceFile& file);

} // namespace quantlathe::structure
