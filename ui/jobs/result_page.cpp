// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/result_page.h"

#include "core/base/text.h"
#include "ui/parts/facts_table.h"
#include "ui/parts/number_text.h"
#include "ui/parts/selection_text.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSortFilterProxyModel>
#include <QTableView>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

void ResultTensorModel::setTensors(std::vector<TensorResult> tensors)
{
    beginResetModel();
    m_tensors = std::move(tensors);
    endResetModel();
}

int ResultTensorModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_tensors.size()); }

int ResultTensorModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant ResultTensorModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const TensorResult& tensor = m_tensors[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole)
        return QVariant((index.column() >= Bytes ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    const bool hasError = !tensor.isCopy && tensor.error.weights > 0;
    if (role == csvRole) {
        if (index.column() < Bytes)
            return {};
        return index.column() == Bytes || hasError ? data(index, SortRole) : QVariant(QString());
    }
    if (role != Qt::DisplayRole && role != SortRole)
        return {};
    const bool isSort = role == SortRole;
    switch (index.column()) {
    case Name:
        return isSort ? QVariant(index.row()) : toQString(printable(tensor.name)); // by position in the file
    case SourceType:
        return toQString(name(tensor.sourceType));
    case Type:
        return tensor.isCopy ? tr("%1 (copied)").arg(toQString(name(tensor.type))) : toQString(name(tensor.type));
    case Bytes:
        return isSort ? QVariant(static_cast<qulonglong>(tensor.sizeBytes)) : bytesText(tensor.sizeBytes);
    case RelativeError:
        return isSort ? QVariant(hasError ? tensor.error.relativeRms() : -1.0)
                      : hasError ? relativeErrorText(tensor.error.relativeRms()) : QString();
    case SignalToNoise:
        return isSort ? QVariant(hasError ? tensor.error.signalToNoiseDb() : -1.0)
                      : hasError ? decibelText(tensor.error.signalToNoiseDb()) : QString();
    default:
        return isSort ? QVariant(hasError ? tensor.error.maximumError : -1.0)
                      : hasError ? weightText(tensor.error.maximumError, 4) : QString();
    }
}

QVariant ResultTensorModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Tensor");
    case SourceType:
        return tr("From");
    case Type:
        return tr("To");
    case Bytes:
        return tr("Size");
    case RelativeError:
        return tr("Relative error");
    case SignalToNoise:
        return tr("Signal to noise");
    default:
        return tr("Maximum error");
    }
}

ResultPage::ResultPage(QWidget* parent)
    : QWidget(parent), m_facts(new FactsTable(this)), m_model(new ResultTensorModel(this)), m_view(new QTableView(this))
{
    m_facts->setObjectName(u"resultFacts"_s);
    m_facts->setAccessibleName(tr("Outcome of the export"));
    auto* sorted = new QSortFilterProxyModel(this);
    sorted->setSourceModel(m_model);
    sorted->setSortRole(ResultTensorModel::SortRole);
    m_view->setObjectName(u"resultTensors"_s);
    m_view->setAccessibleName(tr("Written tensors and their errors"));
    m_view->setModel(sorted);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(-1, Qt::AscendingOrder);
    m_view->horizontalHeader()->setSortIndicatorClearable(true);
    m_view->horizontalHeader()->setHighlightSections(false);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setAlternatingRowColors(true);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false);
    addCopyAction(*m_view);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_facts, 2);
    layout->addWidget(m_view, 3);
}

void ResultPage::setResult(const ExportJob& job)
{
    const QuantizeResult& result = *job.result;
    const auto copied = std::count_if(result.tensors.begin(), result.tensors.end(), [](const TensorResult& tensor) { return tensor.isCopy; });
    std::vector<Fact> facts;
    facts.push_back({tr("Files"), QString::number(result.files.size()), {}, false});
    facts.push_back({tr("First file"), result.files.empty() ? QString() : pathText(result.files.front()), pathText(job.request.target), false});
    facts.push_back({tr("Size"), tr("%1 (%2 bytes)").arg(bytesText(result.totalBytes), exactCountText(result.totalBytes)), {}, false});
    facts.push_back({tr("Time"), durationText(result.seconds), {}, false});
    if (result.seconds > 0)
        facts.push_back({tr("Rate"), tr("%1/s").arg(bytesText(static_cast<std::uint64_t>(
                                                    static_cast<double>(result.totalBytes - result.resumedBytes) / result.seconds))), {}, false});
    if (result.resumedBytes > 0)
        facts.push_back({tr("Taken over"), bytesText(result.resumedBytes), tr("Written by the interrupted run before"), false});
    facts.push_back({tr("Tensors"), tr("%1, %2 of them copied unchanged").arg(result.tensors.size()).arg(copied), {}, false});
    if (result.error.weights > 0) {
        facts.push_back({tr("Relative RMS error"), relativeErrorText(result.error.relativeRms()), tr("Over all quantized tensors"), false});
        facts.push_back({tr("Signal to noise"), decibelText(result.error.signalToNoiseDb()), {}, false});
    }
    facts.push_back({tr("Encoded with"), encodingText(result.encoding), {}, false});
    if (result.replaced.total() > 0) {
        QStringList tensors;
        for (const TensorResult& tensor : result.tensors) {
            if (tensor.replaced.total() > 0)
                tensors << tr("%1: %2 NaN, %3 infinite")
                               .arg(toQString(printable(tensor.name))).arg(tensor.replaced.nan).arg(tensor.replaced.infinity);
        }
        facts.push_back({tr("Replaced weights"),
                         tr("%1 NaN, %2 infinite (%3)").arg(result.replaced.nan).arg(result.replaced.infinity).arg(
                             tensors.size() == 1 ? tensors.front() : tr("%n tensors", nullptr, static_cast<int>(tensors.size()))),
                         tensors.join(u'\n'), true});
    }
    m_facts->setFacts(std::move(facts));
    m_model->setTensors(result.tensors);
    const int character = m_view->fontMetrics().averageCharWidth();
    m_view->verticalHeader()->setDefaultSectionSize(m_view->fontMetrics().height() + 5);
    static constexpr int widths[ResultTensorModel::ColumnCount] = {28, 9, 15, 12, 16, 16, 16};
    for (int column = 0; column < ResultTensorModel::ColumnCount; ++column)
        m_view->setColumnWidth(column, character * widths[column]);
}

} // namespace quantlathe::ui
