// SPDX-License-Identifier: GPL-3.0-or-later
// The export dialog's widgets and how they are laid out.
#include "core/base/parallel.h"
#include "ui/jobs/encoding_choice.h"
#include "ui/jobs/engine_box.h"
#include "ui/jobs/export_dialog.h"
#include "ui/jobs/importance_text.h"
#include "ui/jobs/load_findings_model.h"
#include "ui/jobs/method_box.h"
#include "ui/look/theme.h"
#include "ui/parts/facts_table.h"
#include "ui/parts/table_copy.h"
#include "ui/parts/vertical_scroll_area.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QSpinBox>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int defaultMemoryMiB = 1024; ///< for writing; methods have a setting of their own

} // namespace

void ExportDialog::makeWidgets()
{
    auto* content = new QWidget(this);
    auto* inside = new QVBoxLayout(content);
    inside->setContentsMargins(0, 0, 0, 0);
    inside->addWidget(m_engine);
    inside->addWidget(m_method);
    inside->addWidget(makeWhere());
    addContents(*inside);
    addNotes(*inside);
    addImportance(*inside);

    m_findingsView->setObjectName(u"exportFindings"_s);
    m_findingsView->setAccessibleName(tr("What the engine makes of it"));
    m_findingsView->setModel(m_findings);
    m_findingsView->setWordWrap(true);
    m_findingsView->setResizeMode(QListView::Adjust);
    m_findingsView->setTextElideMode(Qt::ElideNone);
    m_findingsView->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_findingsView->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_findingsView->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_findingsView->setFixedHeight(5 * fontMetrics().height());
    m_findingsView->hide();
    addCopyAction(*m_findingsView);
    auto* area = new VerticalScrollArea(this);
    area->setWidget(content);

    m_problem->setObjectName(u"exportProblem"_s);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->hide();
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_start = buttons->addButton(tr("&Export"), QDialogButtonBox::AcceptRole);
    m_start->setObjectName(u"exportStart"_s);
    m_start->setDefault(true);
    m_start->setEnabled(false);
    connect(buttons, &QDialogButtonBox::accepted, this, &ExportDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &ExportDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(area, 1);
    layout->addWidget(m_findingsView);
    layout->addWidget(m_problem);
    layout->addWidget(buttons);
    const QSize room = screen() ? screen()->availableSize() * 0.9 : QSize(1000, 800);
    resize(QSize(fontMetrics().averageCharWidth() * 110, fontMetrics().height() * 46).boundedTo(room));
}

QWidget* ExportDialog::makeWhere()
{
    auto* box = new QWidget(this);
    m_targetLabel->setBuddy(m_target);
    m_target->setObjectName(u"exportTarget"_s);
    m_target->setMinimumWidth(fontMetrics().averageCharWidth() * 30);
    auto* browse = new QPushButton(tr("&Browse…"), box);
    browse->setAutoDefault(false);
    connect(browse, &QPushButton::clicked, this, &ExportDialog::chooseTarget);
    m_resume->setObjectName(u"exportResume"_s);
    m_resume->hide();
    QWidget* more = makeMore();
    auto* fold = new QToolButton(box);
    fold->setObjectName(u"exportMore"_s);
    fold->setText(tr("Mo&re settings"));
    fold->setCheckable(true);
    fold->setAutoRaise(true);
    fold->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    fold->setArrowType(Qt::RightArrow);
    fold->setFocusPolicy(Qt::StrongFocus);
    more->hide();
    connect(fold, &QToolButton::toggled, this, [fold, more](bool isOpen) {
        more->setVisible(isOpen);
        fold->setArrowType(isOpen ? Qt::DownArrow : Qt::RightArrow);
    });
    auto* grid = new QGridLayout(box);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->addWidget(m_targetLabel, 0, 0);
    grid->addWidget(m_target, 0, 1);
    grid->addWidget(browse, 0, 2);
    grid->addWidget(m_resume, 1, 0, 1, 3);
    grid->addWidget(fold, 2, 0, 1, 3, Qt::AlignLeft);
    grid->addWidget(more, 3, 0, 1, 3);
    grid->setColumnStretch(1, 1);
    return box;
}

QWidget* ExportDialog::makeMore()
{
    const QSettings settings;
    auto* box = new QWidget(this);
    m_split->setObjectName(u"exportSplit"_s);
    m_split->setChecked(settings.value(splitSetting, false).toBool());
    m_splitSize->setObjectName(u"exportSplitSize"_s);
    m_splitSize->setRange(0.001, 10000);
    m_splitSize->setDecimals(3);
    m_splitSize->setValue(settings.value(splitSizeSetting, 20.0).toDouble());
    m_splitSize->setSuffix(tr(" GiB"));
    m_splitSize->setAccessibleName(tr("Largest size of a part"));
    m_splitSize->setEnabled(m_split->isChecked());
    auto* threadsLabel = new QLabel(tr("Threa&ds:"), box);
    threadsLabel->setBuddy(m_threads);
    m_threads->setObjectName(u"exportThreads"_s);
    m_threads->setRange(0, 512);
    m_threads->setSpecialValueText(tr("Automatic (%1)").arg(defaultThreadCount()));
    m_threads->setValue(settings.value(threadsSetting, 0).toInt());
    m_threads->setToolTip(tr("The result is the same for any number of threads"));
    m_memoryLabel->setBuddy(m_memory);
    m_memory->setObjectName(u"exportMemory"_s);
    m_memory->setRange(64, 1 << 20);
    m_memory->setSingleStep(256);
    m_memory->setSuffix(tr(" MiB"));
    m_memory->setValue(settings.value(memorySetting, defaultMemoryMiB).toInt());
    m_memory->setToolTip(tr("For work in progress, beyond the mapped model file"));
    m_fileOnly.insert(m_fileOnly.end(), {m_memoryLabel, m_memory});
    auto* grid = new QGridLayout(box);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->addWidget(m_split, 0, 0, 1, 2);
    grid->addWidget(m_splitSize, 0, 2);
    grid->addWidget(threadsLabel, 1, 0);
    grid->addWidget(m_threads, 1, 1);
    grid->addWidget(m_memoryLabel, 2, 0);
    grid->addWidget(m_memory, 2, 1);
    grid->addWidget(m_encoding, 3, 0, 1, 4);
    grid->setColumnStretch(3, 1);
    m_fileOnly.push_back(m_encoding);
    return box;
}

void ExportDialog::addContents(QVBoxLayout& layout)
{
    m_types->setObjectName(u"exportTypes"_s);
    m_types->setAccessibleName(tr("Types that will be written"));
    m_types->setModel(new ExportTypesModel(m_summary, m_types));
    m_types->verticalHeader()->hide();
    m_types->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 5);
    m_types->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_types->horizontalHeader()->setStretchLastSection(true);
    m_types->horizontalHeader()->setHighlightSections(false);
    m_types->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_types->setShowGrid(false);
    m_types->setTabKeyNavigation(false);
    addCopyAction(*m_types);
    m_fileOnly.push_back(m_types);
    m_facts->setObjectName(u"exportFacts"_s);
    m_facts->setAccessibleName(tr("What the export takes"));
    m_facts->setFacts({{tr("Size"), tr("working it out…"), {}, false}});
    for (QWidget* table : std::initializer_list<QWidget*>{m_types, m_facts})
        table->setMinimumHeight(7 * (fontMetrics().height() + 5));
    auto* contents = new QHBoxLayout;
    contents->addWidget(m_types, 1);
    contents->addWidget(m_facts, 1);
    layout.addLayout(contents, 2);
}

