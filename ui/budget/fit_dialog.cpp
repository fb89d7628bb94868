// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/budget/fit_dialog.h"

#include "core/inference/network.h"
#include "core/plan/presets.h"
#include "ui/budget/fit_constraints_box.h"
#include "ui/budget/fit_context.h"
#include "ui/budget/plan_changes_model.h"
#include "ui/budget/plan_check_dialog.h"
#include "ui/evaluation/evaluation_text.h"
#include "ui/look/theme.h"
#include "ui/parts/number_text.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScreen>
#include <QTreeView>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int errorMilliseconds = 300;  ///< while errors are missing
constexpr int betterMilliseconds = 2000; ///< while they only get better
} // namespace

FitDialog::FitDialog(FitContext& context, QWidget* parent)
    : QDialog(parent), m_context(context), m_budget(new FitBudgetBox(context.document(), this)),
      m_constraints(new FitConstraintsBox(context.document(), context.constraints(), this)), m_isMeasured(new QCheckBox(this)), m_summary(new QLabel(this)),
      m_problemLabel(new QLabel(this)), m_progress(new QProgressBar(this)), m_changes(new PlanChangesModel(this)), m_view(new QTreeView(this)),
      m_buttons(new QDialogButtonBox(QDialogButtonBox::Apply | QDialogButtonBox::Cancel, this)),
      m_check(new QPushButton(tr("C&heck for real…"), this))
{
    setObjectName(u"fitDialog"_s);
    setWindowTitle(tr("Fit to a budget"));
    m_summary->setObjectName(u"fitSummary"_s);
    m_problemLabel->setObjectName(u"fitProblem"_s);
    for (QLabel* label : {m_summary, m_problemLabel}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::PlainText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        label->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    }
    m_summary->setMinimumHeight(fontMetrics().lineSpacing() * 5);
    m_problemLabel->hide();
    m_progress->setObjectName(u"fitProgress"_s);
    m_progress->setFormat(tr("Measuring errors: %v of %m"));
    m_progress->setAccessibleName(tr("Errors measured"));
    m_progress->hide();
    m_view->setObjectName(u"fitChanges"_s);
    m_view->setAccessibleName(tr("Changes against the plan as it is")); // item views do not take a buddy's
    m_view->setModel(m_changes);
    m_view->setUniformRowHeights(true);
    m_view->setAlternatingRowColors(true);
    m_view->setAllColumnsShowFocus(true);
    auto* changesLabel = new QLabel(tr("Cha&nges against the plan as it is:"), this);
    changesLabel->setBuddy(m_view);
    setPlanChangesColumns(*m_view);
    addTableActions(*m_view, tr("plan-changes"));

    m_isMeasured->setObjectName(u"fitMeasuredWeights"_s);
    m_isMeasured->setToolTip(tr("How much the error of each tensor counts: measured on a text instead of guessed by role and place. "
                                "The page Evaluation measures it."));
    m_isMeasured->setChecked(context.isUsingSensitivities());
    m_check->setObjectName(u"fitCheck"_s);
    m_check->setToolTip(tr("Runs the best plans of this budget on a text and offers the one that does best"));
    m_buttons->addButton(m_check, QDialogButtonBox::ActionRole);

    auto* left = new QVBoxLayout;
    left->addWidget(m_budget);
    left->addWidget(m_isMeasured);
    left->addWidget(m_constraints, 1);
    auto* right = new QVBoxLayout;
    right->addWidget(m_summary);
    right->addWidget(m_problemLabel);
    right->addWidget(m_progress);
    right->addWidget(changesLabel);
    right->addWidget(m_view, 1);
    auto* columns = new QHBoxLayout;
    columns->addLayout(left, 2);
    columns->addLayout(right, 3);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(columns, 1);
    layout->addWidget(m_buttons);
    const QSize wanted(fontMetrics().averageCharWidth() * 150, fontMetrics().height() * 34);
    resize(wanted.boundedTo(screen()->availableSize() * 0.95));

    QPushButton* apply = m_buttons->button(QDialogButtonBox::Apply);
    apply->setText(tr("&Adopt plan"));
    apply->setObjectName(u"fitAdopt"_s);
    apply->setDefault(true);
    connect(apply, &QPushButton::clicked, this, &FitDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &FitDialog::reject);
    connect(m_isMeasured, &QCheckBox::toggled, this, &FitDialog::problemChanged);
    connect(m_check, &QPushButton::clicked, this, &FitDialog::checkPlans);
    for (const auto signal : {&Document::sensitivitiesChanged, &Document::importanceChanged}) {
        connect(&context.document(), signal, this, [this] {
            showWeighing();
            problemChanged();
        });
    }
    showWeighing();
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &FitDialog::problemChanged);
    connect(m_budget, &FitBudgetBox::changed, this, [this] {
        const bool isOther = (m_lastKind == FitRequest::DeviceMemory) != (m_budget->kind() == FitRequest::DeviceMemory);
        m_lastKind = m_budget->kind();
        isOther ? problemChanged() : solveNow();
    });
    connect(m_constraints, &FitConstraintsBox::changed, this, &FitDialog::problemChanged);
    connect(&context.document(), &Document::errorsChanged, this, [this] {
        if (!m_timer.isActive())
            m_timer.start(m_readiness.isComplete() && m_problem ? betterMilliseconds : errorMilliseconds);
    });
    m_lastKind = m_budget->kind();
    problemChanged();
}

