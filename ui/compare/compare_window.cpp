// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/compare/compare_window.h"

#include "core/analysis/tensor_matching.h"
#include "core/base/text.h"
#include "core/formats/open.h"
#include "ui/map/error_map_model.h"
#include "ui/map/error_map_view.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/job_strip.h"
#include "ui/parts/table_copy.h"
#include "ui/parts/table_csv.h"
#include "ui/plots/histogram_plot.h"
#include "ui/plots/plot_export.h"
#include "ui/text.h"

#include <QCheckBox>
#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t histogramBins = 512;

struct TwoHistograms
{
    Histogram first;
    Histogram second;
};

/// Both tensors counted into the same bins, over the range of both.
TwoHistograms measureBoth(const Tensor* first, const Tensor* second, const RunControl& control)
{
    std::vector<Distribution> each;
    for (const Tensor* tensor : {first, second}) {
        if (tensor)
            each.push_back(measureDistribution(std::span(&tensor, 1), {histogramBins, 0}, control));
    }
    Histogram bins{each.front().minimum, each.front().maximum, std::vector<std::uint64_t>(histogramBins)};
    for (const Distribution& distribution : each) {
        bins.low = std::min(bins.low, distribution.minimum);
        bins.high = std::max(bins.high, distribution.maximum);
    }
    if (bins.low == bins.high)
        bins.counts.resize(1);
    const auto count = [&](const Tensor* tensor) {
        if (!tensor)
            return Histogram{bins.low, bins.high, {}};
        const TensorType type = tensor->type();
        return quantizedHistogram(std::span(&tensor, 1), std::span(&type, 1), bins, 0, control); // as stored
    };
    return {count(first), count(second)};
}

QString fileName(const Model& model) { return QFileInfo(pathText(model.path())).fileName(); }

} // namespace

CompareWindow::CompareWindow(std::shared_ptr<const Model> first, QWidget* parent)
    : QWidget(parent, Qt::Window), m_first(std::move(first)), m_tensors(new TensorComparisonModel(this)), m_sorted(new QSortFilterProxyModel(this)),
      m_metadata(new MetadataDiffModel(this)), m_map(new DifferenceMapModel(this)), m_title(new QLabel(this)), m_summary(new QLabel(this)),
      m_strip(new JobStrip(this)), m_pages(new QStackedWidget(this)), m_hint(new HintPage(this)), m_tabs(new QTabWidget(this)),
      m_histogramTitle(new QLabel(this)), m_logarithmic(new QCheckBox(tr("&Logarithmic counts"), this)), m_histogram(new HistogramPlot(this)),
      m_mapView(new ErrorMapView(this))
{
    setObjectName(u"compareWindow"_s);
    setWindowTitle(tr("Compare – Quantlathe"));
    for (QLabel* label : {m_title, m_summary, m_histogramTitle}) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_summary->setObjectName(u"compareSummary"_s);
    m_sorted->setSourceModel(m_tensors);
    m_sorted->setSortRole(TensorComparisonModel::SortRole);
    m_tensorView = makeTable(m_sorted, u"compareTensors"_s, tr("Differences, tensor by tensor"), tr("tensor-differences"));
    m_metadataView = makeTable(m_metadata, u"compareMetadata"_s, tr("Keys that differ"), tr("metadata-differences"));
    m_mapView->setModel(m_map);
    m_mapView->setObjectName(u"compareMap"_s);
    m_mapView->setAccessibleName(tr("Relative difference, layers by roles"));
    addCsvActions(*m_mapView, tr("difference-map"), ErrorMapModel::SortRole);

    auto* distribution = new QWidget(this);
    auto* distributionTop = new QHBoxLayout;
    distributionTop->addWidget(m_histogramTitle, 1);
    distributionTop->addWidget(m_logarithmic);
    auto* more = new QToolButton(this);
    more->setObjectName(u"compareHistogramMenu"_s);
    more->setText(tr("M&ore"));
    more->setToolTip(tr("Copy or save the plot"));
    makePlotMenu(*more, *m_histogram, tr("distributions"));
    distributionTop->addWidget(more);
    auto* distributionLayout = new QVBoxLayout(distribution);
    distributionLayout->addLayout(distributionTop);
    distributionLayout->addWidget(m_histogram, 1);
    m_tabs->addTab(m_tensorView, tr("&Tensors"));
    m_tabs->addTab(m_metadataView, tr("&Metadata"));
    m_tabs->addTab(distribution, tr("&Distribution"));
    m_tabs->addTab(m_mapView, tr("M&ap"));
    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_tabs);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_title);
    layout->addWidget(m_summary);
    layout->addWidget(m_strip);
    layout->addWidget(m_pages, 1);
    resize(fontMetrics().averageCharWidth() * 130, fontMetrics().height() * 38);

    m_strip->watch(m_comparing, tr("Comparing"));
    m_strip->watch(m_measuring, tr("Counting weights"));
    connect(m_strip, &JobStrip::stopped, this, [this] {
        if (!m_comparison)
            m_hint->setHint(tr("The comparison was stopped."));
    });
    connect(m_logarithmic, &QCheckBox::toggled, m_histogram, &HistogramPlot::setLogarithmic);
    connect(m_tensorView->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &CompareWindow::showDistribution);
    connect(m_tabs, &QTabWidget::currentChanged, this, &CompareWindow::showDistribution);
    connect(m_tensorView, &QTableView::activated, this, [this] { m_tabs->setCurrentIndex(2); });
    // A field of the map leads to its tensor.
    connect(m_mapView, &QTableView::activated, this, [this](const QModelIndex& index) {
        if (const auto row = m_map->tensorRow(index)) {
            m_tabs->setCurrentIndex(0);
            m_tensorView->setCurrentIndex(m_sorted->mapFromSource(m_tensors->index(*row, 0)));
            m_tensorView->scrollTo(m_tensorView->currentIndex());
            m_tensorView->setFocus();
        }
    });
}

