// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/values/values_panel.h"

#include "core/base/text.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/job_strip.h"
#include "ui/parts/row_label.h"
#include "ui/parts/title_label.h"
#include "ui/text.h"
#include "ui/values/values_model.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QSaveFile>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

QToolButton* pageButton(Qt::ArrowType arrow, const QString& name, const QString& text, QWidget* parent)
{
    auto* button = new QToolButton(parent);
    button->setObjectName(name);
    button->setArrowType(arrow);
    button->setToolTip(text);
    button->setAccessibleName(text);
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

constexpr std::uint64_t savedBlockCells = 1u << 18; ///< decoded at a time when a tensor is saved

QString textOf(const std::vector<float>& values, std::uint64_t columns)
{
    QString text;
    for (std::size_t index = 0; index < values.size(); ++index) {
        text += exactFloatText(values[index]);
        text += (index + 1) % columns == 0 ? u'\n' : u'\t';
    }
    return text;
}

} // namespace

ValuesPanel::ValuesPanel(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_model(new ValuesModel(this)), m_title(new TitleLabel(this)),
      m_kind(new QComboBox(this)), m_row(new QLineEdit(this)), m_column(new QLineEdit(this)),
      m_columnLabel(new QLabel(tr("&Column:"), this)),
      m_upButton(pageButton(Qt::UpArrow, u"previousRows"_s, tr("Previous page of rows"), this)),
      m_downButton(pageButton(Qt::DownArrow, u"nextRows"_s, tr("Next page of rows"), this)),
      m_leftButton(pageButton(Qt::LeftArrow, u"previousColumns"_s, tr("Previous page of columns"), this)),
      m_rightButton(pageButton(Qt::RightArrow, u"nextColumns"_s, tr("Next page of columns"), this)), m_range(new QLabel(this)),
      m_message(new QLabel(this)), m_pages(new QStackedWidget(this)), m_hint(new HintPage(this)), m_view(new QTableView(this)),
      m_strip(new JobStrip(this))
{
    m_kind->setObjectName(u"valueKind"_s);
    m_kind->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    auto* kindLabel = new QLabel(tr("&Show:"), this);
    kindLabel->setBuddy(m_kind);
    m_row->setObjectName(u"goToRow"_s);
    m_row->setToolTip(tr("A row number, or the indices of a row of a stack of matrices: 3, 17"));
    m_column->setObjectName(u"goToColumn"_s);
    for (QLineEdit* edit : {m_row, m_column})
        edit->setMaximumWidth(fontMetrics().averageCharWidth() * 16);
    auto* rowLabel = new QLabel(tr("Go to &row:"), this);
    rowLabel->setBuddy(m_row);
    m_columnLabel->setBuddy(m_column);
    m_range->setObjectName(u"valueRange"_s);
    m_range->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_message->setObjectName(u"valueMessage"_s);
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    m_message->hide();
    m_hint->setObjectName(u"valuesHint"_s);

    m_view->setObjectName(u"valuesTable"_s);
    m_view->setAccessibleName(tr("Values of the tensor"));
    m_view->setModel(m_model);
    m_view->horizontalHeader()->setSectionResizeMode(QHeaderView::Interactive);
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->setAlternatingRowColors(true);
    m_view->setWordWrap(false);
    m_view->setCornerButtonEnabled(false);
    m_view->setTabKeyNavigation(false);
    auto* copy = new QAction(tr("&Copy"), m_view);
    copy->setObjectName(u"copyValues"_s);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    connect(copy, &QAction::triggered, this, &ValuesPanel::copySelection);
    m_view->addAction(copy);
    auto* save = new QAction(tr("&Save the tensor as CSV…"), m_view);
    save->setObjectName(u"saveValues"_s);
    connect(save, &QAction::triggered, this, &ValuesPanel::askAndSave);
    m_view->addAction(save);
    m_view->setContextMenuPolicy(Qt::ActionsContextMenu);

    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_view);
    auto* top = new QHBoxLayout;
    top->addWidget(m_title, 1);
    top->addWidget(kindLabel);
    top->addWidget(m_kind);
    auto* navigation = new QHBoxLayout;
    navigation->addWidget(rowLabel);
    navigation->addWidget(m_row);
    navigation->addWidget(m_columnLabel);
    navigation->addWidget(m_column);
    for (QToolButton* button : {m_upButton, m_downButton, m_leftButton, m_rightButton})
        navigation->addWidget(button);
    navigation->addWidget(m_range, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 6, 4);
    layout->setSpacing(4);
    layout->addLayout(top);
    layout->addLayout(navigation);
    layout->addWidget(m_message);
    layout->addWidget(m_pages, 1);
    layout->addWidget(m_strip);
    m_strip->watch(m_saving, tr("Saving the tensor as CSV"));

    connect(m_row, &QLineEdit::returnPressed, this, &ValuesPanel::goToText);
    connect(m_column, &QLineEdit::returnPressed, this, &ValuesPanel::goToText);
    connect(m_upButton, &QToolButton::clicked, this, [this] { turnRows(false); });
    connect(m_downButton, &QToolButton::clicked, this, [this] { turnRows(true); });
    connect(m_leftButton, &QToolButton::clicked, this, [this] { turnColumns(false); });
    connect(m_rightButton, &QToolButton::clicked, this, [this] { turnColumns(true); });
    connect(m_kind, &QComboBox::activated, this, &ValuesPanel::refreshSoon);
    connect(&m_model->blocks(), &ValueBlocks::failed, this, [this](const Error& error) { say(messageText(error)); });
    m_refresh.setSingleShot(true);
    m_refresh.setInterval(0);
    connect(&m_refresh, &QTimer::timeout, this, &ValuesPanel::refresh);
    connect(&document, &Document::modelChanged, this, [this] {
        m_model->setTensor(nullptr, 0, TensorType::F32, ValueKind::Stored); // lets the old model go
        refreshSoon();
    });
    connect(&document, &Document::selectionChanged, this, &ValuesPanel::refreshSoon);
    connect(&document, &Document::weightRequested, this, [this](std::size_t tensor, std::uint64_t row, std::uint64_t column) {
        m_wantedPlace = Place{tensor, row, column};
        refreshSoon();
    });
    connect(&document, &Document::importanceChanged, this, &ValuesPanel::refreshSoon);
    connect(&document, &Document::planChanged, this, [this](const std::vector<std::size_t>& tensors) {
        if (const auto tensor = wantedTensor(); tensor && std::find(tensors.begin(), tensors.end(), *tensor) != tensors.end())
            refreshSoon();
    });
    adjustSections();
    refresh();
}

