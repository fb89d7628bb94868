// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/budget/trade_off_plot.h"

#include "ui/budget/fit_context.h"
#include "ui/look/theme.h"
#include "ui/text.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr double percent = 100;
constexpr double reach = 10; ///< pixels around a point that belong to it

double heightOf(const FitResult& result) { return percent * relativeRmsOfDamage(result.damage); }

/// "0.5", "20": percentages of any size without exponents.
class PercentTicker : public QCPAxisTickerLog
{
protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar, int) override { return locale.toString(tick, 'g', 3); }
};

} // namespace

TradeOffPlot::TradeOffPlot(QWidget* parent)
    : Plot(parent), m_curve(addGraph()), m_presets(addGraph()), m_otherPresets(addGraph()), m_now(addGraph()), m_mark(addGraph())
{
    m_curve->setName(tr("Best plans"));
    m_presets->setName(tr("Presets"));
    m_otherPresets->setName(tr("Presets of other types"));
    m_now->setName(tr("This plan"));
    m_mark->removeFromLegend();
    for (QCPGraph* graph : {m_presets, m_otherPresets, m_now, m_mark})
        graph->setLineStyle(QCPGraph::lsNone);
    legend->setVisible(true);
    yAxis->setScaleType(QCPAxis::stLogarithmic);
    yAxis->setTicker(QSharedPointer<PercentTicker>::create());
    yAxis->setLabel(tr("Error in % (proxy)"));
    setAccessibleName(tr("File size against error"));
    setAccessibleDescription(tr("Left and Right move along the curve, Page Up and Page Down to the presets, Enter adopts the plan."));
    connect(this, &QCustomPlot::beforeReplot, this, &TradeOffPlot::placeLabels);
    connect(this, &QCustomPlot::beforeReplot, this, &TradeOffPlot::wrapLegend);
    applyColours();
}

void TradeOffPlot::setTradeOff(std::shared_ptr<const TradeOff> tradeOff)
{
    const bool isFirst = !m_tradeOff || m_tradeOff->curve.empty();
    const bool hadCursor = m_cursor.has_value();
    const std::uint64_t cursorBytes = hadCursor ? resultAt(*m_cursor).fileBytes : 0;
    const bool wasPreset = m_cursor && m_cursor->isPreset;
    m_tradeOff = std::move(tradeOff);
    m_cursor.reset();
    for (QCPItemText* label : m_labels)
        removeItem(label);
    m_labels.clear();
    for (QCPGraph* graph : {m_curve, m_presets, m_otherPresets})
        graph->data()->clear();
    if (!m_tradeOff || m_tradeOff->curve.empty()) {
        replot(rpQueuedReplot);
        return;
    }

    std::uint64_t largest = m_tradeOff->curve.back().fileBytes;
    constexpr double kibi = 1024;
    const std::array<QString, 5> units{tr("File size in bytes"), tr("File size in KiB"), tr("File size in MiB"), tr("File size in GiB"),
                                       tr("File size in TiB")};
    std::size_t unit = 0;
    m_unit = 1;
    while (unit + 1 < units.size() && static_cast<double>(largest) / m_unit >= kibi) {
        m_unit *= kibi;
        ++unit;
    }
    xAxis->setLabel(units[unit]);

    double top = 0;
    double bottom = 1e9;
    const auto add = [&](QCPGraph* graph, const FitResult& result) {
        if (!isPlotted(result))
            return;
        graph->addData(static_cast<double>(result.fileBytes) / m_unit, heightOf(result));
        top = std::max(top, heightOf(result));
        bottom = std::min(bottom, heightOf(result));
    };
    for (const FitResult& point : m_tradeOff->curve)
        add(m_curve, point);
    const double first = static_cast<double>(m_tradeOff->curve.front().fileBytes) / m_unit;
    const double last = static_cast<double>(largest) / m_unit;
    const double margin = std::max((last - first) * 0.04, last * 1e-3);
    for (const PresetPoint& preset : m_tradeOff->presets) {
        const double x = static_cast<double>(preset.result.fileBytes) / m_unit;
        if (x >= first - margin && x <= last + margin)
            add(preset.isAllowed ? m_presets : m_otherPresets, preset.result);
        auto* label = new QCPItemText(this);
        label->setText(toQString(preset.id));
        label->setClipToAxisRect(true);
        label->position->setCoords(x, std::max(heightOf(preset.result), 1e-9));
        label->setVisible(false);
        m_labels.push_back(label);
    }
    if (top <= 0) {
        top = 1;
        bottom = 0.1;
    }
    const QCPRange x{first - margin, last + margin};
    const QCPRange y{bottom * 0.8, top * 1.25};
    if (isFirst || !isZoomed())
        setHome(x, y);
    if (hadCursor) {
        // The same preset, or the point of the curve next in size.
        std::size_t best = 0;
        const auto distance = [&](std::uint64_t bytes) { return std::abs(static_cast<double>(bytes) - static_cast<double>(cursorBytes)); };
        const std::size_t count = wasPreset ? m_tradeOff->presets.size() : m_tradeOff->curve.size();
        const auto bytesAt = [&](std::size_t index) {
            return wasPreset ? m_tradeOff->presets[index].result.fileBytes : m_tradeOff->curve[index].fileBytes;
        };
        for (std::size_t index = 1; index < count; ++index) {
            if (distance(bytesAt(index)) < distance(bytesAt(best)))
                best = index;
        }
        if (count > 0)
            m_cursor = Point{wasPreset, best};
    }
    updateCursor();
    applyColours();
}

