// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/evaluation/evaluation_panel.h"

#include "core/codecs/codec.h"
#include "ui/evaluation/result_view.h"
#include "ui/evaluation/sensitivity_page.h"
#include "ui/evaluation/trial_text_box.h"
#include "ui/look/icons.h"
#include "ui/look/theme.h"
#include "ui/parts/fluid_split.h"
#include "ui/parts/number_text.h"
#include "ui/parts/task_list.h"
#include "ui/parts/vertical_scroll_area.h"
#include "ui/text.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMimeData>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QStyle>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int barSteps = 1000;
constexpr int mostMinutes = 7 * 24 * 60;

QString droppedText(const QMimeData& data)
{
    const QList<QUrl> urls = data.urls();
    return urls.size() == 1 && urls.front().isLocalFile() && TrialTextBox::isTextFile(urls.front().toLocalFile()) ? urls.front().toLocalFile() : QString();
}

QFormLayout* formIn(QWidget* box)
{
    auto* form = new QFormLayout(box);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    return form;
}

QPushButton* button(QWidget* parent, const QString& objectName, const QString& text, const QString& toolTip)
{
    auto* result = new QPushButton(text, parent);
    result->setObjectName(objectName);
    result->setToolTip(toolTip);
    return result;
}

QLabel* wrappedLabel(QWidget* parent, const QString& objectName)
{
    auto* label = new QLabel(parent);
    label->setObjectName(objectName);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

} // namespace

EvaluationPanel::EvaluationPanel(Evaluations& evaluations, QWidget* parent)
    : QWidget(parent), m_evaluations(evaluations), m_text(new TrialTextBox(this)),
      m_readinessIcon(new QLabel(this)), m_readiness(wrappedLabel(this, u"evaluationReadiness"_s)), m_results(new ResultView(this)),
      m_sensitivity(new SensitivityPage(evaluations.document(), this))
{
    setAcceptDrops(true);
    m_results->addPage(m_sensitivity, tr("Sensitivity"));
    auto* scroll = new VerticalScrollArea(this);
    scroll->setWidget(makeSettings());
    auto* right = new QWidget(this);
    auto* column = new QVBoxLayout(right);
    column->setContentsMargins(4, 0, 0, 0);
    column->addWidget(m_results, 1);
    column->addWidget(makeRunningRow());
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 6, 6, 4);
    layout->addWidget(new FluidSplit(scroll, right, this));

    connect(&evaluations, &Evaluations::readinessChanged, this, &EvaluationPanel::refresh);
    connect(&evaluations, &Evaluations::queueChanged, this, &EvaluationPanel::showRunning);
    connect(&evaluations, &Evaluations::progressed, this, &EvaluationPanel::showRunning);
    connect(&evaluations, &Evaluations::judgementChanged, this, &EvaluationPanel::showJudgement);
    connect(&evaluations, &Evaluations::failed, this, [this](const QString& title, const Error& error) {
        const QString detail = detailText(error);
        const QString what = tr("%1: %2").arg(title, messageText(error));
        showNotice(u"error"_s, detail.isEmpty() ? what : what + u'\n' + detail);
    });
    connect(&evaluations, &Evaluations::cancelled, this, [this](const QString& title) {
        showNotice(u"info"_s, tr("%1 was stopped. What was finished is kept: the same work goes on from there.").arg(title));
    });
    connect(&evaluations, &Evaluations::importanceCollected, this, [this](const std::filesystem::path& file, int unreached) {
        const QString saved = tr("Importance data are saved as %1 and loaded.").arg(toQString(file.filename().string()));
        showNotice(unreached > 0 ? u"warning"_s : u"good"_s,
                   unreached > 0 ? tr("%1 In %n matrices some experts were never reached: a longer text would help.", nullptr, unreached).arg(saved) : saved);
    });
    connect(&evaluations.document(), &Document::modelChanged, this, &EvaluationPanel::refresh);
    refresh();
}

QWidget* EvaluationPanel::makeSettings()
{
    auto* settings = new QWidget;
    auto* readiness = new QHBoxLayout;
    readiness->addWidget(m_readinessIcon, 0, Qt::AlignTop);
    readiness->addWidget(m_readiness, 1);
    auto* layout = new QVBoxLayout(settings);
    layout->setContentsMargins(0, 0, 4, 0);
    layout->addLayout(readiness);
    layout->addWidget(m_text);
    layout->addWidget(makePlanBox());
    layout->addWidget(makeSensitivityBox());
    layout->addWidget(makeImportanceBox());
    layout->addStretch();
    return settings;
}

