// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/findings/findings_panel.h"

#include "core/plan/plan_findings.h"
#include "ui/findings/findings_model.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/job_strip.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QAction>
#include <QCheckBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
/// Edits come in bursts.
constexpr int checkDelayMilliseconds = 150;
} // namespace

FindingsPanel::FindingsPanel(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_model(new FindingsModel(this)), m_filter(new FindingsFilter(this)),
      m_read(new QPushButton(tr("&Read all weights"), this)), m_message(new QLabel(this)), m_strip(new JobStrip(this)),
      m_pages(new QStackedWidget(this)), m_hint(new HintPage(this)), m_view(new QTableView(this))
{
    m_filter->setSourceModel(m_model);
    auto* top = new QHBoxLayout;
    for (const auto& [severity, id] : {std::pair{Severity::Problem, u"showProblems"_s}, {Severity::Warning, u"showWarnings"_s}, {Severity::Hint, u"showHints"_s}}) {
        auto* box = new QCheckBox(this);
        box->setObjectName(id);
        box->setChecked(true);
        connect(box, &QCheckBox::toggled, this, [this, severity = severity](bool isOn) {
            m_filter->setShown(severity, isOn);
            showAll();
        });
        top->addWidget(box);
        m_shown.push_back(box);
    }
    m_read->setObjectName(u"readWeights"_s);
    m_read->setToolTip(tr("Looks for NaN, infinities, constant tensors and rows, and tensors with the same content."));
    m_message->setObjectName(u"findingsMessage"_s);
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    top->addStretch(1);
    top->addWidget(m_read);

    m_view->setObjectName(u"findingsTable"_s);
    m_view->setAccessibleName(tr("What deserves attention"));
    m_view->setModel(m_filter);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(FindingsModel::SeverityColumn, Qt::AscendingOrder);
    m_view->horizontalHeader()->setHighlightSections(false);
    m_view->horizontalHeader()->setStretchLastSection(true);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setAlternatingRowColors(true);
    m_view->setShowGrid(false);
    m_view->setWordWrap(true);
    m_view->setTabKeyNavigation(false);
    auto* go = new QAction(tr("&Go there"), m_view);
    go->setShortcuts({QKeySequence(Qt::Key_Return), QKeySequence(Qt::Key_Enter)});
    go->setShortcutContext(Qt::WidgetShortcut);
    connect(go, &QAction::triggered, this, [this] { goTo(m_view->currentIndex()); });
    m_view->addAction(go);
    addTableActions(*m_view);
    connect(m_view, &QTableView::doubleClicked, this, &FindingsPanel::goTo);

    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_view);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 6, 4);
    layout->setSpacing(4);
    layout->addLayout(top);
    layout->addWidget(m_strip);
    layout->addWidget(m_message);
    layout->addWidget(m_pages, 1);

    m_strip->watch(m_reading, tr("Reading weights"));
    connect(&m_reading, &LatestJob::runningChanged, this, [this](bool) { showAll(); });
    connect(m_read, &QPushButton::clicked, this, &FindingsPanel::readWeights);
    m_soon.setSingleShot(true);
    m_soon.setInterval(checkDelayMilliseconds);
    connect(&m_soon, &QTimer::timeout, this, &FindingsPanel::check);
    connect(&document, &Document::modelChanged, this, &FindingsPanel::modelChanged);
    connect(&document, &Document::planChanged, &m_soon, qOverload<>(&QTimer::start));
    connect(&document, &Document::importanceChanged, &m_soon, qOverload<>(&QTimer::start));
    connect(&document, &Document::metadataChanged, &m_soon, qOverload<>(&QTimer::start));
    modelChanged();
}

QString FindingsPanel::title() const
{
    const int count = m_model->rowCount();
    return count == 0 ? tr("Findings") : tr("Findings (%1)").arg(count);
}

void FindingsPanel::modelChanged()
{
    m_checking.cancel();
    m_reading.cancel();
    m_quick.clear();
    m_deep.clear();
    m_isDeepDone = false;
    m_model->setFindings(m_document.model(), {});
    showMessage({});
    check();
    showAll();
}