void TradeOffPlot::setCurrent(const std::optional<FitResult>& current)
{
    m_current = current;
    m_now->data()->clear();
    if (current && isPlotted(*current))
        m_now->addData(static_cast<double>(current->fileBytes) / m_unit, heightOf(*current));
    replot(rpQueuedReplot);
}

const FitResult& TradeOffPlot::resultAt(const Point& point) const
{
    return point.isPreset ? m_tradeOff->presets[point.index].result : m_tradeOff->curve[point.index];
}

QString TradeOffPlot::textOf(const Point& point) const
{
    const FitResult& result = resultAt(point);
    if (!point.isPreset)
        return tr("Best plan within %1: %2").arg(bytesText(result.fileBytes), figuresText(result));
    const PresetPoint& preset = m_tradeOff->presets[point.index];
    const QString text = tr("%1, %2: %3").arg(toQString(preset.id), bytesText(result.fileBytes), figuresText(result));
    const auto ratio = damageAgainstCurve(*m_tradeOff, result);
    if (!ratio || !preset.isAllowed)
        return text;
    return tr("%1; the best plan of this size has %2 % of its squared error").arg(text).arg(qRound(*ratio * percent));
}

void TradeOffPlot::setCursor(std::optional<Point> point)
{
    if (point && (!m_tradeOff || point->index >= (point->isPreset ? m_tradeOff->presets.size() : m_tradeOff->curve.size())))
        point.reset();
    if (point == m_cursor)
        return;
    m_cursor = point;
    updateCursor();
    Q_EMIT cursorMoved();
}

void TradeOffPlot::updateCursor()
{
    m_mark->data()->clear();
    if (m_cursor && isPlotted(resultAt(*m_cursor))) {
        const FitResult& result = resultAt(*m_cursor);
        m_mark->addData(static_cast<double>(result.fileBytes) / m_unit, heightOf(result));
    }
    replot(rpQueuedReplot);
}

QPointF TradeOffPlot::positionOf(const FitResult& result) const
{
    return {xAxis->coordToPixel(static_cast<double>(result.fileBytes) / m_unit), yAxis->coordToPixel(std::max(heightOf(result), 1e-9))};
}

// --- mouse and keys ---

