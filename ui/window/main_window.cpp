// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/main_window.h"

#include "core/calibration/imatrix_file.h"
#include "ui/budget/fit_context.h"
#include "ui/evaluation/evaluation_panel.h"
#include "ui/evaluation/trial_text_box.h"
#include "ui/jobs/job_queue.h"
#include "ui/look/icons.h"
#include "ui/map/error_map_panel.h"
#include "ui/map/error_map_view.h"
#include "ui/parts/task_list.h"
#include "ui/text.h"
#include "ui/tree/tensor_tree_panel.h"
#include "ui/window/dock_title.h"
#include "ui/window/document_tasks.h"
#include "ui/window/empty_state.h"
#include "ui/window/panels.h"
#include "ui/window/status_line.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QFileInfo>
#include <QMimeData>
#include <QProgressBar>
#include <QScreen>
#include <QSettings>
#include <QStackedWidget>
#include <QStatusBar>
#include <QTabBar>
#include <QTabWidget>
#include <QTimer>
#include <QToolButton>
#include <QTreeView>

#include <algorithm>
#include <utility>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

/// Raised when docks or tool bars change in a way that makes older saved layouts wrong.
constexpr int layoutVersion = 3;
const QString geometryKey = u"window/geometry"_s;
const QString layoutKey = u"window/layout"_s;
const QString columnsKey = u"window/columns"_s;
const QString thoroughKey = u"measuring/thorough"_s;

/// The local files and folders of what is dragged.
QStringList droppedPaths(const QMimeData& data)
{
    QStringList paths;
    for (const QUrl& url : data.urls()) {
        if (url.isLocalFile())
            paths << url.toLocalFile();
    }
    return paths;
}

} // namespace

MainWindow::MainWindow(QWidget* parent) : QMainWindow(parent), m_theme(new Theme(this)), m_document(new Document(this)), m_jobs(new JobQueue(this)),
      m_fit(new FitContext(*m_document, this))
{
    setObjectName(u"mainWindow"_s);
    setWindowIcon(applicationIcon());
    setAcceptDrops(true);
    setDockNestingEnabled(true);
    setDockOptions(dockOptions() | QMainWindow::AllowTabbedDocks);
    setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    m_workspace.document = m_document;
    m_workspace.jobs = m_jobs;
    m_workspace.tasks = new TaskList(this);
    new DocumentTasks(*m_document, *m_workspace.tasks, this);
    m_workspace.fit = m_fit;
    m_workspace.open = [this](const QString& path) { openPath(path); };
    m_evaluations = new Evaluations(*m_document, *m_workspace.tasks, this);

    m_tree = new TensorTreePanel(*m_document, this);
    m_emptyState = new EmptyState(m_recentFiles, m_recentRecipes, this);
    m_middle = new QStackedWidget(this);
    m_middle->addWidget(m_emptyState);
    m_map = new ErrorMapPanel(*m_document, this);
    m_views = new QTabWidget(this);
    m_views->setObjectName(u"views"_s);
    m_views->setDocumentMode(true);
    m_views->addTab(m_tree, tr("Tensors"));
    m_views->addTab(m_map, tr("Error map"));
    m_evaluation = new EvaluationPanel(*m_evaluations, this);
    m_views->addTab(m_evaluation, tr("Evaluation"));
    m_middle->addWidget(m_views);
    setCentralWidget(m_middle);
    connect(m_emptyState, &EmptyState::openFileRequested, this, &MainWindow::chooseFile);
    connect(m_emptyState, &EmptyState::openFolderRequested, this, &MainWindow::chooseFolder);
    connect(m_emptyState, &EmptyState::openRequested, this, &MainWindow::openPath);
    connect(m_emptyState, &EmptyState::recipeRequested, this, &MainWindow::openRecipe);

    m_statusLine = new StatusLine(*m_document, this);
    m_statusLine->setEvaluations(*m_evaluations);
    m_openingProgress = new QProgressBar(this);
    m_openingProgress->setRange(0, 0);
    m_openingProgress->setMaximumWidth(fontMetrics().averageCharWidth() * 16);
    m_openingProgress->setAccessibleName(tr("Opening a model"));
    m_cancelOpening = new QToolButton(this);
    m_cancelOpening->setText(tr("Cancel"));
    connect(m_cancelOpening, &QToolButton::clicked, m_document, &Document::cancelOpening);
    statusBar()->addPermanentWidget(m_openingProgress);
    statusBar()->addPermanentWidget(m_cancelOpening);
    statusBar()->addPermanentWidget(m_statusLine);
    hideOpening();

    makeDocks();
    makeMenus();
    restoreLayout();

    connect(m_document, &Document::modelChanged, this, &MainWindow::modelChanged);
    connect(&m_document->undoStack(), &QUndoStack::cleanChanged, this, [this](bool isClean) { setWindowModified(!isClean); });
    connect(m_document, &Document::keyRequested, this, [this] {
        if (auto* dock = findChild<QDockWidget*>(u"metadata"_s)) {
            dock->show();
            dock->raise();
        }
    });
    connect(m_document, &Document::openingStarted, this,
            [this](const std::filesystem::path& path) { showOpening(pathText(path)); });
    connect(m_document, &Document::openingCancelled, this, &MainWindow::hideOpening);
    connect(m_document, &Document::opened, this, [this](const std::filesystem::path& path) {
        hideOpening();
        // The settings and the menus can wait until the model is on screen.
        QTimer::singleShot(50, this, [this, path] { m_recentFiles.add(pathText(path)); });
        if (const QString importance = std::exchange(m_waitingImportance, {}); !importance.isEmpty())
            openImportance(importance);
        if (const QString recipe = std::exchange(m_waitingRecipe, {}); !recipe.isEmpty()) {
            m_emptyState->setWaitingRecipe({});
            loadRecipeFrom(recipe);
        }
    });
    connect(m_document, &Document::openFailed, this, [this](const std::filesystem::path& path, const Error& error) {
        hideOpening();
        if (error.kind() == ErrorKind::NotFound)
            m_recentFiles.remove(pathText(path));
        showError(tr("The model could not be opened"), error);
    });
    // Exports and evaluations get the processors; what is on screen is still measured.
    const auto yield = [this] { m_document->previews().setYielding(m_jobs->unfinishedCount() > 0 || m_evaluations->isRunning()); };
    connect(m_jobs, &JobQueue::added, this, yield);
    connect(m_jobs, &JobQueue::changed, this, yield);
    connect(m_jobs, &JobQueue::finished, this, yield);
    connect(m_evaluations, &Evaluations::queueChanged, this, yield);
    m_document->previews().setThorough(QSettings().value(thoroughKey, true).toBool());
    modelChanged();
}