void FitDialog::showWeighing()
{
    const auto sensitivities = m_context.sensitivities();
    m_isMeasured->setEnabled(sensitivities != nullptr);
    m_isMeasured->setText(sensitivities ? tr("&Weigh errors as measured on %1").arg(toQString(sensitivities->text))
                          : m_context.document().sensitivities() ? tr("&Weigh errors as measured (not with these importance data)")
                                                                 : tr("&Weigh errors as measured (not measured yet)"));
}

FitInputs FitDialog::inputs(const FitConstraints& constraints) const
{
    FitInputs inputs = m_context.inputs();
    inputs.constraints = constraints;
    inputs.sensitivities = m_isMeasured->isChecked() ? m_context.sensitivities() : nullptr;
    return inputs;
}

/// What is prepared for solving holds no longer.
void FitDialog::problemChanged()
{
    m_problem.reset();
    solveNow();
}

void FitDialog::solveNow()
{
    m_result.reset();
    m_buttons->button(QDialogButtonBox::Apply)->setEnabled(false);
    m_check->setEnabled(false);
    const auto request = m_budget->request();
    const auto constraints = m_constraints->constraints();
    if (!request || !constraints) {
        m_job.cancel();
        showProblem(!m_budget->problem().isEmpty() ? m_budget->problem() : m_constraints->problem());
        return;
    }
    m_job.start([inputs = inputs(*constraints), problem = m_problem, request = *request](const RunControl& control) { return solve(inputs, problem, request, control); },
                [this](const Outcome& outcome) { take(outcome); }, [this](const Error& error) { showProblem(messageText(error)); });
}

FitDialog::Outcome FitDialog::solve(const FitInputs& inputs, std::shared_ptr<const FitProblem> problem, const FitRequest& request,
                                    const RunControl& control)
{
    Outcome outcome;
    try {
        outcome.readiness = inputs.readiness();
        if (!outcome.readiness.isComplete())
            return outcome;
        outcome.problem = problem ? std::move(problem) : inputs.problem(request.measure());
        control.throwIfCancelled();
        switch (request.kind) {
        case FitRequest::FileSize:
            outcome.budget = request.bytes;
            break;
        case FitRequest::Bits:
            outcome.budget = outcome.problem->fileBytesFor(request.bits);
            break;
        case FitRequest::DeviceMemory:
            outcome.budget = inputs.memory()->weightBudget(request.settings, request.devices);
            break;
        case FitRequest::ErrorLimit:
            break;
        case FitRequest::LikePreset:
            outcome.budget = inputs.memory()->estimate(planFromPreset(*inputs.model, *request.preset, {inputs.hasImportance, false, {}}), {}, nullptr).fileBytes;
            break;
        }
        outcome.fit = request.kind == FitRequest::ErrorLimit ? outcome.problem->fitDamage(request.damage)
                                                            : outcome.problem->fitBytes(outcome.budget);
        control.throwIfCancelled();
        outcome.current = outcome.problem->evaluate(inputs.plan);
        const DamageWeights weights = inputs.weights();
        outcome.changes = comparePlans(*inputs.model, inputs.plan, outcome.fit->plan, *inputs.errors, weights);
        outcome.measuredOn = inputs.sensitivities ? toQString(inputs.sensitivities->text) : QString();
        outcome.predicted = outcome.fit->damage * weights.unit;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::Cancelled)
            throw;
        outcome.obstacle = messageText(error);
        outcome.advice = detailText(error);
    }
    return outcome;
}

void FitDialog::showProblem(const QString& problem)
{
    m_result.reset();
    m_buttons->button(QDialogButtonBox::Apply)->setEnabled(false);
    m_check->setEnabled(false);
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, errorColour(colours));
    m_problemLabel->setPalette(colours);
    m_problemLabel->setText(problem);
    m_problemLabel->show();
    m_summary->clear();
    m_summary->hide();
    m_changes->setChanges(m_context.document().model(), {});
}

