// SPDX-License-Identifier: GPL-3.0-or-later
// Names files of formats that this version does not open, so that the refusal can say what they are.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace quantlathe {

/// @throws Error(Unsupported) naming the format of @p file with advice, or Error(BadFormat) when nothing is
/// recognised
[[noreturn]] void refuseForeignFormat(std::span<const std::byte> file, const std::filesystem::path& path);

} // namespace quantlathe