std::optional<std::size_t> ValuesPanel::wantedTensor() const
{
    if (!m_document.hasModel())
        return std::nullopt;
    if (m_document.currentTensor())
        return m_document.currentTensor();
    return m_document.selection().size() == 1 ? std::optional(m_document.selection().front()) : std::nullopt;
}

void ValuesPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        adjustSections();
}

void ValuesPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refreshSoon();
}

void ValuesPanel::refreshSoon()
{
    if (isVisible())
        m_refresh.start();
}

// --- what is shown ---

void ValuesPanel::refresh()
{
    say({});
    const auto index = wantedTensor();
    if (!index) {
        showHint(m_document.hasModel() ? tr("Select a tensor to see its values.") : tr("Open a model to see the values of its tensors."));
        return;
    }
    const Tensor& tensor = m_document.model()->tensors()[*index];
    m_title->setTitle(tr("%1 (%2, %3)").arg(toQString(printable(tensor.name())), toQString(tensor.shape().toString()),
                                           toQString(name(tensor.type()))));
    if (!tensor.canDecode()) {
        showHint(tr("%1 cannot be decoded by this version yet, so the values cannot be shown.").arg(toQString(name(tensor.type()))));
        return;
    }
    if (tensor.shape().weightCount() == 0) {
        showHint(tr("This tensor has no weights."));
        return;
    }
    updateKinds();
    const bool isOther = m_model->tensor() != &tensor;
    m_model->setTensor(m_document.model(), *index, m_document.effectiveChoice(*index).type,
                       static_cast<ValueKind>(m_kind->currentData().toInt()), m_document.plan().encoding,
                       importanceOf(m_document.importance().get(), *index));
    m_pages->setCurrentWidget(m_view);
    if (isOther) {
        adjustSections();
        m_view->scrollToTop();
        m_row->clear();
        m_column->clear();
    }
    if (m_wantedPlace && m_wantedPlace->tensor == *index)
        goTo(m_wantedPlace->row, m_wantedPlace->column);
    m_wantedPlace.reset();
    updateControls();
}

void ValuesPanel::updateKinds()
{
    const std::size_t index = *wantedTensor();
    const EffectiveChoice& choice = m_document.effectiveChoice(index);
    const bool canQuantize = choice.canWrite && choice.type != m_document.model()->tensors()[index].type();
    const int kind = canQuantize ? std::max(m_kind->currentIndex(), 0) : 0;
    m_kind->clear();
    m_kind->addItem(tr("As stored"), static_cast<int>(ValueKind::Stored));
    if (canQuantize) {
        m_kind->addItem(tr("Quantized to %1").arg(toQString(name(choice.type))), static_cast<int>(ValueKind::Quantized));
        m_kind->addItem(tr("Difference to %1").arg(toQString(name(choice.type))), static_cast<int>(ValueKind::Difference));
    }
    m_kind->setCurrentIndex(kind);
    m_kind->setEnabled(canQuantize);
    m_kind->setToolTip(canQuantize ? tr("The values now, under the chosen type, or what changes")
                                   : tr("Kept as stored: choose another type to see what it makes of the values"));
}

