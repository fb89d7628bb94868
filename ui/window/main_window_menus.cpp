// SPDX-License-Identifier: GPL-3.0-or-later
// The main window's menus, tool bar and shortcuts.
#include "ui/window/main_window.h"

#include "ui/budget/fit_dialog.h"
#include "ui/look/icons.h"
#include "ui/memory/memory_panel.h"
#include "ui/metadata/metadata_panel.h"
#include "ui/presets/preset_dialog.h"
#include "ui/text.h"
#include "ui/tree/tensor_tree_model.h"
#include "ui/tree/tensor_tree_panel.h"
#include "ui/tree/type_choices.h"
#include "ui/window/application.h"
#include "ui/window/sample.h"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QDockWidget>
#include <QFileInfo>
#include <QHeaderView>
#include <QMenuBar>
#include <QMessageBox>
#include <QStatusBar>
#include <QToolBar>
#include <QToolButton>
#include <QTreeView>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

void MainWindow::makeMenus()
{
    makeFileMenu();
    makeEditMenu();
    makePlanMenu();
    makeViewMenu();
    makeHelpMenu();
    makeToolBar();
    connect(m_document, &Document::selectionChanged, this, &MainWindow::updateActions);
    connect(m_document, &Document::modelChanged, this, &MainWindow::updateActions);
    updateActions();
}

void MainWindow::makeFileMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&File"));
    m_openFileAction = menu->addAction(themedIcon(u"open-file"_s), tr("&Open file…"), this, &MainWindow::chooseFile);
    m_openFileAction->setShortcut(QKeySequence::Open);
    m_openFolderAction = menu->addAction(themedIcon(u"open-folder"_s), tr("Open f&older…"), this, &MainWindow::chooseFolder);
    m_openFolderAction->setShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_O);
    m_recentMenu = menu->addMenu(tr("&Recent files"));
    m_recentMenu->setObjectName(u"recentMenu"_s);
    connect(&m_recentFiles, &RecentFiles::changed, this, &MainWindow::fillRecentMenu);
    fillRecentMenu();
    QAction* sample = menu->addAction(themedIcon(u"sample"_s), tr("Open s&ample"), this, [this] { openPath(sampleModelPath()); });
    sample->setEnabled(!sampleModelPath().isEmpty());
    menu->addSeparator();
    QAction* load = menu->addAction(tr("&Load recipe…"), this, &MainWindow::loadRecipe);
    load->setShortcut(Qt::CTRL | Qt::Key_L);
    m_saveRecipeAction = menu->addAction(themedIcon(u"save"_s), tr("&Save recipe…"), this, &MainWindow::saveRecipe);
    m_saveRecipeAction->setShortcut(QKeySequence::Save);
    addImportanceActions(*menu);
    QAction* importRules = menu->addAction(tr("&Import tensor-type file…"), this, &MainWindow::importTypeRules);
    QAction* exportRules = menu->addAction(tr("Export &tensor-type file…"), this, &MainWindow::exportTypeRules);
    menu->addSeparator();
    m_exportAction = menu->addAction(themedIcon(u"export"_s), tr("&Export…"), this, &MainWindow::exportModel);
    m_exportAction->setObjectName(u"exportAction"_s);
    m_exportAction->setShortcut(Qt::CTRL | Qt::Key_E);
    QAction* compare = menu->addAction(tr("Com&pare with…"), this, &MainWindow::compareModels);
    compare->setObjectName(u"compareAction"_s);
    compare->setShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_C);
    m_modelActions << compare;
    QAction* saveMetadata = menu->addAction(tr("Save &metadata…"), this, [this] {
        if (auto* dock = findChild<QDockWidget*>(u"metadata"_s)) {
            dock->show();
            dock->raise();
            static_cast<MetadataPanel*>(dock->widget())->save();
        }
    });
    saveMetadata->setObjectName(u"saveMetadataAction"_s);
    saveMetadata->setShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_M);
    saveMetadata->setEnabled(false);
    connect(m_document, &Document::metadataChanged, saveMetadata, [this, saveMetadata] { saveMetadata->setEnabled(!m_document->metadataEdits().isEmpty() && m_document->model()->format() == ModelFormat::Gguf); });
    connect(m_document, &Document::modelChanged, saveMetadata, [saveMetadata] { saveMetadata->setEnabled(false); });
    menu->addSeparator();
    QAction* closeModel = menu->addAction(tr("&Close model"), this, [this] {
        if (confirmLosingChanges())
            m_document->close();
    });
    closeModel->setShortcut(QKeySequence::Close);
    QAction* quit = menu->addAction(tr("&Quit"), this, &QWidget::close);
    quit->setShortcut(QKeySequence::Quit);
    m_modelActions << load << m_saveRecipeAction << importRules << exportRules << m_exportAction << closeModel;
}

