// SPDX-License-Identifier: GPL-3.0-or-later
// The window: menus, the tensor tree in the middle, panels docked around it.
#pragma once

#include "ui/document.h"
#include "ui/look/theme.h"
#include "ui/window/recent_files.h"
#include "ui/window/workspace.h"

#include <QList>
#include <QMainWindow>

#include <functional>

class QAction;
class QDockWidget;
class QMenu;
class QProgressBar;
class QStackedWidget;
class QTabWidget;
class QToolButton;

namespace quantlathe::ui {

class CompareWindow;
class EmptyState;
class FitContext;
class ErrorMapPanel;
class EvaluationPanel;
class Evaluations;
class JobQueue;
class StatusLine;
class TensorTreePanel;

class MainWindow : public QMainWindow
{
    Q_OBJECT
public:
    explicit MainWindow(QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] Document& document() { return *m_document; }
    [[nodiscard]] JobQueue& jobs() { return *m_jobs; }
    [[nodiscard]] TensorTreePanel& tree() { return *m_tree; }
    [[nodiscard]] ErrorMapPanel& map() { return *m_map; }
    [[nodiscard]] EvaluationPanel& evaluation() { return *m_evaluation; }
    [[nodiscard]] Evaluations& evaluations() { return *m_evaluations; }
    /// The views of the middle.
    void showTree();
    void showMap();
    void showEvaluation();
    [[nodiscard]] FitContext& fit() { return *m_fit; }
    [[nodiscard]] RecentFiles& recentFiles() { return m_recentFiles; }
    [[nodiscard]] RecentRecipes& recentRecipes() { return m_recentRecipes; }

    /// Opens a model file or folder in the background; asks first when unsaved choices would be lost.
    void openPath(const QString& path);
    /// Puts every dock and column where a new installation has it.
    void resetLayout();

    // What the file dialogs do once a name is chosen. Failures become a message box.
    void saveRecipeTo(const QString& path);
    void loadRecipeFrom(const QString& path);
    /// Applies it to the open model; without one to the model it was used on, or to the one that is opened next.
    void openRecipe(const QString& path);
    /// Importance data for the open model, or for the one that is opened next.
    void openImportance(const QString& path);
    void exportTypeRulesTo(const QString& path);
    void importTypeRulesFrom(const QString& path);
    /// Opens a window that compares the open model with @p path.
    CompareWindow* compareWith(const QString& path);

protected:
    void closeEvent(QCloseEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    // main_window_menus.cpp
    void makeMenus();
    void makeFileMenu();
    void makeEditMenu();
    void makePlanMenu();
    void makeViewMenu();
    void makeLanguageMenu(QMenu& viewMenu);
    void makeHelpMenu();
    void makeToolBar();
    void fillRecentMenu();
    void fillEditMenu();
    void popUpTypeMenu();
    void updateActions();
    void showAbout();
    void deleteMeasurements();

    // main_window_files.cpp
    void chooseFile();
    void chooseFolder();
    void saveRecipe();
    void loadRecipe();
    void exportTypeRules();
    void importTypeRules();
    void choosePreset();
    void fitToBudget();
    void fitToDevices();
    void showPanel(const QString& id);
    // main_window_importance.cpp
    void addImportanceActions(QMenu& menu);
    void chooseImportance();
    void importanceChanged();
    // main_window_export.cpp
    void exportModel();
    void compareModels();
    /// False when the person would rather let the exports finish.
    bool confirmStoppingExports();
    /// Runs @p work and shows an Error it throws. @return true when none was thrown
    bool guarded(const QString& whatFailed, const std::function<void()>& work);
    void showError(const QString& title, const Error& error);
    /// False when the person wants to keep unsaved choices.
    bool confirmLosingChanges();

    // main_window.cpp
    void makeDocks();
    void arrangeDocks();
    void sizeDocks();
    void restoreLayout();
    void saveLayout();
    void modelChanged();
    void updateTitle();
    void showOpening(const QString& path);
    void hideOpening();

    RecentFiles m_recentFiles;
    RecentRecipes m_recentRecipes;
    QString m_waitingRecipe;     ///< for the model that is opened next
    QString m_waitingImportance; ///< likewise
    Theme* m_theme;
    Document* m_document;
    JobQueue* m_jobs;
    FitContext* m_fit;
    Workspace m_workspace;
    Evaluations* m_evaluations;
    QList<QDockWidget*> m_docks; ///< in the order of allPanels()
    QStackedWidget* m_middle = nullptr;
    EmptyState* m_emptyState = nullptr;
    QTabWidget* m_views = nullptr;
    ErrorMapPanel* m_map = nullptr;
    EvaluationPanel* m_evaluation = nullptr;
    TensorTreePanel* m_tree = nullptr;
    StatusLine* m_statusLine = nullptr;
    QToolButton* m_cancelOpening = nullptr;
    QProgressBar* m_openingProgress = nullptr;

    QMenu* m_recentMenu = nullptr;
    QMenu* m_editMenu = nullptr;
    QList<QAction*> m_selectionActions; ///< the part of m_editMenu that depends on the selection
    QList<QAction*> m_modelActions;     ///< enabled while a model is open
    QAction* m_openFileAction = nullptr;
    QAction* m_openFolderAction = nullptr;
    QAction* m_saveRecipeAction = nullptr;
    QAction* m_exportAction = nullptr;
    QAction* m_presetAction = nullptr;
    QAction* m_fitAction = nullptr;
    QAction* m_typeAction = nullptr;
    QAction* m_undoAction = nullptr;
    QAction* m_redoAction = nullptr;
    QString m_recipePath; ///< where the plan was saved or loaded last
};

} // namespace quantlathe::ui
