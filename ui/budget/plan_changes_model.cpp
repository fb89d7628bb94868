// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/budget/plan_changes_model.h"

#include "ui/budget/fit_context.h"
#include "ui/look/theme.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QApplication>
#include <QColor>
#include <QHeaderView>
#include <QTreeView>

#include <map>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

/// Tensors carry the number of their role's row plus one; rows of roles 0.
constexpr quintptr roleRow = 0;

QString signedBytesText(std::uint64_t before, std::uint64_t after)
{
    return after >= before ? u'+' + bytesText(after - before) : u'\u2212' + bytesText(before - after);
}

qlonglong difference(std::uint64_t before, std::uint64_t after) { return static_cast<qlonglong>(after) - static_cast<qlonglong>(before); }

/// Up is good for accuracy, down costs some.
QVariant directionColour(int direction)
{
    if (direction == 0)
        return {};
    const QPalette palette = QApplication::palette();
    return direction > 0 ? goodColour(palette) : warningColour(palette);
}

} // namespace

void PlanChangesModel::setChanges(std::shared_ptr<const Model> model, PlanChanges changes)
{
    beginResetModel();
    m_model = std::move(model);
    m_changes = std::move(changes);
    m_children.assign(m_changes.roles.size(), {});
    std::map<std::pair<std::optional<int>, TensorRole>, std::size_t> rows;
    for (std::size_t row = 0; row < m_changes.roles.size(); ++row)
        rows[{m_changes.roles[row].layer, m_changes.roles[row].role}] = row;
    for (std::size_t index = 0; index < m_changes.tensors.size(); ++index) {
        const TensorPlace& place = m_model->place(m_changes.tensors[index].tensor);
        m_children[rows.at({place.layer, place.role})].push_back(index);
    }
    endResetModel();
}

QModelIndex PlanChangesModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : roleRow);
}

QModelIndex PlanChangesModel::parent(const QModelIndex& index) const
{
    if (!index.isValid() || index.internalId() == roleRow)
        return {};
    return createIndex(static_cast<int>(index.internalId()) - 1, 0, roleRow);
}

int PlanChangesModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid())
        return static_cast<int>(m_changes.roles.size());
    if (parent.internalId() != roleRow || parent.column() != 0)
        return 0;
    // A single tensor says all in its role's row.
    const std::size_t count = m_children[static_cast<std::size_t>(parent.row())].size();
    return count > 1 ? static_cast<int>(count) : 0;
}

int PlanChangesModel::columnCount(const QModelIndex&) const { return ColumnCount; }

const TensorChange* PlanChangesModel::tensorAt(const QModelIndex& index) const
{
    if (index.internalId() == roleRow)
        return nullptr;
    return &m_changes.tensors[m_children[index.internalId() - 1][static_cast<std::size_t>(index.row())]];
}

std::vector<std::size_t> PlanChangesModel::tensorsAt(const QModelIndex& index) const
{
    if (!index.isValid())
        return {};
    if (const TensorChange* change = tensorAt(index))
        return {change->tensor};
    std::vector<std::size_t> tensors;
    for (const std::size_t child : m_children[static_cast<std::size_t>(index.row())])
        tensors.push_back(m_changes.tensors[child].tensor);
    return tensors;
}

QVariant PlanChangesModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    if (role == Qt::TextAlignmentRole && index.column() >= Bytes)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role == csvRole)
        return csvData(index);
    if (const TensorChange* change = tensorAt(index))
        return tensorData(*change, index.column(), role);
    const auto row = static_cast<std::size_t>(index.row());
    return roleData(m_changes.roles[row], row, index.column(), role);
}

/// Plain numbers; nothing where the error is not known yet.
QVariant PlanChangesModel::csvData(const QModelIndex& index) const
{
    if (index.column() < Bytes)
        return {};
    const TensorChange* change = tensorAt(index);
    const bool isKnown = change ? change->isDamageKnown : m_changes.roles[static_cast<std::size_t>(index.row())].isDamageKnown;
    return index.column() == Bytes || isKnown ? data(index, SortRole) : QVariant(QString());
}

