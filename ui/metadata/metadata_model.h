// SPDX-License-Identifier: GPL-3.0-or-later
// The keys and values of a model file as a table, in file order.
#pragma once

#include "core/model/model.h"

#include <QAbstractTableModel>

#include <memory>
#include <vector>

namespace quantlathe::ui {

/// Text of control characters, for one line: "\n" for a newline ("Ċ" tokens and templates would break rows otherwise).
QString oneLineText(std::string_view text, std::size_t limit);

class MetadataModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Key, Type, Value, ColumnCount };
    enum Roles {
        SearchRole = Qt::UserRole + 1, ///< key and scalar value, complete: what the filter looks at
    };

    explicit MetadataModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    /// Null for nothing. The model is kept alive.
    void setModel(std::shared_ptr<const Model> model);
    /// Null for an invalid index.
    [[nodiscard]] const Metadata::Entry* entry(const QModelIndex& index) const;
    /// -1 when there is no such key.
    [[nodiscard]] int rowOf(const QString& key) const;
    [[nodiscard]] const std::shared_ptr<const Model>& model() const { return m_model; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::shared_ptr<const Model> m_model;
};

/// "u32", "array of 32,000 strings ..." as people read it.
QString metadataTypeText(const MetadataValue& value);

} // namespace quantlathe::ui
