// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/budget/trade_off_panel.h"

#include "ui/budget/fit_context.h"
#include "ui/parts/hint_page.h"
#include "ui/plots/plot_export.h"
#include "ui/text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int firstMilliseconds = 200;  ///< from a change to the first curve
constexpr int laterMilliseconds = 2000; ///< while figures only get better
} // namespace

TradeOffPanel::TradeOffPanel(FitContext& context, QWidget* parent)
    : QWidget(parent), m_context(context), m_pages(new QStackedWidget(this)), m_hint(new HintPage(this)), m_plot(new TradeOffPlot(this)),
      m_progress(new QProgressBar(this)), m_readout(new QLabel(this)), m_adopt(new QPushButton(tr("&Adopt this plan"), this)),
      m_menuButton(new QToolButton(this))
{
    m_plot->setObjectName(u"tradeOffPlot"_s);
    m_hint->setObjectName(u"tradeOffHint"_s);
    m_readout->setObjectName(u"tradeOffReadout"_s);
    m_readout->setWordWrap(true);
    m_readout->setTextFormat(Qt::PlainText);
    m_readout->setMinimumHeight(2 * fontMetrics().lineSpacing());
    m_adopt->setObjectName(u"tradeOffAdopt"_s);
    m_adopt->setToolTip(tr("Make the marked plan the plan of the document; undo takes it back"));
    m_progress->setObjectName(u"tradeOffProgress"_s);
    m_progress->setAccessibleName(tr("Errors measured"));
    m_progress->setFormat(tr("Measuring errors: %v of %m"));
    m_menuButton->setObjectName(u"tradeOffMenu"_s);
    m_menuButton->setText(tr("&More"));
    m_menuButton->setToolTip(tr("Copy or save the plot"));
    m_menuButton->setPopupMode(QToolButton::InstantPopup);
    m_menuButton->setFocusPolicy(Qt::StrongFocus);
    auto* menu = new QMenu(m_menuButton);
    addPlotActions(*menu, *m_plot, tr("trade-off"));
    m_menuButton->setMenu(menu);
    m_plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_plot, &QWidget::customContextMenuRequested, menu,
            [this, menu](const QPoint& position) { menu->popup(m_plot->mapToGlobal(position)); });

    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_plot);
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_readout, 1);
    bottom->addWidget(m_adopt, 0, Qt::AlignTop);
    bottom->addWidget(m_menuButton, 0, Qt::AlignTop);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 6, 2);
    layout->setSpacing(4);
    layout->addWidget(m_pages, 1);
    layout->addWidget(m_progress);
    layout->addLayout(bottom);

    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &TradeOffPanel::solve);
    connect(m_plot, &TradeOffPlot::cursorMoved, this, &TradeOffPanel::showReadout);
    connect(m_plot, &TradeOffPlot::chosen, this, &TradeOffPanel::adopt);
    connect(m_adopt, &QPushButton::clicked, this, [this] {
        if (const auto point = m_plot->cursor())
            adopt(*point);
    });
    Document& document = context.document();
    connect(&document, &Document::modelChanged, this, [this] {
        m_job.cancel();
        m_problem.reset();
        m_readiness = {};
        m_plot->setTradeOff(nullptr);
        m_plot->setCurrent(std::nullopt);
        take({});
        solveSoon();
    });
    connect(&document, &Document::planChanged, this, &TradeOffPanel::planChanged);
    connect(&document, &Document::errorsChanged, this, &TradeOffPanel::solveSoon);
    connect(&context, &FitContext::constraintsChanged, this, &TradeOffPanel::solveSoon);
    take({});
    solveSoon();
}

bool TradeOffPanel::isShowingCurve() const { return m_pages->currentWidget() == m_plot; }

void TradeOffPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_isStale)
        solveSoon();
}

/// Not at once: errors arrive several times a second. Hidden panels do no work.
void TradeOffPanel::solveSoon()
{
    m_isStale = true;
    if (isVisible() && !m_timer.isActive())
        m_timer.start(m_readiness.isComplete() && m_problem ? laterMilliseconds : firstMilliseconds);
}

