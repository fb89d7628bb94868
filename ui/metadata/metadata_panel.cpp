// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/metadata/metadata_panel.h"

#include "core/model/known_keys.h"
#include "ui/look/icons.h"
#include "ui/metadata/array_page.h"
#include "ui/metadata/metadata_edit_dialog.h"
#include "ui/metadata/metadata_filter.h"
#include "ui/metadata/metadata_model.h"
#include "ui/metadata/metadata_save_dialog.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/table_copy.h"
#include "ui/parts/table_csv.h"
#include "ui/text.h"

#include <QAction>
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
#include <QToolButton>
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
      m_text(new QPlainTextEdit(this)), m_array(new ArrayPage(this)), m_buttons(new QWidget(this)), m_message(new QLabel(this))
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
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers); // editKey() decides between the line and the dialog
    makeActions();
    addCopyAction(*m_view);
    addCsvActions(*m_view, tr("metadata"));
    m_message->setObjectName(u"metadataMessage"_s);
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    m_message->hide();

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
    layout->addWidget(m_buttons);
    layout->addWidget(m_message);
    layout->addWidget(m_pages, 1);

    m_filterTimer.setSingleShot(true);
    m_filterTimer.setInterval(filterDelayMilliseconds);
    connect(&m_filterTimer, &QTimer::timeout, this, &MetadataPanel::applyFilter);
    connect(m_filterEdit, &QLineEdit::textChanged, &m_filterTimer, qOverload<>(&QTimer::start));
    connect(m_filterEdit, &QLineEdit::returnPressed, this, &MetadataPanel::applyFilter);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, &MetadataPanel::showDetail);
    connect(m_view, &QTableView::doubleClicked, this, [this](const QModelIndex&) { editKey(); });
    connect(m_model, &MetadataModel::edited, this, &MetadataPanel::valueTyped);
    connect(&document, &Document::modelChanged, this, &MetadataPanel::modelChanged);
    connect(&document, &Document::metadataChanged, this, &MetadataPanel::metadataChanged);
    connect(&document, &Document::keyRequested, this, &MetadataPanel::goToKey);
    modelChanged();
}

// --- changing ---

void MetadataPanel::makeActions()
{
    m_addAction = new QAction(tr("&Add…"), this);
    m_addAction->setShortcut(Qt::Key_Insert);
    m_editAction = new QAction(tr("&Edit…"), this);
    m_editAction->setShortcuts({QKeySequence(Qt::Key_F2), QKeySequence(Qt::Key_Return), QKeySequence(Qt::Key_Enter)});
    m_removeAction = new QAction(tr("&Remove"), this);
    m_removeAction->setShortcut(QKeySequence::Delete);
    m_restoreAction = new QAction(tr("As s&tored"), this);
    m_restoreAction->setToolTip(tr("Takes back what was changed of the selected key."));
    m_saveAction = new QAction(themedIcon(u"save"_s), tr("Sa&ve metadata…"), this);
    connect(m_addAction, &QAction::triggered, this, &MetadataPanel::addKey);
    connect(m_editAction, &QAction::triggered, this, &MetadataPanel::editKey);
    connect(m_removeAction, &QAction::triggered, this, &MetadataPanel::removeKey);
    connect(m_restoreAction, &QAction::triggered, this, &MetadataPanel::restoreKey);
    connect(m_saveAction, &QAction::triggered, this, &MetadataPanel::save);
    auto* layout = new QHBoxLayout(m_buttons);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    const std::pair<QAction*, QString> actions[] = {{m_addAction, u"addKey"_s}, {m_editAction, u"editKey"_s}, {m_removeAction, u"removeKey"_s},
                                                    {m_restoreAction, u"restoreKey"_s}, {m_saveAction, u"saveMetadata"_s}};
    for (const auto& [action, id] : actions) {
        action->setShortcutContext(Qt::WidgetShortcut);
        if (action != m_saveAction)
            m_view->addAction(action);
        auto* button = new QToolButton(m_buttons);
        button->setObjectName(id);
        button->setDefaultAction(action);
        button->setToolButtonStyle(action == m_saveAction ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonTextOnly);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setAutoRaise(true);
        if (action == m_saveAction)
            layout->addStretch(1);
        layout->addWidget(button);
    }
}

QString MetadataPanel::currentKey() const
{
    const Metadata::Entry* entry = m_model->entry(m_filter->mapToSource(m_view->currentIndex()));
    return entry ? toQString(entry->key) : QString();
}

void MetadataPanel::addKey()
{
    say({});
    MetadataEditDialog dialog(m_document, {}, this);
    dialog.exec();
}

