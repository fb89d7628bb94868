// SPDX-License-Identifier: GPL-3.0-or-later
// The main window's files: models, recipes and tensor-type files.
#include "ui/window/main_window.h"

#include "core/base/text.h"
#include "core/plan/presets.h"
#include "core/plan/recipe.h"
#include "core/plan/rules.h"
#include "ui/text.h"
#include "ui/window/empty_state.h"
#include "ui/window/recipe_report.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QStatusBar>

#include <utility>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

const QString folderKey = u"window/lastFolder"_s;
constexpr int messageMilliseconds = 8000;

QString lastFolder() { return QSettings().value(folderKey, QDir::homePath()).toString(); }

void rememberFolderOf(const QString& path) { QSettings().setValue(folderKey, QFileInfo(path).absolutePath()); }

} // namespace

void MainWindow::openPath(const QString& path)
{
    if (!path.isEmpty() && confirmLosingChanges())
        m_document->open(toPath(QDir::cleanPath(QFileInfo(path).absoluteFilePath())));
}

void MainWindow::chooseFile()
{
    const QString path = QFileDialog::getOpenFileName(
        this, tr("Open a model file"), lastFolder(),
        tr("Model files (*.gguf *.safetensors *.safetensors.index.json);;All files (*)"));
    if (path.isEmpty())
        return;
    rememberFolderOf(path);
    openPath(path);
}

void MainWindow::chooseFolder()
{
    const QString path = QFileDialog::getExistingDirectory(this, tr("Open a Hugging Face folder"), lastFolder());
    if (path.isEmpty())
        return;
    rememberFolderOf(path);
    openPath(path);
}

// --- recipes ---

void MainWindow::saveRecipe()
{
    const QString model = QFileInfo(pathText(m_document->model()->path())).completeBaseName();
    const QString proposal = m_recipePath.isEmpty() ? QDir(lastFolder()).filePath(tr("%1-recipe.json").arg(model)) : m_recipePath;
    const QString path = QFileDialog::getSaveFileName(this, tr("Save the recipe"), proposal, tr("Recipes (*.json)"));
    if (!path.isEmpty())
        saveRecipeTo(path);
}

void MainWindow::saveRecipeTo(const QString& path)
{
    if (!guarded(tr("The recipe could not be saved"),
                 [&] { quantlathe::saveRecipe(toPath(path), m_document->plan(), *m_document->model(),
                                              m_document->importance() ? m_document->importance()->importance().get() : nullptr); }))
        return;
    rememberFolderOf(path);
    m_recipePath = path;
    m_recentRecipes.add(path, pathText(m_document->model()->path()));
    m_document->undoStack().setClean();
    statusBar()->showMessage(tr("Recipe saved as %1").arg(QFileInfo(path).fileName()), messageMilliseconds);
}

void MainWindow::loadRecipe()
{
    const QString path = QFileDialog::getOpenFileName(this, tr("Load a recipe"), lastFolder(), tr("Recipes (*.json);;All files (*)"));
    if (!path.isEmpty())
        loadRecipeFrom(path);
}

void MainWindow::loadRecipeFrom(const QString& path)
{
    AppliedRecipe recipe;
    if (!guarded(tr("The recipe could not be loaded"),
                 [&] { recipe = quantlathe::loadRecipe(toPath(path), *m_document->model()); }))
        return;
    rememberFolderOf(path);
    m_recipePath = path;
    m_document->setPlan(recipe.plan, tr("Load recipe %1").arg(QFileInfo(path).fileName()));
    m_recentRecipes.add(path, pathText(m_document->model()->path()));
    statusBar()->showMessage(tr("Recipe %1 applied").arg(QFileInfo(path).fileName()), messageMilliseconds);
    // What a person would not expect: tensors that are not there, tensors nobody chose a type for, types that do not fit.
    RecipeReport report;
    report.title = tr("Recipe applied");
    for (const std::string& missing : recipe.missing)
        report.lines.push_back({toQString(missing), tr("In the recipe, but not in this model")});
    const Model& model = *m_document->model();
    const std::size_t missing = report.lines.size();
    std::size_t left = 0;
    std::size_t fallbacks = 0;
    for (std::size_t tensor = 0; tensor < model.tensors().size(); ++tensor) {
        const QString name = toQString(printable(model.tensors()[tensor].name()));
        const EffectiveChoice& effective = m_document->effectiveChoice(tensor);
        if (!recipe.plan.choice(model.tensors()[tensor].name())) {
            if (!factsOf(model, tensor).isQuantizable || !m_document->hasModel())
                continue;
            report.lines.push_back({name, tr("In this model, but not in the recipe: kept as stored")});
            ++left;
        } else if (effective.reason != FallbackReason::None && effective.requested != effective.type) {
            report.lines.push_back({name, tr("%1 does not fit: written as %2").arg(toQString(quantlathe::name(effective.requested)), toQString(quantlathe::name(effective.type)))});
            ++fallbacks;
        }
    }
    if (missing == 0) // a recipe for this very model that leaves some tensors alone, on purpose
        report.lines.clear();
    const auto& importance = m_document->importance();
    if (importanceWarning(recipe, importance ? importance->importance().get() : nullptr)) {
        const QString data = recipe.importance->file.empty() ? tr("Importance data") : toQString(printable(recipe.importance->file));
        report.lines.insert(report.lines.begin(), {data, importance ? tr("The recipe was made with these importance data; others are loaded")
                                                                    : tr("The recipe was made with these importance data; none are loaded")});
    }
    if (report.lines.empty())
        return;
    report.summary = missing == 0
        ? tr("The recipe %1 was applied.").arg(QFileInfo(path).fileName())
        : tr("The recipe %1 was applied to the tensors it shares with this model.").arg(QFileInfo(path).fileName()) + u'\n'
            + tr("It names %n tensors that this model does not have.", nullptr, static_cast<int>(missing)) + u'\n'
            + tr("%n tensors of this model are not in the recipe.", nullptr, static_cast<int>(left)) + u'\n'
            + tr("%n tensors are written in another type.", nullptr, static_cast<int>(fallbacks));
    (new RecipeReportDialog(report, this))->open();
}

