// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/scale_legend.h"

#include "ui/map/colour_scale.h"

#include <QPainter>

#include <algorithm>

namespace quantlathe::ui {

ScaleLegend::ScaleLegend(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAccessibleName(tr("Colour scale"));
}

void ScaleLegend::setEnds(const QString& low, const QString& high)
{
    m_low = low;
    m_high = high;
    setAccessibleDescription(low.isEmpty() ? QString() : tr("From %1 to %2").arg(low, high));
    updateGeometry();
    update();
}

QSize ScaleLegend::minimumSizeHint() const
{
    const int gap = fontMetrics().averageCharWidth();
    return {fontMetrics().horizontalAdvance(m_low) + fontMetrics().horizontalAdvance(m_high) + gap * 8, fontMetrics().height()};
}

QSize ScaleLegend::sizeHint() const { return minimumSizeHint() + QSize(fontMetrics().averageCharWidth() * 8, 0); }

void ScaleLegend::paintEvent(QPaintEvent*)
{
    if (m_low.isEmpty())
        return;
    QPainter painter(this);
    const int gap = fontMetrics().averageCharWidth();
    const int left = fontMetrics().horizontalAdvance(m_low) + gap;
    const int right = width() - fontMetrics().horizontalAdvance(m_high) - gap;
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter, m_low);
    painter.drawText(rect(), Qt::AlignRight | Qt::AlignVCenter, m_high);
    const int barHeight = fontMetrics().ascent();
    paintScale(painter, QRect(left, (height() - barHeight) / 2, std::max(0, right - left), barHeight));
}

} // namespace quantlathe::ui
