// SPDX-License-Identifier: GPL-3.0-or-later
// Importance data as files: llama.cpp's imatrix in both formats.
#pragma once

#include "core/model/importance.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

namespace quantlathe {

enum class ImportanceFormat { Gguf, Dat };
/// "GGUF" and "dat": what a person reads and types.
std::string_view name(ImportanceFormat format);
/// By the ending of a file's name: ".dat" is the older format, all else GGUF.
ImportanceFormat importanceFormatFor(const std::filesystem::path& file);

/// True when the content of @p file looks like importance data, so that readImportance() is what to call. Reads a header; false for what cannot be
/// read at all.
bool isImportanceFile(const std::filesystem::path& file);

/// Reads importance data of either format, told by content.
/// @throws Error(NotFound, AccessDenied, Io); BadFormat with the byte or the tensor where the file contradicts itself, or when it is
/// something else
std::shared_ptr<const Importance> readImportance(const std::filesystem::path& file);

/// Writes @p importance; the file appears only complete.
/// @throws Error(InvalidArgument) for names too long for the format; AccessDenied, DiskFull, Io
void writeImportance(const Importance& importance, const std::filesystem::path& file, ImportanceFormat format);

} // namespace quantlathe
