// SPDX-License-Identifier: GPL-3.0-or-later
// The page where the model is run on text: what a plan does to its predictions, which tensors matter, importance data.
#pragma once

#include "core/base/error.h"
#include "ui/evaluation/evaluations.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;
class QProgressBar;
class QPushButton;
class QSpinBox;

namespace quantlathe::ui {

class ResultView;
class SensitivityPage;
class TrialTextBox;

class EvaluationPanel : public QWidget
{
    Q_OBJECT
public:
    explicit EvaluationPanel(Evaluations& evaluations, QWidget* parent = nullptr);

    [[nodiscard]] TrialTextBox& text() { return *m_text; }
    [[nodiscard]] ResultView& results() { return *m_results; }
    [[nodiscard]] SensitivityPage& sensitivity() { return *m_sensitivity; }
    // What the dialogs do once a file is chosen.
    void evaluateAgainst(const QString& model);
    void collectImportanceInto(const QString& file);

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    QWidget* makeSettings();
    QWidget* makePlanBox();
    QWidget* makeSensitivityBox();
    QWidget* makeImportanceBox();
    QWidget* makeRunningRow();
    [[nodiscard]] Trial trialOf(Trial::Kind kind) const;
    void measureSensitivity();
    void askAgainst();
    void askImportance();
    void refresh();
    void showReadiness();
    void showRunning();
    void showJudgement();
    void showNotice(const QString& icon, const QString& text);

    Evaluations& m_evaluations;
    TrialTextBox* m_text;
    QLabel* m_readinessIcon;
    QLabel* m_readiness;
    QPushButton* m_evaluate = nullptr;
    QPushButton* m_against = nullptr;
    QComboBox* m_unit = nullptr;
    QComboBox* m_probe = nullptr;
    QSpinBox* m_minutes = nullptr;
    QPushButton* m_measure = nullptr;
    QCheckBox* m_outputMatrix = nullptr;
    QPushButton* m_collect = nullptr;
    ResultView* m_results;
    SensitivityPage* m_sensitivity;
    QWidget* m_running = nullptr; ///< the row of what runs
    QLabel* m_task = nullptr;
    QProgressBar* m_progress = nullptr;
    QPushButton* m_stop = nullptr;
    QLabel* m_waiting = nullptr;
    QWidget* m_noticeRow = nullptr;
    QLabel* m_noticeIcon = nullptr;
    QLabel* m_notice = nullptr;
    QString m_noticeIconName;
};

} // namespace quantlathe::ui
