// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/result_page.h"

#include "core/base/text.h"
#include "ui/jobs/serving_box.h"
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
#include <QVBoxLayout>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

std::vector<ResultTensor> resultTensors(const EngineExportResult& result)
{
    std::vector<ResultTensor> rows;
    if (const auto* file = std::get_if<QuantizeResult>(&result.written)) {
        for (const TensorResult& tensor : file->tensors)
            rows.push_back({toQString(printable(tensor.name)), toQString(name(tensor.sourceType)), toQString(name(tensor.type)), tensor.sizeBytes, tensor.isCopy, tensor.error});
        return rows;
    }
    for (const FolderTensorResult& tensor : std::get<FolderResult>(result.written).tensors) {
        const bool isQuantized = !tensor.scheme.empty();
        rows.push_back({toQString(printable(tensor.name)), toQString(name(tensor.sourceType)), toQString(isQuantized ? std::string_view(tensor.scheme) : name(tensor.type)),
                        tensor.sizeBytes, !isQuantized && tensor.type == tensor.sourceType, tensor.error, tensor.relativeError});
    }
    return rows;
}

void ResultTensorModel::setTensors(std::vector<ResultTensor> tensors)
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
    const ResultTensor& tensor = m_tensors[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole)
        return QVariant((index.column() >= Bytes ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    const bool hasError = !tensor.isCopy && tensor.error.weights > 0;
    const bool hasRelative = hasError || tensor.relativeError;
    const double relative = hasError ? tensor.error.relativeRms() : tensor.relativeError.value_or(-1);
    if (role == csvRole) {
        if (index.column() < Bytes)
            return {};
        return index.column() == Bytes || hasError || (index.column() == RelativeError && hasRelative) ? data(index, SortRole) : QVariant(QString());
    }
    if (role != Qt::DisplayRole && role != SortRole)
        return {};
    const bool isSort = role == SortRole;
    switch (index.column()) {
    case Name:
        return isSort ? QVariant(index.row()) : tensor.name; // by position in the file
    case SourceType:
        return tensor.from;
    case Type:
        return tensor.isCopy ? tr("%1 (copied)").arg(tensor.to) : tensor.to;
    case Bytes:
        return isSort ? QVariant(static_cast<qulonglong>(tensor.sizeBytes)) : bytesText(tensor.sizeBytes);
    case RelativeError:
        return isSort ? QVariant(relative) : hasRelative ? relativeErrorText(relative) : QString();
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
    : QWidget(parent), m_facts(new FactsTable(this)), m_model(new ResultTensorModel(this)), m_view(new QTableView(this)),
      m_serving(new ServingBox(this))
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
    auto* tables = new QHBoxLayout;
    tables->addWidget(m_facts, 2);
    tables->addWidget(m_view, 3);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(tables, 1);
    layout->addWidget(m_serving);
}

namespace {

void addErrors(std::vector<Fact>& facts, const ErrorSums& error)
{
    if (error.weights == 0)
        return;
    facts.push_back({ResultPage::tr("Relative RMS error"), relativeErrorText(error.relativeRms()), ResultPage::tr("Over all quantized tensors"), false});
    facts.push_back({ResultPage::tr("Signal to noise"), decibelText(error.signalToNoiseDb()), {}, false});
}

void addFile(std::vector<Fact>& facts, const ExportJob& job, const QuantizeResult& result)
{
    const auto copied = std::count_if(result.tensors.begin(), result.tensors.end(), [](const TensorResult& tensor) { return tensor.isCopy; });
    facts.push_back({ResultPage::tr("Files"), QString::number(result.files.size()), {}, false});
    facts.push_back({ResultPage::tr("First file"), result.files.empty() ? QString() : pathText(result.files.front()), pathText(job.request.target()), false});
    facts.push_back({ResultPage::tr("Size"), ResultPage::tr("%1 (%2 bytes)").arg(bytesText(result.totalBytes), exactCountText(result.totalBytes)), {}, false});
    facts.push_back({ResultPage::tr("Time"), durationText(job.tookSeconds), {}, false});
    if (result.seconds > 0)
        facts.push_back({ResultPage::tr("Rate"), ResultPage::tr("%1/s").arg(bytesText(static_cast<std::uint64_t>(
                                                    static_cast<double>(result.totalBytes - result.resumedBytes) / result.seconds))), {}, false});
    if (result.resumedBytes > 0)
        facts.push_back({ResultPage::tr("Taken over"), bytesText(result.resumedBytes), ResultPage::tr("Written by the interrupted run before"), false});
    facts.push_back({ResultPage::tr("Tensors"), ResultPage::tr("%1, %2 of them copied unchanged").arg(result.tensors.size()).arg(copied), {}, false});
    addErrors(facts, result.error);
    facts.push_back({ResultPage::tr("Encoded with"), encodingText(result.encoding), {}, false});
    if (result.replaced.total() == 0)
        return;
    QStringList tensors;
    for (const TensorResult& tensor : result.tensors) {
        if (tensor.replaced.total() > 0)
            tensors << ResultPage::tr("%1: %2 NaN, %3 infinite").arg(toQString(printable(tensor.name))).arg(tensor.replaced.nan).arg(tensor.replaced.infinity);
    }
    facts.push_back({ResultPage::tr("Replaced weights"),
                     ResultPage::tr("%1 NaN, %2 infinite (%3)").arg(result.replaced.nan).arg(result.replaced.infinity).arg(
                         tensors.size() == 1 ? tensors.front() : ResultPage::tr("%n tensors", nullptr, static_cast<int>(tensors.size()))),
                     tensors.join(u'\n'), true});
}

void addFolder(std::vector<Fact>& facts, const ExportJob& job, const FolderResult& result)
{
    QStringList files;
    for (const std::string& file : result.files)
        files << toQString(printable(file));
    const auto quantized = std::count_if(result.tensors.begin(), result.tensors.end(), [](const FolderTensorResult& tensor) { return !tensor.scheme.empty(); });
    facts.push_back({ResultPage::tr("Folder"), pathText(result.folder), {}, false});
    facts.push_back({ResultPage::tr("Files"), QString::number(result.files.size()), files.join(u'\n'), false});
    facts.push_back({ResultPage::tr("Size"), ResultPage::tr("%1 (%2 bytes)").arg(bytesText(result.totalBytes), exactCountText(result.totalBytes)), {}, false});
    facts.push_back({ResultPage::tr("Time"), durationText(job.tookSeconds), ResultPage::tr("Every tensor was read back and compared"), false});
    facts.push_back({ResultPage::tr("Tensors"), ResultPage::tr("%1, %2 of them quantized").arg(result.tensors.size()).arg(quantized), {}, false});
    addErrors(facts, result.error);
}

/// What methods had to do otherwise than asked, and the layers' errors.
void addMethods(std::vector<Fact>& facts, const EngineExportResult& result)
{
    if (result.calibration.empty())
        return;
    facts.push_back({ResultPage::tr("Method"), toQString(result.calibration), {}, false});
    double worst = 0;
    QString where;
    QStringList notes;
    for (const MatrixReport& report : result.reports) {
        if (report.relativeLoss > worst) {
            worst = report.relativeLoss;
            where = toQString(printable(report.tensor));
        }
        if (!report.note.empty())
            notes << u"%1: %2"_s.arg(toQString(printable(report.tensor)), toQString(report.note));
    }
    if (worst > 0)
        facts.push_back({ResultPage::tr("Largest error of outputs"), ResultPage::tr("%1 (%2)").arg(relativeErrorText(worst), where),
                         ResultPage::tr("Error of a matrix's outputs on the calibration text, as a share of their squares"), false});
    if (!notes.empty())
        facts.push_back({ResultPage::tr("Otherwise than asked"), ResultPage::tr("%n matrices", nullptr, static_cast<int>(notes.size())), notes.join(u'\n'), true});
}

} // namespace

void ResultPage::setResult(const ExportJob& job)
{
    const EngineExportResult& result = *job.result;
    std::vector<Fact> facts;
    if (const auto* file = std::get_if<QuantizeResult>(&result.written))
        addFile(facts, job, *file);
    else
        addFolder(facts, job, std::get<FolderResult>(result.written));
    addMethods(facts, result);
    const auto& notes = std::visit([](const auto& written) -> const std::vector<std::string>& { return written.notes; }, result.written);
    for (const std::string& note : notes)
        facts.push_back({tr("Note"), toQString(note), toQString(note), false});
    m_facts->setFacts(std::move(facts));
    m_serving->setServing(result.serving);
    m_model->setTensors(resultTensors(result));
    const int character = m_view->fontMetrics().averageCharWidth();
    m_view->verticalHeader()->setDefaultSectionSize(m_view->fontMetrics().height() + 5);
    constexpr int schemeWidth = 48; // "compressed-tensors 4 bit, groups of 128, symmetric"
    static constexpr int widths[ResultTensorModel::ColumnCount] = {28, 9, 15, 12, 16, 16, 16};
    for (int column = 0; column < ResultTensorModel::ColumnCount; ++column)
        m_view->setColumnWidth(column, character * (column == ResultTensorModel::Type && result.isFolder() ? schemeWidth : widths[column]));
}

} // namespace quantlathe::ui
