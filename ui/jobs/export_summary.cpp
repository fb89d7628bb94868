// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/export_summary.h"

#include "core/base/text.h"
#include "core/plan/presets.h"
#include "ui/text.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>
#include <map>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

ExportSummary ExportSummary::of(const Document& document)
{
    ExportSummary summary;
    std::map<TensorType, Types> types;
    const auto tensors = document.model()->tensors();
    for (std::size_t index = 0; index < tensors.size(); ++index) {
        const EffectiveChoice& choice = document.effectiveChoice(index);
        Types& entry = types.try_emplace(choice.type, Types{choice.type, 0, 0, 0}).first->second;
        ++entry.tensors;
        entry.bytes += choice.sizeBytes;
        entry.copied += choice.isCopy(tensors[index].type());
        const Note note{toQString(printable(tensors[index].name())), toQString(choice.explanation)};
        if (!choice.canWrite)
            summary.blocked.push_back(note);
        else if (choice.type != choice.requested)
            summary.fallbacks.push_back(note);
    }
    QStringList needy;
    for (const TensorType type : typesNeedingImportance(*document.model(), document.plan(), document.importance().get()))
        needy << toQString(name(type));
    summary.needImportance = needy.join(u", "_s);
    for (const auto& [type, entry] : types)
        summary.types.push_back(entry);
    std::stable_sort(summary.types.begin(), summary.types.end(), [](const Types& a, const Types& b) { return a.bytes > b.bytes; });
    return summary;
}

QString ExportSummary::obstacle() const
{
    if (blocked.empty())
        return {};
    const QString first = u"%1: %2"_s.arg(blocked.front().tensor, blocked.front().explanation);
    if (blocked.size() == 1)
        return QCoreApplication::translate("ExportSummary", "One tensor cannot be written yet. Choose another type for it. %1").arg(first);
    return QCoreApplication::translate("ExportSummary", "%1 tensors cannot be written yet. Choose other types for them. The first is %2")
        .arg(blocked.size()).arg(first);
}

namespace {

/// The model's name without its type or part number.
QString stemOf(const Model& model)
{
    std::filesystem::path path = model.path();
    if (!path.has_filename())
        path = path.parent_path();
    QString stem = pathText(path.filename());
    static const QRegularExpression extension(u"\\.(gguf|safetensors|index\\.json|safetensors\\.index\\.json)$"_s,
                                              QRegularExpression::CaseInsensitiveOption);
    static const QRegularExpression part(u"-\\d{5}-of-\\d{5}$"_s);
    static const QRegularExpression type(u"[-._](f32|f16|bf16|fp16|fp32|i?q\\d_[0-9a-z_]+)$"_s, QRegularExpression::CaseInsensitiveOption);
    stem.remove(extension).remove(part).remove(type);
    // A Hugging Face folder's files are all called "model": the folder says more.
    if (model.format() != ModelFormat::Gguf && (stem.isEmpty() || stem == u"model"_s))
        stem = pathText(path.parent_path().filename());
    if (stem.isEmpty())
        stem = u"model"_s;
    return stem;
}

} // namespace

QString defaultFolderName(const Model& model, const QString& format) { return u"%1-%2"_s.arg(stemOf(model), format); }

QString defaultTargetName(const Model& model, const Plan& plan)
{
    QString suffix = toQString(plan.preset);
    if (suffix.isEmpty() && plan.choices().empty())
        suffix = u"copy"_s;
    if (suffix.isEmpty()) {
        const std::uint32_t fileType = fileTypeOf(model, plan);
        for (const Preset& preset : allPresets()) {
            if (suffix.isEmpty() && preset.fileType == fileType)
                suffix = toQString(preset.id);
        }
        suffix = suffix.isEmpty() ? u"custom"_s : u"custom-"_s + suffix;
    }
    return u"%1-%2.gguf"_s.arg(stemOf(model), suffix);
}

// --- table ---

int ExportTypesModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_summary.types.size());
}

int ExportTypesModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant ExportTypesModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    if (role == Qt::TextAlignmentRole && index.column() != Type)
        return QVariant(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const ExportSummary::Types& entry = m_summary.types[static_cast<std::size_t>(index.row())];
    switch (index.column()) {
    case Type:
        return toQString(name(entry.type));
    case Tensors:
        return entry.copied == 0             ? tr("%1").arg(entry.tensors)
            : entry.copied == entry.tensors ? tr("%1, as stored").arg(entry.tensors)
                                            : tr("%1, %2 of them as stored").arg(entry.tensors).arg(entry.copied);
    default:
        return bytesText(entry.bytes);
    }
}

QVariant ExportTypesModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == Type ? tr("Type") : section == Tensors ? tr("Tensors") : tr("Size");
}

} // namespace quantlathe::ui