MainWindow::~MainWindow()
{
    // Panels go before the document they read, and the document before the theme and the recent files.
    m_evaluations->disconnect();
    m_evaluations->stop();
    m_document->shutDown();
    m_document->disconnect();
    m_document->undoStack().disconnect();
}

void MainWindow::modelChanged()
{
    m_recipePath.clear();
    m_middle->setCurrentWidget(m_document->hasModel() ? static_cast<QWidget*>(m_views) : m_emptyState);
    for (QDockWidget* dock : m_docks)
        dock->widget()->setEnabled(m_document->hasModel() || dock->objectName() == u"jobs"_s);
    updateTitle();
    updateActions();
    if (m_document->hasModel() && m_views->currentWidget() == m_tree)
        m_tree->view().setFocus();
}

void MainWindow::showTree()
{
    m_views->setCurrentWidget(m_tree);
    m_tree->view().setFocus();
}

void MainWindow::showMap()
{
    m_views->setCurrentWidget(m_map);
    m_map->layers().setFocus();
}

void MainWindow::showEvaluation()
{
    m_views->setCurrentWidget(m_evaluation);
    m_evaluation->text().setFocus();
}

void MainWindow::updateTitle()
{
    setWindowModified(false);
    if (!m_document->hasModel()) {
        setWindowFilePath({});
        setWindowTitle(u"Quantlathe"_s);
        return;
    }
    const QFileInfo file(pathText(m_document->model()->path()));
    setWindowTitle(tr("%1[*] – Quantlathe").arg(file.fileName()));
}

void MainWindow::showOpening(const QString& path)
{
    statusBar()->showMessage(tr("Opening %1…").arg(QFileInfo(path).fileName()));
    m_openingProgress->show();
    m_cancelOpening->show();
}

void MainWindow::hideOpening()
{
    statusBar()->clearMessage();
    m_openingProgress->hide();
    m_cancelOpening->hide();
}

// --- docks ---

void MainWindow::makeDocks()
{
    setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
    for (const PanelDescription& panel : allPanels()) {
        auto* dock = new QDockWidget(panel.title, this);
        dock->setObjectName(panel.id);
        dock->setTitleBarWidget(new DockTitle(*dock));
        dock->setWidget(panel.create(m_workspace, dock));
        m_docks.append(dock);
    }
    arrangeDocks();
}

