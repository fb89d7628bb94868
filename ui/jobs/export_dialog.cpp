// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/export_dialog.h"

#include "core/base/parallel.h"
#include "ui/jobs/encoding_choice.h"
#include "ui/jobs/expected_time.h"
#include "ui/jobs/importance_text.h"
#include "ui/jobs/job_queue.h"
#include "ui/look/theme.h"
#include "ui/parts/facts_table.h"
#include "ui/parts/number_text.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QTableView>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

const QString folderKey = u"jobs/folder"_s;
const QString splitKey = u"jobs/split"_s;
const QString splitSizeKey = u"jobs/splitGiB"_s;
const QString threadsKey = u"jobs/threads"_s;
const QString memoryKey = u"jobs/memoryMiB"_s;
constexpr double bytesPerGiB = 1024.0 * 1024 * 1024;
constexpr int defaultMemoryMiB = 1024;

/// Where the last export went, else beside the model.
QString defaultFolder(const Model& model)
{
    const QString last = QSettings().value(folderKey).toString();
    if (!last.isEmpty() && QDir(last).exists())
        return last;
    const QString beside = QFileInfo(pathText(model.path())).absolutePath();
    return QFileInfo(beside).isWritable() ? beside : QDir::homePath();
}

} // namespace

ExportDialog::ExportDialog(Document& document, JobQueue& queue, QWidget* parent)
    : QDialog(parent), m_document(document), m_model(document.model()), m_plan(document.plan()), m_importance(document.importance()), m_edits(document.metadataEdits()), m_queue(queue), m_summary(ExportSummary::of(document)),
      m_target(new QLineEdit(this)), m_split(new QCheckBox(tr("S&plit into parts of at most"), this)),
      m_splitSize(new QDoubleSpinBox(this)), m_threads(new QSpinBox(this)), m_memory(new QSpinBox(this)),
      m_encoding(new EncodingChoice(m_plan.encoding, this)), m_resume(new QCheckBox(tr("&Go on with the interrupted export of the same file"), this)), m_facts(new FactsTable(this)),
      m_problem(new QLabel(this)), m_start(nullptr)
{
    setWindowTitle(tr("Export"));
    makeWidgets();
    m_lookSoon.setSingleShot(true);
    m_lookSoon.setInterval(200);
    connect(&m_lookSoon, &QTimer::timeout, this, &ExportDialog::look);
    connect(m_target, &QLineEdit::textChanged, this, &ExportDialog::settingsChanged);
    connect(m_split, &QCheckBox::toggled, this, &ExportDialog::settingsChanged);
    connect(m_split, &QCheckBox::toggled, m_splitSize, &QWidget::setEnabled);
    connect(m_splitSize, &QDoubleSpinBox::valueChanged, this, &ExportDialog::settingsChanged);
    connect(m_threads, &QSpinBox::valueChanged, this, &ExportDialog::settingsChanged);
    connect(m_memory, &QSpinBox::valueChanged, this, &ExportDialog::settingsChanged);
    connect(m_encoding, &EncodingChoice::changed, this, &ExportDialog::settingsChanged);
    setTarget(QDir(defaultFolder(*m_model)).filePath(defaultTargetName(*m_model, m_plan)));
    look();
}

ExportDialog::~ExportDialog() = default;

