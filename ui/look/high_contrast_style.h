// SPDX-License-Identifier: GPL-3.0-or-later
// Fusion with outlines in the colour of the text: its own, a shade of the window colour, cannot be seen on black.
#pragma once

#include <QProxyStyle>

namespace quantlathe::ui {

class HighContrastStyle : public QProxyStyle
{
    Q_OBJECT
public:
    HighContrastStyle();

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const override;
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const override;
};

} // namespace quantlathe::ui
