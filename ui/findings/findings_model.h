// SPDX-License-Identifier: GPL-3.0-or-later
// What deserves attention, as a table.
#pragma once

#include "core/analysis/findings.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

#include <memory>
#include <set>
#include <vector>

namespace quantlathe::ui {

class FindingsModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { SeverityColumn, What, Place, Advice, ColumnCount };
    enum Roles { SortRole = Qt::UserRole + 1 };

    explicit FindingsModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    /// @param model names the tensors; kept alive. Null takes everything away.
    void setFindings(std::shared_ptr<const Model> model, std::vector<Finding> findings);
    [[nodiscard]] const Finding& finding(int row) const { return m_findings[static_cast<std::size_t>(row)]; }
    [[nodiscard]] int count(Severity severity) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::shared_ptr<const Model> m_model;
    std::vector<Finding> m_findings;
};

/// Lets through the severities that are wanted.
class FindingsFilter : public QSortFilterProxyModel
{
    Q_OBJECT
public:
    explicit FindingsFilter(QObject* parent = nullptr);
    void setShown(Severity severity, bool isShown);

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    std::set<Severity> m_hidden;
};

} // namespace quantlathe::ui
