// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tree/tensor_tree_model.h"

#include "ui/look/icons.h"
#include "ui/look/theme.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"
#include "ui/tree/type_choices.h"

#include <QApplication>
#include <QFont>

#include <algorithm>
#include <limits>
#include <map>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

// Sorts unknown errors after all known ones.
constexpr double unknownError = std::numeric_limits<double>::max();

QString errorText(const ErrorPreview& preview)
{
    switch (preview.state) {
    case ErrorPreview::State::Pending: return u"…"_s;
    case ErrorPreview::State::Unchanged: return u"0 %"_s;
    case ErrorPreview::State::Sampled: return u"≈ %1"_s.arg(relativeErrorText(preview.sums.relativeRms()));
    case ErrorPreview::State::Exact: return relativeErrorText(preview.sums.relativeRms());
    case ErrorPreview::State::Failed: return u"–"_s;
    }
    return {};
}

bool isNumeric(int column) { return column >= TensorTreeModel::BitsPerWeight; }

} // namespace

TensorTreeModel::TensorTreeModel(Document& document, QObject* parent)
    : QAbstractItemModel(parent), m_document(document), m_layerIcon(themedIcon(u"layer"_s)),
      m_warningIcon(themedIcon(u"warning"_s))
{
    connect(&document, &Document::modelChanged, this, &TensorTreeModel::rebuild);
    connect(&document, &Document::planChanged, this,
            [this](const TensorIndices& tensors) { notify(tensors, ChosenType, RelativeError); });
    connect(&document, &Document::errorsChanged, this,
            [this](const TensorIndices& tensors) { notify(tensors, RelativeError, RelativeError); });
    rebuild();
}

void TensorTreeModel::rebuild()
{
    beginResetModel();
    m_groups.clear();
    m_positions.assign(m_document.tensorCount(), {});
    // nullopt sorts before every number: the tensors outside the layers come first.
    std::map<std::optional<int>, TensorIndices> layers;
    for (std::size_t tensor = 0; tensor < m_document.tensorCount(); ++tensor)
        layers[m_document.model()->place(tensor).layer].push_back(tensor);
    for (auto& [layer, tensors] : layers) {
        for (std::size_t row = 0; row < tensors.size(); ++row)
            m_positions[tensors[row]] = {static_cast<int>(m_groups.size()), static_cast<int>(row)};
        m_groups.push_back({layer, std::move(tensors), std::nullopt});
    }
    endResetModel();
}

void TensorTreeModel::notify(const TensorIndices& tensors, int firstColumn, int lastColumn)
{
    // One signal per layer that has changes, from its first changed row to its last.
    std::map<int, std::pair<int, int>> ranges;
    for (const std::size_t tensor : tensors) {
        const Position position = m_positions[tensor];
        const auto [range, isNew] = ranges.try_emplace(position.group, position.row, position.row);
        range->second.first = std::min(range->second.first, position.row);
        range->second.second = std::max(range->second.second, position.row);
    }
    for (const auto& [row, range] : ranges) {
        m_groups[static_cast<std::size_t>(row)].summary.reset();
        const QModelIndex group = index(row, firstColumn);
        Q_EMIT dataChanged(group, index(row, lastColumn));
        const QModelIndex parent = index(row, 0);
        Q_EMIT dataChanged(index(range.first, firstColumn, parent), index(range.second, lastColumn, parent));
    }
}

QModelIndex TensorTreeModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    // 0 for a layer row, 1 + the layer's row for a tensor row.
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : quintptr{0});
}

QModelIndex TensorTreeModel::parent(const QModelIndex& child) const
{
    if (!child.isValid() || child.internalId() == 0)
        return {};
    return createIndex(static_cast<int>(child.internalId() - 1), 0, quintptr{0});
}

int TensorTreeModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid())
        return static_cast<int>(m_groups.size());
    if (parent.internalId() != 0 || parent.column() != 0)
        return 0;
    return static_cast<int>(m_groups[static_cast<std::size_t>(parent.row())].tensors.size());
}

int TensorTreeModel::columnCount(const QModelIndex&) const { return ColumnCount; }

const TensorTreeModel::Group& TensorTreeModel::groupOf(const QModelIndex& index) const
{
    return m_groups[index.internalId() == 0 ? static_cast<std::size_t>(index.row()) : index.internalId() - 1];
}

