// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/budget/plan_changes_panel.h"

#include "core/plan/presets.h"
#include "core/plan/recipe.h"
#include "ui/budget/fit_context.h"
#include "ui/budget/plan_changes_model.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QSettings>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QTreeView>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
const QString folderKey = u"window/lastFolder"_s;
const QString recipeData = u"recipe"_s;
const QString beforeFitData = u"before-fit"_s;
const QString storedData = u"stored"_s;
constexpr int errorMilliseconds = 1000; ///< figures that only get better
} // namespace

PlanChangesPanel::PlanChangesPanel(FitContext& context, QWidget* parent)
    : QWidget(parent), m_context(context), m_other(new QComboBox(this)), m_summary(new QLabel(this)), m_pages(new QStackedWidget(this)),
      m_hint(new HintPage(this)), m_model(new PlanChangesModel(this)), m_sorted(new QSortFilterProxyModel(this)), m_view(new QTreeView(this))
{
    m_other->setObjectName(u"changesOther"_s);
    m_other->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    m_summary->setObjectName(u"changesSummary"_s);
    m_summary->setWordWrap(true);
    m_hint->setObjectName(u"changesHint"_s);
    auto* label = new QLabel(tr("Compare this plan &with"), this);
    label->setBuddy(m_other);

    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(PlanChangesModel::SortRole);
    m_view->setObjectName(u"changesView"_s);
    m_view->setAccessibleName(tr("Changes by layer and role"));
    m_view->setModel(m_sorted);
    m_view->setUniformRowHeights(true);
    m_view->setAlternatingRowColors(true);
    m_view->setAllColumnsShowFocus(true);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(PlanChangesModel::What, Qt::AscendingOrder);
    m_view->setContextMenuPolicy(Qt::ActionsContextMenu);
    addCopyAction(*m_view);
    setPlanChangesColumns(*m_view);

    auto* top = new QHBoxLayout;
    top->addWidget(label);
    top->addWidget(m_other);
    top->addWidget(m_summary, 1);
    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_view);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 6, 2);
    layout->setSpacing(4);
    layout->addLayout(top);
    layout->addWidget(m_pages, 1);

    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &PlanChangesPanel::refresh);
    connect(m_other, &QComboBox::activated, this, &PlanChangesPanel::choiceMade);
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this, &PlanChangesPanel::selectTensors);
    Document& document = context.document();
    connect(&document, &Document::modelChanged, this, [this] {
        m_job.cancel();
        m_recipe.reset();
        fillChoices();
        refreshSoon(0);
    });
    connect(&document, &Document::planChanged, this, [this] { refreshSoon(0); });
    connect(&document, &Document::errorsChanged, this, [this] { refreshSoon(errorMilliseconds); });
    connect(&context, &FitContext::planBeforeFitChanged, this, [this] {
        const bool isNew = m_context.planBeforeFit().has_value();
        fillChoices();
        if (isNew)
            m_other->setCurrentIndex(m_other->findData(beforeFitData));
        refreshSoon(0);
    });
    fillChoices();
    refreshSoon(0);
}

/// Keeps what is chosen where it still exists.
void PlanChangesPanel::fillChoices()
{
    const QSignalBlocker blocker(m_other);
    const QString before = m_other->currentData().toString();
    m_other->clear();
    m_other->addItem(tr("The file as stored"), storedData);
    if (m_context.planBeforeFit())
        m_other->addItem(tr("The plan before the last fit"), beforeFitData);
    if (m_recipe)
        m_other->addItem(tr("Recipe %1").arg(m_recipeName), recipeData);
    m_other->addItem(tr("A recipe file…"), u"choose"_s);
    m_other->insertSeparator(m_other->count());
    for (const Preset& preset : allPresets())
        m_other->addItem(tr("Preset %1").arg(toQString(preset.id)), toQString(preset.id));
    m_other->setCurrentIndex(qMax(0, m_other->findData(before)));
}

void PlanChangesPanel::choiceMade(int row)
{
    if (m_other->itemData(row).toString() == u"choose"_s)
        chooseRecipe();
    refreshSoon(0);
}

void PlanChangesPanel::chooseRecipe()
{
    const QString path = m_context.document().hasModel()
        ? QFileDialog::getOpenFileName(this, tr("Compare with a recipe"), QSettings().value(folderKey).toString(),
                                       tr("Recipes (*.json);;All files (*)"))
        : QString();
    if (path.isEmpty())
        m_other->setCurrentIndex(0);
    else
        compareWithRecipe(toPath(path));
}

void PlanChangesPanel::compareWithRecipe(const std::filesystem::path& file)
{
    try {
        AppliedRecipe applied = loadRecipe(file, *m_context.document().model());
        m_recipe = std::move(applied.plan);
        m_recipeName = QFileInfo(pathText(file)).fileName();
        fillChoices();
        m_other->setCurrentIndex(m_other->findData(recipeData));
        refreshSoon(0);
    } catch (const Error& error) {
        m_other->setCurrentIndex(0);
        m_hint->setHint(messageText(error));
        m_pages->setCurrentWidget(m_hint);
        m_timer.stop();
    }
}

void PlanChangesPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    if (m_isStale)
        refreshSoon(0);
}

void PlanChangesPanel::refreshSoon(int milliseconds)
{
    m_isStale = true;
    if (isVisible() && (!m_timer.isActive() || m_timer.remainingTime() > milliseconds))
        m_timer.start(milliseconds);
}

void PlanChangesPanel::refresh()
{
    if (!m_context.document().hasModel()) {
        m_model->setChanges(nullptr, {});
        m_summary->clear();
        m_hint->setHint(tr("Open a model to compare plans for it."));
        m_pages->setCurrentWidget(m_hint);
        return;
    }
    m_isStale = false;
    const QString what = m_other->currentData().toString();
    std::optional<Plan> other;
    if (what == beforeFitData)
        other = m_context.planBeforeFit();
    else if (what == recipeData)
        other = m_recipe;
    m_job.start(
        [inputs = m_context.inputs(), other, preset = findPreset(what.toStdString())](const RunControl&) {
            const Plan before = other ? *other : preset ? planFromPreset(*inputs.model, *preset, {inputs.hasImportance, false, {}}) : Plan();
            return comparePlans(*inputs.model, before, inputs.plan, *inputs.errors, inputs.weights());
        },
        [this, model = m_context.document().model()](const PlanChanges& changes) {
            if (model != m_context.document().model())
                return;
            m_summary->setText(summaryOf(changes));
            m_model->setChanges(model, changes);
            m_hint->setHint(tr("Both plans write the same types."));
            m_pages->setCurrentWidget(changes.tensors.empty() ? static_cast<QWidget*>(m_hint) : m_view);
        },
        [this](const Error& error) {
            m_hint->setHint(messageText(error));
            m_pages->setCurrentWidget(m_hint);
        });
}

void PlanChangesPanel::selectTensors()
{
    TensorIndices tensors;
    for (const QModelIndex& row : m_view->selectionModel()->selectedRows()) {
        const auto below = m_model->tensorsAt(m_sorted->mapToSource(row));
        tensors.insert(tensors.end(), below.begin(), below.end());
    }
    if (!tensors.empty())
        m_context.document().setSelection(tensors, tensors.size() == 1 ? std::optional(tensors.front()) : std::nullopt);
}

} // namespace quantlathe::ui
