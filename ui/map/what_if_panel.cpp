// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/what_if_panel.h"

#include "ui/document.h"
#include "ui/map/what_if_model.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/selection_text.h"
#include "ui/parts/table_copy.h"
#include "ui/parts/title_label.h"

#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

WhatIfPanel::WhatIfPanel(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_model(new WhatIfModel(document, this)), m_title(new TitleLabel(this)),
      m_pages(new QStackedWidget(this)), m_hint(new HintPage(this)), m_view(new QTableView(this))
{
    m_title->setObjectName(u"whatIfTitle"_s);
    m_hint->setObjectName(u"whatIfHint"_s);
    m_view->setObjectName(u"whatIfTable"_s);
    m_view->setAccessibleName(tr("Every type for the selection, with size and error"));
    auto* sorted = new QSortFilterProxyModel(this);
    sorted->setSortRole(WhatIfModel::SortRole);
    sorted->setSourceModel(m_model);
    m_view->setModel(sorted);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(WhatIfModel::Size, Qt::DescendingOrder);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setTabKeyNavigation(false);
    m_view->setAlternatingRowColors(true);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_view->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_view->horizontalHeader()->setStretchLastSection(true);
    addCopyAction(*m_view);
    connect(m_view, &QTableView::clicked, this, [this](const QModelIndex& index) {
        if (index.column() == WhatIfModel::Adopt)
            adopt(index);
    });
    connect(m_view, &QTableView::activated, this, &WhatIfPanel::adopt);

    const auto showWeighted = [this] { m_view->setColumnHidden(WhatIfModel::WeightedError, !m_document.importance()); };
    connect(&document, &Document::importanceChanged, m_view, showWeighted);
    showWeighted();

    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_view);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 6, 2);
    layout->setSpacing(4);
    layout->addWidget(m_title);
    layout->addWidget(m_pages, 1);
    connect(m_model, &QAbstractItemModel::modelReset, this, &WhatIfPanel::refresh);
    m_model->setActive(false);
    refresh();
}

void WhatIfPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_model->setActive(true);
}

void WhatIfPanel::hideEvent(QHideEvent* event)
{
    QWidget::hideEvent(event);
    m_model->setActive(false);
}

void WhatIfPanel::refresh()
{
    m_title->setTitle(selectionText(m_document));
    if (m_model->rowCount() > 0) {
        m_pages->setCurrentWidget(m_view);
        return;
    }
    m_hint->setHint(!m_document.hasModel()           ? tr("Open a model to see what each type would cost.")
                        : m_document.selection().empty() ? tr("Select tensors, a layer or a field of the map to see what each type would cost.")
                                                         : tr("No type can be chosen for what is selected: it is kept as it is."));
    m_pages->setCurrentWidget(m_hint);
}

void WhatIfPanel::adopt(const QModelIndex& index)
{
    const QModelIndex row = static_cast<QSortFilterProxyModel*>(m_view->model())->mapToSource(index);
    // On a double click both signals come, the second for a row that may have moved: it is the current one by then.
    if (row.isValid() && !m_model->isCurrent(row.row()))
        m_model->adopt(row.row());
}

} // namespace quantlathe::ui
