// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers of core/ as text for people, beyond ui/text.h.
#pragma once

#include <QString>

namespace quantlathe::ui {

/// A weight or a statistic of weights: @p digits significant digits; "NaN", "∞", "-∞".
QString weightText(double value, int digits = 6);
/// "3.21 dB"; "∞" when exact.
QString decibelText(double decibels);
/// "12.5 %": a share of 0 ... 1, small shares with more digits; "0 %" only when it is 0.
QString shareText(double share);
/// "45 s", "3 min 20 s", "2 h 05 min".
QString durationText(double seconds);

} // namespace quantlathe::ui