QWidget* EvaluationPanel::makePlanBox()
{
    auto* box = new QGroupBox(tr("What the plan does"), this);
    m_evaluate = button(box, u"evaluatePlan"_s, tr("E&valuate the plan"),
                        tr("Perplexity and KL divergence of the plan against the model as it is stored, without writing a file"));
    m_against = button(box, u"evaluateAgainst"_s, tr("A&gainst another model…"),
                       tr("The same against another file: the model that this one was made from"));
    auto* layout = new QVBoxLayout(box);
    layout->addWidget(m_evaluate);
    layout->addWidget(m_against);
    connect(m_evaluate, &QPushButton::clicked, this, [this] { m_evaluations.add(trialOf(Trial::Kind::Plan)); });
    connect(m_against, &QPushButton::clicked, this, &EvaluationPanel::askAgainst);
    return box;
}

QWidget* EvaluationPanel::makeSensitivityBox()
{
    auto* box = new QGroupBox(tr("Which tensors matter"), this);
    m_unit = new QComboBox(box);
    m_unit->setObjectName(u"sensitivityUnit"_s);
    m_unit->setToolTip(tr("What is quantized at once, everything else left as it is"));
    m_unit->addItem(tr("each tensor"), static_cast<int>(SensitivityUnit::Tensor));
    m_unit->addItem(tr("each layer"), static_cast<int>(SensitivityUnit::Layer));
    m_unit->addItem(tr("each role"), static_cast<int>(SensitivityUnit::Role));
    m_probe = new QComboBox(box);
    m_probe->setObjectName(u"sensitivityProbe"_s);
    m_probe->setToolTip(tr("The type that is tried"));
    for (const TensorTypeInfo& type : allTensorTypes()) {
        if (isTargetType(type.type) && codecFor(type.type).canEncode() && type.isQuantized())
            m_probe->addItem(toQString(type.name), static_cast<int>(type.type));
    }
    m_probe->setCurrentIndex(qMax(0, m_probe->findData(static_cast<int>(SensitivityOptions().probe))));
    m_minutes = new QSpinBox(box);
    m_minutes->setObjectName(u"sensitivityMinutes"_s);
    m_minutes->setRange(0, mostMinutes);
    m_minutes->setSpecialValueText(tr("as long as it takes"));
    m_minutes->setSuffix(tr(" min"));
    m_minutes->setToolTip(tr("What is expected to matter most is measured first; what is left is estimated"));
    m_minutes->setValue(QSettings().value(u"evaluation/minutes"_s, 0).toInt());
    m_measure = button(box, u"measureSensitivity"_s, tr("&Measure sensitivity"),
                       tr("The KL divergence that quantizing each of them alone causes: for the error map and for fits to a budget"));
    auto* form = formIn(box);
    form->addRow(tr("Of ea&ch:"), m_unit);
    form->addRow(tr("&Written as:"), m_probe);
    form->addRow(tr("&Time:"), m_minutes);
    form->addRow(m_measure);
    connect(m_measure, &QPushButton::clicked, this, &EvaluationPanel::measureSensitivity);
    return box;
}

QWidget* EvaluationPanel::makeImportanceBox()
{
    auto* box = new QGroupBox(tr("Importance data"), this);
    m_outputMatrix = new QCheckBox(tr("O&utput matrix, too"), box);
    m_outputMatrix->setObjectName(u"importanceOutput"_s);
    m_outputMatrix->setToolTip(tr("Usually left out: the output is kept in a better type"));
    m_collect = button(box, u"collectImportance"_s, tr("Co&llect importance…"),
                       tr("Which input channels carry much: an imatrix file, by which quantizers spend their precision better"));
    auto* layout = new QVBoxLayout(box);
    layout->addWidget(m_outputMatrix);
    layout->addWidget(m_collect);
    connect(m_collect, &QPushButton::clicked, this, &EvaluationPanel::askImportance);
    return box;
}