std::optional<TradeOffPlot::Point> TradeOffPlot::pointAt(const QPointF& position) const
{
    if (!m_tradeOff || m_tradeOff->curve.empty() || !axisRect()->rect().contains(position.toPoint()))
        return std::nullopt;
    std::optional<Point> found;
    double nearest = reach;
    const auto look = [&](bool isPreset, std::size_t index, const FitResult& result) {
        const QPointF away = positionOf(result) - position;
        const double distance = std::hypot(away.x(), away.y());
        if (isPlotted(result) && distance < nearest) {
            nearest = distance;
            found = Point{isPreset, index};
        }
    };
    for (std::size_t index = 0; index < m_tradeOff->presets.size(); ++index)
        look(true, index, m_tradeOff->presets[index].result);
    for (std::size_t index = 0; index < m_tradeOff->curve.size() && !found; ++index)
        look(false, index, m_tradeOff->curve[index]);
    if (found)
        return found;
    // Between two points the line belongs to the smaller one: it is what fits into the size under the pointer.
    const auto larger = std::upper_bound(m_tradeOff->curve.begin(), m_tradeOff->curve.end(), position.x(),
                                         [this](double x, const FitResult& point) { return x < positionOf(point).x(); });
    if (larger == m_tradeOff->curve.begin() || larger == m_tradeOff->curve.end())
        return std::nullopt;
    const QPointF left = positionOf(*std::prev(larger));
    const QPointF right = positionOf(*larger);
    const double share = (position.x() - left.x()) / std::max(right.x() - left.x(), 1e-9);
    const double height = left.y() + share * (right.y() - left.y());
    if (std::abs(height - position.y()) > reach)
        return std::nullopt;
    return Point{false, static_cast<std::size_t>(larger - m_tradeOff->curve.begin()) - 1};
}

QString TradeOffPlot::tipAt(const QPointF& position) const
{
    if (m_current && isPlotted(*m_current)) {
        const QPointF away = positionOf(*m_current) - position;
        if (std::hypot(away.x(), away.y()) < reach)
            return tr("This plan, %1: %2").arg(bytesText(m_current->fileBytes), figuresText(*m_current));
    }
    const auto point = pointAt(position);
    return point ? textOf(*point) : QString();
}

void TradeOffPlot::mousePressEvent(QMouseEvent* event)
{
    m_pressed = event->position();
    Plot::mousePressEvent(event);
}

void TradeOffPlot::mouseReleaseEvent(QMouseEvent* event)
{
    Plot::mouseReleaseEvent(event);
    constexpr double slip = 4; // more is a drag that moves the view
    if (event->button() != Qt::LeftButton || (event->position() - m_pressed).manhattanLength() > slip)
        return;
    if (const auto point = pointAt(event->position())) {
        setCursor(point);
        Q_EMIT chosen(*point);
    }
}

void TradeOffPlot::moveAlongCurve(int steps)
{
    if (!m_tradeOff || m_tradeOff->curve.empty())
        return;
    const auto last = static_cast<std::ptrdiff_t>(m_tradeOff->curve.size()) - 1;
    std::ptrdiff_t start = steps > 0 ? -1 : last + 1;
    if (m_cursor || m_current) {
        // From where the cursor or the plan is.
        const std::uint64_t bytes = m_cursor ? resultAt(*m_cursor).fileBytes : m_current->fileBytes;
        const auto at = std::upper_bound(m_tradeOff->curve.begin(), m_tradeOff->curve.end(), bytes,
                                         [](std::uint64_t size, const FitResult& point) { return size < point.fileBytes; });
        start = at - m_tradeOff->curve.begin() - 1;
        if (m_cursor && !m_cursor->isPreset)
            start = static_cast<std::ptrdiff_t>(m_cursor->index);
    }
    setCursor(Point{false, static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(start + steps, 0, last))});
}