void MainWindow::fillRecentMenu()
{
    m_recentMenu->clear();
    const QStringList paths = m_recentFiles.paths();
    m_recentMenu->setEnabled(!paths.isEmpty());
    int number = 0;
    for (const QString& path : paths) {
        // A file's name may hold an ampersand, which menus take for a shortcut.
        const QString text = recentFileText(path).replace(u'&', u"&&"_s);
        ++number;
        m_recentMenu->addAction(number < 10 ? u"&%1  %2"_s.arg(number).arg(text) : text, this, [this, path] { openPath(path); });
    }
    m_recentMenu->addSeparator();
    m_recentMenu->addAction(tr("&Clear the list"), &m_recentFiles, &RecentFiles::clear);
}

void MainWindow::makeEditMenu()
{
    m_editMenu = menuBar()->addMenu(tr("&Edit"));
    m_editMenu->setObjectName(u"editMenu"_s);
    m_undoAction = m_document->undoStack().createUndoAction(this, tr("&Undo"));
    m_undoAction->setIcon(themedIcon(u"undo"_s));
    m_undoAction->setShortcut(QKeySequence::Undo);
    m_redoAction = m_document->undoStack().createRedoAction(this, tr("&Redo"));
    m_redoAction->setIcon(themedIcon(u"redo"_s));
    m_redoAction->setShortcut(QKeySequence::Redo);
    m_editMenu->addAction(m_undoAction);
    m_editMenu->addAction(m_redoAction);
    m_editMenu->addSeparator();
    m_presetAction = m_editMenu->addAction(themedIcon(u"preset"_s), tr("Apply &preset…"), this, &MainWindow::choosePreset);
    m_presetAction->setShortcut(Qt::CTRL | Qt::Key_P);
    m_typeAction = m_editMenu->addAction(tr("&Choose type at the cursor…"), this, &MainWindow::popUpTypeMenu);
    m_typeAction->setShortcut(Qt::CTRL | Qt::Key_T);
    m_editMenu->addSeparator();
    QAction* filter = m_editMenu->addAction(themedIcon(u"filter"_s), tr("&Filter tensors"), this, [this] {
        showTree();
        m_tree->focusFilter();
    });
    filter->setShortcut(QKeySequence::Find);
    QAction* all = m_editMenu->addAction(tr("Select &all tensors"), &m_tree->view(), &QTreeView::selectAll);
    all->setShortcut(QKeySequence::SelectAll);
    all->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    m_editMenu->addSeparator();
    m_modelActions << m_presetAction << filter << all;
    // What follows depends on the selection and is made when the menu opens.
    connect(m_editMenu, &QMenu::aboutToShow, this, &MainWindow::fillEditMenu);
}

void MainWindow::makePlanMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&Plan"));
    menu->setObjectName(u"planMenu"_s);
    m_fitAction = menu->addAction(themedIcon(u"fit"_s), tr("&Fit to a budget…"), this, &MainWindow::fitToBudget);
    m_fitAction->setObjectName(u"fitAction"_s);
    m_fitAction->setShortcut(Qt::CTRL | Qt::Key_B);
    menu->addAction(m_presetAction);
    menu->addSeparator();
    QAction* curve = menu->addAction(themedIcon(u"curve"_s), tr("&Trade-off of size and error"), this, [this] { showPanel(u"trade-off"_s); });
    curve->setShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_B);
    QAction* changes = menu->addAction(tr("&Compare with another plan"), this, [this] { showPanel(u"plan-changes"_s); });
    changes->setShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_D);
    QAction* best = menu->addAction(tr("&Best plan for these devices…"), this, &MainWindow::fitToDevices);
    best->setObjectName(u"fitToDevicesAction"_s);
    m_modelActions << m_fitAction << curve << changes << best;
    if (auto* memory = findChild<MemoryPanel*>())
        memory->setBestPlanAction(best);
}

