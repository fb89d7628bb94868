// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/comparison_models.h"

#include "core/base/text.h"
#include "ui/map/error_map_model.h"
#include "ui/metadata/metadata_model.h"
#include "ui/parts/number_text.h"
#include "ui/text.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr std::size_t shownCharacters = 200;

QString typeText(const std::optional<TensorType>& type) { return type ? toQString(name(*type)) : u"–"_s; }
} // namespace

QString resultText(TensorComparison::Result result)
{
    const auto translated = [](const char* text) { return QCoreApplication::translate("TensorComparisonModel", text); };
    switch (result) {
    case TensorComparison::Result::Identical: return translated("Identical");
    case TensorComparison::Result::Different: return translated("Different");
    case TensorComparison::Result::ShapeDiffers: return translated("Another shape");
    case TensorComparison::Result::OnlyInFirst: return translated("Only in the first");
    case TensorComparison::Result::OnlyInSecond: return translated("Only in the second");
    case TensorComparison::Result::NotDecodable: return translated("Cannot be decoded");
    }
    return {};
}

// --- tensors ---

void TensorComparisonModel::setComparison(std::shared_ptr<const ModelComparison> comparison)
{
    beginResetModel();
    m_comparison = std::move(comparison);
    endResetModel();
}

int TensorComparisonModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_comparison ? 0 : static_cast<int>(m_comparison->tensors.size());
}

int TensorComparisonModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant TensorComparisonModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const TensorComparison& found = tensor(index.row());
    const bool isDifferent = found.result == TensorComparison::Result::Different;
    if (role == Qt::TextAlignmentRole && index.column() >= RelativeRms)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role == SortRole && index.column() >= RelativeRms) {
        // What is identical has no error; what cannot be compared sorts before everything.
        if (!isDifferent && found.result != TensorComparison::Result::Identical)
            return -std::numeric_limits<double>::infinity();
        switch (index.column()) {
        case RelativeRms: return found.error.relativeRms();
        case SignalToNoise: return isDifferent ? found.error.signalToNoiseDb() : std::numeric_limits<double>::infinity();
        default: return found.error.maximumError;
        }
    }
    if (role != Qt::DisplayRole && role != SortRole && !(role == Qt::ToolTipRole && index.column() == Name))
        return {};
    switch (index.column()) {
    case Name: return toQString(printable(found.name));
    case FirstType: return typeText(found.firstType);
    case SecondType: return typeText(found.secondType);
    case Result: return resultText(found.result);
    case RelativeRms: return isDifferent ? relativeErrorText(found.error.relativeRms()) : QString();
    case SignalToNoise: return isDifferent ? decibelText(found.error.signalToNoiseDb()) : QString();
    default: return isDifferent ? weightText(found.error.maximumError, 4) : QString();
    }
}

QVariant TensorComparisonModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name: return tr("Tensor");
    case FirstType: return tr("First");
    case SecondType: return tr("Second");
    case Result: return tr("Result");
    case RelativeRms: return tr("Relative difference");
    case SignalToNoise: return tr("In dB");
    default: return tr("Largest difference");
    }
}

// --- metadata ---

void MetadataDiffModel::setComparison(std::shared_ptr<const ModelComparison> comparison)
{
    beginResetModel();
    m_comparison = std::move(comparison);
    endResetModel();
}

int MetadataDiffModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || !m_comparison ? 0 : static_cast<int>(m_comparison->metadata.size());
}

int MetadataDiffModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant MetadataDiffModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    const MetadataDifference& found = m_comparison->metadata[static_cast<std::size_t>(index.row())];
    const std::size_t limit = role == Qt::ToolTipRole ? shownCharacters * 10 : shownCharacters;
    const auto valueText = [limit](const std::optional<MetadataValue>& value) {
        return value ? tr("%1 (%2)").arg(oneLineText(value->toText(limit), limit), metadataTypeText(*value)) : u"–"_s;
    };
    switch (index.column()) {
    case Key: return oneLineText(found.key, limit);
    case Kind:
        switch (found.kind) {
        case MetadataDifference::Kind::Changed: return tr("Changed");
        case MetadataDifference::Kind::OnlyInFirst: return tr("Only in the first");
        case MetadataDifference::Kind::OnlyInSecond: return tr("Only in the second");
        }
        return {};
    case First: return valueText(found.first);
    default: return valueText(found.second);
    }
}

QVariant MetadataDiffModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Key: return tr("Key");
    case Kind: return tr("Difference");
    case First: return tr("First");
    default: return tr("Second");
    }
}

// --- map ---

