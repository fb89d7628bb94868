// SPDX-License-Identifier: GPL-3.0-or-later
// Filters the tensor tree by text or regular expression and sorts it by raw values.
#pragma once

#include <QRegularExpression>
#include <QSortFilterProxyModel>

namespace quantlathe::ui {

/// A layer stays when its name matches (with all its tensors) or one of its tensors does.
class TensorFilterModel : public QSortFilterProxyModel
{
    Q_OBJECT
public:
    explicit TensorFilterModel(QObject* parent = nullptr);

    /// Ignores case; empty shows everything. A regular expression that does not compile is refused: the last good filter
    /// stays, and the answer says what is wrong. @return empty on success
    QString setFilter(const QString& text, bool isRegularExpression);
    [[nodiscard]] bool isFiltering() const { return !m_expression.pattern().isEmpty(); }
    /// Tensor rows that pass.
    [[nodiscard]] int visibleTensors() const;

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
    [[nodiscard]] bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    [[nodiscard]] bool matches(const QModelIndex& index) const;

    QRegularExpression m_expression;
};

} // namespace quantlathe::ui
