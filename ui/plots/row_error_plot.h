// SPDX-License-Identifier: GPL-3.0-or-later
// The relative error of every row (output channel) of a tensor.
#pragma once

#include "core/types/shape.h"
#include "ui/plots/plot.h"

#include <vector>

namespace quantlathe::ui {

/// However many rows there are, each column of pixels shows the smallest and the largest error of its rows.
class RowErrorPlot : public Plot
{
    Q_OBJECT
public:
    explicit RowErrorPlot(QWidget* parent = nullptr);

    /// @param relativeErrors one per row; @param shape of the tensor, for the names of rows; @param total of all rows
    void setRows(std::vector<float> relativeErrors, const Shape& shape, double total);
    [[nodiscard]] std::size_t rowCount() const { return m_rows.size(); }

    [[nodiscard]] QString tipAt(const QPointF& position) const override;

protected:
    void recolour() override;
    [[nodiscard]] QPointF nextCursor(const QPointF& position, int right, int down) const override;

private:
    /// Fits the curves to the rows in view; before each replot.
    void updateCurves();
    [[nodiscard]] std::pair<std::size_t, std::size_t> visibleRows() const;

    std::vector<float> m_rows;
    Shape m_shape;
    QCPGraph* m_high;
    QCPGraph* m_low;
    QCPGraph* m_total;
    QCPRange m_curvesRange; ///< what the curves were made for
    int m_curvesWidth = 0;
};

} // namespace quantlathe::ui
