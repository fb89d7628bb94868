// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/error_panel.h"

#include "ui/look/theme.h"
#include "ui/parts/facts_table.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/job_strip.h"
#include "ui/parts/number_text.h"
#include "ui/parts/plot_split.h"
#include "ui/parts/selection_text.h"
#include "ui/parts/title_label.h"
#include "ui/plots/plot_export.h"
#include "ui/plots/row_error_plot.h"
#include "ui/text.h"
#include "ui/tree/tensor_summary.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QLabel>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

ErrorPanel::ErrorPanel(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_title(new TitleLabel(this)), m_trust(new QLabel(this)),
      m_menuButton(new QToolButton(this)), m_pages(new QStackedWidget(this)), m_hint(new HintPage(this)),
      m_plotPages(new QStackedWidget(this)), m_plot(new RowErrorPlot(this)), m_plotHint(new HintPage(this)),
      m_facts(new FactsTable(this)), m_splitter(new PlotSplit(m_plotPages, m_facts, this)), m_strip(new JobStrip(this)), m_known(8)
{
    m_title->setObjectName(u"errorTitle"_s);
    m_trust->setObjectName(u"errorTrust"_s);
    QFont bold = m_trust->font();
    bold.setBold(true);
    m_trust->setFont(bold);
    m_menuButton->setObjectName(u"errorMenu"_s);
    m_menuButton->setText(tr("&More"));
    m_menuButton->setToolTip(tr("Copy or save the plot and the figures"));
    QMenu* menu = makePlotMenu(*m_menuButton, *m_plot, tr("row-errors"));
    QAction* copyFacts = menu->addAction(tr("Copy &figures"));
    copyFacts->setObjectName(u"copyFigures"_s);
    connect(copyFacts, &QAction::triggered, this, [this] {
        QApplication::clipboard()->setText(m_title->text() + u'\n' + m_facts->facts().toText());
    });
    m_facts->setObjectName(u"errorFacts"_s);
    m_facts->setAccessibleName(tr("Quantization error of the selection"));
    m_hint->setObjectName(u"errorHint"_s);
    m_plotHint->setObjectName(u"rowErrorHint"_s);

    m_plotPages->addWidget(m_plotHint);
    m_plotPages->addWidget(m_plot);
    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_splitter);

    auto* top = new QHBoxLayout;
    top->addWidget(m_title, 1);
    top->addWidget(m_trust);
    top->addWidget(m_menuButton);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 6, 2);
    layout->setSpacing(4);
    layout->addLayout(top);
    layout->addWidget(m_pages, 1);
    layout->addWidget(m_strip);

    m_strip->watch(m_rowJob, tr("Measuring the error of each row"));
    connect(m_strip, &JobStrip::stopped, this, [this] {
        m_plotHint->setHint(tr("Stopped. Select the tensor again to measure its rows."));
        refreshSoon();
    });
    m_refresh.setSingleShot(true);
    m_refresh.setInterval(0);
    connect(&m_refresh, &QTimer::timeout, this, &ErrorPanel::refresh);
    connect(&document, &Document::modelChanged, this, [this] {
        m_rowJob.cancel();
        m_rowsRequested.reset();
        m_known.clear();
        refreshSoon();
    });
    connect(&document, &Document::selectionChanged, this, [this] {
        m_rowsRequested.reset();
        refreshSoon();
    });
    connect(&document, &Document::planChanged, this, &ErrorPanel::refreshSoon);
    connect(&document, &Document::errorsChanged, this, &ErrorPanel::refreshSoon);
    refresh();
}

ErrorPanel::~ErrorPanel() = default;

void ErrorPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        showTrust(m_shownTrust);
}

void ErrorPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refreshSoon();
}

void ErrorPanel::refreshSoon()
{
    if (isVisible()) {
        m_refresh.start();
        return;
    }
    m_rowJob.cancel();
    m_rowsRequested.reset();
}

// --- what can be said ---

QString ErrorPanel::obstacle() const
{
    if (!m_document.hasModel())
        return tr("Open a model to see what quantizing it costs.");
    const TensorIndices& selection = m_document.selection();
    if (selection.empty())
        return tr("Select a tensor or a layer to see what its chosen types cost.");
    std::size_t unchanged = 0;
    for (const std::size_t index : selection) {
        const EffectiveChoice& choice = m_document.effectiveChoice(index);
        if (choice.type == m_document.model()->tensors()[index].type()) {
            ++unchanged;
        } else if (!choice.canWrite) {
            return tr("%1 cannot be written by this version yet, so its error cannot be measured.")
                .arg(toQString(name(choice.type)));
        }
    }
    if (unchanged == selection.size()) {
        const EffectiveChoice& first = m_document.effectiveChoice(selection.front());
        if (selection.size() == 1 && first.reason == FallbackReason::NotDecodable)
            return tr("%1 cannot be decoded by this version yet: the tensor is copied as it is, without error.")
                .arg(toQString(name(first.type)));
        return tr("Kept as stored: no error. Choose another type to see what it costs.");
    }
    return {};
}

std::optional<ErrorPanel::Key> ErrorPanel::rowKey() const
{
    const TensorIndices& selection = m_document.selection();
    if (selection.size() != 1)
        return std::nullopt;
    return Key{selection.front(), m_document.effectiveChoice(selection.front()).type, m_document.plan().encoding, m_document.importance()};
}

