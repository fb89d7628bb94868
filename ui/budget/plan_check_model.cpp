// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/budget/plan_check_model.h"

#include "ui/evaluation/evaluation_text.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QFont>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

void PlanCheckModel::setCheck(std::optional<PlanCheck> check)
{
    beginResetModel();
    m_check = std::move(check);
    endResetModel();
}

int PlanCheckModel::rowCount(const QModelIndex& parent) const { return parent.isValid() || !m_check ? 0 : static_cast<int>(m_check->plans.size()); }

int PlanCheckModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant PlanCheckModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const auto row = static_cast<std::size_t>(index.row());
    const CheckedPlan& plan = m_check->plans[row];
    const bool isBest = row == m_check->best;
    if (role == Qt::TextAlignmentRole && index.column() != PlanBy)
        return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    if (role == Qt::FontRole && isBest) {
        QFont font;
        font.setBold(true);
        return font;
    }
    if (role == csvRole) {
        switch (index.column()) {
        case Size: return QVariant::fromValue(plan.candidate.fileBytes);
        case Predicted: return plan.candidate.predicted ? QVariant(*plan.candidate.predicted) : QVariant();
        case Measured: return plan.meanDivergence.value;
        case Uncertainty: return plan.meanDivergence.standardError;
        case Perplexity: return plan.perplexity.value;
        case SameTop: return plan.sameTop.value;
        default: return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case PlanBy: return isBest ? tr("%1 (best)").arg(toQString(plan.candidate.name)) : toQString(plan.candidate.name);
    case Size: return bytesText(plan.candidate.fileBytes);
    case Predicted: return plan.candidate.predicted ? divergenceText(*plan.candidate.predicted) : QString();
    case Measured: return divergenceText(plan.meanDivergence.value);
    case Uncertainty: return u"± "_s + divergenceText(plan.meanDivergence.standardError);
    case Perplexity: return perplexityText(plan.perplexity.value);
    default: return percentText(plan.sameTop.value);
    }
}

QVariant PlanCheckModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case PlanBy: return tr("By which weighing of the errors the plan is the best, or the preset's name");
        case Predicted: return tr("Mean KL divergence as the sensitivities of the tensors add up");
        case Measured: return tr("Mean KL divergence from the original when the plan is run, in nats per token");
        case Uncertainty: return tr("Standard error over the tokens");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case PlanBy: return tr("Plan by");
    case Size: return tr("File size");
    case Predicted: return tr("KL predicted");
    case Measured: return tr("KL measured");
    case Uncertainty: return tr("Uncertainty");
    case Perplexity: return tr("Perplexity");
    default: return tr("Same top token");
    }
}

} // namespace quantlathe::ui
