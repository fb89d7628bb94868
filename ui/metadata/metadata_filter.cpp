// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/metadata/metadata_filter.h"

#include "ui/metadata/metadata_model.h"

#include <algorithm>

namespace quantlathe::ui {

MetadataFilter::MetadataFilter(QObject* parent) : QSortFilterProxyModel(parent)
{
    setSortCaseSensitivity(Qt::CaseInsensitive);
}

void MetadataFilter::setText(const QString& text)
{
    m_words = text.split(u' ', Qt::SkipEmptyParts);
    invalidateFilter();
}

bool MetadataFilter::filterAcceptsRow(int row, const QModelIndex& parent) const
{
    if (m_words.isEmpty())
        return true;
    const QString text = sourceModel()->index(row, 0, parent).data(MetadataModel::SearchRole).toString();
    return std::all_of(m_words.begin(), m_words.end(),
                       [&text](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

} // namespace quantlathe::ui