void ErrorPanel::refresh()
{
    m_title->setTitle(selectionText(m_document));
    const QString reason = obstacle();
    if (!reason.isEmpty()) {
        m_rowJob.cancel();
        m_rowsRequested.reset();
        showHint(reason);
        return;
    }
    m_pages->setCurrentWidget(m_splitter);
    m_menuButton->setEnabled(true);
    refreshRows();

    const TensorSummary summary = summarise(m_document, m_document.selection());
    using State = TensorSummary::ErrorState;
    const auto key = rowKey();
    if (const Rows* rows = key ? m_known.find(*key) : nullptr) {
        showFigures((*rows)->total, Trust::Exact);
    } else if (summary.errorState == State::Failed) {
        for (const std::size_t index : m_document.selection()) {
            const ErrorPreview preview = m_document.errorPreview(index);
            if (preview.state == ErrorPreview::State::Failed) {
                showHint(preview.failure);
                return;
            }
        }
    } else {
        showFigures(summary.error,
                    summary.errorState == State::Exact         ? Trust::Exact
                        : summary.errorState == State::Sampled ? Trust::Sampled
                                                               : Trust::Measuring);
    }
}

void ErrorPanel::refreshRows()
{
    const auto key = rowKey();
    if (!key) {
        m_rowJob.cancel();
        m_rowsRequested.reset();
        m_plotHint->setHint(tr("Select a single tensor to see the error of each of its rows."));
        m_plotPages->setCurrentWidget(m_plotHint);
        return;
    }
    if (m_rowsRequested == key)
        return;
    m_rowsRequested = key;
    if (const Rows* known = m_known.find(*key)) {
        m_rowJob.cancel();
        showRows(*known);
        return;
    }
    m_plotHint->setHint(tr("Measuring the error of each row…"));
    m_plotPages->setCurrentWidget(m_plotHint);
    m_rowJob.start(
        [model = m_document.model(), key](const RunControl& control) {
            ErrorOptions options;
            options.perRow = true;
            options.encoding = key->encoding;
            options.importance = importanceOf(key->importance.get(), key->tensor);
            return Rows(std::make_shared<QuantizationError>(
                measureError(model->tensors()[key->tensor], key->type, options, control)));
        },
        [this, key](const Rows& rows) {
            m_known.remember(*key, rows);
            showRows(rows);
            refreshSoon();
        },
        [this](const Error& error) {
            m_plotHint->setHint(messageText(error));
            refreshSoon();
        });
}

// --- showing it ---

void ErrorPanel::showHint(const QString& text)
{
    m_hint->setHint(text);
    m_pages->setCurrentWidget(m_hint);
    m_menuButton->setEnabled(false);
    m_trust->clear();
}

void ErrorPanel::showTrust(Trust trust)
{
    m_shownTrust = trust;
    QPalette colours = palette();
    switch (trust) {
    case Trust::Measuring:
        m_trust->setText(tr("Measuring…"));
        m_trust->setToolTip(tr("The figures change while more tensors are measured"));
        break;
    case Trust::Sampled:
        colours.setColor(QPalette::WindowText, warningColour(palette()));
        m_trust->setText(tr("Sampled"));
        m_trust->setToolTip(tr("Measured on some of the rows; the exact figures follow"));
        break;
    case Trust::Exact:
        colours.setColor(QPalette::WindowText, goodColour(palette()));
        m_trust->setText(tr("Exact"));
        m_trust->setToolTip(tr("Measured on all weights"));
        break;
    }
    m_trust->setPalette(colours);
    if (m_pages->currentWidget() == m_hint)
        m_trust->clear();
}

void ErrorPanel::showFigures(const ErrorSums& sums, Trust trust)
{
    showTrust(trust);
    const bool hasFigures = sums.weights > 0;
    const QString unknown = tr("measuring…");
    std::uint64_t weights = 0;
    std::uint64_t copied = 0;
    for (const std::size_t index : m_document.selection()) {
        const Tensor& tensor = m_document.model()->tensors()[index];
        (m_document.effectiveChoice(index).type == tensor.type() ? copied : weights) += tensor.shape().weightCount();
    }
    std::vector<Fact> facts{
        {tr("Relative RMS error"), hasFigures ? relativeErrorText(sums.relativeRms()) : unknown,
         tr("Root of the summed squared error over the summed squared weights"), false},
        {tr("Weighted error"),
         !m_document.importance() ? tr("no importance data") : !hasFigures ? unknown : sums.isWeighted() ? relativeErrorText(sums.weightedRelativeRms()) : tr("none for these tensors"),
         tr("The same with errors and weights of important channels counted more: an estimate of the error of what the matrix computes"), false},
        {tr("Signal to noise"), hasFigures ? decibelText(sums.signalToNoiseDb()) : unknown,
         tr("Each 6 dB more halves the relative error"), false},
        {tr("Maximum error"), hasFigures ? weightText(sums.maximumError, 4) : unknown,
         tr("The largest difference of a single weight"), false},
        {tr("Cosine"), hasFigures ? weightText(sums.cosine(), 8) : unknown,
         tr("Between the weights before and after: 1 when they point the same way"), false},
        {tr("Written as"), writtenTypesText(m_document, m_document.selection()), {}, false},
        {tr("Quantized weights"), exactCountText(weights), {}, false},
    };
    if (copied > 0)
        facts.push_back({tr("Weights kept as stored"), exactCountText(copied), tr("They are not part of the figures"), false});
    facts.push_back({tr("Encoded with"), encodingText(m_document.plan().encoding), tr("Chosen when exporting"), false});
    m_facts->setFacts(std::move(facts));
}

void ErrorPanel::showRows(const Rows& rows)
{
    const Tensor& tensor = m_document.model()->tensors()[m_rowsRequested->tensor];
    m_plot->setRows(rows->rowRelativeRms, tensor.shape(), rows->total.relativeRms());
    m_plot->setAccessibleDescription(tr("%n rows, %1 all together", nullptr, static_cast<int>(m_plot->rowCount()))
                                         .arg(relativeErrorText(rows->total.relativeRms())));
    m_plotPages->setCurrentWidget(m_plot);
}

} // namespace quantlathe::ui
