// SPDX-License-Identifier: GPL-3.0-or-later
// What came out of an evaluation: the verdict in words, the figures, the plots.
#pragma once

#include "core/inference/verdict.h"

#include <QWidget>

#include <optional>

class QLabel;
class QStackedWidget;
class QTableView;
class QTabWidget;
class QToolButton;

namespace quantlathe::ui {

class CurvePlot;
class FiguresModel;
class HintPage;

class ResultView : public QWidget
{
    Q_OBJECT
public:
    explicit ResultView(QWidget* parent = nullptr);

    /// @param what was judged on which text, one line; @param remark what is to be known of it (of an earlier plan, under way), may be empty
    void setResult(const EvaluationResult& result, const std::optional<DamageVerdict>& verdict, const QString& what, const QString& remark);
    void clear(const QString& hint);
    /// A page of the owner's beside the figures and plots. @return its index
    int addPage(QWidget* page, const QString& title);
    [[nodiscard]] QTabWidget& pages() { return *m_pages; }
    [[nodiscard]] FiguresModel& figures() { return *m_figures; }
    [[nodiscard]] QTableView& table() { return *m_table; }
    [[nodiscard]] CurvePlot& positionPlot() { return *m_positions; }
    [[nodiscard]] CurvePlot& layerPlot() { return *m_layers; }
    [[nodiscard]] CurvePlot& spreadPlot() { return *m_spread; }

protected:
    void changeEvent(QEvent* event) override;

private:
    CurvePlot* addPlot(const QString& objectName, const QString& title, const QString& accessibleName, const QString& fileName);
    void showVerdict();
    void showMenu();

    std::optional<DamageVerdict> m_verdictShown;
    QLabel* m_icon;
    QLabel* m_verdict;
    QLabel* m_remark;
    QTabWidget* m_pages;
    HintPage* m_hint;
    QStackedWidget* m_stack; ///< hint or table, on the first page
    FiguresModel* m_figures;
    QTableView* m_table;
    CurvePlot* m_positions;
    CurvePlot* m_layers;
    CurvePlot* m_spread;
    QToolButton* m_more;
};

} // namespace quantlathe::ui