void ValuesPanel::showHint(const QString& text)
{
    m_hint->setHint(text);
    m_pages->setCurrentWidget(m_hint);
    m_model->setTensor(nullptr, 0, TensorType::F32, ValueKind::Stored);
    if (!wantedTensor())
        m_title->setTitle({});
    m_kind->setEnabled(false);
    updateControls();
}

void ValuesPanel::adjustSections()
{
    const QFontMetrics metrics = m_view->fontMetrics();
    m_view->verticalHeader()->setDefaultSectionSize(metrics.height() + 4);
    m_view->horizontalHeader()->setDefaultSectionSize(metrics.horizontalAdvance(u"-0.00012345678"_s) + metrics.height());
    // The header measures a few rows only; the label of the last row is the longest.
    if (m_model->tensor() && m_model->grid().rows > 0) {
        const std::uint64_t last = m_model->grid().rows - 1;
        const QString label = m_model->grid().isVector ? QString::number(last) : ui::rowLabel(m_model->tensor()->shape(), last);
        m_view->verticalHeader()->setFixedWidth(metrics.horizontalAdvance(label) + metrics.height());
    }
}

void ValuesPanel::updateControls()
{
    const ValueGrid grid = m_model->grid();
    const bool hasValues = m_pages->currentWidget() == m_view;
    const auto rows = static_cast<std::uint64_t>(m_model->rowCount());
    const auto columns = static_cast<std::uint64_t>(m_model->columnCount());
    m_row->setEnabled(hasValues);
    m_column->setEnabled(hasValues && !grid.isVector);
    m_upButton->setEnabled(hasValues && m_model->firstRow() > 0);
    m_downButton->setEnabled(hasValues && m_model->firstRow() + rows < grid.rows);
    m_leftButton->setEnabled(hasValues && m_model->firstColumn() > 0);
    m_rightButton->setEnabled(hasValues && m_model->firstColumn() + columns < grid.columns);
    // Nothing to turn: nothing to press.
    for (QToolButton* button : {m_upButton, m_downButton})
        button->setVisible(grid.rows > ValuesModel::pageRows);
    for (QToolButton* button : {m_leftButton, m_rightButton})
        button->setVisible(grid.columns > ValuesModel::pageColumns);
    QString range;
    if (hasValues && rows > 0 && columns > 0) {
        range = tr("Rows %1 to %2 of %3")
                    .arg(exactCountText(m_model->firstRow()), exactCountText(m_model->firstRow() + rows - 1), exactCountText(grid.rows));
        if (!grid.isVector)
            range = tr("%1, columns %2 to %3 of %4")
                        .arg(range, exactCountText(m_model->firstColumn()), exactCountText(m_model->firstColumn() + columns - 1),
                             exactCountText(grid.columns));
    }
    m_range->setText(range);
    m_range->setToolTip(range);
}

// --- going places ---

void ValuesPanel::goToText()
{
    const Tensor* tensor = m_model->tensor();
    if (!tensor)
        return;
    const ValueGrid grid = m_model->grid();
    const QModelIndex current = m_view->currentIndex();
    std::uint64_t row = m_model->firstRow() + (current.isValid() ? static_cast<std::uint64_t>(current.row()) : 0);
    std::uint64_t column = m_model->firstColumn() + (current.isValid() ? static_cast<std::uint64_t>(current.column()) : 0);
    if (!m_row->text().trimmed().isEmpty()) {
        const auto wanted = rowFromText(grid.isVector ? Shape{grid.rows, 1} : tensor->shape(), m_row->text());
        if (!wanted) {
            say(tr("There is no such row: rows go from 0 to %1.").arg(exactCountText(grid.rows - 1)));
            return;
        }
        row = *wanted;
    }
    if (!m_column->text().trimmed().isEmpty()) {
        bool isNumber = false;
        const qulonglong wanted = m_column->text().trimmed().toULongLong(&isNumber);
        if (!isNumber || wanted >= grid.columns) {
            say(tr("There is no such column: columns go from 0 to %1.").arg(exactCountText(grid.columns - 1)));
            return;
        }
        column = wanted;
    }
    say({});
    goTo(row, column);
}

void ValuesPanel::goTo(std::uint64_t row, std::uint64_t column)
{
    const QModelIndex cell = m_model->turnTo(row, column);
    m_view->setCurrentIndex(cell);
    m_view->scrollTo(cell, QAbstractItemView::PositionAtCenter);
    updateControls();
}

