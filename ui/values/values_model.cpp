// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/values/values_model.h"

#include "ui/look/theme.h"
#include "ui/parts/number_text.h"
#include "ui/parts/row_label.h"

#include <QApplication>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

QString exactFloatText(float value)
{
    if (!std::isfinite(value))
        return weightText(static_cast<double>(value));
    std::array<char, 32> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return QString::fromLatin1(text.data(), end - text.data());
}

ValuesModel::ValuesModel(QObject* parent) : QAbstractTableModel(parent)
{
    connect(&m_blocks, &ValueBlocks::blockLoaded, this, &ValuesModel::blockLoaded);
}

void ValuesModel::setTensor(std::shared_ptr<const Model> model, std::size_t tensor, TensorType type, ValueKind kind,
                            const Encoding& encoding, const TensorImportance& importance)
{
    const Tensor* wanted = model ? &model->tensors()[tensor] : nullptr;
    const bool isSame = wanted && wanted == m_blocks.tensor();
    if (!isSame)
        beginResetModel();
    m_blocks.setTensor(std::move(model), tensor, type, kind, encoding, importance);
    if (!isSame) {
        m_firstRow = 0;
        m_firstColumn = 0;
        endResetModel();
    } else if (rowCount() > 0 && columnCount() > 0) {
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    }
}

QModelIndex ValuesModel::turnTo(std::uint64_t row, std::uint64_t column)
{
    const std::uint64_t firstRow = row / pageRows * pageRows;
    const std::uint64_t firstColumn = column / pageColumns * pageColumns;
    if (firstRow != m_firstRow || firstColumn != m_firstColumn) {
        beginResetModel();
        m_firstRow = firstRow;
        m_firstColumn = firstColumn;
        endResetModel();
    }
    return index(static_cast<int>(row - firstRow), static_cast<int>(column - firstColumn));
}

int ValuesModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(std::min(pageRows, grid().rows - m_firstRow));
}

int ValuesModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(std::min(pageColumns, grid().columns - m_firstColumn));
}

QVariant ValuesModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole && role != NumberRole && role != Qt::ForegroundRole)
        return {};
    const auto value = m_blocks.value(m_firstRow + static_cast<std::uint64_t>(index.row()),
                                      m_firstColumn + static_cast<std::uint64_t>(index.column()));
    if (role == Qt::ForegroundRole)
        return value && !std::isfinite(*value) ? QVariant(QBrush(errorColour(QApplication::palette()))) : QVariant();
    if (role == NumberRole)
        return value ? QVariant(*value) : QVariant();
    return value ? exactFloatText(*value) : u"…"_s;
}

QVariant ValuesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (role != Qt::DisplayRole || !tensor())
        return {};
    if (orientation == Qt::Horizontal)
        return grid().isVector ? tr("Value") : QString::number(m_firstColumn + static_cast<std::uint64_t>(section));
    const std::uint64_t row = m_firstRow + static_cast<std::uint64_t>(section);
    return grid().isVector ? QString::number(row) : rowLabel(tensor()->shape(), row);
}

void ValuesModel::blockLoaded(quint64 firstRow, quint64 rows, quint64 firstColumn, quint64 columns)
{
    const std::uint64_t top = std::max<std::uint64_t>(firstRow, m_firstRow);
    const std::uint64_t left = std::max<std::uint64_t>(firstColumn, m_firstColumn);
    const std::uint64_t bottom = std::min<std::uint64_t>(firstRow + rows, m_firstRow + static_cast<std::uint64_t>(rowCount()));
    const std::uint64_t right
        = std::min<std::uint64_t>(firstColumn + columns, m_firstColumn + static_cast<std::uint64_t>(columnCount()));
    if (top >= bottom || left >= right)
        return; // of a page turned away from
    Q_EMIT dataChanged(index(static_cast<int>(top - m_firstRow), static_cast<int>(left - m_firstColumn)),
                       index(static_cast<int>(bottom - 1 - m_firstRow), static_cast<int>(right - 1 - m_firstColumn)));
}

} // namespace quantlathe::ui