void MetadataPanel::editKey()
{
    say({});
    const QModelIndex index = m_filter->mapToSource(m_view->currentIndex());
    const Metadata::Entry* entry = m_model->entry(index);
    if (!entry || m_model->state(index.row()) == MetadataModel::State::Removed)
        return;
    if (const auto reason = reasonNotToEdit(entry->key)) {
        say(tr("%1 cannot be edited. %2.").arg(toQString(entry->key), toQString(*reason)));
        return;
    }
    const auto* array = std::get_if<MetadataArray>(&entry->value.value);
    if (array && array->size() > MetadataEditDialog::mostElements) {
        say(tr("%1 has %2 elements, too many to edit here: use quantlathe-cli metadata --set-file.")
                .arg(toQString(entry->key), exactCountText(array->size())));
        return;
    }
    const QModelIndex cell = m_view->currentIndex().siblingAtColumn(MetadataModel::Value);
    if (MetadataModel::isOneLine(entry->value)) {
        m_view->setCurrentIndex(cell);
        m_view->scrollTo(cell);
        m_view->edit(cell);
        return;
    }
    MetadataEditDialog dialog(m_document, toQString(entry->key), this);
    dialog.exec();
}

void MetadataPanel::valueTyped(const QString& key, const QString& text)
{
    const MetadataValue* stored = m_document.metadata().find(key.toStdString());
    if (!stored)
        return;
    QString problem;
    try {
        MetadataValue value = parseMetadata(text.toStdString(), kindOf(*stored));
        // After the editor is closed: the table is made anew.
        QMetaObject::invokeMethod(
            this,
            [this, key, value = std::move(value)] {
                const QString refused = m_document.editMetadata(key.toStdString(), value, tr("Change %1").arg(key));
                if (!refused.isEmpty())
                    say(refused + u'.');
            },
            Qt::QueuedConnection);
    } catch (const Error& error) {
        problem = tr("%1: %2").arg(key, messageText(error));
    }
    say(problem);
}

void MetadataPanel::removeKey()
{
    say({});
    const QString key = currentKey();
    if (key.isEmpty())
        return;
    const QString problem = m_document.editMetadata(key.toStdString(), std::nullopt, tr("Remove %1").arg(key));
    if (!problem.isEmpty())
        say(problem + u'.');
}

void MetadataPanel::restoreKey()
{
    say({});
    const QString key = currentKey();
    if (key.isEmpty())
        return;
    const MetadataValue* stored = m_document.model()->metadata().find(key.toStdString());
    const QString problem = m_document.editMetadata(key.toStdString(), stored ? std::optional(*stored) : std::nullopt, tr("Restore %1").arg(key));
    if (!problem.isEmpty())
        say(problem + u'.');
}

void MetadataPanel::save()
{
    say({});
    if (!m_document.hasModel() || m_document.metadataEdits().isEmpty())
        return;
    MetadataSaveDialog dialog(m_document, this);
    if (dialog.exec() == QDialog::Accepted)
        say(dialog.isInPlace() ? tr("Saved into the model file.") : tr("Saved as %1.").arg(pathText(dialog.result().files.front())));
}

void MetadataPanel::say(const QString& text)
{
    m_message->setText(text);
    m_message->setVisible(!text.isEmpty());
}

void MetadataPanel::metadataChanged()
{
    const QString key = currentKey();
    const int column = m_view->currentIndex().column();
    m_model->setModel(m_document.model(), m_document.metadataEdits());
    applyFilter();
    if (const int row = m_model->rowOf(key); row >= 0)
        m_view->setCurrentIndex(m_filter->mapFromSource(m_model->index(row, qMax(0, column))));
    m_pages->setCurrentWidget(m_model->rowCount() > 0 ? static_cast<QWidget*>(m_splitter) : m_hint);
    showDetail();
}

void MetadataPanel::updateActions()
{
    const QModelIndex index = m_filter->mapToSource(m_view->currentIndex());
    const Metadata::Entry* entry = m_model->entry(index);
    const bool isThere = entry && m_model->state(index.row()) != MetadataModel::State::Removed;
    const bool isGguf = m_document.hasModel() && m_document.model()->format() == ModelFormat::Gguf;
    m_addAction->setEnabled(m_document.hasModel());
    m_editAction->setEnabled(isThere);
    m_removeAction->setEnabled(isThere && !reasonNotToEdit(entry->key));
    m_restoreAction->setEnabled(entry && m_model->state(index.row()) != MetadataModel::State::Stored);
    m_saveAction->setEnabled(isGguf && !m_document.metadataEdits().isEmpty());
    m_saveAction->setToolTip(m_document.hasModel() && !isGguf ? tr("Edits go into the GGUF that an export writes.")
                                                              : tr("Writes the edited metadata, as a new file or into the model file."));
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
    say({});
    m_model->setModel(m_document.model(), m_document.metadataEdits());
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
    updateActions();
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
