// SPDX-License-Identifier: GPL-3.0-or-later
// A few curves over something countable: positions, layers, shares of tokens.
#pragma once

#include "ui/plots/plot.h"

#include <QString>

#include <functional>
#include <vector>

namespace quantlathe::ui {

class CurvePlot : public Plot
{
    Q_OBJECT
public:
    /// What the cursor reads out of a point.
    using Readout = std::function<QString(double x, double y)>;

    explicit CurvePlot(QWidget* parent = nullptr);

    void setAxes(const QString& x, const QString& y, const Readout& readout);
    /// @param isLogarithmic in y; points that have no logarithm are left out
    void setCurve(const std::vector<QPointF>& points, bool isLogarithmic);
    [[nodiscard]] std::size_t pointCount() const { return m_points.size(); }

    [[nodiscard]] QString tipAt(const QPointF& position) const override;

protected:
    void recolour() override;
    [[nodiscard]] QPointF nextCursor(const QPointF& position, int right, int down) const override;

private:
    [[nodiscard]] std::size_t nearest(double x) const;

    std::vector<QPointF> m_points; ///< by x
    Readout m_readout;
    QCPGraph* m_graph;
};

} // namespace quantlathe::ui
