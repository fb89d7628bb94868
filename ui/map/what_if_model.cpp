// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/what_if_model.h"

#include "core/codecs/codec.h"
#include "core/plan/plan.h"
#include "ui/look/theme.h"
#include "ui/parts/number_text.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QApplication>
#include <QFont>

#include <algorithm>
#include <cmath>
#include <limits>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

WhatIfModel::WhatIfModel(Document& document, QObject* parent) : QAbstractTableModel(parent), m_document(document)
{
    connect(&document, &Document::selectionChanged, this, &WhatIfModel::takeSelection);
    connect(&document, &Document::modelChanged, this, &WhatIfModel::takeSelection);
    connect(&document, &Document::planChanged, this, &WhatIfModel::measure);
    connect(&document, &Document::errorsChanged, this, &WhatIfModel::measure);
    takeSelection();
}

void WhatIfModel::setActive(bool isActive)
{
    if (isActive == m_isActive)
        return;
    m_isActive = isActive;
    if (isActive)
        takeSelection();
}

void WhatIfModel::takeSelection()
{
    if (!m_isActive)
        return;
    beginResetModel();
    m_rows.clear();
    m_tensors.clear();
    if (m_document.hasModel()) {
        const Model& model = *m_document.model();
        std::vector<TensorFacts> facts;
        for (const std::size_t tensor : m_document.selection()) {
            const TensorFacts one = factsOf(model, tensor);
            if (one.isQuantizable && one.canDecode) {
                m_tensors.push_back(tensor);
                facts.push_back(one);
            }
        }
        const auto addRow = [&](std::optional<TensorType> type) {
            Row row;
            row.type = type;
            for (const TensorFacts& one : facts) {
                row.written.push_back(writtenType(one, type).type);
                row.fallbacks += type && row.written.back() != *type;
            }
            m_rows.push_back(std::move(row));
        };
        if (!m_tensors.empty()) {
            addRow(std::nullopt);
            for (const TensorTypeInfo& type : allTensorTypes()) {
                const Codec& codec = codecFor(type.type);
                if (isTargetType(type.type) && codec.canEncode() && codec.canDecode())
                    addRow(type.type);
            }
        }
    }
    endResetModel();
    measure();
}

void WhatIfModel::measure()
{
    if (m_rows.empty() || !m_isActive || !m_document.survey())
        return;
    const Model& model = *m_document.model();
    std::uint64_t weights = 0;
    m_bytesNow = 0;
    for (const std::size_t tensor : m_tensors) {
        weights += model.tensors()[tensor].shape().weightCount();
        m_bytesNow += m_document.effectiveChoice(tensor).sizeBytes;
    }
    std::vector<TensorType> types(model.tensors().size());
    for (Row& row : m_rows) {
        row.bytes = 0;
        row.isCurrent = true;
        for (std::size_t index = 0; index < m_tensors.size(); ++index) {
            const std::size_t tensor = m_tensors[index];
            types[tensor] = row.written[index];
            row.bytes += tensorBytes(row.written[index], model.tensors()[tensor].shape()).value_or(0);
            row.isCurrent = row.isCurrent && m_document.effectiveChoice(tensor).type == row.written[index];
        }
        row.bitsPerWeight = weights == 0 ? 0 : 8.0 * static_cast<double>(row.bytes) / static_cast<double>(weights);
        row.error = mapValue(model, *m_document.survey(), m_tensors, types, MapMeasure::RelativeRms);
        row.weighted = m_document.importance() ? mapValue(model, *m_document.survey(), m_tensors, types, MapMeasure::WeightedRms) : MapValue();
        if (m_tensors.size() == 1) // what is on screen is measured exactly next
            m_document.errorPreview(m_tensors.front(), row.written.front());
    }
    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void WhatIfModel::adopt(int row)
{
    const auto type = typeAt(row);
    m_document.setType(m_tensors, type,
                       type ? tr("Choose %1 for %n tensor(s)", nullptr, static_cast<int>(m_tensors.size())).arg(toQString(name(*type)))
                            : tr("Keep %n tensor(s) as stored", nullptr, static_cast<int>(m_tensors.size())));
}

int WhatIfModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }

int WhatIfModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QString WhatIfModel::errorText(const MapValue& error) const
{
    switch (error.quality) {
    case PairError::Quality::Unknown: return u"…"_s;
    case PairError::Quality::Failed: return tr("failed");
    case PairError::Quality::Sampled: return u"≈ "_s + relativeErrorText(error.value);
    case PairError::Quality::Exact: break;
    }
    return relativeErrorText(error.value);
}