void TradeOffPanel::solve()
{
    if (!m_context.document().hasModel() || m_job.isRunning()) {
        if (m_job.isRunning())
            m_timer.start(firstMilliseconds);
        return;
    }
    m_isStale = false;
    m_job.start(
        [inputs = m_context.inputs()](const RunControl& control) {
            Outcome outcome;
            try {
                outcome.readiness = inputs.readiness();
                if (!outcome.readiness.isComplete())
                    return outcome;
                outcome.problem = inputs.problem();
                outcome.tradeOff = freedElsewhere(tradeOff(*outcome.problem, inputs.plan, {}, control));
            } catch (const Error& error) {
                if (error.kind() == ErrorKind::Cancelled)
                    throw;
                outcome.obstacle = messageText(error);
            }
            return outcome;
        },
        [this](const Outcome& outcome) { take(outcome); }, [this](const Error& error) { take({{}, nullptr, nullptr, messageText(error)}); });
}

void TradeOffPanel::take(const Outcome& outcome)
{
    const Document& document = m_context.document();
    m_readiness = outcome.readiness;
    const bool isMeasuring = document.hasModel() && outcome.obstacle.isEmpty() && !outcome.tradeOff;
    m_progress->setVisible(isMeasuring && outcome.readiness.needed > 0);
    m_progress->setMaximum(static_cast<int>(outcome.readiness.needed));
    m_progress->setValue(static_cast<int>(outcome.readiness.known + outcome.readiness.failed));
    if (outcome.tradeOff) {
        m_problem = outcome.problem;
        m_plot->setTradeOff(outcome.tradeOff);
        planChanged();
        m_pages->setCurrentWidget(m_plot);
    } else if (!outcome.obstacle.isEmpty()) {
        m_hint->setHint(outcome.obstacle);
        m_pages->setCurrentWidget(m_hint);
    } else if (!document.hasModel()) {
        m_hint->setHint(tr("Open a model to see what each file size would cost in accuracy."));
        m_pages->setCurrentWidget(m_hint);
    } else if (!m_problem) {
        m_hint->setHint(tr("The curve appears as soon as the errors of all types are known from samples."));
        m_pages->setCurrentWidget(m_hint);
    }
    showReadout();
}

void TradeOffPanel::planChanged()
{
    const Document& document = m_context.document();
    if (!document.hasModel() || !m_problem) {
        solveSoon();
        return;
    }
    // Locked tensors are part of the problem; otherwise only the point of the plan moves.
    if (!m_context.constraints().locked.empty())
        solveSoon();
    m_plot->setCurrent(&m_problem->model() == document.model().get() ? m_problem->evaluate(document.plan()) : std::nullopt);
    showReadout();
}

void TradeOffPanel::showReadout()
{
    const auto point = m_plot->cursor();
    m_adopt->setEnabled(point.has_value());
    m_readout->setVisible(isShowingCurve());
    m_adopt->setVisible(isShowingCurve());
    m_menuButton->setVisible(isShowingCurve());
    if (!isShowingCurve())
        return;
    QString text = point ? m_plot->textOf(*point)
                         : tr("Click the curve or a preset to adopt its plan, or use Left, Right and Enter");
    const TradeOff* curve = m_plot->tradeOff();
    if (curve && !curve->curve.empty() && curve->curve.front().isSampled)
        text = tr("%1. Errors are estimated from samples so far.").arg(text);
    m_readout->setText(text);
}

void TradeOffPanel::adopt(const TradeOffPlot::Point& point)
{
    const FitResult& result = m_plot->resultAt(point);
    Plan plan = result.plan;
    plan.encoding = m_context.document().plan().encoding;
    const QString text = point.isPreset ? tr("Apply preset %1").arg(toQString(m_plot->tradeOff()->presets[point.index].id))
                                        : tr("Fit to %1").arg(bytesText(result.fileBytes));
    m_context.adopt(plan, text);
}

} // namespace quantlathe::ui
