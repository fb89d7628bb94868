// SPDX-License-Identifier: GPL-3.0-or-later
// A page of a tensor's grid as a table model. Views have at most 2^31 sections and slow headers long before, so a page of
// 10,000 rows and 1,000 columns is shown at a time.
#pragma once

#include "ui/values/value_blocks.h"

#include <QAbstractTableModel>

namespace quantlathe::ui {

class ValuesModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    static constexpr std::uint64_t pageRows = 10'000;
    static constexpr std::uint64_t pageColumns = 1'000;
    enum Roles { NumberRole = Qt::UserRole + 1 };

    explicit ValuesModel(QObject* parent = nullptr);

    /// As ValueBlocks::setTensor(); the page stays when it is the same tensor.
    void setTensor(std::shared_ptr<const Model> model, std::size_t tensor, TensorType type, ValueKind kind,
                   const Encoding& encoding = {}, const TensorImportance& importance = {});
    [[nodiscard]] const Tensor* tensor() const { return m_blocks.tensor(); }
    [[nodiscard]] const ValueGrid& grid() const { return m_blocks.grid(); }
    [[nodiscard]] ValueBlocks& blocks() { return m_blocks; }

    [[nodiscard]] std::uint64_t firstRow() const { return m_firstRow; }
    [[nodiscard]] std::uint64_t firstColumn() const { return m_firstColumn; }
    /// Turns to the page that holds row @p row and column @p column of the grid (inside it) and returns the cell.
    QModelIndex turnTo(std::uint64_t row, std::uint64_t column);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void blockLoaded(quint64 firstRow, quint64 rows, quint64 firstColumn, quint64 columns);

    mutable ValueBlocks m_blocks; ///< fetches what is asked for
    std::uint64_t m_firstRow = 0;
    std::uint64_t m_firstColumn = 0;
};

/// The shortest text that reads back as the same 32-bit float.
QString exactFloatText(float value);

} // namespace quantlathe::ui
