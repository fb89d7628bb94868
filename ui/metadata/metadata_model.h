// SPDX-License-Identifier: GPL-3.0-or-later
// The keys and values of a model file as a table, in file order, with what was changed.
#pragma once

#include "core/model/metadata_edits.h"
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
    enum class State { Stored, Changed, Added, Removed };
    enum Roles {
        SearchRole = Qt::UserRole + 1, ///< key and scalar value, complete: what the filter looks at
    };

    explicit MetadataModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    /// What is stored (kept alive; null for nothing) and what was changed. Removed keys stay visible where they were.
    void setModel(std::shared_ptr<const Model> model, const MetadataEdits& edits = {});
    [[nodiscard]] State state(int row) const { return m_rows[static_cast<std::size_t>(row)].state; }
    /// True for values that a line can hold.
    [[nodiscard]] static bool isOneLine(const MetadataValue& value);
    /// Null for an invalid index.
    [[nodiscard]] const Metadata::Entry* entry(const QModelIndex& index) const;
    /// -1 when there is no such key.
    [[nodiscard]] int rowOf(const QString& key) const;
    [[nodiscard]] const std::shared_ptr<const Model>& model() const { return m_model; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    /// Only asks: edited() says what was typed; what comes of it is up to the listener.
    bool setData(const QModelIndex& index, const QVariant& value, int role = Qt::EditRole) override;

Q_SIGNALS:
    void edited(const QString& key, const QString& text);

private:
    struct Row
    {
        Metadata::Entry entry;
        State state = State::Stored;
    };
    std::vector<Row> m_rows;
    std::shared_ptr<const Model> m_model;
};

/// "u32", "array of 32,000 strings ..." as people read it.
QString metadataTypeText(const MetadataValue& value);

} // namespace quantlathe::ui
