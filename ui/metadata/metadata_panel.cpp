// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/metadata/metadata_panel.h"

#include "ui/metadata/array_page.h"
#include "ui/metadata/metadata_filter.h"
#include "ui/metadata/metadata_model.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"

#include <QEvent>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int filterDelayMilliseconds = 300;
} // namespace

MetadataPanel::MetadataPanel(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_model(new MetadataModel(this)), m_filter(new MetadataFilter(this)),
      m_filterEdit(new QLineEdit(this)), m_count(new QLabel(this)), m_pages(new QStackedWidget(this)),
      m_hint(new HintPage(this)), m_splitter(new QSplitter(Qt::Vertical, this)), m_view(new QTableView(this)),
      m_detail(new QWidget(this)), m_key(new QLabel(this)), m_details(new QStackedWidget(this)),
      m_text(new QPlainTextEdit(this)), m_array(new ArrayPage(this))
{
    m_filter->setSourceModel(m_model);
    auto* label = new QLabel(tr("F&ilter:"), this);
    label->setBuddy(m_filterEdit);
    m_filterEdit->setObjectName(u"metadataFilter"_s);
    m_filterEdit->setPlaceholderText(tr("Key or value"));
    m_filterEdit->setClearButtonEnabled(true);
    m_filterEdit->setAccessibleName(tr("Filter keys and values"));
    m_count->setObjectName(u"metadataCount"_s);

    m_view->setObjectName(u"metadataTable"_s);
    m_view->setAccessibleName(tr("Keys and values of the model file"));
    m_view->setModel(m_filter);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(-1, Qt::AscendingOrder);
    m_view->horizontalHeader()->setSortIndicatorClearable(true);
    m_view->horizontalHeader()->setStretchLastSection(true);
    m_view->horizontalHeader()->setHighlightSections(false);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setAlternatingRowColors(true);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false);
    addCopyAction(*m_view);

    m_key->setObjectName(u"metadataKey"_s);
    m_key->setTextFormat(Qt::PlainText);
    m_key->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_key->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_text->setObjectName(u"metadataText"_s);
    m_text->setAccessibleName(tr("Value of the selected key"));
    m_text->setReadOnly(true);
    m_text->setTabChangesFocus(true);
    m_text->setLineWrapMode(QPlainTextEdit::WidgetWidth);
    m_details->addWidget(m_text);
    m_details->addWidget(m_array);
    auto* detailLayout = new QVBoxLayout(m_detail);
    detailLayout->setContentsMargins(0, 4, 0, 0);
    detailLayout->addWidget(m_key);
    detailLayout->addWidget(m_details, 1);
    m_splitter->addWidget(m_view);
    m_splitter->addWidget(m_detail);
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
    m_splitter->setChildrenCollapsible(false);
    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_splitter);

    auto* top = new QHBoxLayout;
    top->addWidget(label);
    top->addWidget(m_filterEdit, 1);
    top->addWidget(m_count);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 6, 4);
    layout->setSpacing(4);
    layout->addLayout(top);
    layout->addWidget(m_pages, 1);

    m_filterTimer.setSingleShot(true);
    m_filterTimer.setInterval(filterDelayMilliseconds);
    connect(&m_filterTimer, &QTimer::timeout, this, &MetadataPanel::applyFilter);
    connect(m_filterEdit, &QLineEdit::textChanged, &m_filterTimer, qOverload<>(&QTimer::start));
    connect(m_filterEdit, &QLineEdit::returnPressed, this, &MetadataPanel::applyFilter);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, &MetadataPanel::showDetail);
    connect(&document, &Document::modelChanged, this, &MetadataPanel::modelChanged);
    connect(&document, &Document::keyRequested, this, &MetadataPanel::goToKey);
    modelChanged();
}

void MetadataPanel::goToKey(const QString& key)
{
    const int row = m_model->rowOf(key);
    if (row < 0)
        return;
    if (!m_filter->mapFromSource(m_model->index(row, 0)).isValid()) {
        m_filterEdit->clear();
        applyFilter();
    }
    const QModelIndex cell = m_filter->mapFromSource(m_model->index(row, MetadataModel::Key));
    m_view->setCurrentIndex(cell);
    m_view->scrollTo(cell);
    m_view->setFocus();
}

void MetadataPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        adjustColumns();
}

void MetadataPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    m_splitter->setOrientation(width() > height() * 3 / 2 ? Qt::Horizontal : Qt::Vertical);
}

void MetadataPanel::adjustColumns()
{
    const int character = m_view->fontMetrics().averageCharWidth();
    m_view->verticalHeader()->setDefaultSectionSize(m_view->fontMetrics().height() + 5);
    m_view->setColumnWidth(MetadataModel::Key, character * 36);
    m_view->setColumnWidth(MetadataModel::Type, character * 16);
}

void MetadataPanel::modelChanged()
{
    m_model->setModel(m_document.model());
    m_filterEdit->clear();
    applyFilter();
    adjustColumns();
    const bool hasKeys = m_model->rowCount() > 0;
    m_hint->setHint(m_document.hasModel() ? tr("This model file has no metadata.")
                                          : tr("Open a model to see its metadata."));
    m_pages->setCurrentWidget(hasKeys ? static_cast<QWidget*>(m_splitter) : m_hint);
    m_filterEdit->setEnabled(hasKeys);
    if (hasKeys)
        m_view->setCurrentIndex(m_filter->index(0, 0));
    showDetail();
}

void MetadataPanel::applyFilter()
{
    m_filterTimer.stop();
    m_filter->setText(m_filterEdit->text());
    m_count->setText(m_filter->isFiltering()
                         ? tr("%1 of %2").arg(m_filter->rowCount()).arg(m_model->rowCount())
                         : tr("%n keys", nullptr, m_model->rowCount()));
    m_count->setVisible(m_model->rowCount() > 0);
    showDetail();
}

void MetadataPanel::showDetail()
{
    const Metadata::Entry* entry = m_model->entry(m_filter->mapToSource(m_view->currentIndex()));
    m_detail->setVisible(entry != nullptr);
    if (!entry) {
        m_array->setArray({});
        return;
    }
    m_key->setText(tr("%1 (%2)").arg(oneLineText(entry->key, 200), metadataTypeText(entry->value)));
    if (const auto* array = std::get_if<MetadataArray>(&entry->value.value)) {
        m_array->setArray(*array);
        m_details->setCurrentWidget(m_array);
    } else {
        m_array->setArray({});
        const QString text = toQString(toText(std::get<MetadataScalar>(entry->value.value)));
        if (m_text->toPlainText() != text)
            m_text->setPlainText(text);
        m_details->setCurrentWidget(m_text);
    }
}

} // namespace quantlathe::ui