const TensorSummary& TensorTreeModel::summaryOf(const Group& group) const
{
    if (!group.summary)
        group.summary = summarise(m_document, group.tensors);
    return *group.summary;
}

std::optional<std::size_t> TensorTreeModel::tensorAt(const QModelIndex& index) const
{
    if (!index.isValid() || isGroup(index))
        return std::nullopt;
    return groupOf(index).tensors[static_cast<std::size_t>(index.row())];
}

TensorIndices TensorTreeModel::tensorsAt(const QModelIndex& index) const
{
    if (const auto tensor = tensorAt(index))
        return {*tensor};
    return index.isValid() ? groupOf(index).tensors : TensorIndices();
}

std::optional<int> TensorTreeModel::layerAt(const QModelIndex& index) const
{
    return index.isValid() ? groupOf(index).layer : std::nullopt;
}

QModelIndex TensorTreeModel::indexOfTensor(std::size_t tensor, int column) const
{
    if (tensor >= m_positions.size())
        return {};
    const Position position = m_positions[tensor];
    return index(position.row, column, index(position.group, 0));
}

Qt::ItemFlags TensorTreeModel::flags(const QModelIndex& index) const
{
    Qt::ItemFlags flags = QAbstractItemModel::flags(index);
    if (index.isValid() && index.column() == ChosenType)
        flags |= Qt::ItemIsEditable;
    if (index.isValid() && !isGroup(index))
        flags |= Qt::ItemNeverHasChildren;
    return flags;
}

bool TensorTreeModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (role != Qt::EditRole || !index.isValid() || index.column() != ChosenType || !value.canConvert<int>())
        return false;
    const std::optional<TensorType> type = typeFromNumber(value.toInt());
    const QString typeName = type ? toQString(name(*type)) : tr("as stored");
    const auto tensor = tensorAt(index);
    const TensorIndices& selection = m_document.selection();
    if (tensor && selection.size() > 1 && std::binary_search(selection.begin(), selection.end(), *tensor)) {
        m_document.setType(selection, type, tr("Set %n tensors to %1", nullptr, static_cast<int>(selection.size())).arg(typeName));
    } else if (tensor) {
        m_document.setType({*tensor}, type,
                           tr("Set %1 to %2").arg(toQString(m_document.model()->tensors()[*tensor].name()), typeName));
    } else {
        const auto layer = layerAt(index);
        m_document.setType(tensorsAt(index), type,
                           layer ? tr("Set layer %1 to %2").arg(*layer).arg(typeName) : tr("Set the global tensors to %1").arg(typeName));
    }
    return true;
}

QVariant TensorTreeModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    if (role == Qt::TextAlignmentRole && isNumeric(index.column()))
        return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    if (const auto tensor = tensorAt(index))
        return tensorData(*tensor, index.column(), role);
    return groupData(groupOf(index), index.column(), role);
}

// --- layer rows ---

QString TensorTreeModel::groupText(const Group& group, int column) const
{
    const TensorSummary& summary = summaryOf(group);
    switch (column) {
    case Name: return group.layer ? tr("Layer %1").arg(*group.layer) : tr("Global");
    case Role: return tr("%n tensors", nullptr, static_cast<int>(summary.tensors));
    case Shape: return tr("%1 weights").arg(countText(summary.weights));
    case StoredType: return summary.storedTypes;
    case ChosenType: return summary.chosenTypes;
    case BitsPerWeight: return bitsText(summary.bitsPerWeight());
    case BytesBefore: return bytesText(summary.bytesBefore);
    case BytesAfter: return bytesText(summary.bytesAfter);
    case RelativeError: {
        using State = TensorSummary::ErrorState;
        switch (summary.errorState) {
        case State::Pending: return u"…"_s;
        case State::Unchanged: return u"0 %"_s;
        case State::Sampled: return u"≈ %1"_s.arg(relativeErrorText(summary.error.relativeRms()));
        case State::Exact: return relativeErrorText(summary.error.relativeRms());
        case State::Failed: return u"–"_s;
        }
        break;
    }
    default: break;
    }
    return {};
}