void MainWindow::arrangeDocks()
{
    const std::vector<PanelDescription> panels = allPanels();
    QList<QDockWidget*> firstTabs;
    for (std::size_t panel = 0; panel < panels.size(); ++panel) {
        QDockWidget* dock = m_docks[static_cast<qsizetype>(panel)];
        dock->setFloating(false);
        addDockWidget(panels[panel].area, dock);
        dock->setVisible(panels[panel].isVisible);
        if (auto* neighbour = findChild<QDockWidget*>(panels[panel].tabbedWith); neighbour && !panels[panel].tabbedWith.isEmpty()) {
            tabifyDockWidget(neighbour, dock);
            firstTabs << neighbour;
        }
    }
    for (QDockWidget* tab : firstTabs)
        tab->raise();
    for (QTabBar* tabs : findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly)) {
        tabs->setElideMode(Qt::ElideNone); // a name cut to two letters tells nothing: the bar scrolls
        tabs->setUsesScrollButtons(true);
    }
    sizeDocks();
}

/// For the window's present size.
void MainWindow::sizeDocks()
{
    const int character = fontMetrics().averageCharWidth();
    for (QDockWidget* dock : m_docks) {
        if (dockWidgetArea(dock) == Qt::RightDockWidgetArea)
            resizeDocks({dock}, {qMin(character * 62, width() / 3)}, Qt::Horizontal);
        else if (dockWidgetArea(dock) == Qt::BottomDockWidgetArea)
            resizeDocks({dock}, {fontMetrics().height() * 16}, Qt::Vertical);
    }
}

void MainWindow::resetLayout()
{
    const QSize wanted = size();
    arrangeDocks();
    m_tree->resetColumns();
    // Before they are tabs again, all docks are side by side for a moment: a small window grows.
    QMetaObject::invokeMethod(
        this,
        [this, wanted] {
            if (!isMaximized() && !isFullScreen())
                resize(wanted);
            sizeDocks();
        },
        Qt::QueuedConnection);
}

void MainWindow::restoreLayout()
{
    const QSettings settings;
    if (!restoreGeometry(settings.value(geometryKey).toByteArray())) {
        const QSize available = screen()->availableSize();
        resize(QSize(1440, 900).boundedTo(available * 0.95));
    }
    if (!restoreState(settings.value(layoutKey).toByteArray(), layoutVersion))
        sizeDocks(); // they were arranged before the window had its size
    m_tree->restoreColumns(settings.value(columnsKey).toByteArray());
}

void MainWindow::saveLayout()
{
    QSettings settings;
    settings.setValue(geometryKey, saveGeometry());
    settings.setValue(layoutKey, saveState(layoutVersion));
    settings.setValue(columnsKey, m_tree->saveColumns());
    settings.setValue(thoroughKey, m_document->previews().isThorough());
}

// --- events ---

void MainWindow::closeEvent(QCloseEvent* event)
{
    if (!confirmStoppingExports() || !confirmLosingChanges()) {
        event->ignore();
        return;
    }
    saveLayout();
    m_jobs->cancelAllAndWait();
    m_evaluations->stop();
    m_document->shutDown();
    event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event)
{
    if (!droppedPaths(*event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event)
{
    QStringList paths = droppedPaths(*event->mimeData());
    if (paths.isEmpty())
        return;
    event->acceptProposedAction();
    QString importancePath; // told by content: models are GGUF, too
    for (const QString& path : std::as_const(paths)) {
        if (isImportanceFile(toPath(path)))
            importancePath = path;
    }
    paths.removeAll(importancePath);
    // After the drag has ended: a question asked here would freeze the program the file comes from.
    // A model and a recipe dropped together: the recipe is for that model.
    const auto isRecipe = [](const QString& path) {
        return path.endsWith(u".json"_s, Qt::CaseInsensitive) && !path.endsWith(u".index.json"_s, Qt::CaseInsensitive);
    };
    const auto recipe = std::find_if(paths.begin(), paths.end(), isRecipe);
    const auto model = std::find_if_not(paths.begin(), paths.end(), isRecipe);
    const QString recipePath = recipe == paths.end() ? QString() : *recipe;
    const QString modelPath = model == paths.end() ? QString() : *model;
    QMetaObject::invokeMethod(
        this,
        [this, recipePath, modelPath, importancePath] {
            if (modelPath.isEmpty() && !importancePath.isEmpty())
                openImportance(importancePath);
            if (modelPath.isEmpty())
                return recipePath.isEmpty() ? void() : openRecipe(recipePath);
            m_waitingImportance = importancePath;
            if (!recipePath.isEmpty())
                m_waitingRecipe = recipePath;
            openPath(modelPath);
        },
        Qt::QueuedConnection);
}

} // namespace quantlathe::ui
