// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/layer_plot.h"

#include "ui/look/theme.h"
#include "ui/text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace quantlathe::ui {

namespace {
constexpr double percent = 100;
constexpr std::size_t mostSmoothPoints = 500;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();
} // namespace

LayerPlot::LayerPlot(MapSource& source, QWidget* parent) : Plot(parent), m_source(source)
{
    xAxis->setLabel(tr("Layer"));
    xAxis->setTicker(QSharedPointer<CountTicker>::create());
    legend->setVisible(true);
    legend->setWrap(5);
    setAccessibleName(tr("One line per role over the layers"));
    connect(&source, &MapSource::gridChanged, this, &LayerPlot::takeGrid);
    connect(&source, &MapSource::valuesChanged, this, &LayerPlot::takeValues);
    takeGrid();
}

double LayerPlot::shown(double value) const
{
    const bool isShare = m_source.measure() == MapMeasure::RelativeRms || m_source.measure() == MapMeasure::OutlierShare;
    return std::isfinite(value) ? (isShare ? percent : 1) * value : missing;
}

void LayerPlot::takeGrid()
{
    clearPlottables();
    m_lines.clear();
    for (std::size_t column = 0; column < m_source.grid().roles.size(); ++column) {
        Line line{addGraph(), new QCPErrorBars(xAxis, yAxis), static_cast<int>(column)};
        line.graph->setName(toQString(label(m_source.grid().roles[column])));
        line.graph->setAdaptiveSampling(false);
        line.bars->setAntialiased(false); // upright lines look the same without
        line.bars->setDataPlottable(line.graph);
        line.bars->removeFromLegend();
        line.bars->setSymbolGap(2);
        m_lines.push_back(line);
    }
    applyColours();
    takeValues();
}

void LayerPlot::showEvent(QShowEvent* event)
{
    Plot::showEvent(event);
    if (m_isStale)
        takeValues();
}

void LayerPlot::takeValues()
{
    // Figures come in ten times a second: a plot behind another tab must not cost anything.
    m_isStale = !isVisible();
    if (m_isStale)
        return;
    const LayerGrid& grid = m_source.grid();
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();
    for (const Line& line : m_lines) {
        QVector<double> x;
        QVector<double> y;
        QVector<double> below;
        QVector<double> above;
        for (std::size_t row = 0; row < grid.layers.size(); ++row) {
            const MapSource::Field field{static_cast<int>(row), line.column};
            if (m_source.tensors(field).empty())
                continue;
            const MapValue& value = m_source.value(field);
            const double middle = value.isKnown() ? shown(value.value) : missing;
            x.append(grid.layers[row]);
            y.append(middle);
            below.append(std::isnan(middle) ? 0 : middle - shown(value.low));
            above.append(std::isnan(middle) ? 0 : shown(value.high) - middle);
            if (!std::isnan(middle)) {
                low = std::min(low, middle);
                high = std::max(high, middle);
            }
        }
        line.graph->setData(x, y, true);
        line.bars->setData(below, above);
    }
    const bool isShare = m_source.measure() == MapMeasure::RelativeRms || m_source.measure() == MapMeasure::OutlierShare;
    const QString text = MapSource::measureText(m_source.measure());
    yAxis->setLabel(isShare                                                  ? tr("%1 in %").arg(text)
                        : m_source.measure() == MapMeasure::SignalToNoise ? tr("%1 in dB").arg(text)
                                                                             : text);
    if (m_source.measure() == MapMeasure::Bytes)
        yAxis->setTicker(QSharedPointer<CountTicker>::create());
    else
        yAxis->setTicker(QSharedPointer<QCPAxisTicker>::create());
    if (!(low <= high)) {
        low = 0;
        high = 1;
    }
    const double margin = high > low ? 0.08 * (high - low) : std::max(std::abs(high) * 0.1, 0.01);
    // Where values differ much the axis begins at nothing; where they are close their differences are what counts.
    const bool fromZero = low >= 0 && low < 0.5 * high && m_source.measure() != MapMeasure::SignalToNoise && m_source.measure() != MapMeasure::Kurtosis;
    const double first = grid.layers.empty() ? 0 : grid.layers.front();
    const double last = grid.layers.empty() ? 1 : grid.layers.back();
    const QCPRange x(first - 0.5, last + 0.5);
    const QCPRange y(fromZero ? 0 : low - margin, high + margin);
    const bool wasZoomed = std::exchange(m_hasShown, true) && isZoomed();
    const QCPRange seenX = xAxis->range();
    const QCPRange seenY = yAxis->range();
    setHome(x, y);
    if (wasZoomed) { // better figures do not throw away what a person zoomed into
        xAxis->setRange(seenX);
        yAxis->setRange(seenY);
    }
    replot(rpQueuedReplot);
}