QVariant TensorTreeModel::groupSortValue(const Group& group, int column) const
{
    const TensorSummary& summary = summaryOf(group);
    switch (column) {
    case Name: return group.layer.value_or(-1);
    case Role: return static_cast<qulonglong>(summary.tensors);
    case Shape: return static_cast<qulonglong>(summary.weights);
    case BitsPerWeight: return summary.bitsPerWeight();
    case BytesBefore: return static_cast<qulonglong>(summary.bytesBefore);
    case BytesAfter: return static_cast<qulonglong>(summary.bytesAfter);
    case RelativeError: {
        using State = TensorSummary::ErrorState;
        if (summary.errorState == State::Pending || summary.errorState == State::Failed)
            return unknownError;
        return summary.errorState == State::Unchanged ? 0.0 : summary.error.relativeRms();
    }
    default: return groupText(group, column);
    }
}

QVariant TensorTreeModel::csvValue(const QVariant& sortValue, int column)
{
    // Bits, bytes and errors as plain numbers; an error that is not known is an empty cell.
    if (column < BitsPerWeight)
        return {};
    return column == RelativeError && sortValue.toDouble() == unknownError ? QVariant(QString()) : sortValue;
}

QVariant TensorTreeModel::groupData(const Group& group, int column, int role) const
{
    switch (role) {
    case Qt::DisplayRole: return groupText(group, column);
    case SortRole: return groupSortValue(group, column);
    case csvRole: return csvValue(groupSortValue(group, column), column);
    case FilterRole: return QStringList{groupText(group, Name)};
    case RequestedTypeRole:
    case Qt::EditRole: return column == ChosenType ? QVariant(-2) : QVariant(groupText(group, column));
    case Qt::DecorationRole:
        if (column == Name)
            return m_layerIcon;
        if (column == ChosenType && summaryOf(group).fallbacks > 0)
            return m_warningIcon;
        return {};
    case Qt::FontRole:
        if (column == Name || (column == ChosenType && summaryOf(group).changed > 0)) {
            QFont font;
            font.setBold(true);
            return font;
        }
        return {};
    case Qt::ToolTipRole:
        if (column == ChosenType && summaryOf(group).fallbacks > 0)
            return tr("%n tensors are written in another type than chosen", nullptr, static_cast<int>(summaryOf(group).fallbacks));
        if (column == RelativeError)
            return tr("Relative RMS error over the tensors of this row that change");
        return {};
    default: return {};
    }
}

// --- tensor rows ---

bool TensorTreeModel::isFallback(std::size_t tensor) const
{
    const EffectiveChoice& effective = m_document.effectiveChoice(tensor);
    return effective.reason != FallbackReason::None && effective.requested != effective.type;
}

QString TensorTreeModel::tensorText(std::size_t index, int column) const
{
    const Tensor& tensor = m_document.model()->tensors()[index];
    const EffectiveChoice& effective = m_document.effectiveChoice(index);
    switch (column) {
    case Name: return toQString(tensor.name());
    case Role: return toQString(label(m_document.model()->place(index).role));
    case Shape: return toQString(tensor.shape().toString()).replace(u" x "_s, u" × "_s);
    case StoredType: return toQString(name(tensor.type()));
    case ChosenType:
        return isFallback(index)
            ? tr("%1 (instead of %2)").arg(toQString(name(effective.type)), toQString(name(effective.requested)))
            : toQString(name(effective.type));
    case BitsPerWeight: return bitsText(info(effective.type).bitsPerWeight());
    case BytesBefore: return bytesText(tensor.sizeBytes());
    case BytesAfter: return bytesText(effective.sizeBytes);
    case RelativeError: return errorText(m_document.errorPreview(index));
    default: return {};
    }
}

QVariant TensorTreeModel::tensorSortValue(std::size_t index, int column) const
{
    const Tensor& tensor = m_document.model()->tensors()[index];
    const EffectiveChoice& effective = m_document.effectiveChoice(index);
    switch (column) {
    case Shape: return static_cast<qulonglong>(tensor.shape().weightCount());
    case StoredType: return info(tensor.type()).bitsPerWeight();
    case ChosenType:
    case BitsPerWeight: return info(effective.type).bitsPerWeight();
    case BytesBefore: return static_cast<qulonglong>(tensor.sizeBytes());
    case BytesAfter: return static_cast<qulonglong>(effective.sizeBytes);
    case RelativeError: {
        const ErrorPreview preview = m_document.errorPreview(index);
        if (!preview.isKnown())
            return unknownError;
        return preview.state == ErrorPreview::State::Unchanged ? 0.0 : preview.sums.relativeRms();
    }
    default: return tensorText(index, column);
    }
}

