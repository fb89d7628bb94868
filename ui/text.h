// SPDX-License-Identifier: GPL-3.0-or-later
// Values of core/ as text for people.
#pragma once

#include "core/base/error.h"
#include "core/model/model.h"

#include <QString>

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace quantlathe::ui {

/// UTF-8 from core/ (names, messages).
QString toQString(std::string_view text);
QString pathText(const std::filesystem::path& path);
std::filesystem::path toPath(const QString& text);

/// "412.3 MiB"
QString bytesText(std::uint64_t bytes);
/// "70.6 B", "512 M", "1,024": counts of weights.
QString countText(std::uint64_t count);
/// All digits with group separators: "8,030,261,248".
QString exactCountText(std::uint64_t count);
/// "4.50"
QString bitsText(double bitsPerWeight);
/// A relative error as a percentage with three significant digits: "0.532 %"; "0 %" for zero, "∞" for infinity.
QString relativeErrorText(double relative);

/// What is wrong: one sentence.
QString messageText(const Error& error);
/// Where (file, offset, tensor) and what to do; may be empty.
QString detailText(const Error& error);

} // namespace quantlathe::ui
