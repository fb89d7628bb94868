// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/channel_plot.h"

#include "ui/map/colour_scale.h"
#include "ui/parts/number_text.h"
#include "ui/parts/row_label.h"
#include "ui/text.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace quantlathe::ui {

namespace {

QCPColorGradient gradientOfScale()
{
    constexpr int stops = 16;
    QCPColorGradient gradient;
    gradient.clearColorStops();
    for (int stop = 0; stop <= stops; ++stop)
        gradient.setColorStopAt(static_cast<double>(stop) / stops, scaleColour(static_cast<double>(stop) / stops));
    return gradient;
}

} // namespace

ChannelPlot::ChannelPlot(QWidget* parent) : Plot(parent), m_picture(new QCPColorMap(xAxis, yAxis)), m_scale(new QCPColorScale(this))
{
    // Back into the axes: no room is kept for a legend that is not shown.
    legend->setVisible(false);
    plotLayout()->take(legend);
    axisRect()->insetLayout()->addElement(legend, Qt::AlignTop);
    plotLayout()->simplify();
    xAxis->setLabel(tr("Column (input channel)"));
    yAxis->setLabel(tr("Row (output channel)"));
    yAxis->setRangeReversed(true); // the first row is at the top, as in every matrix
    xAxis->setTicker(QSharedPointer<CountTicker>::create());
    yAxis->setTicker(QSharedPointer<CountTicker>::create());
    axisRect()->setRangeZoom(Qt::Horizontal | Qt::Vertical);
    plotLayout()->addElement(0, 1, m_scale);
    m_scale->setType(QCPAxis::atRight);
    m_picture->setColorScale(m_scale);
    m_picture->setInterpolate(false);
    m_picture->setTightBoundary(true);
    m_picture->setGradient(gradientOfScale());
    auto* margins = new QCPMarginGroup(this);
    axisRect()->setMarginGroup(QCP::msBottom | QCP::msTop, margins);
    m_scale->setMarginGroup(QCP::msBottom | QCP::msTop, margins);
    setAccessibleName(tr("Heat map of rows and columns"));
    applyColours();
}

void ChannelPlot::setMap(std::shared_ptr<const ChannelMap> map, const Shape& shape)
{
    m_map = std::move(map);
    m_shape = shape;
    draw();
    if (m_map)
        setHome({-0.5, static_cast<double>(m_map->tensorColumns) - 0.5}, {-0.5, static_cast<double>(m_map->tensorRows) - 0.5});
}

void ChannelPlot::setMeasure(Measure measure)
{
    m_measure = measure;
    draw();
}

void ChannelPlot::setLogarithmic(bool isLogarithmic)
{
    m_isLogarithmic = isLogarithmic;
    draw();
}

float ChannelPlot::valueAt(std::size_t row, std::size_t column) const
{
    const std::size_t cell = row * m_map->columns + column;
    switch (m_measure) {
    case Measure::LargestWeight: return std::max(std::abs(m_map->minimum[cell]), std::abs(m_map->maximum[cell]));
    case Measure::Range: return m_map->maximum[cell] - m_map->minimum[cell];
    case Measure::LargestError: return hasErrors() ? m_map->largestError[cell] : 0;
    case Measure::RmsError: return hasErrors() ? m_map->rmsError[cell] : 0;
    }
    return 0;
}

