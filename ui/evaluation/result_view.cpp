// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/evaluation/result_view.h"

#include "ui/evaluation/curve_plot.h"
#include "ui/evaluation/evaluation_text.h"
#include "ui/evaluation/figures_model.h"
#include "ui/look/icons.h"
#include "ui/look/theme.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/number_text.h"
#include "ui/parts/table_copy.h"
#include "ui/plots/plot_export.h"
#include "ui/text.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QStackedWidget>
#include <QStyle>
#include <QTableView>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

ResultView::ResultView(QWidget* parent)
    : QWidget(parent), m_icon(new QLabel(this)), m_verdict(new QLabel(this)), m_remark(new QLabel(this)), m_pages(new QTabWidget(this)),
      m_hint(new HintPage(this)), m_stack(new QStackedWidget(this)), m_figures(new FiguresModel(this)), m_table(new QTableView(this)),
      m_more(new QToolButton(this))
{
    m_verdict->setObjectName(u"evaluationVerdict"_s);
    m_remark->setObjectName(u"evaluationRemark"_s);
    for (QLabel* label : {m_verdict, m_remark}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_hint->setObjectName(u"evaluationHint"_s);
    m_table->setObjectName(u"evaluationFigures"_s);
    m_table->setAccessibleName(tr("Figures of the evaluation"));
    m_table->setModel(m_figures);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_table->horizontalHeader()->setSectionResizeMode(FiguresModel::Figure, QHeaderView::Stretch);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setAlternatingRowColors(true);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setTabKeyNavigation(false);
    addTableActions(*m_table, tr("evaluation"));
    m_stack->addWidget(m_hint);
    m_stack->addWidget(m_table);
    m_pages->setObjectName(u"evaluationPages"_s);
    m_pages->setDocumentMode(true);
    m_pages->setUsesScrollButtons(true);
    m_pages->addTab(m_stack, tr("Figures"));
    m_positions = addPlot(u"positionPlot"_s, tr("By position"), tr("Mean KL divergence by position in the window"), tr("kl-by-position"));
    m_positions->setAxes(tr("Position in the window"), tr("Mean KL divergence in nats"),
                         [](double x, double y) { return tr("Position %1: %2").arg(exactCountText(static_cast<std::uint64_t>(x)), divergenceText(y)); });
    m_layers = addPlot(u"layerErrorPlot"_s, tr("By layer"), tr("Error of the hidden states after each layer"), tr("error-by-layer"));
    m_layers->setAxes(tr("After layer"), tr("Relative RMS error in %"),
                      [](double x, double y) { return tr("After layer %1: %2").arg(static_cast<int>(x)).arg(relativeErrorText(y / 100)); });
    m_spread = addPlot(u"spreadPlot"_s, tr("Distribution"), tr("Distribution of the KL divergence over the tokens"), tr("kl-distribution"));
    m_spread->setAxes(tr("Share of the tokens in %"), tr("KL divergence in nats, at most"), [](double x, double y) {
        return tr("%1 of the tokens: at most %2").arg(shareText(x / 100), divergenceText(y));
    });
    m_more->setObjectName(u"evaluationPlotMenu"_s);
    m_more->setText(tr("Plot"));
    m_more->setToolTip(tr("Copy or save the plot"));
    m_more->setPopupMode(QToolButton::InstantPopup);
    m_more->setFocusPolicy(Qt::StrongFocus);
    m_more->setAutoRaise(true);
    m_pages->setCornerWidget(m_more);
    connect(m_pages, &QTabWidget::currentChanged, this, &ResultView::showMenu);

    auto* verdict = new QHBoxLayout;
    verdict->addWidget(m_icon, 0, Qt::AlignTop);
    verdict->addWidget(m_verdict, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(verdict);
    layout->addWidget(m_remark);
    layout->addWidget(m_pages, 1);
    clear({});
    showMenu();
}

CurvePlot* ResultView::addPlot(const QString& objectName, const QString& title, const QString& accessibleName, const QString& fileName)
{
    auto* plot = new CurvePlot(this);
    plot->setObjectName(objectName);
    plot->setAccessibleName(accessibleName);
    auto* menu = new QMenu(plot);
    addPlotActions(*menu, *plot, fileName);
    plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(plot, &QWidget::customContextMenuRequested, menu, [plot, menu](const QPoint& position) { menu->popup(plot->mapToGlobal(position)); });
    m_pages->addTab(plot, title);
    return plot;
}

void ResultView::showMenu()
{
    auto* plot = qobject_cast<CurvePlot*>(m_pages->currentWidget());
    m_more->setMenu(plot ? plot->findChild<QMenu*>(QString(), Qt::FindDirectChildrenOnly) : nullptr);
    m_more->setVisible(plot);
}

int ResultView::addPage(QWidget* page, const QString& title) { return m_pages->addTab(page, title); }

void ResultView::setResult(const EvaluationResult& result, const std::optional<DamageVerdict>& verdict, const QString& what, const QString& remark)
{
    m_figures->setResult(result, verdict);
    m_stack->setCurrentWidget(m_table);
    m_verdictShown = verdict;
    showVerdict();
    m_verdict->setText(verdict ? verdictText(*verdict) : tr("Perplexity %1.").arg(perplexityText(result.perplexity.value)));
    m_remark->setText(remark.isEmpty() ? what : tr("%1 – %2").arg(what, remark));
    m_remark->show();

    std::vector<QPointF> positions;
    std::vector<QPointF> layers;
    std::vector<QPointF> spread;
    if (result.divergence) {
        for (const double value : result.divergence->byPosition)
            positions.emplace_back(static_cast<double>(result.firstScored + positions.size()), value);
        for (const double value : result.divergence->layerErrors)
            layers.emplace_back(static_cast<double>(layers.size()), 100 * value);
        for (std::size_t index = 0; index < Spread::fractions.size(); ++index)
            spread.emplace_back(100 * Spread::fractions[index], result.divergence->spread.values[index]);
    }
    m_positions->setCurve(positions, false);
    m_layers->setCurve(layers, false);
    m_spread->setCurve(spread, true);
}

void ResultView::clear(const QString& hint)
{
    m_figures->clear();
    m_verdictShown.reset();
    showVerdict();
    m_verdict->setText(tr("Nothing is measured yet."));
    m_remark->hide();
    m_hint->setHint(hint);
    m_stack->setCurrentWidget(m_hint);
    m_positions->setCurve({}, false);
    m_layers->setCurve({}, false);
    m_spread->setCurve({}, true);
}

void ResultView::showVerdict()
{
    QPalette colours;
    if (m_verdictShown)
        colours.setColor(QPalette::WindowText, damageColour(palette(), m_verdictShown->level));
    m_verdict->setPalette(colours);
    const QString icon = m_verdictShown ? damageIcon(m_verdictShown->level) : u"info"_s;
    m_icon->setPixmap(themedIcon(icon).pixmap(style()->pixelMetric(QStyle::PM_SmallIconSize)));
}

void ResultView::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        showVerdict();
}

} // namespace quantlathe::ui
