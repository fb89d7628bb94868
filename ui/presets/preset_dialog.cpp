// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/presets/preset_dialog.h"

#include "ui/document.h"
#include "ui/parts/table_copy.h"
#include "ui/presets/preset_table_model.h"
#include "ui/text.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QSortFilterProxyModel>
#include <QTreeView>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
const QString lastPresetKey = u"presets/last"_s;
} // namespace

PresetDialog::PresetDialog(Document& document, QWidget* parent)
    : QDialog(parent), m_document(document), m_model(new PresetTableModel(document.model(), this)),
      m_sorted(new QSortFilterProxyModel(this)), m_view(new QTreeView(this)),
      m_importanceBox(new QCheckBox(tr("&Importance data will be used"), this)),
      m_pureBox(new QCheckBox(tr("The same type &everywhere (pure)"), this)), m_summary(new QLabel(this)),
      m_buttons(new QDialogButtonBox(QDialogButtonBox::Apply | QDialogButtonBox::Cancel, this))
{
    setObjectName(u"presetDialog"_s);
    setWindowTitle(tr("Apply a preset"));

    auto* label = new QLabel(tr("&Mixtures of llama.cpp, as a starting point to edit:"), this);
    label->setBuddy(m_view);
    m_sorted->setSourceModel(m_model);
    m_sorted->setSortRole(PresetTableModel::SortRole);
    m_view->setObjectName(u"presetTable"_s);
    m_view->setAccessibleName(tr("Presets"));
    m_view->setModel(m_sorted);
    m_view->setRootIsDecorated(false);
    m_view->setUniformRowHeights(true);
    m_view->setAlternatingRowColors(true);
    m_view->setAllColumnsShowFocus(true);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(PresetTableModel::Id, Qt::AscendingOrder);
    addTableActions(*m_view, tr("presets"));
    const int character = fontMetrics().averageCharWidth();
    const int widths[] = {14, 13, 12};
    for (int column = 0; column < 3; ++column)
        m_view->header()->resizeSection(column, widths[column] * character);
    m_view->header()->setStretchLastSection(true);

    m_importanceBox->setObjectName(u"presetImportance"_s);
    m_importanceBox->setToolTip(tr("Some mixtures choose other types when importance data (an imatrix) guides the rounding"));
    m_pureBox->setObjectName(u"presetPure"_s);
    m_pureBox->setToolTip(tr("Every tensor gets the preset's base type, as llama-quantize --pure does"));
    m_summary->setObjectName(u"presetSummary"_s);
    m_summary->setWordWrap(true);
    m_summary->setMinimumHeight(fontMetrics().lineSpacing() * 2);
    m_summary->setAlignment(Qt::AlignLeft | Qt::AlignTop);

    auto* layout = new QVBoxLayout(this);
    layout->addWidget(label);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_importanceBox);
    layout->addWidget(m_pureBox);
    layout->addWidget(m_summary);
    layout->addWidget(m_buttons);
    resize(character * 120, fontMetrics().height() * 34);

    m_importanceBox->setChecked(document.importance() != nullptr);
    connect(m_importanceBox, &QCheckBox::toggled, this, &PresetDialog::optionsChanged);
    connect(m_pureBox, &QCheckBox::toggled, this, &PresetDialog::optionsChanged);
    connect(m_model, &PresetTableModel::outcomesReady, this, &PresetDialog::updateSummary);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, &PresetDialog::updateSummary);
    connect(m_view, &QTreeView::activated, this, &PresetDialog::accept);
    QPushButton* apply = m_buttons->button(QDialogButtonBox::Apply);
    apply->setDefault(true);
    connect(apply, &QPushButton::clicked, this, &PresetDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &PresetDialog::reject);

    const std::string& current = document.plan().preset;
    const std::string last = current.empty() ? QSettings().value(lastPresetKey, u"Q4_K_M"_s).toString().toStdString() : current;
    const QModelIndex start = m_sorted->mapFromSource(m_model->index(qMax(0, m_model->rowOf(last)), 0));
    m_view->setCurrentIndex(start);
    m_view->scrollTo(start, QAbstractItemView::PositionAtCenter);
    optionsChanged();
    m_view->setFocus();
}

void PresetDialog::optionsChanged()
{
    m_model->setOptions(m_importanceBox->isChecked(), m_pureBox->isChecked());
    updateSummary();
}

int PresetDialog::selectedRow() const { return m_sorted->mapToSource(m_view->currentIndex()).row(); }

void PresetDialog::updateSummary()
{
    const int row = selectedRow();
    QPushButton* apply = m_buttons->button(QDialogButtonBox::Apply);
    apply->setEnabled(row >= 0 && m_model->outcome(row).isKnown && m_model->outcome(row).problem.isEmpty());
    if (row < 0) {
        m_summary->clear();
        return;
    }
    const PresetOutcome& outcome = m_model->outcome(row);
    const QString id = toQString(m_model->preset(row).id);
    if (!outcome.isKnown) {
        m_summary->setText(tr("Working out the sizes…"));
    } else if (!outcome.problem.isEmpty()) {
        m_summary->setText(tr("%1 cannot be applied: %2").arg(id, outcome.problem));
    } else {
        QString text = tr("%1 makes a file of %2 (now %3).")
                           .arg(id, bytesText(outcome.fileBytes), bytesText(m_document.model()->fileBytes()));
        if (outcome.fallbacks > 0)
            text += u' ' + tr("%n tensors get another type because their rows do not fit.", nullptr, static_cast<int>(outcome.fallbacks));
        if (!outcome.warning.isEmpty())
            text += u' ' + tr("It is meant to be used with importance data; without, the quality suffers.");
        m_summary->setText(text);
    }
}

void PresetDialog::accept()
{
    const int row = selectedRow();
    if (row < 0 || !m_model->outcome(row).isKnown || !m_model->outcome(row).problem.isEmpty())
        return;
    const QString id = toQString(m_model->preset(row).id);
    QSettings().setValue(lastPresetKey, id);
    Plan plan = m_model->outcome(row).plan;
    plan.encoding = m_document.plan().encoding; // a preset says which types, not how they are made
    m_document.setPlan(plan, tr("Apply preset %1").arg(id));
    QDialog::accept();
}

} // namespace quantlathe::ui
