// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/evaluation/sensitivity_model.h"

#include "ui/evaluation/evaluation_text.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

SensitivityModel::SensitivityModel(Document& document, QObject* parent) : QAbstractTableModel(parent), m_document(document)
{
    connect(&document, &Document::modelChanged, this, &SensitivityModel::takeFigures);
    connect(&document, &Document::sensitivitiesChanged, this, &SensitivityModel::takeFigures);
    takeFigures();
}

void SensitivityModel::takeFigures()
{
    beginResetModel();
    m_modelShown = m_document.model();
    m_sensitivities = m_document.sensitivities();
    m_tensors.clear();
    for (std::size_t tensor = 0; m_sensitivities && tensor < m_sensitivities->tensors.size(); ++tensor) {
        if (m_sensitivities->tensors[tensor].state != TensorSensitivity::State::None)
            m_tensors.push_back(tensor);
    }
    endResetModel();
}

int SensitivityModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_tensors.size()); }

int SensitivityModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant SensitivityModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const std::size_t tensor = m_tensors[static_cast<std::size_t>(index.row())];
    const TensorSensitivity& one = m_sensitivities->tensors[tensor];
    const bool isMeasured = one.state == TensorSensitivity::State::Measured;
    const bool isNumber = index.column() == Divergence || index.column() == StandardError || index.column() == Weight;
    if (role == TensorRole)
        return QVariant::fromValue(tensor);
    if (role == Qt::TextAlignmentRole && isNumber)
        return QVariant::fromValue(Qt::Alignment(Qt::AlignRight | Qt::AlignVCenter));
    if (role == SortRole || role == csvRole) {
        switch (index.column()) {
        case Divergence: return one.kl;
        case StandardError: return isMeasured ? QVariant(one.klStandardError) : role == csvRole ? QVariant() : QVariant(-1.0);
        case Weight: return one.weight;
        default: return data(index, Qt::DisplayRole);
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Tensor: return toQString(m_modelShown->tensors()[tensor].name());
    case Probe: return toQString(name(one.probe));
    case Divergence: return isMeasured ? divergenceText(one.kl) : u"≈ "_s + divergenceText(one.kl);
    case StandardError: return isMeasured ? u"± "_s + divergenceText(one.klStandardError) : QString();
    case State: return isMeasured ? tr("measured") : tr("estimated");
    default: return divergenceText(one.weight);
    }
}

QVariant SensitivityModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case Probe: return tr("The type that it alone was written in, everything else left as it is");
        case Divergence: return tr("Mean KL divergence of the model's predictions from the original's, in nats per token");
        case StandardError: return tr("Standard error over the tokens");
        case State: return tr("Estimated: from tensors of the same role, as there was no time left");
        case Weight: return tr("KL divergence per relative squared error: what counts in a fit");
        default: return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Tensor: return tr("Tensor");
    case Probe: return tr("Written as");
    case Divergence: return tr("KL divergence");
    case StandardError: return tr("Uncertainty");
    case State: return tr("How known");
    default: return tr("Per squared error");
    }
}

} // namespace quantlathe::ui