void ExportDialog::addNotes(QVBoxLayout& layout)
{
    const auto& notes = m_summary.blocked.empty() ? m_summary.fallbacks : m_summary.blocked;
    if (notes.empty())
        return;
    auto* list = new QListWidget(this);
    list->setObjectName(u"exportNotes"_s);
    for (const ExportSummary::Note& note : notes)
        list->addItem(u"%1: %2"_s.arg(note.tensor, note.explanation));
    list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    list->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    list->setUniformItemSizes(true);
    list->setMinimumHeight(4 * fontMetrics().height());
    addCopyAction(*list);
    auto* label = new QLabel(m_summary.blocked.empty()
                                 ? tr("%n te&nsors get another type than asked for:", nullptr, static_cast<int>(notes.size()))
                                 : tr("%n te&nsors cannot be written yet:", nullptr, static_cast<int>(notes.size())),
                             this);
    label->setBuddy(list);
    list->setAccessibleName(label->text().remove(u'&')); // item views do not take a buddy's
    layout.addWidget(label);
    layout.addWidget(list, 1);
    m_fileOnly.insert(m_fileOnly.end(), {label, list});
}

/// What the importance data do for each tensor, before the job runs.
void ExportDialog::addImportance(QVBoxLayout& layout)
{
    if (!m_importance)
        return;
    const ImportanceReport report = importanceReport(*m_importance, *m_plan);
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
    m_fileOnly.insert(m_fileOnly.end(), {label, list});
}

} // namespace quantlathe::ui