void FindingsPanel::check()
{
    m_soon.stop();
    if (!m_document.hasModel())
        return;
    m_checking.start(
        [model = m_document.model(), metadata = m_document.metadata(), plan = m_document.plan(), importance = m_document.importance()](const RunControl&) {
            std::vector<Finding> findings = checkHeader(*model, metadata);
            const auto types = checkTypes(*model, plan, importance.get());
            findings.insert(findings.end(), types.begin(), types.end());
            return findings;
        },
        [this](std::vector<Finding> findings) {
            m_quick = std::move(findings);
            showAll();
        },
        [this](const Error& error) { showMessage(messageText(error)); });
}

void FindingsPanel::readWeights()
{
    if (!m_document.hasModel() || m_reading.isRunning())
        return;
    showMessage({});
    m_reading.start([model = m_document.model()](const RunControl& control) { return checkWeights(*model, {}, control); },
                    [this](std::vector<Finding> findings) {
                        m_deep = std::move(findings);
                        m_isDeepDone = true;
                        showAll();
                    },
                    [this](const Error& error) { showMessage(messageText(error)); });
}

void FindingsPanel::showAll()
{
    const QModelIndex current = m_filter->mapToSource(m_view->currentIndex());
    const std::string kept = current.isValid() ? m_model->finding(current.row()).what : std::string();
    std::vector<Finding> all = m_quick;
    all.insert(all.end(), m_deep.begin(), m_deep.end());
    sortFindings(all);
    m_model->setFindings(m_document.model(), std::move(all));
    for (int row = 0; row < m_model->rowCount() && !kept.empty(); ++row) { // the cursor stays where it was
        if (m_model->finding(row).what == kept) {
            m_view->setCurrentIndex(m_filter->mapFromSource(m_model->index(row, 0)));
            break;
        }
    }
    m_shown[0]->setText(tr("&Problems (%1)").arg(m_model->count(Severity::Problem)));
    m_shown[1]->setText(tr("&Warnings (%1)").arg(m_model->count(Severity::Warning)));
    m_shown[2]->setText(tr("&Hints (%1)").arg(m_model->count(Severity::Hint)));
    m_read->setEnabled(m_document.hasModel() && !m_reading.isRunning() && !m_isDeepDone);
    const QString unread = m_isDeepDone ? QString() : tr("The weights themselves were not read yet.");
    if (!m_document.hasModel())
        m_hint->setHint(tr("Open a model to see what deserves attention."));
    else if (m_model->rowCount() > 0)
        m_hint->setHint(tr("Nothing of the chosen severities."));
    else
        m_hint->setHint(unread.isEmpty() ? tr("Nothing found: header, types and weights are sound.")
                                         : tr("Nothing found in header and types.") + u'\n' + unread);
    m_pages->setCurrentWidget(m_filter->rowCount() > 0 ? static_cast<QWidget*>(m_view) : m_hint);
    Q_EMIT titleChanged(title());
}

void FindingsPanel::showMessage(const QString& text)
{
    m_message->setText(text);
    m_message->setVisible(!text.isEmpty());
}

void FindingsPanel::goTo(const QModelIndex& index)
{
    const QModelIndex source = m_filter->mapToSource(index);
    if (!source.isValid())
        return;
    const Finding finding = m_model->finding(source.row()); // the selection may change what is shown
    if (!finding.key.empty()) {
        m_document.requestKey(toQString(finding.key));
        if (finding.tensors.empty())
            return;
    }
    if (!finding.tensors.empty())
        m_document.setSelection(finding.tensors, finding.tensors.front());
    if (finding.row)
        m_document.requestWeight(finding.tensors.front(), *finding.row, finding.column.value_or(0));
}

void FindingsPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        adjustColumns();
}

void FindingsPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    adjustColumns();
}

void FindingsPanel::adjustColumns()
{
    const int character = m_view->fontMetrics().averageCharWidth();
    const int severity = character * 13 + 16; // icon
    // By the panel's width: the table may not be shown yet.
    const int around = m_view->verticalScrollBar()->sizeHint().width() + 2 * m_view->frameWidth() + layout()->contentsMargins().left() * 2;
    const int rest = qMax(character * 40, width() - around - severity);
    m_view->setColumnWidth(FindingsModel::SeverityColumn, severity);
    m_view->setColumnWidth(FindingsModel::What, rest * 40 / 100);
    m_view->setColumnWidth(FindingsModel::Place, rest * 28 / 100);
}

} // namespace quantlathe::ui
