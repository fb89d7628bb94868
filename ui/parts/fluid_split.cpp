// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/fluid_split.h"

#include "ui/parts/vertical_scroll_area.h"

#include <QEvent>
#include <QSplitter>

namespace quantlathe::ui {

namespace {
constexpr int leastCharacters = 30;
constexpr int leastLines = 8;
constexpr int resultLines = 20; ///< below the settings
} // namespace

FluidSplit::FluidSplit(VerticalScrollArea* settings, QWidget* results, QWidget* parent)
    : QScrollArea(parent), m_settings(settings), m_results(results), m_split(new QSplitter(Qt::Horizontal, this))
{
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);
    m_split->addWidget(settings);
    m_split->addWidget(results);
    m_split->setStretchFactor(0, 0);
    m_split->setStretchFactor(1, 1);
    m_split->setChildrenCollapsible(false);
    setWidget(m_split);
}

Qt::Orientation FluidSplit::orientation() const { return m_split->orientation(); }

QSize FluidSplit::minimumSizeHint() const { return {fontMetrics().averageCharWidth() * leastCharacters, fontMetrics().height() * leastLines}; }

void FluidSplit::resizeEvent(QResizeEvent* event)
{
    QScrollArea::resizeEvent(event);
    reflow();
}

bool FluidSplit::eventFilter(QObject* watched, QEvent* event)
{
    const bool result = QScrollArea::eventFilter(watched, event);
    if (watched == m_split && event->type() == QEvent::LayoutRequest) // the needs changed, with the text size for one
        reflow();
    return result;
}

void FluidSplit::reflow()
{
    const int needed = m_settings->minimumSizeHint().width() + m_split->handleWidth() + m_results->minimumSizeHint().width();
    const bool isUpright = maximumViewportSize().width() < needed;
    const int settings = m_settings->sizeHint().height();
    const int results = qMax(m_results->minimumSizeHint().height(), resultLines * fontMetrics().height());
    m_split->setMinimumHeight(isUpright ? settings + m_split->handleWidth() + results : 0);
    if (isUpright == (orientation() == Qt::Vertical))
        return;
    m_split->setOrientation(isUpright ? Qt::Vertical : Qt::Horizontal);
    const int first = isUpright ? settings : m_settings->sizeHint().width();
    const int whole = isUpright ? m_split->minimumHeight() : maximumViewportSize().width();
    m_split->setSizes({first, whole - m_split->handleWidth() - first});
}

} // namespace quantlathe::ui
