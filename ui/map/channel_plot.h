// SPDX-License-Identifier: GPL-3.0-or-later
// A ChannelMap as a heat map with a colour scale.
#pragma once

#include "core/analysis/channel_map.h"
#include "ui/plots/plot.h"

#include <memory>

namespace quantlathe::ui {

class ChannelPlot : public Plot
{
    Q_OBJECT
public:
    enum class Measure { LargestWeight, Range, LargestError, RmsError };

    explicit ChannelPlot(QWidget* parent = nullptr);

    void setMap(std::shared_ptr<const ChannelMap> map, const Shape& shape);
    void setMeasure(Measure measure);
    [[nodiscard]] Measure measure() const { return m_measure; }
    /// On, few large values do not make all others look alike.
    void setLogarithmic(bool isLogarithmic);
    /// Errors are there when a type was asked for.
    [[nodiscard]] bool hasErrors() const { return m_map && !m_map->rmsError.empty(); }
    [[nodiscard]] QString tipAt(const QPointF& position) const override;
    [[nodiscard]] float valueAt(std::size_t row, std::size_t column) const;

protected:
    void recolour() override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void draw();

    std::shared_ptr<const ChannelMap> m_map;
    Shape m_shape;
    Measure m_measure = Measure::LargestWeight;
    bool m_isLogarithmic = false;
    QCPColorMap* m_picture;
    QCPColorScale* m_scale;
};

} // namespace quantlathe::ui
