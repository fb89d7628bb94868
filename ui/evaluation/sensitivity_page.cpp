// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/evaluation/sensitivity_page.h"

#include "ui/evaluation/sensitivity_model.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/table_copy.h"
#include "ui/parts/title_label.h"
#include "ui/text.h"

#include <QEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMessageBox>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

SensitivityPage::SensitivityPage(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_model(new SensitivityModel(document, this)), m_title(new TitleLabel(this)),
      m_hint(new HintPage(this)), m_view(new QTableView(this)), m_pages(new QStackedWidget(this)), m_load(new QPushButton(tr("L&oad…"), this)),
      m_save(new QPushButton(tr("Sa&ve…"), this))
{
    m_title->setObjectName(u"sensitivityTitle"_s);
    m_hint->setObjectName(u"sensitivityHint"_s);
    m_view->setObjectName(u"sensitivityTable"_s);
    m_view->setAccessibleName(tr("Sensitivity of every tensor"));
    auto* sorted = new QSortFilterProxyModel(this);
    sorted->setSortRole(SensitivityModel::SortRole);
    sorted->setSourceModel(m_model);
    m_view->setModel(sorted);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(SensitivityModel::Divergence, Qt::DescendingOrder);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setTabKeyNavigation(false);
    m_view->setAlternatingRowColors(true);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_view->horizontalHeader()->setStretchLastSection(true);
    addTableActions(*m_view, tr("sensitivity"));
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        TensorIndices tensors;
        for (const QModelIndex& row : m_view->selectionModel()->selectedRows())
            tensors.push_back(row.data(SensitivityModel::TensorRole).value<std::size_t>());
        if (!tensors.empty())
            m_document.setSelection(tensors, tensors.size() == 1 ? std::optional(tensors.front()) : std::nullopt);
    });
    m_load->setObjectName(u"loadSensitivities"_s);
    m_load->setToolTip(tr("Sensitivities that were measured earlier, here or on the command line"));
    m_save->setObjectName(u"saveSensitivities"_s);
    m_save->setToolTip(tr("Keep the figures in a file that the command line reads, too"));
    connect(m_load, &QPushButton::clicked, this, &SensitivityPage::askAndLoad);
    connect(m_save, &QPushButton::clicked, this, &SensitivityPage::askAndSave);

    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_view);
    auto* bottom = new QHBoxLayout;
    bottom->addWidget(m_title, 1);
    bottom->addWidget(m_load);
    bottom->addWidget(m_save);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 4, 0, 0);
    layout->addWidget(m_pages, 1);
    layout->addLayout(bottom);
    connect(m_model, &QAbstractItemModel::modelReset, this, &SensitivityPage::refresh);
    fitRows();
    refresh();
}

/// Not by their contents: models have thousands of tensors.
void SensitivityPage::fitRows()
{
    const int margin = fontMetrics().height() / 2;
    m_view->verticalHeader()->setDefaultSectionSize(m_view->fontMetrics().height() + margin);
}

void SensitivityPage::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        QMetaObject::invokeMethod(this, &SensitivityPage::fitRows, Qt::QueuedConnection); // the view has the new font only after this event
}

void SensitivityPage::refresh()
{
    const auto& sensitivities = m_document.sensitivities();
    m_load->setEnabled(m_document.hasModel());
    m_save->setEnabled(sensitivities != nullptr);
    m_hint->setHint(m_document.hasModel() ? tr("Not measured yet. Measure sensitivity tells what an error in each tensor does to the model's "
                                           "predictions; a fit to a budget then spends its bits where they count.")
                                      : tr("Open a model to measure how sensitive its tensors are."));
    m_pages->setCurrentWidget(sensitivities ? static_cast<QWidget*>(m_view) : m_hint);
    using State = TensorSensitivity::State;
    m_title->setTitle(!sensitivities ? QString()
                                     : tr("On %1, %2 tokens: %3 measured, %4 estimated")
                                           .arg(toQString(sensitivities->text), exactCountText(sensitivities->tokens))
                                           .arg(sensitivities->count(State::Measured))
                                           .arg(sensitivities->count(State::Estimated)));
}

QString SensitivityPage::loadFrom(const QString& file)
{
    try {
        m_document.setSensitivities(std::make_shared<const Sensitivities>(loadSensitivities(toPath(file), *m_document.model())));
    } catch (const Error& error) {
        const QString detail = detailText(error);
        return detail.isEmpty() ? messageText(error) : messageText(error) + u'\n' + detail;
    }
    return {};
}

QString SensitivityPage::saveTo(const QString& file)
{
    try {
        quantlathe::saveSensitivities(toPath(file), *m_document.sensitivities(), *m_document.model());
    } catch (const Error& error) {
        return messageText(error);
    }
    return {};
}

void SensitivityPage::askAndLoad()
{
    const QString file = QFileDialog::getOpenFileName(this, tr("Load sensitivities"), {}, tr("Sensitivities (*.json);;All files (*)"));
    if (const QString problem = file.isEmpty() ? QString() : loadFrom(file); !problem.isEmpty())
        QMessageBox::warning(this, tr("Load sensitivities"), problem);
}

void SensitivityPage::askAndSave()
{
    QString file = QFileDialog::getSaveFileName(this, tr("Save sensitivities"), tr("sensitivity") + u".json"_s, tr("Sensitivities (*.json)"));
    if (file.isEmpty())
        return;
    if (QFileInfo(file).suffix().isEmpty())
        file += u".json"_s;
    if (const QString problem = saveTo(file); !problem.isEmpty())
        QMessageBox::warning(this, tr("Save sensitivities"), problem);
}

} // namespace quantlathe::ui