/// To the front, with the keyboard in it.
void MainWindow::showPanel(const QString& id)
{
    for (QDockWidget* dock : std::as_const(m_docks)) {
        if (dock->objectName() != id)
            continue;
        dock->show();
        dock->raise();
        if (QWidget* first = dock->widget()->findChild<QWidget*>(id == u"trade-off"_s ? u"tradeOffPlot"_s : u"changesOther"_s))
            first->setFocus(Qt::ShortcutFocusReason);
    }
}

void MainWindow::fillEditMenu()
{
    for (QAction* action : std::as_const(m_selectionActions)) {
        if (QMenu* submenu = action->menu())
            delete submenu; // takes its action along
        else
            delete action;
    }
    const QList<QAction*> before = m_editMenu->actions();
    m_tree->addEditActions(*m_editMenu);
    m_selectionActions = m_editMenu->actions().mid(before.size());
}

void MainWindow::popUpTypeMenu()
{
    QTreeView& view = m_tree->view();
    const QModelIndex current = view.currentIndex();
    if (!current.isValid())
        return;
    showTree();
    const QModelIndex cell = current.siblingAtColumn(TensorTreeModel::ChosenType);
    view.scrollTo(cell);
    view.setFocus();
    view.setCurrentIndex(cell);
    view.edit(cell);
}

void MainWindow::makeViewMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&View"));
    menu->setObjectName(u"viewMenu"_s);
    QAction* tree = menu->addAction(tr("Te&nsors"), this, &MainWindow::showTree);
    tree->setShortcut(Qt::CTRL | Qt::Key_1);
    QAction* map = menu->addAction(tr("Error &map"), this, &MainWindow::showMap);
    map->setShortcut(Qt::CTRL | Qt::Key_2);
    QAction* evaluation = menu->addAction(tr("E&valuation"), this, &MainWindow::showEvaluation);
    evaluation->setShortcut(Qt::CTRL | Qt::Key_3);
    m_modelActions << tree << map << evaluation;
    menu->addSeparator();
    for (QDockWidget* dock : m_docks)
        menu->addAction(dock->toggleViewAction());
    menu->addSeparator();
    menu->addAction(tr("&Reset layout"), this, &MainWindow::resetLayout);
    menu->addSeparator();
    QAction* thorough = menu->addAction(tr("Measure everything &exactly"));
    thorough->setObjectName(u"measureThoroughly"_s);
    thorough->setToolTip(tr("Goes on in the background until every tensor is measured in every type"));
    thorough->setCheckable(true);
    connect(menu, &QMenu::aboutToShow, thorough, [this, thorough] { thorough->setChecked(m_document->previews().isThorough()); });
    connect(thorough, &QAction::toggled, this, [this](bool isOn) { m_document->previews().setThorough(isOn); });
    QAction* forget = menu->addAction(tr("&Delete kept measurements…"), this, &MainWindow::deleteMeasurements);
    forget->setObjectName(u"deleteMeasurements"_s);
    menu->addSeparator();

    QMenu* themes = menu->addMenu(tr("&Theme"));
    auto* group = new QActionGroup(themes);
    const auto addTheme = [&](const QString& text, Theme::Mode mode) {
        QAction* action = themes->addAction(text, this, [this, mode] { m_theme->setMode(mode); });
        action->setCheckable(true);
        action->setChecked(m_theme->mode() == mode);
        group->addAction(action);
    };
    addTheme(tr("&System"), Theme::Mode::System);
    addTheme(tr("&Light"), Theme::Mode::Light);
    addTheme(tr("&Dark"), Theme::Mode::Dark);
    addTheme(tr("&High contrast"), Theme::Mode::HighContrast);
    makeLanguageMenu(*menu);

    QMenu* text = menu->addMenu(tr("Text si&ze"));
    constexpr int step = 10; // percent
    QAction* larger = text->addAction(tr("&Larger"), this, [this] { m_theme->setTextPercent(m_theme->textPercent() + step); });
    larger->setShortcuts({QKeySequence(Qt::CTRL | Qt::Key_Plus), QKeySequence(Qt::CTRL | Qt::Key_Equal)});
    QAction* smaller = text->addAction(tr("&Smaller"), this, [this] { m_theme->setTextPercent(m_theme->textPercent() - step); });
    smaller->setShortcut(Qt::CTRL | Qt::Key_Minus);
    QAction* normal = text->addAction(tr("&Normal"), this, [this] { m_theme->setTextPercent(100); });
    normal->setShortcut(Qt::CTRL | Qt::Key_0);
    menu->addSeparator();
    QAction* fullScreen = menu->addAction(tr("&Full screen"));
    fullScreen->setCheckable(true);
    fullScreen->setShortcut(QKeySequence::FullScreen);
    connect(fullScreen, &QAction::toggled, this, [this](bool isOn) { isOn ? showFullScreen() : showNormal(); });
}

