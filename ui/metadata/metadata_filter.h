// SPDX-License-Identifier: GPL-3.0-or-later
// Lets through the keys and scalar values that contain a text.
#pragma once

#include <QSortFilterProxyModel>

namespace quantlathe::ui {

class MetadataFilter : public QSortFilterProxyModel
{
    Q_OBJECT
public:
    explicit MetadataFilter(QObject* parent = nullptr);

    /// Blanks separate words; all of them must appear, in any case.
    void setText(const QString& text);
    [[nodiscard]] bool isFiltering() const { return !m_words.isEmpty(); }

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override;

private:
    QStringList m_words;
};

} // namespace quantlathe::ui
