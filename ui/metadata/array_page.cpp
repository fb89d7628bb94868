// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/metadata/array_page.h"

#include "ui/metadata/array_page_model.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

ArrayPage::ArrayPage(QWidget* parent)
    : QWidget(parent), m_model(new ArrayPageModel(this)), m_view(new QTableView(this)), m_previous(new QToolButton(this)),
      m_next(new QToolButton(this)), m_range(new QLabel(this)), m_index(new QLineEdit(this)), m_search(new QLineEdit(this)),
      m_message(new QLabel(this))
{
    m_previous->setObjectName(u"previousPage"_s);
    m_previous->setArrowType(Qt::LeftArrow);
    m_previous->setToolTip(tr("Previous page"));
    m_previous->setAccessibleName(m_previous->toolTip());
    m_next->setObjectName(u"nextPage"_s);
    m_next->setArrowType(Qt::RightArrow);
    m_next->setToolTip(tr("Next page"));
    m_next->setAccessibleName(m_next->toolTip());
    for (QToolButton* button : {m_previous, m_next})
        button->setFocusPolicy(Qt::StrongFocus);
    m_range->setObjectName(u"pageRange"_s);
    m_index->setObjectName(u"elementIndex"_s);
    m_index->setPlaceholderText(tr("Index"));
    m_search->setObjectName(u"elementSearch"_s);
    m_search->setPlaceholderText(tr("Text of an element"));
    m_search->setClearButtonEnabled(true);
    auto* indexLabel = new QLabel(tr("&Go to:"), this);
    indexLabel->setBuddy(m_index);
    auto* searchLabel = new QLabel(tr("Fin&d:"), this);
    searchLabel->setBuddy(m_search);
    auto* findNext = new QToolButton(this);
    findNext->setObjectName(u"findNext"_s);
    findNext->setText(tr("Next match"));
    findNext->setFocusPolicy(Qt::StrongFocus);
    m_message->setObjectName(u"arrayMessage"_s);
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    m_message->hide();

    m_view->setObjectName(u"arrayElements"_s);
    m_view->setAccessibleName(tr("Elements of the array"));
    m_view->setModel(m_model);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 5);
    m_view->horizontalHeader()->setStretchLastSection(true);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setAlternatingRowColors(true);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false);
    addCopyAction(*m_view);

    auto* controls = new QGridLayout;
    controls->addWidget(m_previous, 0, 0);
    controls->addWidget(m_next, 0, 1);
    controls->addWidget(m_range, 0, 2);
    controls->addWidget(indexLabel, 0, 3);
    controls->addWidget(m_index, 0, 4);
    controls->addWidget(searchLabel, 1, 0, 1, 2);
    controls->addWidget(m_search, 1, 2, 1, 2);
    controls->addWidget(findNext, 1, 4);
    controls->setColumnStretch(2, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(controls);
    layout->addWidget(m_message);
    layout->addWidget(m_view, 1);

    connect(m_previous, &QToolButton::clicked, this, [this] { showPage(m_model->page() - 1); });
    connect(m_next, &QToolButton::clicked, this, [this] { showPage(m_model->page() + 1); });
    connect(m_index, &QLineEdit::returnPressed, this, &ArrayPage::goToText);
    connect(m_search, &QLineEdit::returnPressed, this, &ArrayPage::search);
    connect(findNext, &QToolButton::clicked, this, &ArrayPage::search);
    updateControls();
}

void ArrayPage::setArray(std::optional<MetadataArray> array)
{
    m_searching.cancel();
    say({});
    m_model->setArray(std::move(array));
    m_view->setColumnWidth(ArrayPageModel::Index, fontMetrics().averageCharWidth() * 10);
    updateControls();
}

void ArrayPage::showPage(std::uint64_t page)
{
    m_model->setPage(page);
    m_view->scrollToTop();
    updateControls();
}

void ArrayPage::goTo(std::uint64_t index)
{
    showPage(index / ArrayPageModel::pageSize);
    const QModelIndex cell = m_model->index(static_cast<int>(index % ArrayPageModel::pageSize), ArrayPageModel::Value);
    m_view->setCurrentIndex(cell);
    m_view->scrollTo(cell, QAbstractItemView::PositionAtCenter);
}

void ArrayPage::goToText()
{
    if (!m_model->array())
        return;
    bool isNumber = false;
    const qulonglong index = m_index->text().trimmed().toULongLong(&isNumber);
    if (!isNumber || index >= m_model->array()->size()) {
        say(m_model->array()->size() == 0 ? tr("The array is empty.")
                                          : tr("There is no such element: indices go from 0 to %1.")
                                                .arg(exactCountText(m_model->array()->size() - 1)));
        return;
    }
    say({});
    goTo(index);
}

void ArrayPage::search()
{
    const QString text = m_search->text();
    if (text.isEmpty() || !m_model->array())
        return;
    const QModelIndex current = m_view->currentIndex();
    const std::uint64_t start = current.isValid()
        ? m_model->page() * ArrayPageModel::pageSize + static_cast<std::uint64_t>(current.row()) + 1
        : 0;
    say({});
    m_searching.start(
        [array = *m_model->array(), text, start](const RunControl& control) {
            return findInArray(array, text, start, [&control] { return control.isCancelled(); });
        },
        [this, text](const std::optional<std::uint64_t>& found) {
            if (found)
                goTo(*found);
            else
                say(tr("No element contains “%1”.").arg(text));
        },
        [this](const Error& error) { say(messageText(error)); });
}

void ArrayPage::updateControls()
{
    const std::uint64_t size = m_model->array() ? m_model->array()->size() : 0;
    const std::uint64_t first = m_model->page() * ArrayPageModel::pageSize;
    const auto shown = static_cast<std::uint64_t>(m_model->rowCount());
    m_previous->setEnabled(m_model->page() > 0);
    m_next->setEnabled(m_model->page() + 1 < m_model->pageCount());
    m_range->setText(size == 0 ? tr("No elements")
                               : tr("%1 to %2 of %3").arg(exactCountText(first), exactCountText(first + shown - 1), exactCountText(size)));
}

void ArrayPage::say(const QString& text)
{
    m_message->setText(text);
    m_message->setVisible(!text.isEmpty());
}

} // namespace quantlathe::ui
