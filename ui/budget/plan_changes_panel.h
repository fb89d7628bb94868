// SPDX-License-Identifier: GPL-3.0-or-later
// The plan against another one: the plan before the last fit, the file as stored, a preset or a recipe.
#pragma once

#include "core/budget/plan_changes.h"
#include "ui/background.h"

#include <QTimer>
#include <QWidget>

#include <filesystem>
#include <optional>

class QComboBox;
class QLabel;
class QSortFilterProxyModel;
class QStackedWidget;
class QTreeView;

namespace quantlathe::ui {

class FitContext;
class HintPage;
class PlanChangesModel;

class PlanChangesPanel : public QWidget
{
    Q_OBJECT
public:
    explicit PlanChangesPanel(FitContext& context, QWidget* parent = nullptr);

    [[nodiscard]] QTreeView& view() { return *m_view; }
    /// Compares with a recipe; what is wrong with it is shown in the panel.
    void compareWithRecipe(const std::filesystem::path& file);

protected:
    void showEvent(QShowEvent* event) override;

private:
    void fillChoices();
    void choiceMade(int row);
    void chooseRecipe();
    void refreshSoon(int milliseconds);
    void refresh();
    void selectTensors();

    FitContext& m_context;
    QComboBox* m_other;
    QLabel* m_summary;
    QStackedWidget* m_pages;
    HintPage* m_hint;
    PlanChangesModel* m_model;
    QSortFilterProxyModel* m_sorted;
    QTreeView* m_view;
    std::optional<Plan> m_recipe;
    QString m_recipeName;
    QTimer m_timer;
    bool m_isStale = true;
    LatestJob m_job; ///< last member: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
