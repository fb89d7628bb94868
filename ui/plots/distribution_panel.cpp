// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/distribution_panel.h"

#include "ui/parts/facts_table.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/job_strip.h"
#include "ui/parts/number_text.h"
#include "ui/parts/plot_split.h"
#include "ui/parts/selection_text.h"
#include "ui/parts/title_label.h"
#include "ui/plots/distribution_source.h"
#include "ui/plots/histogram_plot.h"
#include "ui/plots/plot_export.h"
#include "ui/text.h"

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QLabel>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

DistributionPanel::DistributionPanel(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_source(new DistributionSource(this)), m_title(new TitleLabel(this)),
      m_logarithmic(new QCheckBox(tr("&Logarithmic counts"), this)), m_menuButton(new QToolButton(this)),
      m_pages(new QStackedWidget(this)), m_hint(new HintPage(this)), m_plot(new HistogramPlot(this)),
      m_facts(new FactsTable(this)), m_splitter(new PlotSplit(m_plot, m_facts, this)), m_note(new QLabel(this)), m_strip(new JobStrip(this))
{
    m_title->setObjectName(u"distributionTitle"_s);
    m_logarithmic->setObjectName(u"logarithmicCounts"_s);
    m_logarithmic->setToolTip(tr("Rare values stay visible beside frequent ones"));
    m_menuButton->setObjectName(u"distributionMenu"_s);
    m_menuButton->setText(tr("&More"));
    m_menuButton->setToolTip(tr("Copy or save the plot and the statistics"));
    QMenu* menu = makePlotMenu(*m_menuButton, *m_plot, tr("distribution"));
    QAction* copyFacts = menu->addAction(tr("Copy s&tatistics"));
    copyFacts->setObjectName(u"copyStatistics"_s);
    connect(copyFacts, &QAction::triggered, this, [this] {
        QApplication::clipboard()->setText(m_title->text() + u'\n' + m_facts->facts().toText());
    });
    m_facts->setObjectName(u"distributionFacts"_s);
    m_facts->setAccessibleName(tr("Statistics of the weights"));
    m_note->setObjectName(u"distributionNote"_s);
    m_note->setTextFormat(Qt::PlainText);
    m_note->setWordWrap(true);
    m_note->hide();
    m_hint->setObjectName(u"distributionHint"_s);

    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_splitter);

    auto* top = new QHBoxLayout;
    top->addWidget(m_title, 1);
    top->addWidget(m_logarithmic);
    top->addWidget(m_menuButton);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 6, 2);
    layout->setSpacing(4);
    layout->addLayout(top);
    layout->addWidget(m_pages, 1);
    layout->addWidget(m_note);
    layout->addWidget(m_strip);

    m_strip->watch(m_source->measuring(), tr("Counting weights"));
    m_strip->watch(m_source->quantizing(), tr("Quantizing and counting"));
    connect(m_strip, &JobStrip::stopped, this, [this] {
        m_stale.stop();
        if (m_shown != m_requested)
            showHint(tr("Stopped. Select the tensor again to count its weights."));
        else
            setNote(tr("Stopped: the quantized distribution is not drawn."));
    });
    connect(m_logarithmic, &QCheckBox::toggled, m_plot, &HistogramPlot::setLogarithmic);
    connect(m_source, &DistributionSource::measured, this, &DistributionPanel::showDistribution);
    connect(m_source, &DistributionSource::failed, this, [this](const Error& error) {
        m_stale.stop();
        showHint(messageText(error));
    });
    connect(m_source, &DistributionSource::quantized, this, [this](const Histogram& histogram) {
        m_plot->setQuantized(histogram, m_requestedTypes);
        setNote({});
    });
    connect(m_source, &DistributionSource::quantizingFailed, this, [this](const Error& error) {
        setNote(tr("The quantized distribution cannot be drawn: %1").arg(messageText(error)));
    });

    m_refresh.setSingleShot(true);
    m_refresh.setInterval(0);
    connect(&m_refresh, &QTimer::timeout, this, &DistributionPanel::refresh);
    m_stale.setSingleShot(true);
    m_stale.setInterval(200);
    connect(&m_stale, &QTimer::timeout, this, [this] {
        if (m_shown != m_requested)
            showHint(tr("Counting weights…"));
    });
    connect(&document, &Document::modelChanged, this, [this] {
        m_source->setModel(m_document.model());
        m_shown.clear();
        refreshSoon();
    });
    connect(&document, &Document::selectionChanged, this, &DistributionPanel::refreshSoon);
    connect(&document, &Document::importanceChanged, this, &DistributionPanel::refreshSoon);
    connect(&document, &Document::planChanged, this, [this](const std::vector<std::size_t>& tensors) {
        const TensorIndices& selection = m_document.selection();
        if (std::any_of(selection.begin(), selection.end(), [&tensors](std::size_t index) {
                return std::find(tensors.begin(), tensors.end(), index) != tensors.end();
            }))
            refreshSoon();
    });
    m_source->setModel(m_document.model());
    refresh();
}

