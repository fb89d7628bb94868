// SPDX-License-Identifier: GPL-3.0-or-later
// The trade-off of size and damage as a dock: the curve follows errors, constraints and the plan; a click adopts a plan.
#pragma once

#include "core/budget/trade_off.h"
#include "ui/background.h"
#include "ui/budget/trade_off_plot.h"

#include <QTimer>
#include <QWidget>

#include <functional>
#include <memory>

class QLabel;
class QProgressBar;
class QPushButton;
class QStackedWidget;
class QToolButton;

namespace quantlathe::ui {

class FitContext;
class HintPage;

class TradeOffPanel : public QWidget
{
    Q_OBJECT
public:
    explicit TradeOffPanel(FitContext& context, QWidget* parent = nullptr);

    [[nodiscard]] TradeOffPlot& plot() { return *m_plot; }
    [[nodiscard]] bool isShowingCurve() const;

protected:
    void showEvent(QShowEvent* event) override;

private:
    struct Outcome
    {
        FitReadiness readiness;
        std::shared_ptr<const FitProblem> problem; ///< null while errors are missing
        std::shared_ptr<const TradeOff> tradeOff;
        QString obstacle;
    };

    void solveSoon();
    void solve();
    void take(const Outcome& outcome);
    void planChanged();
    void showReadout();
    void adopt(const TradeOffPlot::Point& point);

    FitContext& m_context;
    QStackedWidget* m_pages;
    HintPage* m_hint;
    TradeOffPlot* m_plot;
    QProgressBar* m_progress;
    QLabel* m_readout;
    QPushButton* m_adopt;
    QToolButton* m_menuButton;
    QTimer m_timer;
    bool m_isStale = true;
    FitReadiness m_readiness;
    std::shared_ptr<const FitProblem> m_problem;
    LatestJob m_job; ///< last member: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
