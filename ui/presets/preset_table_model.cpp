// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/presets/preset_table_model.h"

#include "core/codecs/codec.h"
#include "core/memory/estimate.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QGuiApplication>
#include <QPalette>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

PresetOutcome outcomeOf(const Model& model, const MemoryModel& memory, const Preset& preset, const PresetOptions& options)
{
    PresetOutcome outcome;
    outcome.isKnown = true;
    try {
        outcome.plan = planFromPreset(model, preset, options);
        for (std::size_t index = 0; index < model.tensors().size(); ++index) {
            const EffectiveChoice effective = effectiveChoice(model, index, outcome.plan);
            outcome.tensorBytes += effective.sizeBytes;
            outcome.fallbacks += effective.reason != FallbackReason::None && effective.requested != effective.type;
            const bool isWritable = effective.isCopy(model.tensors()[index].type()) || codecFor(effective.type).canEncode();
            if (!isWritable && outcome.problem.isEmpty())
                outcome.problem = PresetTableModel::tr("%1 cannot be written by this version yet").arg(toQString(name(effective.type)));
        }
        outcome.fileBytes = memory.estimate(outcome.plan, RuntimeSettings(), nullptr).fileBytes;
    } catch (const Error& error) {
        outcome.problem = messageText(error);
    }
    if (preset.needsImportance && !options.hasImportance)
        outcome.warning = PresetTableModel::tr("quality suffers without importance data");
    return outcome;
}

std::vector<PresetOutcome> outcomesOf(const Model& model, const PresetOptions& options, const RunControl& control)
{
    const MemoryModel memory(model);
    std::vector<PresetOutcome> outcomes;
    for (const Preset& preset : allPresets()) {
        control.throwIfCancelled();
        outcomes.push_back(outcomeOf(model, memory, preset, options));
    }
    return outcomes;
}

} // namespace

PresetTableModel::PresetTableModel(std::shared_ptr<const Model> model, QObject* parent)
    : QAbstractTableModel(parent), m_model(std::move(model)), m_outcomes(allPresets().size())
{
}

void PresetTableModel::setOptions(bool hasImportance, bool isPure)
{
    PresetOptions options;
    options.hasImportance = hasImportance;
    options.pure = isPure;
    m_job.start([model = m_model, options](const RunControl& control) { return outcomesOf(*model, options, control); },
                [this](std::vector<PresetOutcome> outcomes) {
                    m_outcomes = std::move(outcomes);
                    Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
                    Q_EMIT outcomesReady();
                },
                [](const Error&) {}); // each preset's error is part of its outcome
}

const Preset& PresetTableModel::preset(int row) const { return allPresets()[static_cast<std::size_t>(row)]; }

int PresetTableModel::rowOf(std::string_view presetId) const
{
    for (int row = 0; row < rowCount(); ++row) {
        if (preset(row).id == presetId)
            return row;
    }
    return -1;
}

int PresetTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_outcomes.size());
}

int PresetTableModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant PresetTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const Preset& preset = this->preset(index.row());
    const PresetOutcome& outcome = this->outcome(index.row());
    const bool hasSize = outcome.isKnown && outcome.tensorBytes > 0;
    const double bits = m_model->weightCount() == 0 ? 0 : 8.0 * double(outcome.tensorBytes) / double(m_model->weightCount());
    switch (role) {
    case Qt::DisplayRole:
        switch (index.column()) {
        case Id: return toQString(preset.id);
        case FileSize: return hasSize ? bytesText(outcome.fileBytes) : outcome.isKnown ? u"–"_s : u"…"_s;
        case BitsPerWeight: return hasSize ? bitsText(bits) : QString();
        case Description:
            if (const QString& remark = outcome.problem.isEmpty() ? outcome.warning : outcome.problem; !remark.isEmpty())
                return tr("%1 – %2").arg(toQString(preset.description), remark);
            return toQString(preset.description);
        default: return {};
        }
    case csvRole:
        if (index.column() != FileSize && index.column() != BitsPerWeight)
            return {};
        return hasSize ? data(index, SortRole) : QVariant(QString());
    case SortRole:
        switch (index.column()) {
        case Id: return index.row(); // the order people know them in
        case FileSize: return static_cast<qulonglong>(outcome.fileBytes);
        case BitsPerWeight: return bits;
        default: return toQString(preset.description);
        }
    case Qt::ForegroundRole:
        // Rows that cannot be applied stay selectable, so that their reason can be read with the keyboard too.
        return outcome.problem.isEmpty() ? QVariant() : QGuiApplication::palette().color(QPalette::Disabled, QPalette::Text);
    case Qt::ToolTipRole: return index.column() == Description ? data(index, Qt::DisplayRole) : QVariant();
    case Qt::TextAlignmentRole:
        return index.column() == FileSize || index.column() == BitsPerWeight
            ? QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter))
            : QVariant();
    default: return {};
    }
}

QVariant PresetTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Id: return tr("Preset");
    case FileSize: return tr("File size");
    case BitsPerWeight: return tr("Bits/weight");
    case Description: return tr("Description");
    default: return {};
    }
}

} // namespace quantlathe::ui
