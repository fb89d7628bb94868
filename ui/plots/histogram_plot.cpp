// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/histogram_plot.h"

#include "ui/look/theme.h"
#include "ui/parts/number_text.h"
#include "ui/text.h"

#include <algorithm>
#include <cmath>

namespace quantlathe::ui {

namespace {

/// Where bin @p bin begins. All weights equal: one bar around them, as wide as can be told apart.
double edge(const Histogram& histogram, std::size_t bin)
{
    const double width = histogram.binWidth();
    if (width > 0)
        return histogram.low + width * static_cast<double>(bin);
    const double half = std::max(std::abs(histogram.low) * 0.01, 1e-6);
    return histogram.low + half * (2.0 * static_cast<double>(bin) / static_cast<double>(histogram.counts.size()) - 1);
}

double maximumCount(const Histogram& histogram)
{
    return histogram.counts.empty()
        ? 0.0
        : static_cast<double>(*std::max_element(histogram.counts.begin(), histogram.counts.end()));
}

} // namespace

HistogramPlot::HistogramPlot(QWidget* parent) : Plot(parent), m_originalGraph(addGraph()), m_quantizedGraph(addGraph())
{
    for (QCPGraph* graph : {m_originalGraph, m_quantizedGraph}) {
        graph->setLineStyle(QCPGraph::lsStepLeft);
        graph->setAntialiased(false);
    }
    m_originalName = tr("As stored");
    m_originalGraph->setName(m_originalName);
    m_quantizedGraph->setVisible(false);
    m_quantizedGraph->removeFromLegend();
    legend->setVisible(true);
    xAxis->setLabel(tr("Value of the weight"));
    yAxis->setLabel(tr("Weights per bin"));
    yAxis->setTicker(QSharedPointer<CountTicker>::create());
    setAccessibleName(tr("Histogram of the weights"));
    applyColours();
}

void HistogramPlot::setNames(const QString& original, const QString& other)
{
    m_originalName = original;
    m_otherName = other;
    m_originalGraph->setName(original);
    m_quantizedGraph->setName(otherName());
    replot(rpQueuedReplot);
}

QString HistogramPlot::otherName() const { return m_otherName.isEmpty() ? tr("Quantized to %1").arg(m_types) : m_otherName; }

void HistogramPlot::setOriginal(const Histogram& original)
{
    m_original = original;
    fill(*m_originalGraph, original);
    setQuantized({}, {});
    updateHome();
}

void HistogramPlot::setQuantized(const Histogram& quantized, const QString& types)
{
    const bool wasZoomed = isZoomed();
    m_quantized = quantized;
    m_types = types;
    fill(*m_quantizedGraph, quantized);
    const bool isShown = !quantized.counts.empty();
    m_quantizedGraph->setVisible(isShown);
    m_quantizedGraph->setName(otherName());
    if (isShown)
        m_quantizedGraph->addToLegend();
    else
        m_quantizedGraph->removeFromLegend();
    if (!wasZoomed)
        updateHome();
    replot(rpQueuedReplot);
}

void HistogramPlot::setLogarithmic(bool isLogarithmic)
{
    if (m_isLogarithmic == isLogarithmic)
        return;
    m_isLogarithmic = isLogarithmic;
    yAxis->setScaleType(isLogarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    if (isLogarithmic)
        yAxis->setTicker(QSharedPointer<LogCountTicker>::create());
    else
        yAxis->setTicker(QSharedPointer<CountTicker>::create());
    updateHome();
}

void HistogramPlot::updateHome()
{
    if (m_original.counts.empty())
        return;
    // A single bin far above all others (all weights of a bias are 0 ...) still leaves the rest visible on a logarithmic axis.
    const double highest = std::max({maximumCount(m_original), maximumCount(m_quantized), 1.0});
    const QCPRange y = m_isLogarithmic ? QCPRange(0.5, highest * 2) : QCPRange(0, highest * 1.06);
    setHome({edge(m_original, 0), edge(m_original, m_original.counts.size())}, y);
}

void HistogramPlot::fill(QCPGraph& graph, const Histogram& histogram)
{
    QVector<QCPGraphData> points;
    points.reserve(static_cast<qsizetype>(histogram.counts.size()) + 1);
    for (std::size_t bin = 0; bin < histogram.counts.size(); ++bin)
        points.append({edge(histogram, bin), static_cast<double>(histogram.counts[bin])});
    if (!histogram.counts.empty()) // the last step needs an end
        points.append({edge(histogram, histogram.counts.size()), static_cast<double>(histogram.counts.back())});
    graph.data()->set(points, true);
}

QString HistogramPlot::tipAt(const QPointF& position) const
{
    if (m_original.counts.empty() || !axisRect()->rect().contains(position.toPoint()))
        return {};
    const double value = xAxis->pixelToCoord(position.x());
    const double first = edge(m_original, 0);
    const double last = edge(m_original, m_original.counts.size());
    if (value < first || value > last)
        return {};
    const auto bins = static_cast<double>(m_original.counts.size());
    const auto bin = static_cast<std::size_t>(std::clamp((value - first) / (last - first) * bins, 0.0, bins - 1));
    const double width = m_original.binWidth();
    QString tip = width > 0 ? tr("%1 to %2").arg(weightText(m_original.low + width * static_cast<double>(bin)),
                                               weightText(m_original.low + width * static_cast<double>(bin + 1)))
                            : weightText(m_original.low);
    tip += u'\n' + tr("%1: %2 weights").arg(m_originalName, exactCountText(m_original.counts[bin]));
    if (bin < m_quantized.counts.size())
        tip += u'\n' + tr("%1: %2 weights").arg(otherName(), exactCountText(m_quantized.counts[bin]));
    return tip;
}

QPointF HistogramPlot::nextCursor(const QPointF& position, int right, int down) const
{
    if (m_original.counts.empty())
        return Plot::nextCursor(position, right, down);
    // From bin to bin, or from pixel to pixel where bins are narrower.
    const double first = edge(m_original, 0);
    const double width = (edge(m_original, m_original.counts.size()) - first) / static_cast<double>(m_original.counts.size());
    const double pixel = xAxis->range().size() / std::max(axisRect()->width(), 1);
    const double bin = std::floor((xAxis->pixelToCoord(position.x()) - first) / width) + right * std::max(1.0, std::ceil(pixel / width));
    const double last = static_cast<double>(m_original.counts.size()) - 1;
    return {xAxis->coordToPixel(first + width * (std::clamp(bin, 0.0, last) + 0.5)), Plot::nextCursor(position, right, down).y()};
}

void HistogramPlot::recolour()
{
    const QColor original = seriesColour(palette(), 0);
    QColor inside = original;
    inside.setAlphaF(0.45f);
    m_originalGraph->setPen(QPen(original, 1));
    m_originalGraph->setBrush(inside);
    m_quantizedGraph->setPen(QPen(seriesColour(palette(), 1), 1.6));
}

} // namespace quantlathe::ui
