// SPDX-License-Identifier: GPL-3.0-or-later
// What one plan raises and lowers against another: layers and roles, their tensors below.
#pragma once

#include "core/budget/plan_changes.h"

#include <QAbstractItemModel>

#include <memory>
#include <vector>

class QTreeView;

namespace quantlathe::ui {

class PlanChangesModel : public QAbstractItemModel
{
    Q_OBJECT
public:
    enum Columns { What, Before, After, Bytes, DamageBefore, DamageAfter, ColumnCount };
    enum Roles { SortRole = Qt::UserRole, DirectionRole };

    explicit PlanChangesModel(QObject* parent = nullptr) : QAbstractItemModel(parent) {}

    void setChanges(std::shared_ptr<const Model> model, PlanChanges changes);
    [[nodiscard]] const PlanChanges& changes() const { return m_changes; }
    /// The changed tensors at or below @p index.
    [[nodiscard]] std::vector<std::size_t> tensorsAt(const QModelIndex& index) const;

    [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    [[nodiscard]] const TensorChange* tensorAt(const QModelIndex& index) const;
    [[nodiscard]] QVariant csvData(const QModelIndex& index) const;
    [[nodiscard]] QVariant roleData(const RoleChange& change, std::size_t row, int column, int role) const;
    [[nodiscard]] QVariant tensorData(const TensorChange& change, int column, int role) const;

    std::shared_ptr<const Model> m_model;
    PlanChanges m_changes;
    std::vector<std::vector<std::size_t>> m_children; ///< by role: indices into m_changes.tensors
};

/// As wide as their texts.
void setPlanChangesColumns(QTreeView& view);

/// "12 tensors up, 30 down; 1.2 MiB smaller; error 5.65 % → 4.37 % (proxy)".
QString summaryOf(const PlanChanges& changes);

} // namespace quantlathe::ui
