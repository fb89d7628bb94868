// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot.h"

#include "ui/look/theme.h"
#include "ui/text.h"

#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>
#include <utility>

namespace quantlathe::ui {

QString CountTicker::label(double count)
{
    const double whole = std::round(count);
    if (count < 0 || std::abs(count - whole) > 1e-6 * std::max(1.0, whole))
        return {};
    return countText(static_cast<std::uint64_t>(whole));
}

QString CountTicker::getTickLabel(double tick, const QLocale&, QChar, int) { return label(tick); }

QString LogCountTicker::getTickLabel(double tick, const QLocale&, QChar, int) { return CountTicker::label(tick); }

Plot::Plot(QWidget* parent) : QCustomPlot(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    setNoAntialiasingOnDrag(true);
    axisRect()->setRangeZoom(Qt::Horizontal);
    axisRect()->setRangeDrag(Qt::Horizontal | Qt::Vertical);
    axisRect()->setupFullAxesBox(true);
    axisRect()->setMinimumMargins({15, fontMetrics().height() / 2 + 1, 15, 15}); // half a label above the highest tick
    xAxis2->setTickLabels(false);
    yAxis2->setTickLabels(false);
    for (QCPAxis* axis : {xAxis2, yAxis2}) {
        axis->setTicks(false);
        axis->setSubTicks(false);
    }
    // Above the axes, where it hides nothing.
    axisRect()->insetLayout()->take(legend);
    plotLayout()->insertRow(0);
    plotLayout()->addElement(0, 0, legend);
    plotLayout()->setRowStretchFactor(0, 0.001);
    legend->setFillOrder(QCPLegend::foColumnsFirst);
    connect(xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
            [this](const QCPRange& range) { keepInside(xAxis, m_homeX, range); });
    connect(yAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
            [this](const QCPRange& range) { keepInside(yAxis, m_homeY, range); });
}

void Plot::setHome(const QCPRange& x, const QCPRange& y)
{
    m_homeX = x;
    m_homeY = y;
    showEverything();
}

void Plot::showEverything()
{
    m_isLimiting = true;
    xAxis->setRange(m_homeX);
    yAxis->setRange(m_homeY);
    m_isLimiting = false;
    Q_EMIT zoomChanged(false);
    replot(rpQueuedReplot);
}

bool Plot::isZoomed() const
{
    const auto differs = [](const QCPRange& range, const QCPRange& home) {
        return std::abs(range.lower - home.lower) > 1e-9 * home.size() || std::abs(range.upper - home.upper) > 1e-9 * home.size();
    };
    return differs(xAxis->range(), m_homeX) || differs(yAxis->range(), m_homeY);
}

void Plot::keepInside(QCPAxis* axis, const QCPRange& home, const QCPRange& wanted)
{
    if (m_isLimiting)
        return;
    m_isLimiting = true;
    axis->setRange(wanted.bounded(home.lower, home.upper));
    m_isLimiting = false;
    Q_EMIT zoomChanged(isZoomed());
}

void Plot::zoom(double factor)
{
    xAxis->scaleRange(factor);
    replot(rpQueuedReplot);
}

void Plot::pan(double fraction)
{
    // At an edge the view stays as wide as it is.
    const QCPRange range = xAxis->range();
    double distance = range.size() * fraction;
    distance = std::min(distance, m_homeX.upper - range.upper);
    distance = std::max(distance, m_homeX.lower - range.lower);
    xAxis->moveRange(distance);
    replot(rpQueuedReplot);
}

// --- input ---

void Plot::keyPressEvent(QKeyEvent* event)
{
    if (moveCursor(*event))
        return;
    constexpr double zoomStep = 0.7;
    constexpr double panStep = 0.2;
    switch (event->key()) {
    case Qt::Key_Plus:
    case Qt::Key_Equal:
        return zoom(zoomStep);
    case Qt::Key_Minus:
        return zoom(1 / zoomStep);
    case Qt::Key_Left:
        return pan(-panStep);
    case Qt::Key_Right:
        return pan(panStep);
    case Qt::Key_Home:
    case Qt::Key_0:
        return showEverything();
    default:
        QCustomPlot::keyPressEvent(event);
    }
}

void Plot::wheelEvent(QWheelEvent* event)
{
    axisRect()->setRangeZoom(event->modifiers() & Qt::ControlModifier ? Qt::Vertical : Qt::Horizontal);
    QCustomPlot::wheelEvent(event);
}

void Plot::mouseDoubleClickEvent(QMouseEvent* event)
{
    QCustomPlot::mouseDoubleClickEvent(event);
    if (event->button() == Qt::LeftButton)
        showEverything();
}

void Plot::mouseMoveEvent(QMouseEvent* event)
{
    QCustomPlot::mouseMoveEvent(event);
    if (event->buttons() == Qt::NoButton && axisRect()->rect().contains(event->position().toPoint()))
        setCursorAt(event->position());
    else
        hideCursor();
}

void Plot::leaveEvent(QEvent* event)
{
    QCustomPlot::leaveEvent(event);
    hideCursor();
}

// --- cursor ---

std::optional<QPointF> Plot::cursor() const
{
    if (!m_cursor)
        return std::nullopt;
    return QPointF(xAxis->coordToPixel(m_cursor->x()), yAxis->coordToPixel(m_cursor->y()));
}

QString Plot::cursorText() const
{
    const auto position = cursor();
    return position ? tipAt(*position) : QString();
}

void Plot::setCursorAt(const QPointF& position)
{
    m_cursor = QPointF(xAxis->pixelToCoord(position.x()), yAxis->pixelToCoord(position.y()));
    update();
    Q_EMIT cursorChanged();
}

void Plot::hideCursor()
{
    if (!m_cursor)
        return;
    m_cursor.reset();
    QToolTip::hideText();
    describeCursor();
    update();
    Q_EMIT cursorChanged();
}

QPointF Plot::nextCursor(const QPointF& position, int right, int down) const
{
    const QRectF area = axisRect()->rect();
    return position + QPointF(right * std::max(area.width() / 100, 1.0), down * std::max(area.height() / 100, 1.0));
}

bool Plot::moveCursor(const QKeyEvent& event)
{
    if (event.key() == Qt::Key_Escape && m_cursor) {
        hideCursor();
        return true;
    }
    const int right = (event.key() == Qt::Key_Right) - (event.key() == Qt::Key_Left);
    const int down = (event.key() == Qt::Key_Down) - (event.key() == Qt::Key_Up);
    if (!(event.modifiers() & Qt::ShiftModifier) || (right == 0 && down == 0))
        return false;
    // The first press puts it into the middle; from there on it moves and stays inside.
    const QRectF area = axisRect()->rect();
    QPointF position = area.center();
    if (const auto shown = cursor()) {
        position = *shown;
        const int steps = event.modifiers() & Qt::ControlModifier ? 10 : 1;
        for (int step = 0; step < steps; ++step) {
            const QPointF next = nextCursor(position, right, down);
            position = {std::clamp(next.x(), area.left(), area.right()), std::clamp(next.y(), area.top(), area.bottom())};
        }
    } else {
        position = nextCursor(position, 0, 0);
    }
    setCursorAt(position);
    describeCursor();
    return true;
}

void Plot::describeCursor()
{
    if (accessibleDescription() != m_described)
        m_description = accessibleDescription();
    const QString text = cursorText();
    m_described = text.isEmpty() ? m_description : m_description.isEmpty() ? text : text + QLatin1Char('\n') + m_description;
    setAccessibleDescription(m_described);
}

void Plot::paintEvent(QPaintEvent* event)
{
    QCustomPlot::paintEvent(event);
    const auto position = cursor();
    const QRect area = axisRect()->rect();
    if (!position || !area.adjusted(-1, -1, 1, 1).contains(position->toPoint()))
        return;
    // Over the finished picture: moving the pointer draws no curve again, and saved pictures have no cursor.
    QPainter painter(this);
    const QColor text = palette().color(QPalette::ToolTipText);
    QColor line = palette().color(QPalette::Text);
    line.setAlphaF(0.6f);
    painter.setPen(QPen(line, 1, Qt::DashLine));
    painter.drawLine(QPointF(position->x(), area.top()), QPointF(position->x(), area.bottom()));
    painter.drawLine(QPointF(area.left(), position->y()), QPointF(area.right(), position->y()));
    const QString tip = tipAt(*position);
    if (tip.isEmpty()) {
        QToolTip::hideText();
        return;
    }
    const int margin = fontMetrics().averageCharWidth();
    QRect box = fontMetrics().boundingRect(QRect(0, 0, 10000, 10000), Qt::AlignLeft | Qt::AlignTop, tip).adjusted(0, 0, 2 * margin, margin);
    if (box.width() > area.width() || box.height() > area.height() / 2) { // no room inside: all of it beside the pointer
        QToolTip::showText(mapToGlobal(position->toPoint()), tip, this);
        return;
    }
    // In the corner away from the cursor, where it hides nothing that is being looked at.
    const bool isLeft = position->x() > area.center().x();
    box.moveTop(area.top() + margin / 2);
    isLeft ? box.moveLeft(area.left() + margin / 2) : box.moveRight(area.right() - margin / 2);
    painter.setPen(line);
    painter.setBrush(palette().color(QPalette::ToolTipBase));
    painter.drawRect(box);
    painter.setPen(text);
    painter.drawText(box.adjusted(margin, margin / 2, 0, 0), Qt::AlignLeft | Qt::AlignTop, tip);
}

// --- look ---

void Plot::applyColours()
{
    const QPalette colours = palette();
    const QColor text = colours.color(QPalette::Text);
    QColor grid = text;
    grid.setAlphaF(0.14f);
    QColor subGrid = text;
    subGrid.setAlphaF(0.06f);
    QColor line = text;
    line.setAlphaF(0.45f);
    setBackground(colours.brush(QPalette::Base));
    const QPen frame = hasFocus() ? QPen(colours.color(QPalette::Highlight), 2) : QPen(line);
    for (QCPAxis* axis : {xAxis, yAxis, xAxis2, yAxis2}) {
        axis->setBasePen(frame);
        axis->setTickPen(QPen(line));
        axis->setSubTickPen(QPen(line));
        axis->setLabelColor(text);
        axis->setTickLabelColor(text);
        axis->setLabelFont(font());
        axis->setTickLabelFont(font());
        axis->grid()->setPen(QPen(grid));
        axis->grid()->setSubGridPen(QPen(subGrid));
        axis->grid()->setZeroLinePen(QPen(grid));
    }
    legend->setBrush(Qt::NoBrush);
    legend->setBorderPen(Qt::NoPen);
    legend->setTextColor(text);
    legend->setFont(font());
    recolour();
    replot(rpQueuedReplot);
}

void Plot::changeEvent(QEvent* event)
{
    QCustomPlot::changeEvent(event);
    switch (event->type()) {
    case QEvent::PaletteChange:
    case QEvent::EnabledChange:
    case QEvent::FontChange:
    case QEvent::StyleChange:
        applyColours();
        updateGeometry();
        break;
    default:
        break;
    }
}

void Plot::focusInEvent(QFocusEvent* event)
{
    QCustomPlot::focusInEvent(event);
    applyColours();
}

void Plot::focusOutEvent(QFocusEvent* event)
{
    QCustomPlot::focusOutEvent(event);
    applyColours();
}

void Plot::resizeEvent(QResizeEvent* event)
{
    QCustomPlot::resizeEvent(event);
    // Labels that do not run into each other, whatever the font.
    constexpr int mostTicks = 6;
    const int label = fontMetrics().averageCharWidth() * 12;
    xAxis->ticker()->setTickCount(std::clamp(width() / std::max(label, 1), 2, mostTicks));
}

QSize Plot::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 30, fontMetrics().height() * 9};
}

QSize Plot::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 60, fontMetrics().height() * 18};
}

} // namespace quantlathe::ui
