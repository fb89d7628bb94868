// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/row_error_plot.h"

#include "ui/look/theme.h"
#include "ui/parts/row_label.h"
#include "ui/plots/column_extremes.h"
#include "ui/text.h"

#include <algorithm>
#include <cmath>

namespace quantlathe::ui {

namespace {
constexpr double percent = 100;
} // namespace

RowErrorPlot::RowErrorPlot(QWidget* parent) : Plot(parent), m_high(addGraph()), m_low(addGraph()), m_total(addGraph())
{
    m_high->setName(tr("Each row"));
    m_high->setChannelFillGraph(m_low);
    m_low->removeFromLegend();
    for (QCPGraph* graph : {m_high, m_low, m_total})
        graph->setAdaptiveSampling(false); // updateCurves() does better
    legend->setVisible(true);
    xAxis->setLabel(tr("Row (output channel)"));
    yAxis->setLabel(tr("Relative error in %"));
    xAxis->setTicker(QSharedPointer<CountTicker>::create());
    setAccessibleName(tr("Relative error of each row"));
    connect(this, &QCustomPlot::beforeReplot, this, &RowErrorPlot::updateCurves);
    applyColours();
}

void RowErrorPlot::setRows(std::vector<float> relativeErrors, const Shape& shape, double total)
{
    m_rows = std::move(relativeErrors);
    m_shape = shape;
    m_curvesWidth = 0;
    const auto count = static_cast<double>(m_rows.size());
    const bool hasTotal = std::isfinite(total) && !m_rows.empty();
    m_total->setVisible(hasTotal);
    m_total->setName(tr("All rows together: %1").arg(relativeErrorText(total)));
    m_total->setData({-0.5, count - 0.5}, {total * percent, total * percent}, true);
    float highest = hasTotal ? static_cast<float>(total) : 0;
    for (const ColumnRange& range : columnExtremes(m_rows, 0, m_rows.size(), 1))
        highest = std::max(highest, range.high);
    // A single row, or no error at all, still needs axes with an extent.
    const double top = highest > 0 ? static_cast<double>(highest) * percent * 1.12 : 1;
    setHome({-0.5, std::max(count, 1.0) - 0.5}, {0, top});
}

std::pair<std::size_t, std::size_t> RowErrorPlot::visibleRows() const
{
    const auto count = static_cast<double>(m_rows.size());
    const double first = std::clamp(std::floor(xAxis->range().lower + 0.5), 0.0, count);
    const double last = std::clamp(std::ceil(xAxis->range().upper + 0.5), 0.0, count);
    return {static_cast<std::size_t>(first), static_cast<std::size_t>(last)};
}

void RowErrorPlot::updateCurves()
{
    const int width = axisRect()->width();
    if (width == m_curvesWidth && xAxis->range() == m_curvesRange)
        return;
    m_curvesWidth = width;
    m_curvesRange = xAxis->range();
    const auto [first, last] = visibleRows();
    const auto columns = static_cast<std::size_t>(std::max(width, 1));
    // One row more on each side, so that the line goes on to the edges.
    const std::vector<ColumnRange> ranges = columnExtremes(m_rows, first == 0 ? 0 : first - 1, last + 1, columns);
    QVector<QCPGraphData> high;
    QVector<QCPGraphData> low;
    for (const ColumnRange& range : ranges) {
        high.append({range.position, static_cast<double>(range.high) * percent});
        low.append({range.position, static_cast<double>(range.low) * percent});
    }
    const bool isSparse = last - first <= columns / 3;
    const auto style = isSparse ? QCPGraph::lsStepCenter : QCPGraph::lsLine;
    m_high->setLineStyle(style);
    m_low->setLineStyle(style);
    m_low->setVisible(!isSparse);
    m_high->setChannelFillGraph(isSparse ? nullptr : m_low);
    constexpr std::size_t mostMarkedRows = 80;
    m_high->setScatterStyle(last - first <= mostMarkedRows ? QCPScatterStyle(QCPScatterStyle::ssDisc, 5)
                                                          : QCPScatterStyle(QCPScatterStyle::ssNone));
    m_high->data()->set(high, true);
    m_low->data()->set(low, true);
}

QString RowErrorPlot::tipAt(const QPointF& position) const
{
    if (m_rows.empty() || !axisRect()->rect().contains(position.toPoint()))
        return {};
    const double perPixel = xAxis->range().size() / std::max(axisRect()->width(), 1);
    const double middle = xAxis->pixelToCoord(position.x());
    const auto rowAt = [this](double coordinate) {
        return static_cast<std::size_t>(
            std::clamp(std::round(coordinate), 0.0, static_cast<double>(m_rows.size() - 1)));
    };
    const std::size_t first = rowAt(middle - perPixel / 2);
    const std::size_t last = rowAt(middle + perPixel / 2);
    if (last - first <= 1)
        return tr("Row %1: %2").arg(rowLabel(m_shape, first), relativeErrorText(static_cast<double>(m_rows[first])));
    const auto ranges = columnExtremes(m_rows, first, last + 1, 1);
    if (ranges.empty())
        return {};
    return tr("Rows %1 to %2: %3 to %4")
        .arg(rowLabel(m_shape, first), rowLabel(m_shape, last), relativeErrorText(static_cast<double>(ranges.front().low)),
             relativeErrorText(static_cast<double>(ranges.front().high)));
}

QPointF RowErrorPlot::nextCursor(const QPointF& position, int right, int down) const
{
    if (m_rows.empty())
        return Plot::nextCursor(position, right, down);
    // From row to row, or from pixel to pixel where rows are narrower; on the curve unless moved off it.
    const double pixel = xAxis->range().size() / std::max(axisRect()->width(), 1);
    const double row = std::clamp(std::round(xAxis->pixelToCoord(position.x())) + right * std::max(1.0, std::ceil(pixel)), 0.0,
                                  static_cast<double>(m_rows.size()) - 1);
    return {xAxis->coordToPixel(row), Plot::nextCursor(position, right, down).y()};
}

void RowErrorPlot::recolour()
{
    const QColor colour = seriesColour(palette(), 0);
    QColor inside = colour;
    inside.setAlphaF(0.45f);
    m_high->setPen(QPen(colour, 1));
    m_high->setBrush(inside);
    m_low->setPen(QPen(colour, 1));
    m_total->setPen(QPen(seriesColour(palette(), 1), 1.6, Qt::DashLine));
}

} // namespace quantlathe::ui