void ExportDialog::makeWidgets()
{
    const QSettings settings;
    auto* targetLabel = new QLabel(tr("&File:"), this);
    targetLabel->setBuddy(m_target);
    m_target->setObjectName(u"exportTarget"_s);
    m_target->setMinimumWidth(fontMetrics().averageCharWidth() * 60);
    auto* browse = new QPushButton(tr("&Browse…"), this);
    browse->setAutoDefault(false);
    connect(browse, &QPushButton::clicked, this, &ExportDialog::chooseTarget);

    m_split->setObjectName(u"exportSplit"_s);
    m_split->setChecked(settings.value(splitKey, false).toBool());
    m_splitSize->setObjectName(u"exportSplitSize"_s);
    m_splitSize->setRange(0.001, 10000);
    m_splitSize->setDecimals(3);
    m_splitSize->setValue(settings.value(splitSizeKey, 20.0).toDouble());
    m_splitSize->setSuffix(tr(" GiB"));
    m_splitSize->setAccessibleName(tr("Largest size of a part"));
    m_splitSize->setEnabled(m_split->isChecked());
    auto* threadsLabel = new QLabel(tr("&Threads:"), this);
    threadsLabel->setBuddy(m_threads);
    m_threads->setObjectName(u"exportThreads"_s);
    m_threads->setRange(0, 512);
    m_threads->setSpecialValueText(tr("Automatic (%1)").arg(defaultThreadCount()));
    m_threads->setValue(settings.value(threadsKey, 0).toInt());
    m_threads->setToolTip(tr("The result is the same for any number of threads"));
    auto* memoryLabel = new QLabel(tr("&Memory limit:"), this);
    memoryLabel->setBuddy(m_memory);
    m_memory->setObjectName(u"exportMemory"_s);
    m_memory->setRange(64, 1 << 20);
    m_memory->setSingleStep(256);
    m_memory->setSuffix(tr(" MiB"));
    m_memory->setValue(settings.value(memoryKey, defaultMemoryMiB).toInt());
    m_memory->setToolTip(tr("For work in progress, beyond the mapped model file"));
    m_resume->setObjectName(u"exportResume"_s);
    m_resume->hide();

    auto* grid = new QGridLayout;
    grid->addWidget(targetLabel, 0, 0);
    grid->addWidget(m_target, 0, 1, 1, 4);
    grid->addWidget(browse, 0, 5);
    grid->addWidget(m_resume, 1, 1, 1, 5);
    grid->addWidget(m_split, 2, 1);
    grid->addWidget(m_splitSize, 2, 2);
    grid->addWidget(threadsLabel, 3, 0);
    grid->addWidget(m_threads, 3, 1);
    grid->addWidget(memoryLabel, 3, 2, Qt::AlignRight);
    grid->addWidget(m_memory, 3, 3);
    grid->setColumnStretch(4, 1);
    grid->addWidget(m_encoding, 4, 0, 1, 6);

    auto* types = new QTableView(this);
    types->setObjectName(u"exportTypes"_s);
    types->setAccessibleName(tr("Types that will be written"));
    types->setModel(new ExportTypesModel(m_summary, types));
    types->verticalHeader()->hide();
    types->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 5);
    types->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    types->horizontalHeader()->setStretchLastSection(true);
    types->horizontalHeader()->setHighlightSections(false);
    types->setSelectionBehavior(QAbstractItemView::SelectRows);
    types->setShowGrid(false);
    types->setTabKeyNavigation(false);
    addCopyAction(*types);
    m_facts->setObjectName(u"exportFacts"_s);
    m_facts->setAccessibleName(tr("What the export takes"));
    m_facts->setFacts({{tr("Size"), tr("working it out…"), {}, false}});
    auto* contents = new QHBoxLayout;
    contents->addWidget(types, 1);
    contents->addWidget(m_facts, 1);

    auto* layout = new QVBoxLayout(this);
    layout->addLayout(grid);
    layout->addLayout(contents, 2);
    const auto& notes = m_summary.blocked.empty() ? m_summary.fallbacks : m_summary.blocked;
    if (!notes.empty()) {
        auto* list = new QListWidget(this);
        list->setObjectName(u"exportNotes"_s);
        for (const ExportSummary::Note& note : notes)
            list->addItem(u"%1: %2"_s.arg(note.tensor, note.explanation));
        list->setSelectionMode(QAbstractItemView::ExtendedSelection);
        list->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
        list->setUniformItemSizes(true);
        addCopyAction(*list);
        auto* label = new QLabel(m_summary.blocked.empty()
                                     ? tr("%n te&nsors get another type than asked for:", nullptr, static_cast<int>(notes.size()))
                                     : tr("%n te&nsors cannot be written yet:", nullptr, static_cast<int>(notes.size())),
                                 this);
        label->setBuddy(list);
        list->setAccessibleName(label->text().remove(u'&')); // item views do not take a buddy's
        layout->addWidget(label);
        layout->addWidget(list, 1);
    }
    addImportance(*layout);
    m_problem->setObjectName(u"exportProblem"_s);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->hide();
    layout->addWidget(m_problem);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_start = buttons->addButton(tr("&Export"), QDialogButtonBox::AcceptRole);
    m_start->setObjectName(u"exportStart"_s);
    m_start->setDefault(true);
    connect(buttons, &QDialogButtonBox::accepted, this, &ExportDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &ExportDialog::reject);
    layout->addWidget(buttons);
}

