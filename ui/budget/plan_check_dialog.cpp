// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/budget/plan_check_dialog.h"

#include "ui/budget/plan_check_model.h"
#include "ui/evaluation/evaluation_text.h"
#include "ui/evaluation/trial_text_box.h"
#include "ui/look/theme.h"
#include "ui/parts/job_strip.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScreen>
#include <QSpinBox>
#include <QTableView>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int usualPlans = 3;
constexpr int mostPlans = 16;

/// What the candidates are called.
struct Names
{
    std::string measured;
    std::string proxy;
    std::string between;
};

PlanCheck checkBest(const FitInputs& inputs, const std::shared_ptr<const ImportanceMatch>& importance, FitMeasure measure, std::uint64_t bytes, std::size_t most, const TrialText& text,
                    const Names& names, const RunControl& control)
{
    const DamageWeights weights = inputs.weights();
    std::vector<std::shared_ptr<const FitProblem>> owned{inputs.problem(weights, measure)};
    std::vector<WeightedProblem> problems{{weights.isProxy ? names.proxy : names.measured, owned.front().get()}};
    if (!weights.isProxy) { // sensitivities have noise: the proxy, and what lies between, may do better
        const DamageWeights proxy = proxyWeights(*inputs.model);
        owned.push_back(inputs.problem(proxy, measure));
        problems.push_back({names.proxy, owned.back().get()});
        owned.push_back(inputs.problem(blendedWeights(*inputs.model, weights, proxy), measure));
        problems.push_back({names.between, owned.back().get()});
    }
    return runPlanCheck(inputs.model, candidatePlans(problems, bytes, weights.unit, most), importance, text, control);
}

} // namespace

PlanCheckDialog::PlanCheckDialog(FitInputs inputs, std::shared_ptr<const ImportanceMatch> importance, FitMeasure measure, std::uint64_t bytes, QWidget* parent)
    : QDialog(parent), m_inputs(std::move(inputs)), m_importance(std::move(importance)), m_measure(measure), m_bytes(bytes), m_text(new TrialTextBox(this)), m_plans(new QSpinBox(this)),
      m_run(new QPushButton(tr("&Run them"), this)), m_state(new QLabel(this)), m_model(new PlanCheckModel(this)), m_view(new QTableView(this)),
      m_strip(new JobStrip(this)), m_buttons(new QDialogButtonBox(QDialogButtonBox::Apply | QDialogButtonBox::Close, this))
{
    setObjectName(u"planCheckDialog"_s);
    setWindowTitle(tr("Check the best plans for real"));
    m_plans->setObjectName(u"checkPlans"_s);
    m_plans->setRange(1, mostPlans);
    m_plans->setValue(usualPlans);
    m_plans->setToolTip(tr("The best by each weighing of the errors, then the best presets of at most that size"));
    m_run->setObjectName(u"checkRun"_s);
    m_state->setObjectName(u"checkState"_s);
    m_state->setWordWrap(true);
    m_state->setTextFormat(Qt::PlainText);
    m_state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_view->setObjectName(u"checkTable"_s);
    m_view->setAccessibleName(tr("Plans that were run"));
    m_view->setModel(m_model);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setTabKeyNavigation(false);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_view->horizontalHeader()->setStretchLastSection(true);
    addTableActions(*m_view, tr("plans"));
    m_strip->watch(m_job, tr("Running plans"));

    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    auto* plansRow = new QHBoxLayout;
    plansRow->addWidget(m_plans);
    plansRow->addWidget(m_run);
    auto* plansLabel = new QLabel(tr("&Plans:"), this);
    plansLabel->setBuddy(m_plans);
    form->addRow(plansLabel, plansRow);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(m_text);
    layout->addLayout(form);
    layout->addWidget(m_state);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_strip);
    layout->addWidget(m_buttons);
    QPushButton* adopt = m_buttons->button(QDialogButtonBox::Apply);
    adopt->setObjectName(u"checkAdopt"_s);
    adopt->setText(tr("&Adopt this plan"));
    m_run->setDefault(true);
    resize(QSize(fontMetrics().averageCharWidth() * 96, fontMetrics().height() * 27).boundedTo(screen()->availableSize() * 0.95));

    connect(m_run, &QPushButton::clicked, this, &PlanCheckDialog::run);
    connect(adopt, &QPushButton::clicked, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_strip, &JobStrip::stopped, this, [this] {
        m_run->setEnabled(true);
        showState(tr("Stopped."), false);
    });
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this] { m_buttons->button(QDialogButtonBox::Apply)->setEnabled(chosen().has_value()); });
    adopt->setEnabled(false);
    showState(tr("The model is run once per plan, beside the original."), false);
}

std::optional<PlanCandidate> PlanCheckDialog::chosen() const
{
    const QModelIndex current = m_view->currentIndex();
    return current.isValid() ? std::optional(m_model->check()->plans[static_cast<std::size_t>(current.row())].candidate) : std::nullopt;
}

void PlanCheckDialog::run()
{
    m_model->setCheck(std::nullopt);
    m_buttons->button(QDialogButtonBox::Apply)->setEnabled(false);
    m_run->setEnabled(false);
    showState(tr("Running the plans…"), false);
    const Names names{tr("measured sensitivities").toStdString(), tr("proxy by role and place").toStdString(), tr("between both").toStdString()};
    m_job.start(
        [inputs = m_inputs, importance = m_importance, measure = m_measure, bytes = m_bytes, most = static_cast<std::size_t>(m_plans->value()), text = m_text->text(),
         names](const RunControl& control) { return checkBest(inputs, importance, measure, bytes, most, text, names, control); },
        [this](const PlanCheck& check) { take(check); },
        [this](const Error& error) {
            m_run->setEnabled(true);
            const QString detail = detailText(error);
            showState(detail.isEmpty() ? messageText(error) : messageText(error) + u'\n' + detail, true);
        });
}

void PlanCheckDialog::take(const PlanCheck& check)
{
    m_run->setEnabled(true);
    m_model->setCheck(check);
    m_view->selectRow(static_cast<int>(check.best));
    m_view->setFocus();
    const CheckedPlan& best = check.plans[check.best];
    const QString plan = toQString(best.candidate.name);
    const QString measured = divergenceText(best.meanDivergence.value);
    showState(best.candidate.predicted ? tr("Best: %1. KL divergence predicted %2, measured %3.").arg(plan, divergenceText(*best.candidate.predicted), measured)
                                       : tr("Best: %1. KL divergence measured %2.").arg(plan, measured),
              false);
}

void PlanCheckDialog::showState(const QString& text, bool isProblem)
{
    QPalette colours;
    if (isProblem)
        colours.setColor(QPalette::WindowText, errorColour(palette()));
    m_state->setPalette(colours);
    m_state->setText(text);
}

} // namespace quantlathe::ui