QVariant PlanChangesModel::roleData(const RoleChange& change, std::size_t row, int column, int role) const
{
    const std::vector<std::size_t>& children = m_children[row];
    const int direction = change.up > 0 && change.down == 0 ? 1 : change.down > 0 && change.up == 0 ? -1 : 0;
    if (role == DirectionRole)
        return direction;
    if (role == Qt::ForegroundRole)
        return column == After ? directionColour(direction) : QVariant();
    if (role == SortRole) {
        switch (column) {
        case Bytes: return difference(change.before.bytes, change.after.bytes);
        case DamageBefore: return change.before.damage;
        case DamageAfter: return change.after.damage;
        case What: return static_cast<int>(row);
        default: return data(index(static_cast<int>(row), column), Qt::DisplayRole);
        }
    }
    if (role == Qt::ToolTipRole) {
        QStringList parts;
        if (change.up > 0)
            parts << tr("%n tensors up", nullptr, static_cast<int>(change.up));
        if (change.down > 0)
            parts << tr("%n tensors down", nullptr, static_cast<int>(change.down));
        if (change.sideways > 0)
            parts << tr("%n tensors of the same width", nullptr, static_cast<int>(change.sideways));
        return parts.join(u", "_s);
    }
    if (role != Qt::DisplayRole)
        return {};
    const TensorChange& first = m_changes.tensors[children.front()];
    const bool isSame = std::all_of(children.begin(), children.end(), [&](std::size_t child) {
        return m_changes.tensors[child].before == first.before && m_changes.tensors[child].after == first.after;
    });
    switch (column) {
    case What:
        return change.layer ? tr("Layer %1: %2").arg(*change.layer).arg(toQString(label(change.role))) : toQString(label(change.role));
    case Before:
        return isSame ? toQString(name(first.before)) : tr("several");
    case After: {
        const QString arrow = direction > 0 ? u"▲ "_s : direction < 0 ? u"▼ "_s : QString();
        return arrow + (isSame ? toQString(name(first.after)) : tr("several"));
    }
    case Bytes:
        return signedBytesText(change.before.bytes, change.after.bytes);
    case DamageBefore:
        return change.isDamageKnown ? damageText(change.before.damage) : u"–"_s;
    case DamageAfter:
        return change.isDamageKnown ? damageText(change.after.damage) : u"–"_s;
    default:
        return {};
    }
}

QVariant PlanChangesModel::tensorData(const TensorChange& change, int column, int role) const
{
    if (role == DirectionRole)
        return change.direction();
    if (role == Qt::ForegroundRole)
        return column == After ? directionColour(change.direction()) : QVariant();
    if (role == SortRole) {
        switch (column) {
        case Bytes: return difference(change.figuresBefore.bytes, change.figuresAfter.bytes);
        case DamageBefore: return change.figuresBefore.damage;
        case DamageAfter: return change.figuresAfter.damage;
        case What: return static_cast<qulonglong>(change.tensor);
        default: break;
        }
    }
    if (role != Qt::DisplayRole && role != SortRole)
        return {};
    switch (column) {
    case What:
        return toQString(m_model->tensors()[change.tensor].name());
    case Before:
        return toQString(name(change.before));
    case After:
        return (change.direction() > 0 ? u"▲ "_s : change.direction() < 0 ? u"▼ "_s : QString()) + toQString(name(change.after));
    case Bytes:
        return signedBytesText(change.figuresBefore.bytes, change.figuresAfter.bytes);
    case DamageBefore:
        return change.isDamageKnown ? damageText(change.figuresBefore.damage) : u"–"_s;
    case DamageAfter:
        return change.isDamageKnown ? damageText(change.figuresAfter.damage) : u"–"_s;
    default:
        return {};
    }
}

QVariant PlanChangesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::ToolTipRole && section >= DamageBefore)
        return tr("Share of the whole model's error: a proxy by role and place, without importance data");
    if (role == Qt::TextAlignmentRole && section >= Bytes)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case What: return tr("Tensors");
    case Before: return tr("Before");
    case After: return tr("After");
    case Bytes: return tr("Size");
    case DamageBefore: return tr("Error before");
    case DamageAfter: return tr("Error after");
    default: return {};
    }
}

void setPlanChangesColumns(QTreeView& view)
{
    QHeaderView& header = *view.header();
    header.setStretchLastSection(false);
    header.setResizeContentsPrecision(50);
    header.setSectionResizeMode(QHeaderView::ResizeToContents);
}

QString summaryOf(const PlanChanges& changes)
{
    if (changes.tensors.empty())
        return PlanChangesModel::tr("Both plans write the same types.");
    const QString up = PlanChangesModel::tr("%n tensors up", nullptr, static_cast<int>(changes.count(1)));
    const QString down = PlanChangesModel::tr("%n tensors down", nullptr, static_cast<int>(changes.count(-1)));
    const QString size = changes.after.bytes == changes.before.bytes ? PlanChangesModel::tr("as large")
        : changes.after.bytes > changes.before.bytes ? PlanChangesModel::tr("%1 larger").arg(bytesText(changes.after.bytes - changes.before.bytes))
                                                     : PlanChangesModel::tr("%1 smaller").arg(bytesText(changes.before.bytes - changes.after.bytes));
    if (changes.unknownDamages > 0)
        return PlanChangesModel::tr("%1, %2; %3; some errors are still being measured").arg(up, down, size);
    return PlanChangesModel::tr("%1, %2; %3; error %4 → %5 (proxy)")
        .arg(up, down, size, damageText(changes.before.damage), damageText(changes.after.damage));
}

} // namespace quantlathe::ui