void ChannelPlot::draw()
{
    if (!m_map || m_map->rows == 0) {
        m_picture->data()->clear();
        replot(rpQueuedReplot);
        return;
    }
    const auto columns = static_cast<int>(m_map->columns);
    const auto rows = static_cast<int>(m_map->rows);
    m_picture->data()->setSize(columns, rows);
    // Cell centres: the first and last half a cell inside the tensor.
    const double cellWidth = static_cast<double>(m_map->tensorColumns) / columns;
    const double cellHeight = static_cast<double>(m_map->tensorRows) / rows;
    m_picture->data()->setRange({cellWidth / 2 - 0.5, static_cast<double>(m_map->tensorColumns) - cellWidth / 2 - 0.5},
                                {cellHeight / 2 - 0.5, static_cast<double>(m_map->tensorRows) - cellHeight / 2 - 0.5});
    float smallest = std::numeric_limits<float>::infinity();
    float largest = 0;
    for (std::size_t row = 0; row < m_map->rows; ++row) {
        for (std::size_t column = 0; column < m_map->columns; ++column) {
            const float value = valueAt(row, column);
            m_picture->data()->setCell(static_cast<int>(column), static_cast<int>(row), value);
            if (value > 0 && std::isfinite(value))
                smallest = std::min(smallest, value);
            if (std::isfinite(value))
                largest = std::max(largest, value);
        }
    }
    const bool isLogarithmic = m_isLogarithmic && smallest < largest;
    m_scale->setDataScaleType(isLogarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    m_scale->axis()->setTicker(isLogarithmic ? QSharedPointer<QCPAxisTicker>(new QCPAxisTickerLog) : QSharedPointer<QCPAxisTicker>::create());
    m_scale->axis()->setNumberFormat(QStringLiteral("gb"));
    m_scale->axis()->setNumberPrecision(2);
    const double high = largest > 0 ? static_cast<double>(largest) : 1;
    m_scale->setDataRange({isLogarithmic ? static_cast<double>(smallest) : 0, high});
    recolour();
    replot(rpQueuedReplot);
}

QString ChannelPlot::tipAt(const QPointF& position) const
{
    if (!m_map || m_map->rows == 0 || !axisRect()->rect().contains(position.toPoint()))
        return {};
    const double x = xAxis->pixelToCoord(position.x()) + 0.5;
    const double y = yAxis->pixelToCoord(position.y()) + 0.5;
    if (x < 0 || y < 0 || x >= static_cast<double>(m_map->tensorColumns) || y >= static_cast<double>(m_map->tensorRows))
        return {};
    // The cell whose part of the tensor holds the place.
    const auto cellOf = [](double place, std::uint64_t count, std::size_t cells, const auto& first) {
        auto cell = std::min(static_cast<std::size_t>(place / static_cast<double>(count) * static_cast<double>(cells)), cells - 1);
        while (cell + 1 < cells && static_cast<double>(first(cell + 1)) <= place)
            ++cell;
        return cell;
    };
    const std::size_t column = cellOf(x, m_map->tensorColumns, m_map->columns, [this](std::size_t at) { return m_map->firstColumn(at); });
    const std::size_t row = cellOf(y, m_map->tensorRows, m_map->rows, [this](std::size_t at) { return m_map->firstRow(at); });
    const auto range = [](const QString& one, const QString& last) { return one == last ? one : tr("%1 to %2").arg(one, last); };
    QStringList lines;
    lines << tr("Row %1, column %2")
                 .arg(range(rowLabel(m_shape, m_map->firstRow(row)), rowLabel(m_shape, m_map->firstRow(row + 1) - 1)),
                      range(QString::number(m_map->firstColumn(column)), QString::number(m_map->firstColumn(column + 1) - 1)));
    const std::size_t cell = row * m_map->columns + column;
    lines << tr("Weights %1 to %2").arg(weightText(m_map->minimum[cell], 4), weightText(m_map->maximum[cell], 4));
    if (hasErrors())
        lines << tr("Error: largest %1, RMS %2").arg(weightText(m_map->largestError[cell], 4), weightText(m_map->rmsError[cell], 4));
    return lines.join(QLatin1Char('\n'));
}

void ChannelPlot::resizeEvent(QResizeEvent* event)
{
    Plot::resizeEvent(event);
    // The colour scale takes part of the width.
    constexpr int mostTicks = 6;
    xAxis->ticker()->setTickCount(std::clamp(axisRect()->width() / std::max(fontMetrics().averageCharWidth() * 12, 1), 2, mostTicks));
}

void ChannelPlot::recolour()
{
    const QColor text = palette().color(QPalette::Text);
    QCPAxis* axis = m_scale->axis();
    if (!axis)
        return;
    axis->setTickLabelColor(text);
    axis->setLabelColor(text);
    axis->setTickLabelFont(font());
    axis->setLabelFont(font());
    QColor line = text;
    line.setAlphaF(0.45f);
    axis->setBasePen(QPen(line));
    axis->setTickPen(QPen(line));
    axis->setSubTickPen(QPen(line));
}

} // namespace quantlathe::ui