QTableView* CompareWindow::makeTable(QAbstractItemModel* model, const QString& objectName, const QString& accessibleName, const QString& proposedName)
{
    auto* view = new QTableView(this);
    view->setObjectName(objectName);
    view->setAccessibleName(accessibleName);
    view->setModel(model);
    if (qobject_cast<QSortFilterProxyModel*>(model)) {
        view->setSortingEnabled(true);
        view->sortByColumn(-1, Qt::AscendingOrder); // the order of the first model
        view->horizontalHeader()->setSortIndicatorClearable(true);
    }
    view->horizontalHeader()->setStretchLastSection(true);
    view->horizontalHeader()->setHighlightSections(false);
    view->verticalHeader()->hide();
    view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setAlternatingRowColors(true);
    view->setShowGrid(false);
    view->setWordWrap(false);
    view->setTabKeyNavigation(false);
    addCopyAction(*view);
    addCsvActions(*view, proposedName, model == m_sorted ? static_cast<int>(TensorComparisonModel::SortRole) : -1);
    return view;
}

void CompareWindow::compareWith(const QString& path)
{
    m_comparison.reset();
    showComparison(nullptr);
    m_title->setText(tr("%1 and %2").arg(fileName(*m_first), QFileInfo(path).fileName()));
    m_hint->setHint(tr("Comparing…"));
    m_comparing.start(
        [first = m_first, file = toPath(path)](const RunControl& control) {
            auto comparison = std::make_shared<ModelComparison>();
            comparison->first = first;
            comparison->second = openModel(file);
            comparison->metadata = compareMetadata(first->metadata(), comparison->second->metadata());
            comparison->tensors = compareModels(*first, *comparison->second, 0, control);
            return std::shared_ptr<const ModelComparison>(std::move(comparison));
        },
        [this](std::shared_ptr<const ModelComparison> comparison) { showComparison(std::move(comparison)); },
        [this](const Error& error) {
            const QString detail = detailText(error);
            m_hint->setHint(detail.isEmpty() ? messageText(error) : messageText(error) + u'\n' + detail);
        });
}

