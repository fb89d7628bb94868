// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/look/high_contrast_style.h"

#include <QPainter>
#include <QStyleOption>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

void outline(QPainter& painter, const QStyleOption& option)
{
    const bool hasFocus = option.state & QStyle::State_HasFocus;
    painter.save();
    painter.setBrush(Qt::NoBrush);
    painter.setRenderHint(QPainter::Antialiasing, false);
    painter.setPen(QPen(option.palette.color(hasFocus ? QPalette::Highlight : QPalette::WindowText), hasFocus ? 2 : 1));
    painter.drawRect(hasFocus ? option.rect.adjusted(1, 1, -1, -1) : option.rect.adjusted(0, 0, -1, -1));
    painter.restore();
}

} // namespace

HighContrastStyle::HighContrastStyle() : QProxyStyle(u"fusion"_s) {}

void HighContrastStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter, const QWidget* widget) const
{
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    switch (element) {
    case PE_PanelButtonCommand:
    case PE_FrameLineEdit:
    case PE_PanelLineEdit:
    case PE_FrameGroupBox:
    case PE_FrameTabWidget:
    case PE_Frame:
    case PE_FrameMenu:
    case PE_FrameFocusRect:
        outline(*painter, *option);
        break;
    case PE_IndicatorCheckBox:
    case PE_IndicatorItemViewItemCheck:
        if (!(option->state & State_HasFocus)) // the frame around the text shows the focus
            outline(*painter, *option);
        break;
    default:
        break;
    }
}

void HighContrastStyle::drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter, const QWidget* widget) const
{
    QProxyStyle::drawComplexControl(control, option, painter, widget);
    if (control == CC_ComboBox || control == CC_SpinBox)
        outline(*painter, *option);
}

} // namespace quantlathe::ui
