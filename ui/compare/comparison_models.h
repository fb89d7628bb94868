// SPDX-License-Identifier: GPL-3.0-or-later
// Two models side by side as tables: tensors, metadata, and the map of the difference.
#pragma once

#include "core/analysis/comparison.h"
#include "core/analysis/layer_map.h"
#include "core/analysis/metadata_diff.h"

#include <QAbstractTableModel>

#include <memory>
#include <optional>
#include <vector>

namespace quantlathe::ui {

/// What a comparison found; immutable.
struct ModelComparison
{
    std::shared_ptr<const Model> first;
    std::shared_ptr<const Model> second;
    std::vector<TensorComparison> tensors;
    std::vector<MetadataDifference> metadata;
};

/// One row per tensor of either model.
class TensorComparisonModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Name, FirstType, SecondType, Result, RelativeRms, SignalToNoise, MaximumError, ColumnCount };
    enum Roles { SortRole = Qt::UserRole + 1 };

    explicit TensorComparisonModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    void setComparison(std::shared_ptr<const ModelComparison> comparison);
    [[nodiscard]] const TensorComparison& tensor(int row) const { return m_comparison->tensors[static_cast<std::size_t>(row)]; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::shared_ptr<const ModelComparison> m_comparison;
};

/// One row per key that differs.
class MetadataDiffModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Key, Kind, First, Second, ColumnCount };

    explicit MetadataDiffModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    void setComparison(std::shared_ptr<const ModelComparison> comparison);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::shared_ptr<const ModelComparison> m_comparison;
};

/// The relative difference, layers x roles of the first model; the roles ErrorMapView paints.
class DifferenceMapModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    explicit DifferenceMapModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    void setComparison(std::shared_ptr<const ModelComparison> comparison);
    /// The first tensor of a field, by its row in the comparison; nothing where there is none.
    [[nodiscard]] std::optional<int> tensorRow(const QModelIndex& index) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    struct Field
    {
        std::optional<double> relativeRms; ///< 0 where all is identical; nothing where nothing could be compared
        std::optional<int> row;
        double position = 0;               ///< on the colour scale
    };
    [[nodiscard]] const Field& field(const QModelIndex& index) const;
    /// Roles of the layers, then those outside.
    [[nodiscard]] TensorRole roleOf(std::size_t column) const;

    std::shared_ptr<const ModelComparison> m_comparison;
    LayerGrid m_grid;
    std::vector<Field> m_fields; ///< the outside roles' row comes last, when there is one
    int m_columns = 0;
};

/// "Identical", "Different" ... for people.
QString resultText(TensorComparison::Result result);

} // namespace quantlathe::ui