QString TensorTreeModel::tensorToolTip(std::size_t index, int column) const
{
    const Tensor& tensor = m_document.model()->tensors()[index];
    const EffectiveChoice& effective = m_document.effectiveChoice(index);
    switch (column) {
    case Name: {
        const std::string& canonical = m_document.model()->place(index).canonicalName;
        return canonical == tensor.name() ? toQString(tensor.name())
                                          : tr("%1\nIn GGUF: %2").arg(toQString(tensor.name()), toQString(canonical));
    }
    case Shape: return tr("%1 weights, outermost dimension first").arg(exactCountText(tensor.shape().weightCount()));
    case StoredType:
        return tensor.scheme().empty() ? bitsDescription(tensor.type()) : toQString(tensor.scheme());
    case ChosenType: {
        QString reason = toQString(effective.explanation);
        return reason.isEmpty() ? bitsDescription(effective.type) : reason;
    }
    case BytesBefore: return tr("%1 bytes").arg(exactCountText(tensor.sizeBytes()));
    case BytesAfter: return tr("%1 bytes").arg(exactCountText(effective.sizeBytes));
    case RelativeError: {
        const ErrorPreview preview = m_document.errorPreview(index);
        switch (preview.state) {
        case ErrorPreview::State::Pending: return tr("Being measured");
        case ErrorPreview::State::Unchanged: return tr("Copied unchanged");
        case ErrorPreview::State::Sampled: return tr("Relative RMS error, estimated from a sample of the rows");
        case ErrorPreview::State::Exact: return tr("Relative RMS error over all weights");
        case ErrorPreview::State::Failed: return preview.failure;
        }
        return {};
    }
    default: return {};
    }
}

QVariant TensorTreeModel::tensorData(std::size_t tensor, int column, int role) const
{
    switch (role) {
    case Qt::DisplayRole: return tensorText(tensor, column);
    case SortRole: return tensorSortValue(tensor, column);
    case csvRole: return csvValue(tensorSortValue(tensor, column), column);
    case TensorIndexRole: return static_cast<qulonglong>(tensor);
    case FilterRole:
        return QStringList{tensorText(tensor, Name), toQString(m_document.model()->place(tensor).canonicalName),
                           tensorText(tensor, Role), tensorText(tensor, StoredType), tensorText(tensor, ChosenType)};
    case RequestedTypeRole:
    case Qt::EditRole: {
        if (column != ChosenType)
            return tensorText(tensor, column);
        const auto choice = m_document.plan().choice(m_document.model()->tensors()[tensor].name());
        return toNumber(choice ? std::optional(choice->type) : std::nullopt);
    }
    case Qt::DecorationRole: return column == ChosenType && isFallback(tensor) ? QVariant(m_warningIcon) : QVariant();
    case Qt::FontRole:
        if (column == ChosenType && m_document.effectiveChoice(tensor).type != m_document.model()->tensors()[tensor].type()) {
            QFont font;
            font.setBold(true);
            return font;
        }
        return {};
    case Qt::ForegroundRole:
        if (column == ChosenType && isFallback(tensor))
            return warningColour(QApplication::palette());
        if (column == RelativeError && m_document.errorPreview(tensor).state == ErrorPreview::State::Unchanged)
            return QApplication::palette().color(QPalette::PlaceholderText);
        return {};
    case Qt::ToolTipRole: return tensorToolTip(tensor, column);
    default: return {};
    }
}

QVariant TensorTreeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(isNumeric(section) ? Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter)
                                                      : Qt::Alignment(Qt::AlignLeft | Qt::AlignVCenter));
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case ChosenType: return tr("What the export will write; double-click or press F2 to change it");
        case BitsPerWeight: return tr("Stored bits per weight in the chosen type, scales included");
        case RelativeError: return tr("Relative RMS error of the chosen type; ≈ marks a sample");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name: return tr("Name");
    case Role: return tr("Role");
    case Shape: return tr("Shape");
    case StoredType: return tr("Stored");
    case ChosenType: return tr("Chosen");
    case BitsPerWeight: return tr("Bits/weight");
    case BytesBefore: return tr("Before");
    case BytesAfter: return tr("After");
    case RelativeError: return tr("Error");
    default: return {};
    }
}

} // namespace quantlathe::ui
