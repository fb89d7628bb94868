// SPDX-License-Identifier: GPL-3.0-or-later
// The map as a table: layers x roles, or the one row of what lies outside the layers.
#pragma once

#include "ui/map/map_source.h"

#include <QAbstractTableModel>

namespace quantlathe::ui {

class ErrorMapModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum class Part { Layers, Outside };
    enum Roles {
        PositionRole = Qt::UserRole, ///< double 0 ... 1 on the colour scale; invalid when not known
        QualityRole,                 ///< int of PairError::Quality
        SortRole                     ///< the bare value
    };

    ErrorMapModel(MapSource& source, Part part, QObject* parent = nullptr);

    [[nodiscard]] MapSource::Field field(const QModelIndex& index) const;
    /// Invalid when the tensor is not in this part.
    [[nodiscard]] QModelIndex indexOf(std::size_t tensor) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;

private:
    MapSource& m_source;
    Part m_part;
    int m_rows = 0; ///< as the views know them
    int m_columns = 0;
};

} // namespace quantlathe::ui