void MainWindow::openRecipe(const QString& path)
{
    if (m_document->hasModel())
        return loadRecipeFrom(path);
    m_waitingRecipe = path;
    const QString model = m_recentRecipes.modelOf(path);
    if (!model.isEmpty() && QFileInfo::exists(model))
        return openPath(model);
    m_emptyState->setWaitingRecipe(QFileInfo(path).fileName());
}

// --- tensor-type files ---

void MainWindow::exportTypeRules()
{
    const QString path = QFileDialog::getSaveFileName(this, tr("Export a tensor-type file for llama-quantize"),
                                                      QDir(lastFolder()).filePath(tr("tensor-types.txt")), tr("Text files (*.txt)"));
    if (!path.isEmpty())
        exportTypeRulesTo(path);
}

void MainWindow::exportTypeRulesTo(const QString& path)
{
    if (!guarded(tr("The tensor-type file could not be written"),
                 [&] { writeTypeRules(toPath(path), *m_document->model(), m_document->plan()); }))
        return;
    rememberFolderOf(path);
    statusBar()->showMessage(tr("Tensor types written to %1").arg(QFileInfo(path).fileName()), messageMilliseconds);
}

void MainWindow::importTypeRules()
{
    const QString path = QFileDialog::getOpenFileName(this, tr("Import a tensor-type file of llama-quantize"), lastFolder(),
                                                      tr("Text files (*.txt);;All files (*)"));
    if (!path.isEmpty())
        importTypeRulesFrom(path);
}

void MainWindow::importTypeRulesFrom(const QString& path)
{
    std::vector<TypeRule> rules;
    if (!guarded(tr("The tensor-type file could not be read"), [&] { rules = readTypeRules(toPath(path)); }))
        return;
    rememberFolderOf(path);
    // As llama-quantize does: the first rule that matches a tensor's name wins; the others keep their choice.
    const Model& model = *m_document->model();
    Plan plan = m_document->plan();
    std::vector<bool> hasMatched(rules.size());
    for (std::size_t tensor = 0; tensor < model.tensors().size(); ++tensor) {
        bool isChosen = false;
        for (std::size_t rule = 0; rule < rules.size(); ++rule) {
            if (!rules[rule].matches(model.place(tensor).canonicalName))
                continue;
            hasMatched[rule] = true;
            if (!std::exchange(isChosen, true))
                plan.setChoice(model.tensors()[tensor].name(), Choice{rules[rule].type()});
        }
    }
    m_document->setPlan(plan, tr("Import tensor types from %1").arg(QFileInfo(path).fileName()));
    RecipeReport report;
    report.title = tr("Tensor types imported");
    for (std::size_t rule = 0; rule < rules.size(); ++rule) {
        if (!hasMatched[rule])
            report.lines.push_back({toQString(rules[rule].pattern()), tr("No tensor of this model matches this rule")});
    }
    if (report.lines.empty())
        return;
    report.summary = tr("%n rules of %1 match no tensor of this model.", nullptr, static_cast<int>(report.lines.size())).arg(QFileInfo(path).fileName());
    (new RecipeReportDialog(report, this))->open();
}

// --- failures and questions ---

bool MainWindow::guarded(const QString& whatFailed, const std::function<void()>& work)
{
    try {
        work();
        return true;
    } catch (const Error& error) {
        showError(whatFailed, error);
        return false;
    }
}

void MainWindow::showError(const QString& title, const Error& error)
{
    auto* box = new QMessageBox(QMessageBox::Critical, title, u"<b>%1</b>"_s.arg(title.toHtmlEscaped()), QMessageBox::Ok, this);
    box->setObjectName(u"errorBox"_s);
    box->setAttribute(Qt::WA_DeleteOnClose);
    const QString detail = detailText(error);
    box->setInformativeText(detail.isEmpty() ? messageText(error) : messageText(error) + u"\n\n"_s + detail);
    box->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    box->open();
}

bool MainWindow::confirmLosingChanges()
{
    if (!m_document->hasModel() || m_document->undoStack().isClean())
        return true;
    QMessageBox box(QMessageBox::Question, tr("Unsaved choices"),
                    (m_document->metadataEdits().isEmpty() ? tr("The chosen types of %1 were changed and not saved as a recipe.")
                                                           : tr("The metadata of %1 were changed, perhaps its chosen types, too. A recipe holds the types only; "
                                                                "metadata are kept by File, Save metadata."))
                        .arg(QFileInfo(pathText(m_document->model()->path())).fileName()),
                    QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, this);
    box.setObjectName(u"unsavedBox"_s);
    box.button(QMessageBox::Save)->setText(tr("&Save recipe…"));
    box.setDefaultButton(QMessageBox::Save);
    const int answer = box.exec();
    if (answer == QMessageBox::Save) {
        saveRecipe();
        return m_document->undoStack().isClean();
    }
    return answer == QMessageBox::Discard;
}

} // namespace quantlathe::ui
