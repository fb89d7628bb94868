// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/export_dialog.h"

#include "ui/jobs/encoding_choice.h"
#include "ui/jobs/engine_box.h"
#include "ui/jobs/expected_time.h"
#include "ui/jobs/job_queue.h"
#include "ui/jobs/load_findings_model.h"
#include "ui/jobs/method_box.h"
#include "ui/jobs/serving_box.h"
#include "ui/look/theme.h"
#include "ui/parts/facts_table.h"
#include "ui/parts/number_text.h"
#include "ui/text.h"

#include <QCheckBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

const QString folderKey = u"jobs/folder"_s;
constexpr double bytesPerGiB = 1024.0 * 1024 * 1024;

/// Where the last export went, else beside the model.
QString defaultFolder(const Model& model)
{
    const QString last = QSettings().value(folderKey).toString();
    if (!last.isEmpty() && QDir(last).exists())
        return last;
    const QString beside = QFileInfo(pathText(model.path())).absolutePath();
    return QFileInfo(beside).isWritable() ? beside : QDir::homePath();
}

/// Of an obstacle, to go on inside a sentence.
QString reasonText(const Error& error)
{
    const QString advice = toQString(error.advice());
    return advice.isEmpty() ? messageText(error) : u"%1. %2"_s.arg(messageText(error), advice);
}

QString problemText(const Error& error)
{
    return error.advice().empty() ? messageText(error) : messageText(error) + u'\n' + detailText(error);
}

} // namespace

ExportDialog::ExportDialog(Document& document, JobQueue& queue, QWidget* parent)
    : QDialog(parent), m_document(document), m_model(document.model()), m_plan(std::make_shared<const Plan>(document.plan())), m_importance(document.importance()), m_edits(document.metadataEdits()),
      m_runtime(document.runtimeSettings()), m_devices(document.devices()), m_queue(queue), m_summary(ExportSummary::of(document)),
      m_engine(new EngineBox(this)), m_method(new MethodBox(m_model->architecture().parameters.contextLength, this)),
      m_targetLabel(new QLabel(this)), m_target(new QLineEdit(this)), m_split(new QCheckBox(tr("S&plit into parts of at most"), this)),
      m_splitSize(new QDoubleSpinBox(this)), m_threads(new QSpinBox(this)), m_memory(new QSpinBox(this)), m_memoryLabel(new QLabel(tr("&Memory limit:"), this)),
      m_encoding(new EncodingChoice(m_plan->encoding, this)), m_resume(new QCheckBox(tr("Go on with the interr&upted export of the same name"), this)),
      m_types(new QTableView(this)), m_facts(new FactsTable(this)), m_findings(new LoadFindingsModel(this)), m_findingsView(new QListView(this)),
      m_problem(new QLabel(this)), m_start(nullptr)
{
    setWindowTitle(tr("Export"));
    m_method->setHasImportance(m_importance != nullptr);
    makeWidgets();
    m_lookSoon.setSingleShot(true);
    m_lookSoon.setInterval(200);
    connect(&m_lookSoon, &QTimer::timeout, this, &ExportDialog::look);
    connect(m_engine, &EngineBox::changed, this, &ExportDialog::engineChanged);
    connect(m_method, &MethodBox::changed, this, &ExportDialog::settingsChanged);
    connect(m_target, &QLineEdit::textChanged, this, &ExportDialog::settingsChanged);
    connect(m_split, &QCheckBox::toggled, this, &ExportDialog::settingsChanged);
    connect(m_split, &QCheckBox::toggled, m_splitSize, &QWidget::setEnabled);
    connect(m_splitSize, &QDoubleSpinBox::valueChanged, this, &ExportDialog::settingsChanged);
    connect(m_threads, &QSpinBox::valueChanged, this, &ExportDialog::settingsChanged);
    connect(m_memory, &QSpinBox::valueChanged, this, &ExportDialog::settingsChanged);
    connect(m_encoding, &EncodingChoice::changed, this, &ExportDialog::settingsChanged);
    m_proposed = proposedTarget();
    setTarget(m_proposed);
    engineChanged();
    m_lookingAtSource.start([model = m_model, plan = m_plan](const RunControl&) { return lookAtSource(model, *plan); }, [this](ExportSource source) { takeSource(std::move(source)); },
                            [this](const Error& error) { showProblem(messageText(error), true); });
}

ExportDialog::~ExportDialog() = default;

void ExportDialog::setTarget(const QString& path) { m_target->setText(QDir::toNativeSeparators(path)); }

