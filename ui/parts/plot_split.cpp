// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/plot_split.h"

#include <QEvent>

#include <algorithm>

namespace quantlathe::ui {

PlotSplit::PlotSplit(QWidget* plot, QWidget* figures, QWidget* parent) : QSplitter(Qt::Vertical, parent), m_figures(figures)
{
    addWidget(plot);
    addWidget(figures);
    setStretchFactor(0, 1);
    setStretchFactor(1, 0);
    setChildrenCollapsible(false);
    connect(this, &QSplitter::splitterMoved, this, [this] { m_isMovedByPerson = true; });
}

void PlotSplit::resizeEvent(QResizeEvent* event)
{
    QSplitter::resizeEvent(event);
    constexpr int plotCharacters = 50;
    const int needed = m_figures->sizeHint().width() + plotCharacters * fontMetrics().averageCharWidth();
    const Qt::Orientation wanted = width() > height() * 3 / 2 && width() > needed ? Qt::Horizontal : Qt::Vertical;
    if (wanted != orientation()) {
        setOrientation(wanted);
        m_isMovedByPerson = false;
    }
    share();
}

bool PlotSplit::event(QEvent* event)
{
    const bool result = QSplitter::event(event);
    if (event->type() == QEvent::LayoutRequest) // the number of figures changed
        share();
    return result;
}

void PlotSplit::share()
{
    if (m_isMovedByPerson)
        return;
    const bool isUpright = orientation() == Qt::Vertical;
    const int all = (isUpright ? height() : width()) - handleWidth();
    const int wanted = isUpright ? m_figures->sizeHint().height() : m_figures->sizeHint().width();
    // Where there is little room the plot says more than the figures, which scroll.
    constexpr int comfortableLines = 24;
    const int percent = isUpright && all < comfortableLines * fontMetrics().height() ? 30 : 45;
    const int figures = std::min(wanted, all * percent / 100);
    if (sizes() != QList<int>{all - figures, figures})
        setSizes({all - figures, figures});
}

} // namespace quantlathe::ui
