// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/error_map_model.h"

#include "ui/text.h"

namespace quantlathe::ui {

ErrorMapModel::ErrorMapModel(MapSource& source, Part part, QObject* parent) : QAbstractTableModel(parent), m_source(source), m_part(part)
{
    const auto take = [this] {
        beginResetModel();
        const LayerGrid& grid = m_source.grid();
        m_rows = static_cast<int>(m_part == Part::Layers ? grid.layers.size() : (grid.outsideRoles.empty() ? 0 : 1));
        m_columns = static_cast<int>(m_part == Part::Layers ? grid.roles.size() : grid.outsideRoles.size());
        endResetModel();
    };
    connect(&source, &MapSource::gridChanged, this, take);
    connect(&source, &MapSource::valuesChanged, this, [this] {
        if (m_rows > 0 && m_columns > 0)
            Q_EMIT dataChanged(index(0, 0), index(m_rows - 1, m_columns - 1));
    });
    take();
}

int ErrorMapModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_rows; }

int ErrorMapModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_columns; }

MapSource::Field ErrorMapModel::field(const QModelIndex& index) const
{
    return {m_part == Part::Layers ? index.row() : -1, index.column()};
}

QModelIndex ErrorMapModel::indexOf(std::size_t tensor) const
{
    const auto field = m_source.fieldOf(tensor);
    if (!field || (field->row < 0) != (m_part == Part::Outside))
        return {};
    return index(std::max(field->row, 0), field->column);
}

QVariant ErrorMapModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const MapSource::Field place = field(index);
    const bool isEmpty = m_source.tensors(place).empty();
    const MapValue& value = m_source.value(place);
    switch (role) {
    case Qt::DisplayRole:
        if (isEmpty)
            return {};
        m_source.look(place); // only what is visible is asked for
        return m_source.valueText(value);
    case Qt::AccessibleTextRole:
        return isEmpty ? QVariant() : tr("%1: %2").arg(toQString(label(m_part == Part::Layers ? m_source.grid().roles[static_cast<std::size_t>(place.column)]
                                                                                                : m_source.grid().outsideRoles[static_cast<std::size_t>(place.column)])),
                                                       m_source.valueText(value));
    case Qt::ToolTipRole: return m_source.description(place);
    case Qt::TextAlignmentRole: return Qt::AlignCenter;
    case PositionRole: {
        const auto position = isEmpty ? std::nullopt : m_source.position(value);
        return position ? QVariant(*position) : QVariant();
    }
    case QualityRole: return isEmpty ? QVariant() : QVariant(static_cast<int>(value.quality));
    case SortRole: return isEmpty || !value.isKnown() ? QVariant() : QVariant(value.value);
    default: return {};
    }
}

QVariant ErrorMapModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    const LayerGrid& grid = m_source.grid();
    const auto place = static_cast<std::size_t>(section);
    if (orientation == Qt::Horizontal) {
        const auto& roles = m_part == Part::Layers ? grid.roles : grid.outsideRoles;
        if (place >= roles.size())
            return {};
        if (role == Qt::DisplayRole)
            return toQString(name(roles[place]));
        return role == Qt::ToolTipRole || role == Qt::AccessibleTextRole ? QVariant(toQString(label(roles[place]))) : QVariant();
    }
    if (m_part == Part::Outside)
        return role == Qt::ToolTipRole ? QVariant(tr("Outside the layers")) : QVariant();
    if (place >= grid.layers.size())
        return {};
    if (role == Qt::DisplayRole)
        return grid.layers[place];
    return role == Qt::ToolTipRole ? QVariant(tr("Layer %1").arg(grid.layers[place])) : QVariant();
}

Qt::ItemFlags ErrorMapModel::flags(const QModelIndex& index) const
{
    if (!index.isValid() || m_source.tensors(field(index)).empty())
        return Qt::NoItemFlags;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemNeverHasChildren;
}

} // namespace quantlathe::ui
