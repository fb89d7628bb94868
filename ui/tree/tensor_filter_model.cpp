// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tree/tensor_filter_model.h"

#include "ui/tree/tensor_tree_model.h"

#include <algorithm>

namespace quantlathe::ui {

TensorFilterModel::TensorFilterModel(QObject* parent) : QSortFilterProxyModel(parent)
{
    setSortRole(TensorTreeModel::SortRole);
    setSortCaseSensitivity(Qt::CaseInsensitive);
    // Rows must not jump or vanish under the cursor while figures come in: the panel sorts again when they settle.
    setDynamicSortFilter(false);
}

QString TensorFilterModel::setFilter(const QString& text, bool isRegularExpression)
{
    QRegularExpression expression(isRegularExpression ? text : QRegularExpression::escape(text),
                                  QRegularExpression::CaseInsensitiveOption | QRegularExpression::DontCaptureOption);
    if (!expression.isValid())
        return tr("%1 (at character %2)").arg(expression.errorString()).arg(expression.patternErrorOffset() + 1);
    if (expression != m_expression) {
        m_expression = expression;
        invalidateRowsFilter();
    }
    return {};
}

bool TensorFilterModel::matches(const QModelIndex& index) const
{
    const QStringList texts = index.data(TensorTreeModel::FilterRole).toStringList();
    return std::any_of(texts.begin(), texts.end(), [this](const QString& text) { return m_expression.match(text).hasMatch(); });
}

bool TensorFilterModel::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    if (!isFiltering())
        return true;
    const QModelIndex index = sourceModel()->index(row, 0, parent);
    if (matches(index) || (parent.isValid() && matches(parent)))
        return true;
    for (int child = 0; child < sourceModel()->rowCount(index); ++child) {
        if (matches(sourceModel()->index(child, 0, index)))
            return true;
    }
    return false;
}

bool TensorFilterModel::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    const QVariant a = left.data(sortRole());
    const QVariant b = right.data(sortRole());
    // Equal values keep the file's order whatever the direction.
    if (a == b)
        return sortOrder() == Qt::AscendingOrder ? left.row() < right.row() : left.row() > right.row();
    return QSortFilterProxyModel::lessThan(left, right);
}

int TensorFilterModel::visibleTensors() const
{
    int count = 0;
    for (int row = 0; row < rowCount(); ++row)
        count += rowCount(index(row, 0));
    return count;
}

} // namespace quantlathe::ui