/// What the importance data do for each tensor, before the job runs.
void ExportDialog::addImportance(QVBoxLayout& layout)
{
    if (!m_importance)
        return;
    const ImportanceReport report = importanceReport(*m_importance, m_plan);
    auto* list = new QListWidget(this);
    list->setObjectName(u"exportImportance"_s);
    list->addItems(importanceLines(report));
    for (std::size_t index = 0; index < report.groups.size(); ++index) {
        if (isImportanceTrouble(report.groups[index].use))
            list->item(static_cast<int>(index))->setForeground(warningColour(palette()));
    }
    list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    list->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    list->setFixedHeight(list->sizeHintForRow(0) * std::min(list->count(), 5) + 2 * list->frameWidth() + fontMetrics().height());
    addCopyAction(*list);
    auto* label = new QLabel(tr("&Importance data, %1:").arg(importanceSummary(*m_importance->importance(), report)), this);
    label->setBuddy(list);
    layout.addWidget(label);
    layout.addWidget(list);
}

void ExportDialog::setTarget(const QString& path) { m_target->setText(QDir::toNativeSeparators(path)); }

bool ExportDialog::isReady() const { return m_start->isEnabled(); }

void ExportDialog::chooseTarget()
{
    // Whether a file may be replaced is said in the dialog itself.
    const QString path = QFileDialog::getSaveFileName(this, tr("Export to"), m_target->text(), tr("GGUF models (*.gguf)"), nullptr,
                                                      QFileDialog::DontConfirmOverwrite);
    if (path.isEmpty())
        return;
    setTarget(path.endsWith(u".gguf"_s, Qt::CaseInsensitive) ? path : path + u".gguf"_s);
}

QuantizeRequest ExportDialog::request() const
{
    QuantizeRequest request;
    request.model = m_model;
    request.plan = m_plan;
    request.importance = m_importance;
    request.edits = m_edits;
    request.plan.encoding = m_encoding->encoding();
    request.nonFinite = m_encoding->nonFinite();
    const QString text = m_target->text().trimmed();
    request.target = text.isEmpty() ? std::filesystem::path() : toPath(QFileInfo(text).absoluteFilePath());
    request.threads = static_cast<unsigned>(m_threads->value());
    request.maximumMemoryBytes = static_cast<std::uint64_t>(m_memory->value()) << 20;
    request.splitBytes = m_split->isChecked() ? static_cast<std::uint64_t>(m_splitSize->value() * bytesPerGiB) : 0;
    return request;
}

// --- looking ahead ---

void ExportDialog::settingsChanged()
{
    m_looking.cancel(); // what it would say is out of date
    m_start->setEnabled(false);
    m_lookSoon.start();
}