void DifferenceMapModel::setComparison(std::shared_ptr<const ModelComparison> comparison)
{
    beginResetModel();
    m_comparison = std::move(comparison);
    m_grid = m_comparison ? LayerGrid(*m_comparison->first) : LayerGrid();
    m_fields.clear();
    m_columns = static_cast<int>(m_grid.roles.size() + m_grid.outsideRoles.size());
    std::unordered_map<std::string_view, int> rows;
    for (std::size_t row = 0; m_comparison && row < m_comparison->tensors.size(); ++row)
        rows.emplace(m_comparison->tensors[row].name, static_cast<int>(row));
    const auto add = [&](const std::vector<std::size_t>* tensors) {
        Field field;
        ErrorSums sums;
        bool isCompared = false;
        for (std::size_t at = 0; tensors && at < tensors->size(); ++at) {
            const auto found = rows.find(m_comparison->first->tensors()[(*tensors)[at]].name());
            if (found == rows.end())
                continue;
            if (!field.row)
                field.row = found->second;
            const TensorComparison& tensor = m_comparison->tensors[static_cast<std::size_t>(found->second)];
            isCompared = isCompared || tensor.result == TensorComparison::Result::Identical || tensor.result == TensorComparison::Result::Different;
            sums.add(tensor.error);
        }
        if (isCompared)
            field.relativeRms = sums.relativeRms();
        m_fields.push_back(field);
    };
    for (std::size_t layer = 0; layer < m_grid.layers.size(); ++layer) {
        for (std::size_t column = 0; column < static_cast<std::size_t>(m_columns); ++column)
            add(column < m_grid.roles.size() ? &m_grid.field(layer, column) : nullptr);
    }
    for (std::size_t column = 0; !m_grid.outsideRoles.empty() && column < static_cast<std::size_t>(m_columns); ++column)
        add(column >= m_grid.roles.size() ? &m_grid.outsideFields[column - m_grid.roles.size()] : nullptr);
    // Colours by the logarithm between the smallest and the largest difference there is.
    double low = std::numeric_limits<double>::infinity();
    double high = 0;
    for (const Field& field : m_fields) {
        if (field.relativeRms.value_or(0) > 0 && std::isfinite(*field.relativeRms)) {
            low = std::min(low, *field.relativeRms);
            high = std::max(high, *field.relativeRms);
        }
    }
    for (Field& field : m_fields) {
        const double value = field.relativeRms.value_or(0);
        if (value > 0 && high > low)
            field.position = std::isfinite(value) ? 0.1 + 0.9 * std::log(value / low) / std::log(high / low) : 1;
        else if (value > 0)
            field.position = 0.5;
    }
    endResetModel();
}

const DifferenceMapModel::Field& DifferenceMapModel::field(const QModelIndex& index) const
{
    return m_fields[static_cast<std::size_t>(index.row() * m_columns + index.column())];
}

TensorRole DifferenceMapModel::roleOf(std::size_t column) const
{
    return column < m_grid.roles.size() ? m_grid.roles[column] : m_grid.outsideRoles[column - m_grid.roles.size()];
}

std::optional<int> DifferenceMapModel::tensorRow(const QModelIndex& index) const
{
    return index.isValid() ? field(index).row : std::nullopt;
}

int DifferenceMapModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() || m_columns == 0 ? 0 : static_cast<int>(m_fields.size()) / m_columns;
}

int DifferenceMapModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : m_columns; }

QVariant DifferenceMapModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Field& found = field(index);
    const bool isOutside = index.row() >= static_cast<int>(m_grid.layers.size());
    const auto column = static_cast<std::size_t>(index.column());
    switch (role) {
    case Qt::DisplayRole:
        return found.relativeRms ? relativeErrorText(*found.relativeRms) : QString();
    case Qt::ToolTipRole: {
        if (!found.row)
            return {};
        const QString what = toQString(label(roleOf(column)));
        const QString place = isOutside ? what : tr("Layer %1, %2").arg(m_grid.layers[static_cast<std::size_t>(index.row())]).arg(what);
        return found.relativeRms ? tr("%1: relative difference %2").arg(place, relativeErrorText(*found.relativeRms))
                                 : tr("%1: not compared").arg(place);
    }
    case ErrorMapModel::PositionRole:
        return found.relativeRms ? QVariant(found.position) : QVariant();
    case ErrorMapModel::QualityRole:
        return static_cast<int>(found.relativeRms ? PairError::Quality::Exact : PairError::Quality::Unknown);
    case ErrorMapModel::SortRole:
        return found.relativeRms ? QVariant(*found.relativeRms) : QVariant();
    default:
        return {};
    }
}

QVariant DifferenceMapModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    if (orientation == Qt::Horizontal) {
        const TensorRole shown = roleOf(static_cast<std::size_t>(section));
        return toQString(role == Qt::ToolTipRole ? label(shown) : name(shown));
    }
    const auto row = static_cast<std::size_t>(section);
    return row < m_grid.layers.size() ? QString::number(m_grid.layers[row]) : tr("Outside");
}

} // namespace quantlathe::ui