std::optional<MapSource::Field> LayerPlot::fieldAt(const QPointF& position) const
{
    const LayerGrid& grid = m_source.grid();
    std::optional<MapSource::Field> nearest;
    double best = std::pow(fontMetrics().height() * 1.2, 2);
    for (const Line& line : m_lines) {
        for (std::size_t row = 0; row < grid.layers.size(); ++row) {
            const MapSource::Field field{static_cast<int>(row), line.column};
            if (m_source.tensors(field).empty() || !m_source.value(field).isKnown())
                continue;
            const double dx = xAxis->coordToPixel(grid.layers[row]) - position.x();
            const double dy = yAxis->coordToPixel(shown(m_source.value(field).value)) - position.y();
            if (dx * dx + dy * dy < best) {
                best = dx * dx + dy * dy;
                nearest = field;
            }
        }
    }
    return nearest;
}

QString LayerPlot::tipAt(const QPointF& position) const
{
    const auto field = fieldAt(position);
    return field ? m_source.description(*field) : QString();
}

QPointF LayerPlot::nextCursor(const QPointF& position, int right, int down) const
{
    // Left and right along the layers to the point nearest in height, up and down through the points of a layer.
    const LayerGrid& grid = m_source.grid();
    const double layer = xAxis->pixelToCoord(position.x());
    std::optional<QPointF> best;
    double bestDistance = std::numeric_limits<double>::infinity();
    for (const Line& line : m_lines) {
        for (std::size_t row = 0; row < grid.layers.size(); ++row) {
            const MapSource::Field field{static_cast<int>(row), line.column};
            if (m_source.tensors(field).empty() || !m_source.value(field).isKnown())
                continue;
            const QPointF point(xAxis->coordToPixel(grid.layers[row]), yAxis->coordToPixel(shown(m_source.value(field).value)));
            const double aside = (grid.layers[row] - layer) * (right == 0 ? 1 : right);
            const double below = (point.y() - position.y()) * (down == 0 ? 1 : down);
            const bool isAhead = right != 0 ? aside > 0.5 : std::abs(aside) <= 0.5 && (down == 0 || below > 0.5);
            const double distance = right != 0 ? aside * 1e6 + std::abs(below) : std::abs(below);
            if ((isAhead || (right == 0 && down == 0)) && distance < bestDistance) {
                bestDistance = distance;
                best = point;
            }
        }
    }
    return best.value_or(position);
}

void LayerPlot::mousePressEvent(QMouseEvent* event)
{
    m_pressed = event->position();
    Plot::mousePressEvent(event);
}

void LayerPlot::mouseReleaseEvent(QMouseEvent* event)
{
    Plot::mouseReleaseEvent(event);
    const auto field = fieldAt(event->position());
    if (event->button() == Qt::LeftButton && (event->position() - m_pressed).manhattanLength() < 4 && field)
        Q_EMIT fieldClicked(*field);
}

void LayerPlot::recolour()
{
    static constexpr std::array shapes = {QCPScatterStyle::ssDisc, QCPScatterStyle::ssSquare, QCPScatterStyle::ssTriangle,
                                          QCPScatterStyle::ssDiamond, QCPScatterStyle::ssCross, QCPScatterStyle::ssPlus};
    // Smooth lines and shapes of a deep model take longer to draw than a frame.
    const bool isMany = m_lines.size() * m_source.grid().layers.size() > mostSmoothPoints;
    for (std::size_t index = 0; index < m_lines.size(); ++index) {
        m_lines[index].graph->setAntialiased(!isMany);
        m_lines[index].graph->setAntialiasedScatters(!isMany);
        const QColor colour = seriesColour(palette(), static_cast<int>(index));
        // Where the colours begin again, lines are dashed.
        m_lines[index].graph->setPen(QPen(colour, isMany ? 1 : 1.4, index / shapes.size() % 2 == 0 ? Qt::SolidLine : Qt::DashLine));
        m_lines[index].graph->setScatterStyle(QCPScatterStyle(shapes[(index + index / shapes.size()) % shapes.size()], isMany ? 4 : 6));
        m_lines[index].bars->setPen(QPen(colour, 1));
    }
}

} // namespace quantlathe::ui