QString WhatIfModel::text(const Row& row, int column) const
{
    switch (column) {
    case Type: {
        const QString asked = row.type ? toQString(name(*row.type)) : tr("As stored");
        return row.fallbacks == 0 ? asked : tr("%1 (falls back)").arg(asked);
    }
    case BitsPerWeight: return bitsText(row.bitsPerWeight);
    case Size: return bytesText(row.bytes);
    case Change: {
        if (row.bytes == m_bytesNow || m_bytesNow == 0)
            return u"="_s;
        const double change = static_cast<double>(row.bytes) / static_cast<double>(m_bytesNow) - 1;
        return (change > 0 ? tr("+%1 %") : tr("−%1 %")).arg(std::abs(100 * change), 0, 'f', std::abs(change) < 0.1 ? 1 : 0);
    }
    case RelativeError: return errorText(row.error);
    case WeightedError: return m_document.importance() ? errorText(row.weighted) : QString();
    case SignalToNoise: return row.error.isKnown() ? decibelText(-20 * std::log10(row.error.value)) : QString();
    case Adopt: return row.isCurrent ? tr("chosen") : tr("Use");
    default: return {};
    }
}

QVariant WhatIfModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole: return text(row, column);
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(column == Type ? Qt::Alignment(Qt::AlignLeft | Qt::AlignVCenter)
                                       : column == Adopt ? Qt::Alignment(Qt::AlignCenter)
                                                         : Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    case Qt::FontRole: {
        QFont font;
        font.setBold(row.isCurrent);
        font.setUnderline(column == Adopt && !row.isCurrent);
        return row.isCurrent || column == Adopt ? QVariant(font) : QVariant();
    }
    case Qt::ForegroundRole:
        if (column == Adopt && !row.isCurrent)
            return QApplication::palette().color(QPalette::Link);
        if (column == Type && row.type && info(*row.type).needsImportance && !m_document.importance())
            return warningColour(QApplication::palette());
        return {};
    case Qt::ToolTipRole:
        if (column == Type && row.type && info(*row.type).needsImportance && !m_document.importance())
            return tr("Meant to be used with importance data: without it quality suffers");
        if (column == Type && row.fallbacks > 0)
            return tr("The rows of %n tensor(s) do not fit: they would be written as another type", nullptr, static_cast<int>(row.fallbacks));
        if (column == RelativeError && row.error.quality == PairError::Quality::Sampled)
            return tr("With 95 % confidence %1 to %2, from a sample").arg(relativeErrorText(row.error.low), relativeErrorText(row.error.high));
        if (column == RelativeError && row.error.quality == PairError::Quality::Exact)
            return tr("Over all weights");
        if (column == Adopt && !row.isCurrent)
            return tr("Click, or press Enter, to choose this type for the selection");
        return {};
    case SortRole:
        switch (column) {
        case Type: return row.type ? static_cast<int>(*row.type) : -1;
        case RelativeError:
        case SignalToNoise: return row.error.isKnown() ? row.error.value : std::numeric_limits<double>::max();
        case WeightedError: return row.weighted.isKnown() ? row.weighted.value : std::numeric_limits<double>::max();
        case Adopt: return row.isCurrent ? 0 : 1;
        default: return static_cast<qulonglong>(row.bytes);
        }
    case csvRole: // numbers where there are some
        switch (column) {
        case BitsPerWeight: return row.bitsPerWeight;
        case Size: return static_cast<qulonglong>(row.bytes);
        case Change: return m_bytesNow == 0 ? QVariant(QString()) : static_cast<double>(row.bytes) / static_cast<double>(m_bytesNow) - 1;
        case RelativeError: return row.error.isKnown() ? QVariant(row.error.value) : QVariant(QString());
        case WeightedError: return row.weighted.isKnown() ? QVariant(row.weighted.value) : QVariant(QString());
        case SignalToNoise: return row.error.isKnown() ? QVariant(-20 * std::log10(row.error.value)) : QVariant(QString());
        default: return {};
        }
    case IsCurrentRole: return row.isCurrent;
    default: return {};
    }
}

QVariant WhatIfModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation == Qt::Horizontal && role == Qt::ToolTipRole) {
        switch (section) {
        case BitsPerWeight: return tr("Bits per weight, scales included");
        case RelativeError: return tr("Relative RMS error; ≈ marks a sample");
        case WeightedError: return tr("Relative RMS error weighted by the importance data; ≈ marks a sample");
        case Change: return tr("Size against what the plan writes now");
        case SignalToNoise: return tr("Signal to noise: each 6 dB more halves the error");
        default: return {};
        }
    }
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Type: return tr("Type");
    case BitsPerWeight: return tr("Bits");
    case Size: return tr("Size");
    case Change: return tr("Change");
    case RelativeError: return tr("Error");
    case WeightedError: return tr("Weighted");
    case SignalToNoise: return tr("SNR");
    case Adopt: return tr("Choose");
    default: return {};
    }
}

} // namespace quantlathe::ui