void CompareWindow::showComparison(std::shared_ptr<const ModelComparison> comparison)
{
    m_comparison = std::move(comparison);
    m_tensors->setComparison(m_comparison);
    m_metadata->setComparison(m_comparison);
    m_map->setComparison(m_comparison);
    m_summary->setVisible(m_comparison != nullptr);
    m_pages->setCurrentWidget(m_comparison ? static_cast<QWidget*>(m_tabs) : m_hint);
    if (!m_comparison)
        return;
    const auto identical = std::count_if(m_comparison->tensors.begin(), m_comparison->tensors.end(), [](const TensorComparison& tensor) {
        return tensor.result == TensorComparison::Result::Identical;
    });
    ErrorSums total;
    for (const TensorComparison& tensor : m_comparison->tensors)
        total.add(tensor.error);
    m_summary->setText(total.weights == 0
                           ? tr("%1 of %2 tensors are identical; metadata keys that differ: %3.").arg(identical).arg(m_comparison->tensors.size()).arg(m_comparison->metadata.size())
                           : tr("%1 of %2 tensors are identical; the others differ by %3; metadata keys that differ: %4.")
                                 .arg(identical).arg(m_comparison->tensors.size()).arg(relativeErrorText(total.relativeRms())).arg(m_comparison->metadata.size()));
    m_tabs->setTabText(1, tr("&Metadata (%1)").arg(m_comparison->metadata.size()));
    m_histogram->setNames(fileName(*m_comparison->first), fileName(*m_comparison->second));
    adjustColumns();
    if (m_sorted->rowCount() > 0)
        m_tensorView->setCurrentIndex(m_sorted->index(0, 0));
    showDistribution();
}

void CompareWindow::showDistribution()
{
    m_measuring.cancel();
    const QModelIndex index = m_sorted->mapToSource(m_tensorView->currentIndex());
    if (!m_comparison || !index.isValid()) {
        m_histogramTitle->setText(tr("Select a tensor on the page “Tensors”."));
        return;
    }
    const TensorComparison& chosen = m_tensors->tensor(index.row());
    m_histogramTitle->setText(toQString(printable(chosen.name)));
    if (m_tabs->currentIndex() != 2)
        return; // counted when it is looked at
    m_measuring.start(
        [comparison = m_comparison, name = chosen.name](const RunControl& control) {
            const Tensor* first = nullptr;
            const Tensor* second = nullptr;
            for (const TensorMatch& match : matchTensors(*comparison->first, *comparison->second)) {
                const Tensor* a = match.first ? &comparison->first->tensors()[*match.first] : nullptr;
                const Tensor* b = match.second ? &comparison->second->tensors()[*match.second] : nullptr;
                if ((a ? a : b)->name() == name) {
                    first = a;
                    second = b;
                    break;
                }
            }
            return measureBoth(first, second, control);
        },
        [this](TwoHistograms both) {
            if (both.first.counts.empty()) { // only the second has it
                both.first = both.second;
                both.first.counts.assign(both.second.counts.size(), 0);
            }
            m_histogram->setOriginal(both.first);
            m_histogram->setQuantized(both.second, {});
        },
        [this](const Error& error) { m_histogramTitle->setText(messageText(error)); });
}

void CompareWindow::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        adjustColumns();
}

void CompareWindow::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    adjustColumns();
}

void CompareWindow::adjustColumns()
{
    const int character = fontMetrics().averageCharWidth();
    const int all = width();
    for (QTableView* view : {m_tensorView, m_metadataView})
        view->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 5);
    // Stretched, the last column would give way to all others in a narrow window.
    m_tensorView->horizontalHeader()->setStretchLastSection(all >= character * 122);
    m_tensorView->setColumnWidth(TensorComparisonModel::ColumnCount - 1, character * 20);
    m_tensorView->setColumnWidth(TensorComparisonModel::Name, qMax(character * 28, all - character * 102));
    m_tensorView->setColumnWidth(TensorComparisonModel::FirstType, character * 10);
    m_tensorView->setColumnWidth(TensorComparisonModel::SecondType, character * 10);
    m_tensorView->setColumnWidth(TensorComparisonModel::Result, character * 20);
    m_tensorView->setColumnWidth(TensorComparisonModel::RelativeRms, character * 20);
    m_tensorView->setColumnWidth(TensorComparisonModel::SignalToNoise, character * 12);
    m_metadataView->setColumnWidth(MetadataDiffModel::Key, character * 36);
    m_metadataView->setColumnWidth(MetadataDiffModel::Kind, character * 20);
    m_metadataView->setColumnWidth(MetadataDiffModel::First, qMax(character * 20, (all - character * 60) / 2));
}

} // namespace quantlathe::ui
