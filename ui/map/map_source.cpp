// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/map_source.h"

#include "ui/parts/number_text.h"
#include "ui/text.h"

#include <algorithm>
#include <cmath>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

MapSource::MapSource(Document& document, QObject* parent) : QObject(parent), m_document(document)
{
    connect(&document, &Document::modelChanged, this, &MapSource::takeModel);
    connect(&document, &Document::planChanged, this, [this](const std::vector<std::size_t>& tensors) {
        if (m_types.kind != Types::Kind::Chosen)
            return;
        for (const std::size_t tensor : tensors)
            m_written[tensor] = m_document.effectiveChoice(tensor).type;
        update(tensors);
    });
    connect(&document, &Document::errorsChanged, this, &MapSource::update);
    connect(&document, &Document::sensitivitiesChanged, this, [this] {
        if (m_measure != MapMeasure::Sensitivity)
            return;
        measureAll();
        Q_EMIT valuesChanged();
    });
    takeModel();
}

void MapSource::takeModel()
{
    const auto& model = m_document.model();
    m_grid = model ? LayerGrid(*model) : LayerGrid();
    m_fieldOf.assign(model ? model->tensors().size() : 0, std::nullopt);
    for (std::size_t row = 0; row < m_grid.layers.size(); ++row) {
        for (std::size_t column = 0; column < m_grid.roles.size(); ++column) {
            for (const std::size_t tensor : m_grid.field(row, column))
                m_fieldOf[tensor] = Field{static_cast<int>(row), static_cast<int>(column)};
        }
    }
    for (std::size_t column = 0; column < m_grid.outsideFields.size(); ++column) {
        for (const std::size_t tensor : m_grid.outsideFields[column])
            m_fieldOf[tensor] = Field{-1, static_cast<int>(column)};
    }
    takeTypes();
    Q_EMIT gridChanged();
    Q_EMIT valuesChanged();
}

void MapSource::takeTypes()
{
    const std::size_t count = m_fieldOf.size();
    m_written.assign(count, TensorType::F32);
    for (std::size_t tensor = 0; tensor < count; ++tensor) {
        switch (m_types.kind) {
        case Types::Kind::Chosen:
            m_written[tensor] = m_document.effectiveChoice(tensor).type;
            break;
        case Types::Kind::Stored:
            m_written[tensor] = m_document.model()->tensors()[tensor].type();
            break;
        case Types::Kind::One:
            m_written[tensor] = writtenType(factsOf(*m_document.model(), tensor), m_types.one).type;
            break;
        }
    }
    measureAll();
}

std::size_t MapSource::slot(Field field) const
{
    return field.row < 0 ? m_grid.fields.size() + static_cast<std::size_t>(field.column)
                         : static_cast<std::size_t>(field.row) * m_grid.roles.size() + static_cast<std::size_t>(field.column);
}

const std::vector<std::size_t>& MapSource::tensors(Field field) const
{
    return field.row < 0 ? m_grid.outsideFields[static_cast<std::size_t>(field.column)]
                         : m_grid.field(static_cast<std::size_t>(field.row), static_cast<std::size_t>(field.column));
}

const MapValue& MapSource::value(Field field) const { return m_values[slot(field)]; }

std::optional<MapSource::Field> MapSource::fieldOf(std::size_t tensor) const
{
    return tensor < m_fieldOf.size() ? m_fieldOf[tensor] : std::nullopt;
}

void MapSource::measureAll()
{
    m_values.assign(m_grid.fields.size() + m_grid.outsideFields.size(), {});
    const auto& model = m_document.model();
    const ErrorSurvey* survey = m_document.survey();
    if (model && survey) {
        for (std::size_t index = 0; index < m_values.size(); ++index) {
            const bool isOutside = index >= m_grid.fields.size();
            const auto& tensors = isOutside ? m_grid.outsideFields[index - m_grid.fields.size()] : m_grid.fields[index];
            if (!tensors.empty())
                m_values[index] = measured(tensors);
        }
    }
    updateLimits();
}