void ExportDialog::look()
{
    m_start->setEnabled(false);
    const QuantizeRequest wanted = request();
    if (wanted.target.empty() || QFileInfo(m_target->text()).isDir() || m_target->text().trimmed().endsWith(u'/')) {
        m_looking.cancel();
        showProblem(tr("Enter the name of the file to write."), true);
        return;
    }
    if (m_queue.isTarget(wanted.target)) {
        m_looking.cancel();
        showProblem(tr("An export to this file is running or waiting already."), true);
        return;
    }
    m_looking.start(
        [wanted, output = m_foresight ? m_foresight->output : nullptr](const RunControl&) {
            return foresee(wanted, output);
        },
        [this](Foresight foresight) {
            m_foresight = std::move(foresight);
            showForesight(*m_foresight);
        },
        [this](const Error& error) { // the model cannot become a GGUF at all
            m_facts->setFacts({{tr("Size"), tr("unknown"), {}, false}});
            showProblem(messageText(error), true);
        });
}

ExportDialog::Foresight ExportDialog::foresee(QuantizeRequest request, std::shared_ptr<const GgufOutput> output)
{
    Foresight foresight;
    foresight.output = output ? std::move(output) : std::make_shared<const GgufOutput>(makeGgufOutput(request.model, request.plan, request.edits, request.importance.get()));
    const ExportLayout layout = layoutExport(*foresight.output, request.target, request.splitBytes);
    foresight.fileCount = layout.files.size();
    foresight.totalBytes = layout.totalBytes;
    foresight.roughSeconds = roughSeconds(*foresight.output, request.threads, request.plan.encoding.effort);
    std::error_code error;
    const auto space = std::filesystem::space(request.target.parent_path(), error);
    if (!error)
        foresight.freeBytes = space.available;
    for (const ExportFile& file : layout.files)
        foresight.replaces |= std::filesystem::exists(file.path, error);
    try {
        foresight.canResume = canResume(request);
        request.resume = foresight.canResume; // the space of what is there already counts
        checkRequest(request, layout);
    } catch (const Error& problem) {
        foresight.problem = problem;
    }
    return foresight;
}

void ExportDialog::showForesight(const Foresight& foresight)
{
    std::vector<Fact> facts{
        {tr("Size"), tr("%1 (%2 bytes)").arg(bytesText(foresight.totalBytes), exactCountText(foresight.totalBytes)), {}, false},
        {tr("Files"), QString::number(foresight.fileCount), {}, false},
        {tr("Free space"), foresight.freeBytes ? bytesText(*foresight.freeBytes) : tr("the folder does not exist"), {},
         !foresight.freeBytes || *foresight.freeBytes < foresight.totalBytes},
        {tr("Expected time"), tr("about %1").arg(durationText(foresight.roughSeconds * SpeedExperience::correction())),
         tr("From the exports before; rough the first time"), false},
    };
    m_facts->setFacts(std::move(facts));
    // An offer to resume is taken unless the person says no.
    if (foresight.canResume && m_resume->isHidden())
        m_resume->setChecked(true);
    m_resume->setVisible(foresight.canResume);

    const QString obstacle = m_summary.obstacle();
    if (!obstacle.isEmpty()) {
        showProblem(obstacle, true);
    } else if (foresight.problem) {
        const QString advice = toQString(foresight.problem->advice());
        showProblem(advice.isEmpty() ? messageText(*foresight.problem) : messageText(*foresight.problem) + u'\n' + detailText(*foresight.problem), true);
    } else {
        QStringList warnings;
        if (foresight.replaces)
            warnings << tr("The file exists. It is replaced when the export is complete.");
        if (!m_summary.needImportance.isEmpty())
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
    settings.setValue(splitKey, m_split->isChecked());
    settings.setValue(splitSizeKey, m_splitSize->value());
    settings.setValue(threadsKey, m_threads->value());
    settings.setValue(memoryKey, m_memory->value());
}

void ExportDialog::accept()
{
    if (!isReady())
        return;
    saveSettings();
    m_document.setEncoding(m_encoding->encoding(), tr("Change how the weights are encoded"));
    QuantizeRequest wanted = request();
    wanted.resume = m_foresight->canResume && m_resume->isChecked();
    m_queued = m_queue.add(std::move(wanted), m_foresight->totalBytes, m_foresight->roughSeconds);
    QDialog::accept();
}

} // namespace quantlathe::ui
