// SPDX-License-Identifier: GPL-3.0-or-later
// One line per role over the layers, of what the map shows.
#pragma once

#include "ui/map/map_source.h"
#include "ui/plots/plot.h"

#include <vector>

namespace quantlathe::ui {

class LayerPlot : public Plot
{
    Q_OBJECT
public:
    explicit LayerPlot(MapSource& source, QWidget* parent = nullptr);

    [[nodiscard]] QString tipAt(const QPointF& position) const override;
    /// The point nearest to @p position (widget coordinates) within reach.
    [[nodiscard]] std::optional<MapSource::Field> fieldAt(const QPointF& position) const;
    [[nodiscard]] int lineCount() const { return static_cast<int>(m_lines.size()); }

Q_SIGNALS:
    void fieldClicked(quantlathe::ui::MapSource::Field field);

protected:
    void recolour() override;
    [[nodiscard]] QPointF nextCursor(const QPointF& position, int right, int down) const override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void takeGrid();
    void takeValues();
    [[nodiscard]] double shown(double value) const;

    struct Line
    {
        QCPGraph* graph = nullptr;
        QCPErrorBars* bars = nullptr;
        int column = 0;
    };
    MapSource& m_source;
    std::vector<Line> m_lines;
    bool m_isStale = false;  ///< values came while nobody looked
    bool m_hasShown = false; ///< before, the range is the one that axes begin with
    QPointF m_pressed;
};

} // namespace quantlathe::ui
