// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/metadata/array_page_model.h"

#include "ui/metadata/metadata_model.h"
#include "ui/text.h"

#include <algorithm>

namespace quantlathe::ui {

namespace {

constexpr std::size_t cellCharacters = 400;

QString elementText(const MetadataArray& array, std::uint64_t index, std::size_t limit)
{
    const MetadataScalar scalar = array.at(index);
    // Strings as they are; numbers as core/ writes them.
    if (const auto* text = std::get_if<std::string>(&scalar))
        return oneLineText(*text, limit);
    return toQString(toText(scalar));
}

} // namespace

void ArrayPageModel::setArray(std::optional<MetadataArray> array)
{
    beginResetModel();
    m_array = std::move(array);
    m_page = 0;
    endResetModel();
}

std::uint64_t ArrayPageModel::pageCount() const
{
    return m_array && m_array->size() > 0 ? (m_array->size() - 1) / pageSize + 1 : 1;
}

void ArrayPageModel::setPage(std::uint64_t page)
{
    page = std::min(page, pageCount() - 1);
    if (page == m_page)
        return;
    beginResetModel();
    m_page = page;
    endResetModel();
}

int ArrayPageModel::rowCount(const QModelIndex& parent) const
{
    if (parent.isValid() || !m_array)
        return 0;
    return static_cast<int>(std::min(pageSize, m_array->size() - m_page * pageSize));
}

int ArrayPageModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant ArrayPageModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const std::uint64_t element = m_page * pageSize + static_cast<std::uint64_t>(index.row());
    if (role == Qt::TextAlignmentRole && index.column() == Index)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    return index.column() == Index ? QString::number(element) : elementText(*m_array, element, cellCharacters);
}

QVariant ArrayPageModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == Index ? tr("Index") : tr("Value");
}

std::optional<std::uint64_t> findInArray(const MetadataArray& array, const QString& text, std::uint64_t start,
                                         const std::function<bool()>& isCancelled)
{
    constexpr std::uint64_t lookUpEvery = 1024;
    const std::uint64_t size = array.size();
    for (std::uint64_t step = 0; step < size; ++step) {
        if (step % lookUpEvery == 0 && isCancelled())
            return std::nullopt;
        const std::uint64_t index = (start + step) % size;
        if (elementText(array, index, cellCharacters).contains(text, Qt::CaseInsensitive))
            return index;
    }
    return std::nullopt;
}

} // namespace quantlathe::ui
