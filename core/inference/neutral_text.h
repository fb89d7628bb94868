// SPDX-License-Identifier: GPL-3.0-or-later
// A text to calibrate and judge with where a person has none: resources/calibration/neutral.txt, inside the library.
#pragma once

#include <string_view>

namespace quantlathe {

/// English prose of several kinds, some code, numbers and other languages; UTF-8, 57 KB.
std::string_view neutralText();

} // namespace quantlathe
