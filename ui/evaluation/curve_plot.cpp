// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/evaluation/curve_plot.h"

#include "ui/look/theme.h"

#include <algorithm>
#include <cmath>

namespace quantlathe::ui {

namespace {
constexpr std::size_t mostMarkedPoints = 80;
}

CurvePlot::CurvePlot(QWidget* parent) : Plot(parent), m_graph(addGraph())
{
    xAxis->setTicker(QSharedPointer<CountTicker>::create());
    applyColours();
}

void CurvePlot::setAxes(const QString& x, const QString& y, const Readout& readout)
{
    xAxis->setLabel(x);
    yAxis->setLabel(y);
    m_readout = readout;
}

void CurvePlot::setCurve(const std::vector<QPointF>& points, bool isLogarithmic)
{
    const bool wasZoomed = isZoomed();
    const QCPRange seenX = xAxis->range();
    const QCPRange seenY = yAxis->range();
    m_points.clear();
    std::copy_if(points.begin(), points.end(), std::back_inserter(m_points),
                 [isLogarithmic](const QPointF& point) { return std::isfinite(point.y()) && (!isLogarithmic || point.y() > 0); });
    QVector<QCPGraphData> data;
    for (const QPointF& point : m_points)
        data.append({point.x(), point.y()});
    m_graph->data()->set(data, true);
    m_graph->setScatterStyle(m_points.size() <= mostMarkedPoints ? QCPScatterStyle(QCPScatterStyle::ssDisc, 6) : QCPScatterStyle(QCPScatterStyle::ssNone));
    yAxis->setScaleType(isLogarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    if (isLogarithmic)
        yAxis->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
    else
        yAxis->setTicker(QSharedPointer<QCPAxisTicker>::create());
    yAxis->setNumberFormat(isLogarithmic ? QStringLiteral("gb") : QStringLiteral("g"));
    yAxis->setNumberPrecision(isLogarithmic ? 1 : 4);
    if (m_points.empty()) {
        setHome({0, 1}, isLogarithmic ? QCPRange(1e-4, 1) : QCPRange(0, 1));
        return;
    }
    const auto [low, high] = std::minmax_element(m_points.begin(), m_points.end(), [](const QPointF& a, const QPointF& b) { return a.y() < b.y(); });
    const double margin = std::max(0.02 * (m_points.back().x() - m_points.front().x()), m_points.size() == 1 ? 0.5 : 1e-6);
    const QCPRange x(m_points.front().x() - margin, m_points.back().x() + margin);
    setHome(x, isLogarithmic ? QCPRange(low->y() / 1.5, high->y() * 1.5) : QCPRange(0, high->y() > 0 ? 1.12 * high->y() : 1));
    if (wasZoomed) { // better figures do not throw away what a person zoomed into
        xAxis->setRange(seenX);
        yAxis->setRange(seenY);
    }
    replot(rpQueuedReplot);
}

std::size_t CurvePlot::nearest(double x) const
{
    const auto above = std::lower_bound(m_points.begin(), m_points.end(), x, [](const QPointF& point, double at) { return point.x() < at; });
    if (above == m_points.begin())
        return 0;
    const auto below = std::prev(above);
    return static_cast<std::size_t>((above == m_points.end() || x - below->x() <= above->x() - x ? below : above) - m_points.begin());
}

QString CurvePlot::tipAt(const QPointF& position) const
{
    if (m_points.empty() || !m_readout || !axisRect()->rect().contains(position.toPoint()))
        return {};
    const QPointF& point = m_points[nearest(xAxis->pixelToCoord(position.x()))];
    return m_readout(point.x(), point.y());
}

QPointF CurvePlot::nextCursor(const QPointF& position, int right, int down) const
{
    if (m_points.empty() || down != 0)
        return Plot::nextCursor(position, right, down);
    // From point to point, on the curve.
    std::size_t at = nearest(xAxis->pixelToCoord(position.x()));
    if (right > 0)
        at = std::min(at + 1, m_points.size() - 1);
    else if (right < 0)
        at -= at > 0 ? 1 : 0;
    return {xAxis->coordToPixel(m_points[at].x()), yAxis->coordToPixel(m_points[at].y())};
}

void CurvePlot::recolour() { m_graph->setPen(QPen(seriesColour(palette(), 0), 1.6)); }

} // namespace quantlathe::ui
