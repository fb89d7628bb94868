// SPDX-License-Identifier: GPL-3.0-or-later
// What the map and the layer plot show, chosen once for both: a measure, and which types it is of.
#pragma once

#include "core/analysis/layer_map.h"
#include "ui/document.h"

#include <QObject>
#include <QString>

#include <optional>
#include <set>
#include <vector>

namespace quantlathe::ui {

/// Keeps one figure for every field of the model's grid up to date. Lives on the window's thread.
class MapSource : public QObject
{
    Q_OBJECT
public:
    /// Of which types the figures are.
    struct Types
    {
        enum class Kind { Chosen, Stored, One } kind = Kind::Chosen;
        TensorType one = TensorType::Q4_K; ///< as asked for; fallbacks apply
        bool operator==(const Types&) const = default;
    };
    /// A field: row -1 for those outside the layers.
    struct Field
    {
        int row = 0;
        int column = 0;
        auto operator<=>(const Field&) const = default;
    };

    explicit MapSource(Document& document, QObject* parent = nullptr);

    [[nodiscard]] Document& document() const { return m_document; }
    [[nodiscard]] const LayerGrid& grid() const { return m_grid; }
    [[nodiscard]] MapMeasure measure() const { return m_measure; }
    void setMeasure(MapMeasure measure);
    [[nodiscard]] Types types() const { return m_types; }
    void setTypes(const Types& types);

    [[nodiscard]] const std::vector<std::size_t>& tensors(Field field) const;
    [[nodiscard]] const MapValue& value(Field field) const;
    [[nodiscard]] TensorType typeOf(std::size_t tensor) const { return m_written[tensor]; }
    /// Where a tensor is; nothing when it is not on the map.
    [[nodiscard]] std::optional<Field> fieldOf(std::size_t tensor) const;
    /// 0 ... 1 between the smallest and the largest known value; logarithmic where values span orders. Nothing when the
    /// value is not known.
    [[nodiscard]] std::optional<double> position(const MapValue& value) const;
    /// Ends of the scale; equal when there is nothing to show.
    [[nodiscard]] std::pair<double, double> limits() const { return {m_low, m_high}; }
    /// Tells the document that these figures are on screen: they are measured exactly next.
    void look(Field field);

    static QString measureText(MapMeasure measure);
    /// A value of measure() with its unit.
    [[nodiscard]] QString valueText(double value) const;
    /// With "≈" when sampled, "…" while unknown.
    [[nodiscard]] QString valueText(const MapValue& value) const;
    /// All there is to say of a field, for a tool tip.
    [[nodiscard]] QString description(Field field) const;

Q_SIGNALS:
    /// Another model: another grid.
    void gridChanged();
    /// Some values, or the scale.
    void valuesChanged();
    /// measure() or types().
    void settingsChanged();

private:
    void takeModel();
    void takeTypes();
    void measureAll();
    [[nodiscard]] MapValue measured(const std::vector<std::size_t>& tensors) const;
    void update(const std::vector<std::size_t>& tensors);
    void updateLimits();
    [[nodiscard]] std::size_t slot(Field field) const;
    [[nodiscard]] bool isLogarithmic() const;

    Document& m_document;
    LayerGrid m_grid;
    MapMeasure m_measure = MapMeasure::RelativeRms;
    Types m_types;
    std::vector<TensorType> m_written;
    std::vector<std::optional<Field>> m_fieldOf;
    std::vector<MapValue> m_values; ///< layers, then outside
    double m_low = 0;
    double m_high = 0;
};

} // namespace quantlathe::ui