void MainWindow::makeLanguageMenu(QMenu& viewMenu)
{
    QMenu* languages = viewMenu.addMenu(tr("Lan&guage"));
    languages->setObjectName(u"languageMenu"_s);
    auto* group = new QActionGroup(languages);
    const auto add = [&](const QString& text, const QString& language) {
        QAction* action = languages->addAction(text, this, [this, language] {
            if (chosenLanguage() == language)
                return;
            chooseLanguage(language);
            statusBar()->showMessage(tr("The language changes when Quantlathe is started again."), 15000);
        });
        action->setData(language);
        action->setCheckable(true);
        action->setChecked(chosenLanguage() == language);
        group->addAction(action);
    };
    add(tr("&System"), {});
    for (const QString& language : availableLanguages())
        add(languageName(language), language);
}

void MainWindow::makeHelpMenu()
{
    QMenu* menu = menuBar()->addMenu(tr("&Help"));
    menu->addAction(themedIcon(u"about"_s), tr("&About Quantlathe"), this, &MainWindow::showAbout);
    menu->addAction(tr("About &Qt"), this, [] { QApplication::aboutQt(); });
}

void MainWindow::makeToolBar()
{
    QToolBar* bar = addToolBar(tr("Tool bar"));
    bar->setObjectName(u"toolBar"_s);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    const auto add = [bar](QAction* action, const QString& shortText) {
        // Short texts for the bar; the menu keeps its own.
        action->setIconText(shortText);
        bar->addAction(action);
    };
    add(m_openFileAction, tr("Open"));
    add(m_openFolderAction, tr("Open folder"));
    bar->addSeparator();
    add(m_undoAction, tr("Undo"));
    add(m_redoAction, tr("Redo"));
    bar->addSeparator();
    add(m_presetAction, tr("Preset"));
    add(m_fitAction, tr("Fit"));
    add(m_saveRecipeAction, tr("Save recipe"));
    bar->addSeparator();
    add(m_exportAction, tr("Export"));
    // The texts of undo and redo change with every step: the bar shows their icons and tells in the tool tip.
    for (QAction* action : {m_undoAction, m_redoAction}) {
        if (auto* button = qobject_cast<QToolButton*>(bar->widgetForAction(action)))
            button->setToolButtonStyle(Qt::ToolButtonIconOnly);
    }
}

void MainWindow::updateActions()
{
    for (QAction* action : std::as_const(m_modelActions))
        action->setEnabled(m_document->hasModel());
    m_typeAction->setEnabled(m_document->hasModel() && m_tree->view().currentIndex().isValid());
}

void MainWindow::choosePreset()
{
    PresetDialog dialog(*m_document, this);
    dialog.exec();
}

void MainWindow::deleteMeasurements()
{
    const ErrorCache& cache = m_document->previews().cache();
    const auto answer = QMessageBox::question(
        this, tr("Delete kept measurements"),
        tr("Measured errors of opened models are kept in %1 (%2), so that they are there at once when a model is opened again. Delete them?")
            .arg(pathText(cache.folder()), bytesText(cache.sizeBytes())),
        QMessageBox::Yes | QMessageBox::No, QMessageBox::No);
    if (answer == QMessageBox::Yes)
        guarded(tr("The measurements could not be deleted"), [&cache] { cache.clear(); });
}

void MainWindow::fitToBudget()
{
    FitDialog dialog(*m_fit, this);
    dialog.exec();
}

void MainWindow::fitToDevices()
{
    FitDialog dialog(*m_fit, this);
    dialog.setKind(FitRequest::DeviceMemory);
    dialog.exec();
}

void MainWindow::showAbout()
{
    QMessageBox box(this);
    box.setWindowTitle(tr("About Quantlathe"));
    box.setIconPixmap(applicationIcon().pixmap(64));
    box.setText(u"<h3>Quantlathe %1</h3>"_s.arg(QStringLiteral(QUANTLATHE_VERSION)));
    box.setInformativeText(tr("Shows how the weights of a neural network are distributed and what quantizing each tensor "
                              "would cost, and writes quantized GGUF files.\n\n"
                              "Free software under the GNU General Public License, version 3 or later. No warranty."));
    box.exec();
}

} // namespace quantlathe::ui
