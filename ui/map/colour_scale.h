// SPDX-License-Identifier: GPL-3.0-or-later
// Colours for numbers: from dark blue (small) over green to yellow (large). Its lightness grows evenly, so it reads in grey
// and for people who do not tell red from green.
#pragma once

#include <QColor>
#include <QPainter>

namespace quantlathe::ui {

/// @p position 0 ... 1, clamped.
QColor scaleColour(double position);
/// Black or white, whichever reads better on @p background.
QColor textColourOn(const QColor& background);
/// Paints the scale into @p area, from left to right.
void paintScale(QPainter& painter, const QRect& area);

} // namespace quantlathe::ui
