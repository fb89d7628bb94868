// SPDX-License-Identifier: GPL-3.0-or-later
// Every type for the selected tensors: what it would weigh and what it would cost.
#pragma once

#include "core/analysis/layer_map.h"
#include "ui/document.h"

#include <QAbstractTableModel>

#include <optional>
#include <vector>

namespace quantlathe::ui {

class WhatIfModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Adopt, Type, BitsPerWeight, RelativeError, WeightedError, Size, Change, SignalToNoise, ColumnCount };
    enum Roles { SortRole = Qt::UserRole, IsCurrentRole };

    explicit WhatIfModel(Document& document, QObject* parent = nullptr);

    /// What a row stands for: the type to ask for, nothing = as stored.
    [[nodiscard]] std::optional<TensorType> typeAt(int row) const { return m_rows[static_cast<std::size_t>(row)].type; }
    /// True when all selected tensors are written so now.
    [[nodiscard]] bool isCurrent(int row) const { return m_rows[static_cast<std::size_t>(row)].isCurrent; }
    /// Chooses the row's type for the selection, as one undoable step.
    void adopt(int row);
    /// Only while someone looks are figures brought up to date.
    void setActive(bool isActive);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row
    {
        std::optional<TensorType> type;
        std::vector<TensorType> written; ///< by selected tensor
        double bitsPerWeight = 0;
        std::uint64_t bytes = 0;
        MapValue error;
        MapValue weighted; ///< only with importance data
        std::size_t fallbacks = 0;       ///< selected tensors that would be written as something else
        bool isCurrent = false;
    };
    void takeSelection();
    void measure();
    [[nodiscard]] QString errorText(const MapValue& error) const;
    [[nodiscard]] QString text(const Row& row, int column) const;

    Document& m_document;
    TensorIndices m_tensors; ///< the selected ones that a type can be chosen for
    std::uint64_t m_bytesNow = 0;
    std::vector<Row> m_rows;
    bool m_isActive = true;
};

} // namespace quantlathe::ui