bool ExportDialog::isReady() const { return m_start->isEnabled(); }

QString ExportDialog::proposedTarget() const
{
    const QString name = m_engine->isFolder() ? defaultFolderName(*m_model, m_engine->shortName()) : defaultTargetName(*m_model, *m_plan);
    return QDir(defaultFolder(*m_model)).filePath(name);
}

void ExportDialog::chooseTarget()
{
    // Whether a file may be replaced is said in the dialog itself.
    const bool isFolder = m_engine->isFolder();
    const QString path = QFileDialog::getSaveFileName(this, isFolder ? tr("Folder to write") : tr("Export to"), m_target->text(),
                                                      isFolder ? tr("New folder (*)") : tr("GGUF models (*.gguf)"), nullptr, QFileDialog::DontConfirmOverwrite);
    if (path.isEmpty())
        return;
    setTarget(isFolder || path.endsWith(u".gguf"_s, Qt::CaseInsensitive) ? path : path + u".gguf"_s);
}

ExportWish ExportDialog::wish() const
{
    const QString text = m_target->text().trimmed();
    ExportWish wish;
    wish.model = m_model;
    wish.plan = m_plan;
    wish.importance = m_importance;
    wish.edits = m_edits;
    wish.engine = m_engine->engine();
    wish.format = m_engine->settings();
    wish.format.method = m_method->method();
    wish.isMixed = m_engine->isMixed();
    wish.encoding = m_encoding->encoding();
    wish.nonFinite = m_encoding->nonFinite();
    wish.target = text.isEmpty() ? std::filesystem::path() : toPath(QFileInfo(text).absoluteFilePath());
    wish.threads = static_cast<unsigned>(m_threads->value());
    wish.memoryBytes = static_cast<std::uint64_t>(m_memory->value()) << 20;
    wish.partBytes = m_split->isChecked() ? static_cast<std::uint64_t>(m_splitSize->value() * bytesPerGiB) : 0;
    wish.method = m_method->settings();
    wish.runtime = m_runtime;
    wish.devices = m_devices;
    return wish;
}

// --- looking ahead ---

void ExportDialog::takeSource(ExportSource source)
{
    m_source = std::move(source);
    m_engine->setContents(m_source->contents, m_source->hasMixture);
    engineChanged();
}

void ExportDialog::offerMethods()
{
    if (!m_source)
        return;
    const bool isFolder = m_engine->isFolder();
    QString obstacle = m_source->methodProblem ? reasonText(*m_source->methodProblem) : QString();
    if (obstacle.isEmpty() && !isFolder && !m_source->isFileQuantized)
        obstacle = tr("the plan quantizes no matrix of a layer");
    m_method->offer(m_engine->facts().methods, toQString(name(m_engine->format())), obstacle);
}

void ExportDialog::engineChanged()
{
    const bool isFolder = m_engine->isFolder();
    m_targetLabel->setText(isFolder ? tr("&Folder:") : tr("&File:"));
    m_split->setToolTip(isFolder ? tr("Otherwise files of at most 5 GB") : QString());
    for (QWidget* widget : m_fileOnly)
        widget->setVisible(!isFolder);
    offerMethods();
    if (m_target->text() == QDir::toNativeSeparators(m_proposed)) {
        m_proposed = proposedTarget();
        setTarget(m_proposed);
    }
    settingsChanged();
}

void ExportDialog::settingsChanged()
{
    m_looking.cancel(); // what it would say is out of date
    m_start->setEnabled(false);
    m_lookSoon.start();
}

void ExportDialog::look()
{
    m_start->setEnabled(false);
    if (!m_source)
        return; // takeSource() comes back here
    const QString text = m_target->text().trimmed();
    const ExportWish wanted = wish();
    if (wanted.target.empty() || text.endsWith(u'/') || (!wanted.isFolder() && QFileInfo(text).isDir())) {
        m_looking.cancel();
        showProblem(wanted.isFolder() ? tr("Enter the name of the folder to write.") : tr("Enter the name of the file to write."), true);
        return;
    }
    if (m_queue.isTarget(wanted.target)) {
        m_looking.cancel();
        showProblem(tr("An export to this file is running or waiting already."), true);
        return;
    }
    m_looking.start(
        [wanted, source = *m_source, output = m_output](const RunControl&) {
            EngineExport request = exportFor(wanted, source);
            ExportForesight foresight = foresee(request, source, output);
            return std::make_shared<const Outlook>(Outlook{std::move(request), std::move(foresight)});
        },
        [this](std::shared_ptr<const Outlook> outlook) {
            m_outlook = std::move(outlook);
            if (m_outlook->foresight.output)
                m_output = m_outlook->foresight.output;
            showOutlook(*m_outlook);
        },
        [this](const Error& error) { // the model cannot become a GGUF at all
            m_facts->setFacts({{tr("Size"), tr("unknown"), {}, false}});
            showProblem(messageText(error), true);
        });
}