QWidget* EvaluationPanel::makeRunningRow()
{
    auto* bottom = new QWidget(this);
    m_running = new QWidget(bottom);
    m_task = wrappedLabel(m_running, u"evaluationTask"_s);
    m_progress = new QProgressBar(m_running);
    m_progress->setObjectName(u"evaluationProgress"_s);
    m_progress->setTextVisible(false);
    m_progress->setMaximumHeight(m_task->fontMetrics().height());
    m_progress->setAccessibleName(tr("How far the evaluation is"));
    m_stop = button(m_running, u"stopEvaluation"_s, tr("Stop"), tr("What is finished is kept: the same work goes on from there later"));
    m_waiting = wrappedLabel(m_running, u"evaluationWaiting"_s);
    auto* row = new QHBoxLayout;
    row->addWidget(m_progress, 1);
    row->addWidget(m_stop);
    auto* running = new QVBoxLayout(m_running);
    running->setContentsMargins(0, 0, 0, 0);
    running->addWidget(m_task);
    running->addLayout(row);
    running->addWidget(m_waiting);
    m_noticeRow = new QWidget(bottom);
    m_noticeIcon = new QLabel(m_noticeRow);
    m_notice = wrappedLabel(m_noticeRow, u"evaluationNotice"_s);
    auto* notice = new QHBoxLayout(m_noticeRow);
    notice->setContentsMargins(0, 0, 0, 0);
    notice->addWidget(m_noticeIcon, 0, Qt::AlignTop);
    notice->addWidget(m_notice, 1);
    auto* layout = new QVBoxLayout(bottom);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_noticeRow);
    layout->addWidget(m_running);
    connect(m_stop, &QPushButton::clicked, this, [this] {
        if (m_evaluations.isRunning())
            m_evaluations.cancel(m_evaluations.trials().front().id);
    });
    m_noticeRow->hide();
    m_running->hide();
    return bottom;
}

Trial EvaluationPanel::trialOf(Trial::Kind kind) const
{
    m_noticeRow->hide();
    Trial trial;
    trial.kind = kind;
    trial.text = m_text->text();
    return trial;
}

void EvaluationPanel::measureSensitivity()
{
    Trial trial = trialOf(Trial::Kind::Sensitivity);
    trial.sensitivity.unit = static_cast<SensitivityUnit>(m_unit->currentData().toInt());
    trial.sensitivity.probe = static_cast<TensorType>(m_probe->currentData().toInt());
    trial.sensitivity.encoding = m_evaluations.document().plan().encoding;
    if (m_minutes->value() > 0)
        trial.sensitivity.timeBudget = std::chrono::minutes(m_minutes->value());
    QSettings().setValue(u"evaluation/minutes"_s, m_minutes->value());
    m_results->pages().setCurrentWidget(m_sensitivity);
    m_evaluations.add(std::move(trial));
}

void EvaluationPanel::askAgainst()
{
    const QString model = QFileDialog::getOpenFileName(this, tr("Evaluate the plan against another model"), {},
                                                       tr("Model files (*.gguf *.safetensors *.safetensors.index.json);;All files (*)"));
    if (!model.isEmpty())
        evaluateAgainst(model);
}

void EvaluationPanel::evaluateAgainst(const QString& model)
{
    Trial trial = trialOf(Trial::Kind::AgainstModel);
    trial.against = toPath(model);
    m_evaluations.add(std::move(trial));
}

void EvaluationPanel::askImportance()
{
    const QFileInfo model(pathText(m_evaluations.document().model()->path()));
    QString file = QFileDialog::getSaveFileName(this, tr("Save importance data"), model.dir().filePath(model.completeBaseName() + u".imatrix.gguf"_s),
                                                tr("Importance data (*.gguf);;Importance data, older format (*.dat)"));
    if (file.isEmpty())
        return;
    if (QFileInfo(file).suffix().isEmpty())
        file += u".gguf"_s;
    collectImportanceInto(file);
}

void EvaluationPanel::collectImportanceInto(const QString& file)
{
    Trial trial = trialOf(Trial::Kind::Importance);
    trial.output = toPath(file);
    trial.withOutputMatrix = m_outputMatrix->isChecked();
    m_evaluations.add(std::move(trial));
}

void EvaluationPanel::refresh()
{
    const Document& document = m_evaluations.document();
    if (isVisible())
        m_evaluations.prepare();
    m_text->setLongestContext(document.hasModel() ? document.model()->architecture().parameters.contextLength : 0);
    m_noticeRow->hide();
    showReadiness();
    showRunning();
    showJudgement();
}

