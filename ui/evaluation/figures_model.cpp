// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/evaluation/figures_model.h"

#include "ui/evaluation/evaluation_text.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

namespace quantlathe::ui {

namespace {
QString countOf(double count) { return exactCountText(static_cast<std::uint64_t>(count)); }
} // namespace

void FiguresModel::add(const QString& name, const QString& explanation, UncertainValue value, Format format)
{
    m_rows.push_back({name, explanation, value, format, true});
}

void FiguresModel::add(const QString& name, const QString& explanation, double value, Format format)
{
    m_rows.push_back({name, explanation, {value, 0}, format, false});
}

void FiguresModel::setResult(const EvaluationResult& result, const std::optional<DamageVerdict>& verdict)
{
    beginResetModel();
    m_rows.clear();
    const QString perToken = tr("In nats per token, of the original's predictions from these");
    add(tr("Perplexity"), tr("How many tokens the model hesitates between, on average; the smaller the better"), result.perplexity, perplexityText);
    if (result.divergence) {
        const Divergence& divergence = *result.divergence;
        add(tr("Perplexity of the original"), {}, divergence.originalPerplexity, perplexityText);
        if (verdict)
            add(tr("Change of perplexity"), tr("From the paired differences: more exact than the two perplexities are"), verdict->perplexityChange, changeText);
        add(tr("KL divergence, mean"), perToken, divergence.mean, divergenceText);
        add(tr("KL divergence, median"), perToken, divergence.spread.median(), divergenceText);
        add(tr("KL divergence, 90 %"), tr("Nine of ten tokens are below"), divergence.spread.at(0.9), divergenceText);
        add(tr("KL divergence, 99 %"), tr("All but one of a hundred tokens are below"), divergence.spread.at(0.99), divergenceText);
        add(tr("KL divergence, 99.9 %"), tr("All but one of a thousand tokens are below"), divergence.spread.at(0.999), divergenceText);
        add(tr("KL divergence, largest"), perToken, divergence.spread.maximum(), divergenceText);
        add(tr("Same most likely token"), tr("Share of tokens where both would say the same"), divergence.sameTop, percentText);
        add(tr("Right token's probability, mean change"), {}, divergence.probabilityChange, changeText);
        add(tr("Right token's probability, RMS change"), {}, divergence.probabilityChangeRms, percentText);
    }
    add(tr("Tokens judged"), tr("The second half of each window; the first half only gives context"), static_cast<double>(result.tokens), countOf);
    add(tr("Windows"), {}, static_cast<double>(result.chunks.size()), countOf);
    add(tr("Tokens in a window"), {}, static_cast<double>(result.contextLength), countOf);
    endResetModel();
}

void FiguresModel::clear()
{
    beginResetModel();
    m_rows.clear();
    endResetModel();
}

int FiguresModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_rows.size()); }

int FiguresModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant FiguresModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == Qt::ToolTipRole)
        return row.explanation.isEmpty() ? QVariant() : row.explanation;
    if (role == Qt::TextAlignmentRole && index.column() != Figure)
        return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    if (role != Qt::DisplayRole && role != csvRole)
        return {};
    if (index.column() == Figure)
        return row.name;
    if (index.column() != Value && !row.hasInterval)
        return role == csvRole ? QVariant() : QString();
    const double value = index.column() == Value ? row.value.value : index.column() == Low ? row.value.low() : row.value.high();
    return role == csvRole ? QVariant(value) : row.format(value);
}

QVariant FiguresModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole && section != Figure)
        return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    if (role == Qt::ToolTipRole && section > Value)
        return tr("95 % confidence interval");
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Figure: return tr("Figure");
    case Value: return tr("Value");
    case Low: return tr("At least");
    default: return tr("At most");
    }
}

} // namespace quantlathe::ui
