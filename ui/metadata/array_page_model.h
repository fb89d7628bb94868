// SPDX-License-Identifier: GPL-3.0-or-later
// One page of a long array: 1,000 elements at a time, whatever its length.
#pragma once

#include "core/model/metadata.h"

#include <QAbstractTableModel>

#include <cstdint>
#include <functional>
#include <optional>

namespace quantlathe::ui {

class ArrayPageModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Index, Value, ColumnCount };
    static constexpr std::uint64_t pageSize = 1000;

    explicit ArrayPageModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    /// Starts at the first page. The array keeps its bytes alive.
    void setArray(std::optional<MetadataArray> array);
    [[nodiscard]] const std::optional<MetadataArray>& array() const { return m_array; }
    [[nodiscard]] std::uint64_t pageCount() const;
    [[nodiscard]] std::uint64_t page() const { return m_page; }
    /// @p page is limited to what there is.
    void setPage(std::uint64_t page);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::optional<MetadataArray> m_array;
    std::uint64_t m_page = 0;
};

/// The first element from @p start on whose text contains @p text in any case; goes round the end; nothing when none does.
/// Stops early (nothing) when @p isCancelled says so.
std::optional<std::uint64_t> findInArray(const MetadataArray& array, const QString& text, std::uint64_t start,
                                         const std::function<bool()>& isCancelled);

} // namespace quantlathe::ui
