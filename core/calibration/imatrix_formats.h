// SPDX-License-Identifier: GPL-3.0-or-later
// The two formats behind imatrix_file.h. Inside calibration/ only.
#pragma once

#include "core/base/mapped_file.h"
#include "core/model/importance.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace quantlathe::imatrix {

/// True when @p file begins like the older format.
bool looksLikeDat(std::span<const std::byte> file);
/// @throws Error(BadFormat) with the byte where it went wrong
Importance::Contents parseDat(const MappedFile& file);
std::vector<std::byte> encodeDat(const Importance& importance);

/// @throws Error(BadFormat, Unsupported)
Importance::Contents parseGguf(const std::shared_ptr<const MappedFile>& file);
/// True when the GGUF header of @p file says that it holds importance data.
bool isImportanceGguf(const std::shared_ptr<const MappedFile>& file);
/// @throws Error(InvalidArgument) for names GGUF cannot hold
std::vector<std::byte> encodeGguf(const Importance& importance);

} // namespace quantlathe::imatrix