void TradeOffPlot::moveToPreset(int direction)
{
    if (!m_tradeOff || m_tradeOff->presets.empty())
        return;
    const auto count = static_cast<std::ptrdiff_t>(m_tradeOff->presets.size());
    std::ptrdiff_t index = direction > 0 ? 0 : count - 1;
    if (m_cursor && m_cursor->isPreset) {
        index = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(m_cursor->index) + direction, 0, count - 1);
    } else if (m_cursor) {
        const std::uint64_t bytes = resultAt(*m_cursor).fileBytes;
        index = std::count_if(m_tradeOff->presets.begin(), m_tradeOff->presets.end(),
                              [bytes](const PresetPoint& preset) { return preset.result.fileBytes <= bytes; });
        index = std::clamp<std::ptrdiff_t>(direction > 0 ? index : index - 1, 0, count - 1);
    }
    setCursor(Point{true, static_cast<std::size_t>(index)});
}

void TradeOffPlot::keyPressEvent(QKeyEvent* event)
{
    switch (event->key()) {
    case Qt::Key_Left:
        return moveAlongCurve(-1);
    case Qt::Key_Right:
        return moveAlongCurve(1);
    case Qt::Key_PageUp:
        return moveToPreset(1);
    case Qt::Key_PageDown:
        return moveToPreset(-1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
        if (m_cursor)
            Q_EMIT chosen(*m_cursor);
        return;
    default:
        Plot::keyPressEvent(event);
    }
}

// --- look ---

/// All names in one line where there is room.
void TradeOffPlot::wrapLegend()
{
    const QFontMetrics metrics(font());
    int width = 0;
    for (int item = 0; item < legend->itemCount(); ++item)
        width = std::max(width, legend->item(item)->minimumOuterSizeHint().width());
    const int columns = width * legend->itemCount() + metrics.averageCharWidth() * 6 < this->width() ? legend->itemCount() : 2;
    if (legend->wrap() != columns) {
        legend->setWrap(columns);
        legend->setFillOrder(legend->fillOrder(), true); // only this moves the names that are there
    }
}

/// Names beside the presets' points, as far as they do not cover each other; those the curve competes with come first.
void TradeOffPlot::placeLabels()
{
    std::vector<QRectF> taken;
    const QFontMetricsF metrics(font());
    const auto place = [&](std::size_t index) {
        const PresetPoint& preset = m_tradeOff->presets[index];
        const QPointF position = positionOf(preset.result);
        const QRectF box(position.x() + 6, position.y() - metrics.height(), metrics.horizontalAdvance(m_labels[index]->text()), metrics.height());
        const bool isFree = isPlotted(preset.result) && QRectF(axisRect()->rect()).contains(box)
            && std::none_of(taken.begin(), taken.end(), [&box](const QRectF& other) { return other.intersects(box); });
        m_labels[index]->setVisible(isFree);
        if (isFree)
            taken.push_back(box);
    };
    for (const bool isAllowed : {true, false}) {
        for (std::size_t index = 0; index < m_labels.size(); ++index) {
            if (m_tradeOff->presets[index].isAllowed == isAllowed)
                place(index);
        }
    }
}

void TradeOffPlot::recolour()
{
    const QColor curve = seriesColour(palette(), 0);
    const QColor preset = seriesColour(palette(), 1);
    const QColor plan = seriesColour(palette(), 2);
    QColor faint = palette().color(QPalette::Text);
    faint.setAlphaF(0.55f);
    m_curve->setPen(QPen(curve, 2));
    m_presets->setPen(QPen(preset));
    m_presets->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, preset, 7));
    m_otherPresets->setPen(QPen(faint));
    m_otherPresets->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, faint, 6));
    m_now->setPen(QPen(plan));
    m_now->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(plan, 2), QBrush(plan), 11));
    m_mark->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(palette().color(QPalette::Highlight), 2.5), Qt::NoBrush, 14));
    for (std::size_t index = 0; index < m_labels.size(); ++index) {
        QCPItemText* label = m_labels[index];
        label->setColor(m_tradeOff->presets[index].isAllowed ? palette().color(QPalette::Text) : faint);
        label->setFont(font());
        label->setPositionAlignment(Qt::AlignLeft | Qt::AlignBottom);
        label->setPadding(QMargins(6, 0, 0, 0));
    }
}

} // namespace quantlathe::ui
