// SPDX-License-Identifier: GPL-3.0-or-later
// File size against damage: the solver's curve, llama.cpp's presets and the current plan.
#pragma once

#include "core/budget/trade_off.h"
#include "ui/plots/plot.h"

#include <memory>
#include <vector>

namespace quantlathe::ui {

/// A click on the curve or a preset chooses it. Keys: Left and Right move along the curve, Page Up and Down to the next preset,
/// Enter chooses; + and - zoom, Home shows everything.
class TradeOffPlot : public Plot
{
    Q_OBJECT
public:
    explicit TradeOffPlot(QWidget* parent = nullptr);

    /// Keeps the cursor at its size.
    void setTradeOff(std::shared_ptr<const TradeOff> tradeOff);
    void setCurrent(const std::optional<FitResult>& current);
    [[nodiscard]] const TradeOff* tradeOff() const { return m_tradeOff.get(); }

    /// A point of the curve, or a preset.
    struct Point
    {
        bool isPreset = false;
        std::size_t index = 0;
        bool operator==(const Point&) const = default;
    };
    [[nodiscard]] std::optional<Point> cursor() const { return m_cursor; }
    void setCursor(std::optional<Point> point);
    [[nodiscard]] const FitResult& resultAt(const Point& point) const;
    /// What there is to say of a point: one sentence.
    [[nodiscard]] QString textOf(const Point& point) const;

    [[nodiscard]] QString tipAt(const QPointF& position) const override;
    /// Where a point is drawn, in the widget's coordinates.
    [[nodiscard]] QPointF positionOf(const FitResult& result) const;

Q_SIGNALS:
    void cursorMoved();
    /// By a click, or Enter on the cursor.
    void chosen(const quantlathe::ui::TradeOffPlot::Point& point);

protected:
    void recolour() override;
    void keyPressEvent(QKeyEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;

private:
    [[nodiscard]] std::optional<Point> pointAt(const QPointF& position) const;
    [[nodiscard]] bool isPlotted(const FitResult& result) const { return result.damage > 0; }
    void moveAlongCurve(int steps);
    void moveToPreset(int direction);
    void placeLabels();
    void wrapLegend();
    void updateCursor();

    std::shared_ptr<const TradeOff> m_tradeOff;
    std::optional<FitResult> m_current;
    std::optional<Point> m_cursor;
    double m_unit = 1; ///< bytes
    QCPGraph* m_curve;
    QCPGraph* m_presets;      ///< that the curve competes with
    QCPGraph* m_otherPresets; ///< whose types the fit may not use
    QCPGraph* m_now;
    QCPGraph* m_mark;
    std::vector<QCPItemText*> m_labels; ///< of the presets, in their order
    QPointF m_pressed;
};

} // namespace quantlathe::ui
