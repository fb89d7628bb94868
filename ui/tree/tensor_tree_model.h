// SPDX-License-Identifier: GPL-3.0-or-later
// The tensors of the document, grouped by layer: first what belongs to no layer, then layer by layer, in file order.
#pragma once

#include "ui/document.h"
#include "ui/tree/tensor_summary.h"

#include <QAbstractItemModel>
#include <QIcon>

#include <optional>
#include <vector>

namespace quantlathe::ui {

class TensorTreeModel : public QAbstractItemModel
{
    Q_OBJECT
public:
    enum Columns { Name, Role, Shape, StoredType, ChosenType, BitsPerWeight, BytesBefore, BytesAfter, RelativeError, ColumnCount };
    enum Roles {
        SortRole = Qt::UserRole + 1, ///< raw value
        TensorIndexRole,                 ///< tensor index; invalid for a layer row
        FilterRole,                  ///< QStringList: each text a filter may match
        RequestedTypeRole            ///< number of the chosen type as asked for, -1 = as stored
    };

    explicit TensorTreeModel(Document& document, QObject* parent = nullptr);

    [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& child) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    /// Chosen type, EditRole: a type number or -1. Changes the tensor, or the whole selection when the tensor is part of
    /// it, or all tensors of the layer.
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;

    [[nodiscard]] bool isGroup(const QModelIndex& index) const { return index.isValid() && index.internalId() == 0; }
    /// The tensor of a row; nothing for a layer row.
    [[nodiscard]] std::optional<std::size_t> tensorAt(const QModelIndex& index) const;
    /// The tensors of a row: one, or a layer's.
    [[nodiscard]] TensorIndices tensorsAt(const QModelIndex& index) const;
    /// The layer of a row; nothing for tensors outside the layers.
    [[nodiscard]] std::optional<int> layerAt(const QModelIndex& index) const;
    [[nodiscard]] QModelIndex indexOfTensor(std::size_t tensor, int column = Name) const;
    [[nodiscard]] Document& document() const { return m_document; }

private:
    struct Group
    {
        std::optional<int> layer;
        TensorIndices tensors;
        mutable std::optional<TensorSummary> summary;
    };

    void rebuild();
    void notify(const TensorIndices& tensors, int firstColumn, int lastColumn);
    [[nodiscard]] const Group& groupOf(const QModelIndex& index) const;
    [[nodiscard]] const TensorSummary& summaryOf(const Group& group) const;
    [[nodiscard]] QVariant groupData(const Group& group, int column, int role) const;
    [[nodiscard]] QVariant tensorData(std::size_t tensor, int column, int role) const;
    [[nodiscard]] QString groupText(const Group& group, int column) const;
    [[nodiscard]] QString tensorText(std::size_t tensor, int column) const;
    static QVariant csvValue(const QVariant& sortValue, int column);
    [[nodiscard]] QVariant groupSortValue(const Group& group, int column) const;
    [[nodiscard]] QVariant tensorSortValue(std::size_t tensor, int column) const;
    [[nodiscard]] QString tensorToolTip(std::size_t tensor, int column) const;
    [[nodiscard]] bool isFallback(std::size_t tensor) const;

    Document& m_document;
    std::vector<Group> m_groups;
    struct Position
    {
        int group = 0;
        int row = 0;
    };
    std::vector<Position> m_positions; ///< by tensor index
    QIcon m_layerIcon;
    QIcon m_warningIcon;
};

} // namespace quantlathe::ui
