// SPDX-License-Identifier: GPL-3.0-or-later
// Rewriting the header of a GGUF file where it stands, so that a crash at any moment leaves a file that can be used.
//
// The only place that writes into a model file, and only because a person asked for it by name. Before the first byte is
// touched, the old header is copied into a file of its own beside the model and reaches the disk. Whoever opens the model
// finds that file after a crash and puts the old header back (or sees that the new one is complete).
//
// Backup ".NAME.quantlathe-header": "QLHDR1\0\0", u64 size of the model file, u64 size of the header H, u64 XXH64 of the new
// header, the H old bytes, u64 XXH64 of everything before.
#pragma once

#include "core/formats/gguf/gguf_header.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace quantlathe::gguf {

/// The header of the file with @p metadata instead of its keys, exactly header.dataOffset bytes long, so that the data stay
/// where they are: shorter ones are filled up with paddingKey. Nothing when it does not fit.
std::optional<std::vector<std::byte>> headerInPlace(const Header& header, const Metadata& metadata);

std::filesystem::path headerBackupPath(const std::filesystem::path& file);

/// Replaces the first newHeader.size() bytes of @p file. The backup is gone afterwards.
/// @param step called between the steps, with their number: for tests that end the process there
/// @throws Error(AccessDenied, Io, DiskFull); InvalidArgument when another program edits the file; the file is then as before
void replaceHeader(const std::filesystem::path& file, std::span<const std::byte> newHeader, const std::function<void(int step)>& step = {});
inline constexpr int replaceHeaderSteps = 5;

enum class HeaderRecovery { NothingToDo, PutBack, WasComplete };
/// Ends an edit that was interrupted. Cheap when there was none: openGguf() calls it for every file.
/// @throws Error(InvalidArgument) while another program edits the file; AccessDenied, Io when the old header cannot be put
/// back; BadFormat when the backup belongs to another file
HeaderRecovery recoverHeader(const std::filesystem::path& file);

} // namespace quantlathe::gguf