MapValue MapSource::measured(const std::vector<std::size_t>& tensors) const
{
    if (m_measure == MapMeasure::Sensitivity)
        return m_document.sensitivities() ? sensitivityValue(*m_document.sensitivities(), tensors) : MapValue{};
    return mapValue(*m_document.model(), *m_document.survey(), tensors, m_written, m_measure);
}

void MapSource::update(const std::vector<std::size_t>& tensors)
{
    const ErrorSurvey* survey = m_document.survey();
    if (!survey || m_fieldOf.empty())
        return;
    std::set<Field> fields;
    for (const std::size_t tensor : tensors) {
        if (const auto field = fieldOf(tensor))
            fields.insert(*field);
    }
    for (const Field& field : fields)
        m_values[slot(field)] = measured(this->tensors(field));
    if (fields.empty())
        return;
    updateLimits();
    Q_EMIT valuesChanged();
}

void MapSource::updateLimits()
{
    m_low = 0;
    m_high = 0;
    bool isFirst = true;
    for (const MapValue& value : m_values) {
        if (!value.isKnown() || !std::isfinite(value.value) || (isLogarithmic() && value.value <= 0))
            continue;
        m_low = isFirst ? value.value : std::min(m_low, value.value);
        m_high = isFirst ? value.value : std::max(m_high, value.value);
        isFirst = false;
    }
}

bool MapSource::isLogarithmic() const
{
    return m_measure != MapMeasure::SignalToNoise && m_measure != MapMeasure::BitsPerWeight && m_measure != MapMeasure::Kurtosis;
}

std::optional<double> MapSource::position(const MapValue& value) const
{
    if (!value.isKnown() || std::isnan(value.value))
        return std::nullopt;
    if (m_high <= m_low)
        return 0.5;
    if (isLogarithmic()) {
        if (value.value <= 0)
            return 0.0;
        return std::clamp((std::log(value.value) - std::log(m_low)) / (std::log(m_high) - std::log(m_low)), 0.0, 1.0);
    }
    return std::clamp((value.value - m_low) / (m_high - m_low), 0.0, 1.0);
}

void MapSource::setMeasure(MapMeasure measure)
{
    if (measure == m_measure)
        return;
    m_measure = measure;
    measureAll();
    Q_EMIT settingsChanged();
    Q_EMIT valuesChanged();
}

void MapSource::setTypes(const Types& types)
{
    if (types == m_types)
        return;
    m_types = types;
    if (m_document.hasModel())
        takeTypes();
    Q_EMIT settingsChanged();
    Q_EMIT valuesChanged();
}

void MapSource::look(Field field)
{
    if (m_measure != MapMeasure::RelativeRms && m_measure != MapMeasure::WeightedRms && m_measure != MapMeasure::SignalToNoise)
        return;
    for (const std::size_t tensor : tensors(field))
        m_document.errorPreview(tensor, m_written[tensor]);
}

QString MapSource::measureText(MapMeasure measure)
{
    switch (measure) {
    case MapMeasure::RelativeRms: return tr("Relative RMS error");
    case MapMeasure::WeightedRms: return tr("Importance-weighted error");
    case MapMeasure::SignalToNoise: return tr("Signal to noise");
    case MapMeasure::Kurtosis: return tr("Excess kurtosis");
    case MapMeasure::OutlierShare: return tr("Share of outliers");
    case MapMeasure::BitsPerWeight: return tr("Bits per weight");
    case MapMeasure::Bytes: return tr("Bytes");
    case MapMeasure::Sensitivity: return tr("Sensitivity (KL)");
    }
    return {};
}

QString MapSource::valueText(double value) const
{
    switch (m_measure) {
    case MapMeasure::RelativeRms:
    case MapMeasure::WeightedRms: return relativeErrorText(value);
    case MapMeasure::SignalToNoise: return decibelText(value);
    case MapMeasure::Kurtosis: return weightText(value, 3);
    case MapMeasure::OutlierShare: return shareText(value);
    case MapMeasure::BitsPerWeight: return bitsText(value);
    case MapMeasure::Bytes: return bytesText(static_cast<std::uint64_t>(value));
    case MapMeasure::Sensitivity: return weightText(value, 3);
    }
    return {};
}