void EvaluationPanel::showReadiness()
{
    const Document& document = m_evaluations.document();
    const Evaluations::Readiness& readiness = m_evaluations.readiness();
    QString icon;
    QString text;
    if (!document.hasModel()) {
        text = tr("Open a model to run it on a text.");
    } else if (!readiness.isKnown) {
        text = tr("Looking whether this model can be run…");
    } else {
        icon = readiness.canRun ? QString() : u"warning"_s;
        text = readiness.advice.isEmpty() ? readiness.description : readiness.description + u'\n' + readiness.advice;
    }
    m_readiness->setText(text);
    m_readinessIcon->setVisible(!icon.isEmpty());
    if (!icon.isEmpty())
        m_readinessIcon->setPixmap(themedIcon(icon).pixmap(style()->pixelMetric(QStyle::PM_SmallIconSize)));
    const bool canRun = document.hasModel() && readiness.canRun;
    for (QPushButton* each : {m_evaluate, m_against, m_measure, m_collect})
        each->setEnabled(canRun);
}

void EvaluationPanel::showRunning()
{
    const auto& trials = m_evaluations.trials();
    m_running->setVisible(!trials.empty());
    if (trials.empty())
        return;
    QStringList parts{Evaluations::title(trials.front())};
    const BackgroundTask* task = m_evaluations.tasks().task(m_evaluations.currentTask());
    if (!m_evaluations.stage().isEmpty())
        parts << m_evaluations.stage();
    const bool isKnown = task && task->total > 0;
    m_progress->setRange(0, isKnown ? barSteps : 0);
    if (isKnown)
        m_progress->setValue(static_cast<int>(task->fraction() * barSteps));
    if (task && task->perSecond > 0 && trials.front().isEvaluation())
        parts << tr("%1 tokens/s").arg(countText(static_cast<std::uint64_t>(task->perSecond)));
    if (task && task->secondsLeft() >= 0)
        parts << tr("%1 left").arg(durationText(task->secondsLeft()));
    m_task->setText(parts.join(u" · "_s));
    QStringList waiting;
    for (std::size_t index = 1; index < trials.size(); ++index)
        waiting << Evaluations::title(trials[index]);
    m_waiting->setVisible(!waiting.isEmpty());
    m_waiting->setText(tr("Then: %1").arg(waiting.join(u"; "_s)));
}

void EvaluationPanel::showJudgement()
{
    const auto& judgement = m_evaluations.judgement();
    if (!judgement) {
        m_results->clear(m_evaluations.document().hasModel()
                             ? tr("Evaluate the plan to see what it does to the model's predictions: the model itself is run on the text, layer by layer.")
                             : tr("Open a model to see what a plan does to its predictions."));
        return;
    }
    const EvaluationResult& result = judgement->result;
    QStringList remarks;
    if (!judgement->isComplete)
        remarks << tr("so far: %1 of %2 windows").arg(exactCountText(result.chunks.size()), exactCountText(result.wantedChunks));
    if (m_evaluations.isOfEarlierPlan())
        remarks << tr("of an earlier plan: it was edited since");
    if (result.resumedChunks > 0)
        remarks << tr("%n windows taken over from an interrupted run", nullptr, static_cast<int>(result.resumedChunks));
    if (!result.journalFailure.empty())
        remarks << tr("what is finished cannot be kept: %1").arg(toQString(result.journalFailure));
    const QString original = judgement->against.empty() ? tr("the model as it is stored") : toQString(judgement->against.filename().string());
    m_results->setResult(result, judgement->verdict, tr("Plan against %1, on %2").arg(original, toQString(judgement->text)), remarks.join(u"; "_s));
}

void EvaluationPanel::showNotice(const QString& icon, const QString& text)
{
    m_noticeIconName = icon;
    m_noticeIcon->setPixmap(themedIcon(icon).pixmap(style()->pixelMetric(QStyle::PM_SmallIconSize)));
    m_notice->setText(text);
    m_noticeRow->show();
}

void EvaluationPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_evaluations.prepare();
}

void EvaluationPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange && event->type() != QEvent::FontChange)
        return;
    showReadiness();
    if (!m_noticeIconName.isEmpty())
        m_noticeIcon->setPixmap(themedIcon(m_noticeIconName).pixmap(style()->pixelMetric(QStyle::PM_SmallIconSize)));
}

void EvaluationPanel::dragEnterEvent(QDragEnterEvent* event)
{
    if (!droppedText(*event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void EvaluationPanel::dropEvent(QDropEvent* event)
{
    const QString file = droppedText(*event->mimeData());
    if (file.isEmpty())
        return;
    event->acceptProposedAction();
    m_text->setFile(file);
}

} // namespace quantlathe::ui
