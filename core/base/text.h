// SPDX-License-Identifier: GPL-3.0-or-later
// Text helpers without locale.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace quantlathe {

/// True when @p text is well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool isValidUtf8(std::string_view text);

/// @p text with everything that is not printable UTF-8 replaced by \xNN and cut to @p limit characters: names from
/// hostile files can be put into messages.
std::string printable(std::string_view text, std::size_t limit = 120);

/// "412.3 MiB": binary units, at most one decimal, bytes below 1024 exact.
std::string formatBytes(std::uint64_t bytes);

/// ASCII lower and upper case.
std::string toLower(std::string_view text);
std::string toUpper(std::string_view text);

} // namespace quantlathe