QString MapSource::valueText(const MapValue& value) const
{
    switch (value.quality) {
    case PairError::Quality::Unknown: return u"…"_s;
    case PairError::Quality::Failed: return u"!"_s;
    case PairError::Quality::Sampled: return u"≈ "_s + valueText(value.value);
    case PairError::Quality::Exact: return valueText(value.value);
    }
    return {};
}

QString MapSource::description(Field field) const
{
    const std::vector<std::size_t>& members = tensors(field);
    if (members.empty())
        return tr("No such tensor in this layer");
    const Model& model = *m_document.model();
    QStringList lines;
    const std::size_t first = members.front();
    lines << (members.size() == 1 ? toQString(model.tensors()[first].name())
                                  : tr("%1 and %n more", nullptr, static_cast<int>(members.size()) - 1).arg(toQString(model.tensors()[first].name())));
    lines << tr("%1, stored as %2, here as %3")
                 .arg(toQString(model.tensors()[first].shape().toString()), toQString(name(model.tensors()[first].type())),
                      toQString(name(m_written[first])));
    const ErrorSurvey& survey = *m_document.survey();
    const MapValue error = mapValue(model, survey, members, m_written, MapMeasure::RelativeRms);
    switch (error.quality) {
    case PairError::Quality::Unknown:
        lines << tr("The error is still being measured");
        break;
    case PairError::Quality::Failed:
        lines << tr("The error cannot be measured");
        break;
    case PairError::Quality::Sampled:
        lines << tr("Error about %1, with 95 % confidence %2 to %3 (from a sample)")
                     .arg(relativeErrorText(error.value), relativeErrorText(error.low), relativeErrorText(error.high));
        break;
    case PairError::Quality::Exact:
        lines << (error.value == 0 ? tr("No error") : tr("Error %1 (all weights), %2")
                                                          .arg(relativeErrorText(error.value), decibelText(-20 * std::log10(error.value))));
        break;
    }
    const MapValue weighted = m_document.importance() ? mapValue(model, survey, members, m_written, MapMeasure::WeightedRms) : MapValue();
    if (weighted.isKnown() && weighted.value > 0)
        lines << tr("Weighted by importance %1").arg(relativeErrorText(weighted.value));
    const MapValue kurtosis = mapValue(model, survey, members, m_written, MapMeasure::Kurtosis);
    const MapValue outliers = mapValue(model, survey, members, m_written, MapMeasure::OutlierShare);
    if (kurtosis.isKnown() && outliers.isKnown())
        lines << tr("Excess kurtosis %1, outliers %2").arg(weightText(kurtosis.value, 3), shareText(outliers.value));
    if (const auto& sensitivities = m_document.sensitivities()) {
        const MapValue sensitivity = sensitivityValue(*sensitivities, members);
        const QString probe = toQString(name(sensitivities->tensors[first].probe));
        if (sensitivity.quality == PairError::Quality::Exact)
            lines << tr("KL divergence %1 when written as %2 (95 % interval %3 to %4)")
                         .arg(weightText(sensitivity.value, 3), probe, weightText(sensitivity.low, 3), weightText(sensitivity.high, 3));
        else if (sensitivity.isKnown())
            lines << tr("KL divergence about %1 when written as %2 (estimated from tensors of its role)").arg(weightText(sensitivity.value, 3), probe);
    }
    const MapValue bits = mapValue(model, survey, members, m_written, MapMeasure::BitsPerWeight);
    const MapValue bytes = mapValue(model, survey, members, m_written, MapMeasure::Bytes);
    lines << tr("%1 bits per weight, %2").arg(bitsText(bits.value), bytesText(static_cast<std::uint64_t>(bytes.value)));
    return lines.join(u'\n');
}

} // namespace quantlathe::ui
