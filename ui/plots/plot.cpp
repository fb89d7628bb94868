// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot.h"

#include "ui/look/theme.h"
#include "ui/text.h"

#include <QToolTip>

#include <algorithm>
#include <cmath>

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
    const QString tip = event->buttons() == Qt::NoButton ? tipAt(event->position()) : QString();
    if (tip.isEmpty())
        QToolTip::hideText();
    else
        QToolTip::showText(event->globalPosition().toPoint(), tip, this);
}

void Plot::leaveEvent(QEvent* event)
{
    QCustomPlot::leaveEvent(event);
    QToolTip::hideText();
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
