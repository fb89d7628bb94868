// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/memory/memory_bar.h"

#include "ui/look/theme.h"
#include "ui/text.h"

#include <QEvent>
#include <QPainter>
#include <QPainterPath>
#include <QStringList>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

MemoryBar::MemoryBar(QWidget* parent) : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Memory use"));
}

void MemoryBar::setParts(std::vector<Part> parts, std::uint64_t limitBytes)
{
    m_parts = std::move(parts);
    m_limitBytes = limitBytes;
    QStringList texts;
    for (const Part& part : m_parts)
        texts << tr("%1: %2").arg(part.label, bytesText(part.bytes));
    if (limitBytes > 0)
        texts << tr("Device: %1").arg(bytesText(limitBytes));
    setAccessibleDescription(texts.join(u", "_s));
    setToolTip(texts.join(u'\n'));
    update();
}

std::uint64_t MemoryBar::totalBytes() const
{
    std::uint64_t total = 0;
    for (const Part& part : m_parts)
        total += part.bytes;
    return total;
}

QSize MemoryBar::sizeHint() const { return {fontMetrics().averageCharWidth() * 40, fontMetrics().height() * 2}; }

QSize MemoryBar::minimumSizeHint() const { return {fontMetrics().averageCharWidth() * 16, fontMetrics().height() * 2}; }

void MemoryBar::changeEvent(QEvent* event)
{
    if (event->type() == QEvent::FontChange)
        updateGeometry();
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::EnabledChange)
        update();
    QWidget::changeEvent(event);
}

void MemoryBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF frame = QRectF(rect()).adjusted(0.5, 3.5, -0.5, -3.5);
    QPainterPath outline;
    outline.addRoundedRect(frame, 4, 4);
    painter.fillPath(outline, palette().color(QPalette::Base));

    const std::uint64_t total = totalBytes();
    const double scale = static_cast<double>(std::max(total, m_limitBytes));
    if (scale > 0 && isEnabled()) {
        painter.save();
        painter.setClipPath(outline);
        double left = frame.left();
        for (const Part& part : m_parts) {
            const double width = frame.width() * static_cast<double>(part.bytes) / scale;
            const QRectF area(left, frame.top(), width, frame.height());
            const QColor colour = seriesColour(palette(), part.series);
            painter.fillRect(area, colour);
            if (fontMetrics().horizontalAdvance(part.label) + 8 < width) {
                painter.setPen(colour.lightnessF() > 0.55 ? Qt::black : Qt::white);
                painter.drawText(area, Qt::AlignCenter, part.label);
            }
            left += width;
        }
        if (m_limitBytes > 0 && total > m_limitBytes) {
            // What does not fit is hatched, beyond a line at the limit.
            const double limit = frame.left() + frame.width() * static_cast<double>(m_limitBytes) / scale;
            const QColor colour = errorColour(palette());
            painter.fillRect(QRectF(limit, frame.top(), frame.right() - limit, frame.height()),
                             QBrush(palette().color(QPalette::Base), Qt::BDiagPattern));
            painter.setPen(QPen(colour, 3));
            painter.drawLine(QPointF(limit, frame.top()), QPointF(limit, frame.bottom()));
        }
        painter.restore();
    }
    QColor border = palette().color(QPalette::WindowText);
    border.setAlphaF(0.35f);
    painter.setPen(border);
    painter.drawPath(outline);
}

} // namespace quantlathe::ui