QString FitDialog::resultText(const Outcome& outcome) const
{
    const FitResult& fit = *outcome.fit;
    QStringList lines;
    lines << tr("File of %1 (%2 bytes), %3 bits per weight; weights on a device %4.")
                 .arg(bytesText(fit.fileBytes), exactCountText(fit.fileBytes), bitsText(fit.bitsPerWeight), bytesText(fit.deviceBytes));
    if (outcome.budget > 0) {
        const std::uint64_t used = outcome.problem->measure() == FitMeasure::DeviceBytes ? fit.deviceBytes : fit.fileBytes;
        lines << tr("%1 of %2 bytes are left.").arg(exactCountText(outcome.budget - used), exactCountText(outcome.budget));
    }
    const QString figures = tr("Error %1 (%2)").arg(damageText(fit.damage), decibelText(decibelsOfDamage(fit.damage)));
    QString error;
    if (outcome.measuredOn.isEmpty())
        error = m_context.document().importance() ? tr("%1: weighted by importance; matrices count by role and place.").arg(figures)
                                                  : tr("%1: a proxy by role and place, no importance data.").arg(figures);
    else if (outcome.predicted > 0)
        error = tr("%1, weighed as measured on %2: a KL divergence of about %3.").arg(figures, outcome.measuredOn, divergenceText(outcome.predicted));
    else
        error = tr("%1, weighed as measured on %2.").arg(figures, outcome.measuredOn);
    lines << (fit.isSampled ? tr("%1 Estimated from samples so far.").arg(error) : error);
    if (outcome.current)
        lines << tr("The plan as it is: %1, error %2 (%3).")
                     .arg(bytesText(outcome.current->fileBytes), damageText(outcome.current->damage), decibelText(decibelsOfDamage(outcome.current->damage)));
    lines << tr("The squared error is at most %1 % above the best possible for this size.").arg(QLocale().toString(100 * fit.gap(), 'g', 2));
    return lines.join(u'\n');
}

void FitDialog::take(const Outcome& outcome)
{
    m_readiness = outcome.readiness;
    m_problem = outcome.problem;
    if (m_problem)
        m_budget->setRange(*m_problem);
    const bool isMeasuring = !outcome.readiness.isComplete();
    m_progress->setVisible(isMeasuring && outcome.obstacle.isEmpty());
    m_progress->setMaximum(static_cast<int>(outcome.readiness.needed));
    m_progress->setValue(static_cast<int>(outcome.readiness.known + outcome.readiness.failed));
    if (!outcome.obstacle.isEmpty()) {
        showProblem(outcome.advice.isEmpty() ? outcome.obstacle : outcome.obstacle + u'\n' + outcome.advice);
        return;
    }
    m_problemLabel->hide();
    m_summary->show();
    m_result = outcome.fit;
    m_buttons->button(QDialogButtonBox::Apply)->setEnabled(m_result.has_value());
    m_check->setEnabled(m_result && isRunnable(*m_context.document().model()));
    if (m_result)
        m_budgetBytes = outcome.budget > 0 ? outcome.budget : m_result->fileBytes;
    if (!m_result) {
        m_summary->setText(tr("The best plan is shown as soon as the errors of all types are known from samples."));
        m_changes->setChanges(m_context.document().model(), {});
        return;
    }
    m_summary->setText(resultText(outcome));
    m_changes->setChanges(m_context.document().model(), outcome.changes);
}

void FitDialog::checkPlans()
{
    const auto constraints = m_constraints->constraints();
    if (!m_result || !m_problem || !constraints)
        return;
    auto* dialog = new PlanCheckDialog(inputs(*constraints), m_context.document().importance(), m_problem->measure(), m_budgetBytes, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        if (const auto chosen = dialog->chosen())
            adopt(chosen->plan, tr("Fit to %1, checked").arg(bytesText(chosen->fileBytes)));
    });
    dialog->open();
}

void FitDialog::accept()
{
    if (m_result)
        adopt(m_result->plan, tr("Fit to %1").arg(bytesText(m_result->fileBytes)));
}

void FitDialog::adopt(const Plan& plan, const QString& text)
{
    m_budget->remember();
    m_context.setConstraints(*m_constraints->constraints());
    if (m_isMeasured->isEnabled())
        m_context.setUsingSensitivities(m_isMeasured->isChecked());
    m_context.adopt(plan, text);
    QDialog::accept();
}

} // namespace quantlathe::ui