DistributionPanel::~DistributionPanel() = default;

void DistributionPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refreshSoon();
}

void DistributionPanel::refreshSoon()
{
    if (isVisible())
        m_refresh.start();
    else
        m_source->cancel();
}

void DistributionPanel::refresh()
{
    m_title->setTitle(selectionText(m_document));
    const TensorIndices& selection = m_document.selection();
    if (!m_document.hasModel() || selection.empty()) {
        m_source->cancel();
        m_stale.stop();
        showHint(m_document.hasModel() ? tr("Select a tensor or a layer to see how its weights are distributed.")
                                       : tr("Open a model to see how its weights are distributed."));
        return;
    }
    std::vector<TensorType> types;
    bool changes = false;
    QString cannotWrite;
    for (const std::size_t index : selection) {
        const EffectiveChoice& choice = m_document.effectiveChoice(index);
        types.push_back(choice.type);
        changes |= choice.type != m_document.model()->tensors()[index].type();
        if (!choice.canWrite)
            cannotWrite = toQString(name(choice.type));
    }
    if (m_shown == selection)
        m_plot->setQuantized({}, {});
    if (!changes || !cannotWrite.isEmpty())
        types.clear();
    // Results arrive later or at once: the note first, so that it is not overwritten.
    setNote(!cannotWrite.isEmpty()
                ? tr("%1 cannot be written by this version yet, so its distribution cannot be drawn.").arg(cannotWrite)
                : changes ? QString()
                          : tr("Kept as stored: nothing changes."));
    m_requested = selection;
    m_requestedTypes = writtenTypesText(m_document, selection);
    m_source->request(selection, types, m_document.plan().encoding, m_document.importance());
    if (m_shown != m_requested)
        m_stale.start();
}

void DistributionPanel::showHint(const QString& text)
{
    m_shown.clear();
    m_hint->setHint(text);
    m_pages->setCurrentWidget(m_hint);
    m_logarithmic->setEnabled(false);
    m_menuButton->setEnabled(false);
    setNote({});
}

void DistributionPanel::setNote(const QString& text)
{
    m_note->setText(text);
    m_note->setVisible(!text.isEmpty());
}

void DistributionPanel::showDistribution(const Distribution& distribution)
{
    const bool isNew = m_shown != m_requested;
    m_shown = m_requested;
    m_stale.stop();
    const auto weightsAnd = [&distribution](std::uint64_t count) {
        return distribution.weightCount == 0 ? exactCountText(count)
                                             : tr("%1 (%2)").arg(exactCountText(count),
                                                                 shareText(static_cast<double>(count)
                                                                           / static_cast<double>(distribution.weightCount)));
    };
    m_facts->setFacts({
        {tr("Weights"), exactCountText(distribution.weightCount), {}, false},
        {tr("Mean"), weightText(distribution.mean), {}, false},
        {tr("Standard deviation"), weightText(distribution.standardDeviation), {}, false},
        {tr("Minimum"), weightText(distribution.minimum), {}, false},
        {tr("Maximum"), weightText(distribution.maximum), {}, false},
        {tr("Excess kurtosis"), weightText(distribution.excessKurtosis, 4),
         tr("How heavy the tails are: 0 for a normal distribution, more when a few weights lie far out"), false},
        {tr("Outliers beyond %1 σ").arg(Distribution::outlierDeviations), shareText(distribution.outlierShare),
         tr("Share of weights further than %1 standard deviations from the mean").arg(Distribution::outlierDeviations), false},
        {tr("Zeros"), weightsAnd(distribution.zeroCount), {}, false},
        {tr("Not a number"), exactCountText(distribution.nanCount),
         tr("A tensor with such weights cannot be quantized"), distribution.nanCount > 0},
        {tr("Infinite"), exactCountText(distribution.infinityCount),
         tr("A tensor with such weights cannot be quantized"), distribution.infinityCount > 0},
    });
    const bool hasFinite = distribution.weightCount > distribution.nanCount + distribution.infinityCount;
    if (isNew)
        m_plot->setOriginal(distribution.histogram);
    m_plot->setVisible(hasFinite);
    m_plot->setAccessibleDescription(tr("%1 weights from %2 to %3, mean %4, standard deviation %5")
                                         .arg(exactCountText(distribution.weightCount), weightText(distribution.minimum),
                                              weightText(distribution.maximum), weightText(distribution.mean),
                                              weightText(distribution.standardDeviation)));
    if (!hasFinite)
        setNote(distribution.weightCount == 0 ? tr("There are no weights.") : tr("None of the weights is a finite number."));
    m_logarithmic->setEnabled(true);
    m_menuButton->setEnabled(true);
    m_pages->setCurrentWidget(m_splitter);
}

} // namespace quantlathe::ui