void ExportDialog::showOutlook(const Outlook& outlook)
{
    const ExportForesight& foresight = outlook.foresight;
    const double writing = foresight.roughSeconds * SpeedExperience::correction();
    const bool isKnown = foresight.totalBytes > 0;
    std::vector<Fact> facts{
        {tr("Size"), isKnown ? tr("%1 (%2 bytes)").arg(bytesText(foresight.totalBytes), exactCountText(foresight.totalBytes)) : tr("unknown"), {}, false},
        {tr("Files"), isKnown ? QString::number(foresight.fileCount) : tr("unknown"), {}, false},
        {tr("Free space"), foresight.freeBytes ? bytesText(*foresight.freeBytes) : tr("the folder does not exist"), {},
         !foresight.freeBytes || *foresight.freeBytes < foresight.totalBytes},
        {tr("Expected time"), tr("about %1").arg(durationText(foresight.roughMethodSeconds + writing)),
         foresight.roughMethodSeconds > 0 ? tr("Most of it for the method, from its operations; rough") : tr("From the exports before; rough the first time"), false},
    };
    if (foresight.memory) {
        Serving serving;
        serving.engine = m_engine->engine();
        serving.settings = outlook.request.serving.settings;
        serving.memory = foresight.memory;
        serving.devices = m_devices;
        facts.push_back({tr("Memory to run it"), tr("%1 with %2 tokens").arg(bytesText(foresight.memory->totalBytes), exactCountText(serving.settings.contextLength)),
                         servingMemoryText(serving), foresight.memory->verdict == Verdict::DoesNotFit});
    }
    m_facts->setFacts(std::move(facts));
    m_findings->setFindings(foresight.findings, m_engine->engine());
    m_findingsView->setVisible(!foresight.findings.empty());
    // An offer to resume is taken unless the person says no.
    if (foresight.canResume && m_resume->isHidden())
        m_resume->setChecked(true);
    m_resume->setVisible(foresight.canResume);

    const QString obstacle = m_engine->isFolder() ? QString() : m_summary.obstacle();
    if (!obstacle.isEmpty()) {
        showProblem(obstacle, true);
    } else if (foresight.problem) {
        showProblem(problemText(*foresight.problem), true);
    } else if (foresight.isBlocked(m_engine->engine())) {
        showProblem(tr("%1 would not run this. The list says why and what to do.").arg(toQString(label(m_engine->engine()))), true);
    } else {
        QStringList warnings;
        if (foresight.replaces)
            warnings << tr("The file exists. It is replaced when the export is complete.");
        if (!m_engine->isFolder() && !m_summary.needImportance.isEmpty())
            warnings << tr("The quality suffers without importance data: %1.").arg(m_summary.needImportance);
        showProblem(warnings.join(u'\n'), false);
        m_start->setEnabled(true);
    }
}

void ExportDialog::showProblem(const QString& text, bool isError)
{
    QPalette colours = palette();
    colours.setColor(QPalette::WindowText, isError ? errorColour(palette()) : warningColour(palette()));
    m_problem->setPalette(colours);
    m_problem->setText(text);
    m_problem->setVisible(!text.isEmpty());
}

// --- starting ---

void ExportDialog::saveSettings() const
{
    QSettings settings;
    settings.setValue(folderKey, QFileInfo(m_target->text()).absolutePath());
    settings.setValue(splitSetting, m_split->isChecked());
    settings.setValue(splitSizeSetting, m_splitSize->value());
    settings.setValue(threadsSetting, m_threads->value());
    settings.setValue(memorySetting, m_memory->value());
    m_engine->remember();
    m_method->remember();
}

void ExportDialog::accept()
{
    if (!isReady())
        return;
    saveSettings();
    if (!m_engine->isFolder())
        m_document.setEncoding(m_encoding->encoding(), tr("Change how the weights are encoded"));
    EngineExport wanted = m_outlook->request;
    wanted.resume = m_outlook->foresight.canResume && m_resume->isChecked();
    m_queued = m_queue.add(std::move(wanted), m_outlook->foresight.totalBytes, m_outlook->foresight.roughSeconds);
    QDialog::accept();
}

} // namespace quantlathe::ui
