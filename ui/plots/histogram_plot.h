// SPDX-License-Identifier: GPL-3.0-or-later
// How many weights lie where, before and after quantization.
#pragma once

#include "core/analysis/distribution.h"
#include "ui/plots/plot.h"

namespace quantlathe::ui {

class HistogramPlot : public Plot
{
    Q_OBJECT
public:
    explicit HistogramPlot(QWidget* parent = nullptr);

    /// Shows @p original alone; the zoom starts afresh.
    void setOriginal(const Histogram& original);
    /// Draws @p quantized (same bins as the original) over it; empty counts take it away.
    void setQuantized(const Histogram& quantized, const QString& types);
    /// What the two are called instead of "As stored" and "Quantized to ...": for two models.
    void setNames(const QString& original, const QString& other);
    void setLogarithmic(bool isLogarithmic);
    [[nodiscard]] bool isLogarithmic() const { return m_isLogarithmic; }

    [[nodiscard]] QString tipAt(const QPointF& position) const override;

protected:
    void recolour() override;
    [[nodiscard]] QPointF nextCursor(const QPointF& position, int right, int down) const override;

private:
    void updateHome();
    [[nodiscard]] QString otherName() const;
    static void fill(QCPGraph& graph, const Histogram& histogram);

    Histogram m_original;
    Histogram m_quantized;
    QString m_types;
    QString m_originalName;
    QString m_otherName; ///< empty: "Quantized to ..."
    bool m_isLogarithmic = false;
    QCPGraph* m_originalGraph;
    QCPGraph* m_quantizedGraph;
};

} // namespace quantlathe::ui
