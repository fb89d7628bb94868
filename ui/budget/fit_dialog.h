// SPDX-License-Identifier: GPL-3.0-or-later
// "Fit to ...": chooses a budget and constraints, shows the best plan for them while they change, and takes it over.
#pragma once

#include "core/budget/plan_changes.h"
#include "ui/background.h"
#include "ui/budget/fit_budget_box.h"

#include <QDialog>
#include <QTimer>

#include <memory>
#include <optional>

class QCheckBox;
class QDialogButtonBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QTreeView;

namespace quantlathe::ui {

class FitConstraintsBox;
class FitContext;
class PlanChangesModel;
struct FitInputs;

/// Accepting it applies the plan to the document as one undoable step, and keeps the constraints for the trade-off curve.
class FitDialog : public QDialog
{
    Q_OBJECT
public:
    explicit FitDialog(FitContext& context, QWidget* parent = nullptr);
    /// Begins with this kind of budget instead of the last one used ("best plan that fits" of a device).
    void setKind(FitRequest::Kind kind) { m_budget->setKind(kind); }

    void accept() override;
    /// The plan that accepting takes over; nothing while there is none.
    [[nodiscard]] const std::optional<FitResult>& result() const { return m_result; }

private:
    struct Outcome
    {
        FitReadiness readiness;
        std::shared_ptr<const FitProblem> problem;
        std::optional<FitResult> fit;
        std::optional<FitResult> current; ///< of the document's plan
        PlanChanges changes;
        std::uint64_t budget = 0;         ///< bytes; 0 = none (an error limit)
        QString measuredOn;               ///< the text that weighs the errors; empty: the proxy
        double predicted = 0;             ///< mean KL divergence; 0 = not known
        QString obstacle;
        QString advice;
    };
    [[nodiscard]] FitInputs inputs(const FitConstraints& constraints) const;
    static Outcome solve(const FitInputs& inputs, std::shared_ptr<const FitProblem> problem, const FitRequest& request, const RunControl& control);

    void problemChanged();
    void solveNow();
    void take(const Outcome& outcome);
    void showProblem(const QString& problem);
    void showWeighing();
    void checkPlans();
    void adopt(const Plan& plan, const QString& text);
    [[nodiscard]] QString resultText(const Outcome& outcome) const;

    FitContext& m_context;
    FitBudgetBox* m_budget;
    FitConstraintsBox* m_constraints;
    QCheckBox* m_isMeasured; ///< weigh errors by measured sensitivities
    QLabel* m_summary;
    QLabel* m_problemLabel;
    QProgressBar* m_progress;
    PlanChangesModel* m_changes;
    QTreeView* m_view;
    QDialogButtonBox* m_buttons;
    QPushButton* m_check;
    std::shared_ptr<const FitProblem> m_problem; ///< null: to be prepared again
    FitReadiness m_readiness;
    std::optional<FitResult> m_result;
    std::uint64_t m_budgetBytes = 0; ///< of m_result, in what m_problem measures
    FitRequest::Kind m_lastKind = FitRequest::FileSize;
    QTimer m_timer;
    LatestJob m_job; ///< last member: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
