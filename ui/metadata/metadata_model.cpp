// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/metadata/metadata_model.h"

#include "core/formats/metadata_text.h"
#include "core/model/known_keys.h"
#include "ui/text.h"

#include <QCoreApplication>
#include <QFont>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
/// Characters of a value in the table; the rest is in the detail pane.
constexpr std::size_t tableCharacters = 200;
} // namespace

QString oneLineText(std::string_view text, std::size_t limit)
{
    const bool isCut = text.size() > limit * 4; // a character has four bytes at most
    const QString all = toQString(isCut ? text.substr(0, limit * 4) : text);
    QString line;
    for (const QChar character : all) {
        if (static_cast<std::size_t>(line.size()) >= limit) {
            line += u'…';
            return line;
        }
        switch (character.unicode()) {
        case u'\n':
            line += u"\\n"_s;
            break;
        case u'\r':
            line += u"\\r"_s;
            break;
        case u'\t':
            line += u"\\t"_s;
            break;
        default:
            // Unprintable characters would vanish or reorder the line; surrogates come in pairs and are fine.
            if (character.isPrint() || character.isSurrogate())
                line += character;
            else
                line += u"\\u%1"_s.arg(static_cast<int>(character.unicode()), 4, 16, QLatin1Char('0'));
        }
    }
    return isCut ? line + u'…' : line;
}

QString metadataTypeText(const MetadataValue& value)
{
    const auto* array = std::get_if<MetadataArray>(&value.value);
    if (!array)
        return toQString(name(value.type));
    return QCoreApplication::translate("MetadataModel", "%1 × %2")
        .arg(exactCountText(array->size()), toQString(name(array->elementType())));
}

void MetadataModel::setModel(std::shared_ptr<const Model> model, const MetadataEdits& edits)
{
    beginResetModel();
    m_model = std::move(model);
    m_rows.clear();
    if (m_model) {
        for (const Metadata::Entry& stored : m_model->metadata().entries()) {
            const MetadataEdits::Change* change = edits.find(stored.key);
            if (!change)
                m_rows.push_back({stored, State::Stored});
            else if (change->value)
                m_rows.push_back({{stored.key, *change->value}, State::Changed});
            else
                m_rows.push_back({stored, State::Removed});
        }
        for (const MetadataEdits::Change& change : edits.changes()) {
            if (change.value && !m_model->metadata().find(change.key))
                m_rows.push_back({{change.key, *change.value}, State::Added});
        }
    }
    endResetModel();
}

bool MetadataModel::isOneLine(const MetadataValue& value)
{
    const auto* scalar = std::get_if<MetadataScalar>(&value.value);
    const auto* text = scalar ? std::get_if<std::string>(scalar) : nullptr;
    return scalar && (!text || (text->size() <= tableCharacters && text->find_first_of("\r\n\t") == std::string::npos));
}

Qt::ItemFlags MetadataModel::flags(const QModelIndex& index) const
{
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    const Metadata::Entry* found = entry(index);
    if (found && index.column() == Value && state(index.row()) != State::Removed && isOneLine(found->value) && !reasonNotToEdit(found->key))
        flags |= Qt::ItemIsEditable;
    return flags;
}

bool MetadataModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::EditRole || !flags(index).testFlag(Qt::ItemIsEditable))
        return false;
    Q_EMIT edited(toQString(entry(index)->key), value.toString());
    return true;
}

const Metadata::Entry* MetadataModel::entry(const QModelIndex& index) const
{
    if (!index.isValid() || !m_model)
        return nullptr;
    return &m_rows[static_cast<std::size_t>(index.row())].entry;
}

int MetadataModel::rowOf(const QString& key) const
{
    for (int row = 0; row < rowCount(); ++row) {
        if (toQString(entry(index(row, Key))->key) == key)
            return row;
    }
    return -1;
}

int MetadataModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_model ? 0 : static_cast<int>(m_rows.size());
}

int MetadataModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant MetadataModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Metadata::Entry& found = *entry(index);
    if (role == SearchRole) {
        QString text = toQString(found.key);
        if (const auto* scalar = std::get_if<MetadataScalar>(&found.value.value))
            text += u'\n' + toQString(toText(*scalar));
        return text;
    }
    const State change = state(index.row());
    if (role == Qt::FontRole && change != State::Stored) {
        QFont font;
        font.setBold(change != State::Removed);
        font.setStrikeOut(change == State::Removed);
        return font;
    }
    if (role == Qt::ToolTipRole && change != State::Stored && index.column() != Value) {
        switch (change) {
        case State::Changed: return tr("%1: changed, not saved").arg(oneLineText(found.key, tableCharacters));
        case State::Added: return tr("%1: added, not saved").arg(oneLineText(found.key, tableCharacters));
        default: return tr("%1: will be removed").arg(oneLineText(found.key, tableCharacters));
        }
    }
    if (role == Qt::EditRole)
        return index.column() == Value ? toQString(editableText(found.value)) : QVariant();
    if (role != Qt::DisplayRole && !(role == Qt::ToolTipRole && index.column() == Key))
        return {};
    switch (index.column()) {
    case Key:
        return oneLineText(found.key, tableCharacters);
    case Type:
        return metadataTypeText(found.value);
    default:
        return oneLineText(found.value.toText(tableCharacters), tableCharacters);
    }
}

QVariant MetadataModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Key:
        return tr("Key");
    case Type:
        return tr("Type");
    default:
        return tr("Value");
    }
}

} // namespace quantlathe::ui
