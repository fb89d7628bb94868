// SPDX-License-Identifier: GPL-3.0-or-later
// "Check the best plans for real": the best plans of a budget by several measures are run on a text; the one that does best is offered.
#pragma once

#include "core/inference/plan_check.h"
#include "ui/background.h"
#include "ui/budget/fit_context.h"

#include <QDialog>

#include <optional>

class QDialogButtonBox;
class QLabel;
class QPushButton;
class QSpinBox;
class QTableView;

namespace quantlathe::ui {

class JobStrip;
class PlanCheckModel;
class TrialTextBox;

class PlanCheckDialog : public QDialog
{
    Q_OBJECT
public:
    /// @param bytes of the budget, in what @p measure counts
    /// @param importance what the plans are encoded with; null = without
    PlanCheckDialog(FitInputs inputs, std::shared_ptr<const ImportanceMatch> importance, FitMeasure measure, std::uint64_t bytes, QWidget* parent = nullptr);

    [[nodiscard]] TrialTextBox& text() { return *m_text; }
    /// The marked one; nothing before they were run.
    [[nodiscard]] std::optional<PlanCandidate> chosen() const;

private:
    void run();
    void take(const PlanCheck& check);
    void showState(const QString& text, bool isProblem);

    FitInputs m_inputs;
    std::shared_ptr<const ImportanceMatch> m_importance;
    FitMeasure m_measure;
    std::uint64_t m_bytes;
    TrialTextBox* m_text;
    QSpinBox* m_plans;
    QPushButton* m_run;
    QLabel* m_state;
    PlanCheckModel* m_model;
    QTableView* m_view;
    JobStrip* m_strip;
    QDialogButtonBox* m_buttons;
    LatestJob m_job; ///< last member: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