void ValuesPanel::turnRows(bool forward)
{
    goTo(forward ? m_model->firstRow() + ValuesModel::pageRows : m_model->firstRow() - ValuesModel::pageRows, m_model->firstColumn());
    m_view->scrollToTop();
}

void ValuesPanel::turnColumns(bool forward)
{
    const int row = std::max(m_view->rowAt(0), 0);
    goTo(m_model->firstRow() + static_cast<std::uint64_t>(row),
         forward ? m_model->firstColumn() + ValuesModel::pageColumns : m_model->firstColumn() - ValuesModel::pageColumns);
}

// --- copying ---

void ValuesPanel::copySelection()
{
    const QItemSelection selection = m_view->selectionModel()->selection();
    if (selection.isEmpty() || !m_model->tensor())
        return;
    // What lies around everything that is selected.
    int top = selection.first().top();
    int left = selection.first().left();
    int bottom = selection.first().bottom();
    int right = selection.first().right();
    for (const QItemSelectionRange& range : selection) {
        top = std::min(top, range.top());
        left = std::min(left, range.left());
        bottom = std::max(bottom, range.bottom());
        right = std::max(right, range.right());
    }
    const auto rows = static_cast<std::uint64_t>(bottom - top + 1);
    const auto columns = static_cast<std::uint64_t>(right - left + 1);
    if (rows * columns > mostCopiedCells) {
        say(tr("At most %1 values can be copied at once; %2 are selected.")
                .arg(exactCountText(mostCopiedCells), exactCountText(rows * columns)));
        return;
    }
    ValueWindow window{m_model->firstRow() + static_cast<std::uint64_t>(top), rows,
                       m_model->firstColumn() + static_cast<std::uint64_t>(left), columns};
    if (m_model->grid().isVector)
        window = {0, 1, window.firstRow, rows};
    say({});
    m_copying.start(
        [model = m_document.model(), index = *wantedTensor(), type = m_document.effectiveChoice(*wantedTensor()).type,
         kind = static_cast<ValueKind>(m_kind->currentData().toInt()), window, columns,
         encoding = m_document.plan().encoding, importance = m_document.importance()](const RunControl& control) {
            const Tensor& tensor = model->tensors()[index];
            return textOf(valuesOf(tensor, type, encoding, importanceOf(importance.get(), index), kind, window, control), columns);
        },
        [](const QString& text) { QApplication::clipboard()->setText(text); },
        [this](const Error& error) { say(messageText(error)); });
}

void ValuesPanel::askAndSave()
{
    if (!wantedTensor() || !m_model->tensor())
        return;
    const QString name = toQString(m_model->tensor()->name()) + u".csv"_s;
    const QString file = QFileDialog::getSaveFileName(this, tr("Save the values"), name, tr("Comma-separated values (*.csv)"));
    if (!file.isEmpty())
        saveTo(file);
}

void ValuesPanel::saveTo(const QString& file)
{
    say({});
    m_saving.start(
        [model = m_document.model(), index = *wantedTensor(), type = m_document.effectiveChoice(*wantedTensor()).type,
         kind = static_cast<ValueKind>(m_kind->currentData().toInt()), encoding = m_document.plan().encoding,
         importance = m_document.importance(), file](const RunControl& control) {
            const Tensor& tensor = model->tensors()[index];
            const ValueGrid grid = ValueGrid::of(tensor.shape());
            // A vector is one row of the tensor, and one number per line in the file.
            const std::uint64_t rows = grid.isVector ? 1 : grid.rows;
            const std::uint64_t columns = grid.isVector ? grid.rows : grid.columns;
            const std::uint64_t block = std::max<std::uint64_t>(1, savedBlockCells / std::max<std::uint64_t>(1, columns));
            QSaveFile output(file);
            bool isWritten = output.open(QIODevice::WriteOnly);
            for (std::uint64_t row = 0; isWritten && row < rows; row += block) {
                control.throwIfCancelled();
                const ValueWindow window{row, std::min(block, rows - row), 0, columns};
                QString text = textOf(valuesOf(tensor, type, encoding, importanceOf(importance.get(), index), kind, window, control), grid.isVector ? 1 : columns);
                const QByteArray bytes = text.replace(u'\t', u',').toUtf8();
                isWritten = output.write(bytes) == bytes.size();
                if (control.progress)
                    control.progress->report("write", row + window.rows, rows);
            }
            if (!isWritten || !output.commit())
                throw Error(ErrorKind::Io, output.errorString().toStdString());
            return file;
        },
        [this](const QString& written) { say(tr("Saved as %1").arg(QFileInfo(written).fileName())); },
        [this](const Error& error) { say(messageText(error)); });
}

void ValuesPanel::say(const QString& text)
{
    m_message->setText(text);
    m_message->setVisible(!text.isEmpty());
}

} // namespace quantlathe::ui
