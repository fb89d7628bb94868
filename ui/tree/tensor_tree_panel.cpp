// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tree/tensor_tree_panel.h"

#include "ui/look/icons.h"
#include "ui/look/theme.h"
#include "ui/parts/table_copy.h"
#include "ui/text.h"
#include "ui/tree/tensor_filter_model.h"
#include "ui/tree/tensor_tree_model.h"
#include "ui/tree/type_choices.h"
#include "ui/tree/type_delegate.h"

#include <QAction>
#include <QCheckBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QTimer>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int filterDelayMilliseconds = 300;
constexpr int sortDelayMilliseconds = 1000;
/// Models with fewer tensors are shown unfolded.
constexpr std::size_t expandedTensors = 120;

QToolButton* makeButton(const QString& icon, const QString& text, QWidget* parent)
{
    auto* button = new QToolButton(parent);
    button->setIcon(themedIcon(icon));
    button->setToolTip(text);
    button->setAccessibleName(text);
    button->setAutoRaise(true);
    return button;
}

} // namespace

TensorTreePanel::TensorTreePanel(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_model(new TensorTreeModel(document, this)),
      m_filter(new TensorFilterModel(this)), m_filterEdit(new QLineEdit(this)),
      m_regexBox(new QCheckBox(tr("Regular e&xpression"), this)), m_filterLabel(new QLabel(this)),
      m_view(new QTreeView(this)), m_filterTimer(new QTimer(this)), m_sortTimer(new QTimer(this))
{
    m_filter->setSourceModel(m_model);

    auto* label = new QLabel(tr("Fi&lter:"), this);
    label->setBuddy(m_filterEdit);
    m_filterEdit->setObjectName(u"tensorFilter"_s);
    m_filterEdit->setPlaceholderText(tr("Name, role or type"));
    m_filterEdit->setClearButtonEnabled(true);
    m_filterEdit->setAccessibleName(tr("Filter tensors by name, role or type"));
    m_regexBox->setObjectName(u"tensorFilterRegex"_s);
    m_filterLabel->setObjectName(u"tensorFilterState"_s);
    QToolButton* expand = makeButton(u"expand"_s, tr("Unfold all layers"), this);
    QToolButton* collapse = makeButton(u"collapse"_s, tr("Fold all layers"), this);

    auto* line = new QHBoxLayout;
    line->addWidget(label);
    line->addWidget(m_filterEdit, 1);
    line->addWidget(m_regexBox);
    line->addWidget(m_filterLabel);
    line->addWidget(expand);
    line->addWidget(collapse);
    const int space = style()->pixelMetric(QStyle::PM_LayoutHorizontalSpacing, nullptr, this);
    line->setContentsMargins(qMax(space, 6), qMax(space / 2, 4), qMax(space, 6), 0);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(line);
    layout->addWidget(m_view, 1);

    m_view->setObjectName(u"tensorTree"_s);
    m_view->setAccessibleName(tr("Tensors by layer"));
    m_view->setModel(m_filter);
    m_view->setItemDelegateForColumn(TensorTreeModel::ChosenType, new TypeDelegate(document, m_view));
    m_view->setUniformRowHeights(true); // thousands of rows are laid out without asking each
    m_view->setAlternatingRowColors(true);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->setAllColumnsShowFocus(false);
    addTableActions(*m_view);
    m_view->header()->setSortIndicatorClearable(true);
    m_view->header()->setSectionsClickable(true);
    m_view->header()->setSortIndicatorShown(true);
    m_view->header()->setSortIndicator(-1, Qt::AscendingOrder);
    m_view->header()->setStretchLastSection(false);
    resetColumns();
    m_view->viewport()->installEventFilter(this);
    connect(m_view->header(), &QHeaderView::sectionResized, this, [this] { m_fitsColumns = m_fitsColumns && m_isFitting; });

    connect(m_view, &QTreeView::customContextMenuRequested, this, &TensorTreePanel::showContextMenu);
    connect(expand, &QToolButton::clicked, m_view, &QTreeView::expandAll);
    connect(collapse, &QToolButton::clicked, m_view, &QTreeView::collapseAll);
    m_filterTimer->setSingleShot(true);
    m_filterTimer->setInterval(filterDelayMilliseconds);
    connect(m_filterTimer, &QTimer::timeout, this, &TensorTreePanel::applyFilter);
    connect(m_filterEdit, &QLineEdit::textChanged, m_filterTimer, qOverload<>(&QTimer::start));
    connect(m_filterEdit, &QLineEdit::returnPressed, this, &TensorTreePanel::applyFilter);
    connect(m_regexBox, &QCheckBox::toggled, this, &TensorTreePanel::applyFilter);
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this, &TensorTreePanel::takeSelectionFromView);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this, &TensorTreePanel::takeSelectionFromView);
    connect(m_view->header(), &QHeaderView::sortIndicatorChanged, this, &TensorTreePanel::sortRows);
    m_sortTimer->setSingleShot(true);
    m_sortTimer->setInterval(sortDelayMilliseconds);
    connect(m_sortTimer, &QTimer::timeout, this, &TensorTreePanel::sortRows);
    const auto sortSoon = [this] {
        if (m_view->header()->sortIndicatorSection() >= TensorTreeModel::ChosenType && !m_sortTimer->isActive())
            m_sortTimer->start();
    };
    connect(&document, &Document::planChanged, this, sortSoon);
    connect(&document, &Document::errorsChanged, this, sortSoon);
    connect(&document, &Document::selectionChanged, this, &TensorTreePanel::takeSelectionFromDocument);
    connect(&document, &Document::modelChanged, this, &TensorTreePanel::modelChanged);
    modelChanged();
}

void TensorTreePanel::modelChanged()
{
    m_filterEdit->clear();
    applyFilter();
    if (m_document.tensorCount() <= expandedTensors)
        m_view->expandAll();
    else
        m_view->expand(m_filter->index(0, 0));
    m_view->scrollToTop();
    fitColumns();
}

// --- columns ---

void TensorTreePanel::resetColumns()
{
    QHeaderView* header = m_view->header();
    for (int column = 0; column < TensorTreeModel::ColumnCount; ++column) {
        header->setSectionHidden(column, false);
        header->moveSection(header->visualIndex(column), column);
    }
    header->setSortIndicator(-1, Qt::AscendingOrder);
    m_fitsColumns = true;
    fitColumns();
}

void TensorTreePanel::fitColumns()
{
    if (!m_fitsColumns)
        return;
    m_isFitting = true;
    // The widest texts that occur, so that nothing jumps while figures come in. Names, roles and shapes: what is there.
    const QFontMetrics metrics(m_view->font());
    QFont bold = m_view->font();
    bold.setBold(true);
    const QFontMetrics boldMetrics(bold);
    QStringList widest{tr("Layer %1").arg(100), {}, tr("%1 weights").arg(u"000.0 M"_s), u"F16, F32"_s, u"Q4_K, Q6_K, F32"_s,
                       u"32.00"_s, u"1023.9 MiB"_s, u"1023.9 MiB"_s, u"≈ 99.99 %"_s};
    std::set<TensorRole> roles;
    std::string_view longestName;
    for (std::size_t tensor = 0; tensor < m_document.tensorCount(); ++tensor) {
        const std::string& name = m_document.model()->tensors()[tensor].name();
        longestName = name.size() > longestName.size() ? name : longestName;
        roles.insert(m_document.model()->place(tensor).role);
    }
    QHeaderView* header = m_view->header();
    const int margin = 2 * (style()->pixelMetric(QStyle::PM_FocusFrameHMargin, nullptr, m_view) + 1) + metrics.averageCharWidth();
    const int sortMark = style()->pixelMetric(QStyle::PM_HeaderMarkSize, nullptr, header);
    int total = 0;
    for (int column = TensorTreeModel::Role; column < TensorTreeModel::ColumnCount; ++column) {
        const QString title = m_model->headerData(column, Qt::Horizontal).toString();
        int width = qMax(metrics.horizontalAdvance(title) + sortMark, boldMetrics.horizontalAdvance(widest[column]));
        if (column == TensorTreeModel::Role) {
            for (const TensorRole role : roles)
                width = qMax(width, metrics.horizontalAdvance(toQString(label(role))));
        }
        header->resizeSection(column, width + margin);
        total += width + margin;
    }
    // Names take what is left, within reason: a very long one is cut and told by its tool tip.
    const int longest = qMin(metrics.horizontalAdvance(toQString(longestName)), metrics.averageCharWidth() * 60) + 2 * m_view->indentation() + margin;
    header->resizeSection(TensorTreeModel::Name, qMax(qMax(longest, metrics.averageCharWidth() * 20), m_view->viewport()->width() - total));
    m_isFitting = false;
}

bool TensorTreePanel::eventFilter(QObject* object, QEvent* event)
{
    if (object == m_view->viewport() && event->type() == QEvent::Resize)
        fitColumns();
    return QWidget::eventFilter(object, event);
}

void TensorTreePanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        fitColumns();
}

QByteArray TensorTreePanel::saveColumns() const { return m_fitsColumns ? QByteArray() : m_view->header()->saveState(); }

bool TensorTreePanel::restoreColumns(const QByteArray& state)
{
    if (!m_view->header()->restoreState(state))
        return false;
    m_fitsColumns = false;
    return true;
}

// --- filter ---

void TensorTreePanel::focusFilter()
{
    m_filterEdit->setFocus(Qt::ShortcutFocusReason);
    m_filterEdit->selectAll();
}

void TensorTreePanel::applyFilter()
{
    m_filterTimer->stop();
    const bool wasFiltering = m_filter->isFiltering();
    QString problem;
    withoutSelection([&] { problem = m_filter->setFilter(m_filterEdit->text(), m_regexBox->isChecked()); });
    // What is hidden is not selected: nobody changes what they cannot see.
    takeSelectionFromView();
    showFilterState(problem);
    if (m_filter->isFiltering())
        m_view->expandAll();
    else if (wasFiltering && m_view->currentIndex().isValid())
        m_view->scrollTo(m_view->currentIndex());
}

void TensorTreePanel::showFilterState(const QString& problem)
{
    QPalette palette = m_filterLabel->parentWidget()->palette();
    if (!problem.isEmpty()) {
        palette.setColor(QPalette::WindowText, errorColour(palette));
        m_filterLabel->setText(tr("Not a regular expression"));
        m_filterLabel->setToolTip(problem);
    } else if (m_filter->isFiltering()) {
        m_filterLabel->setText(tr("%1 of %2").arg(m_filter->visibleTensors()).arg(m_document.tensorCount()));
        m_filterLabel->setToolTip(tr("Tensors that pass the filter"));
    } else {
        m_filterLabel->setText({});
        m_filterLabel->setToolTip({});
    }
    m_filterLabel->setPalette(palette);
    m_filterLabel->setVisible(!m_filterLabel->text().isEmpty());
}

void TensorTreePanel::sortRows()
{
    m_sortTimer->stop();
    const QHeaderView* header = m_view->header();
    withoutSelection([&] { m_filter->sort(header->sortIndicatorSection(), header->sortIndicatorOrder()); });
}

// --- selection ---

void TensorTreePanel::withoutSelection(const std::function<void()>& rearrange)
{
    // Qt follows every selected cell through a rearrangement, in quadratic time: with everything selected that takes seconds.
    m_isSynchronising = true;
    m_view->selectionModel()->clearSelection();
    rearrange();
    m_isSynchronising = false;
    takeSelectionFromDocument();
}

void TensorTreePanel::takeSelectionFromView()
{
    if (m_isSynchronising)
        return;
    TensorIndices selection;
    const auto addRows = [this, &selection](const QModelIndex& parent, int first, int last) {
        for (int row = first; row <= last; ++row)
            selection.push_back(*m_model->tensorAt(m_filter->mapToSource(m_filter->index(row, 0, parent))));
    };
    // Range by range: QItemSelectionModel::selectedRows() compares every row with every range.
    for (const QItemSelectionRange& range : m_view->selectionModel()->selection()) {
        if (range.parent().isValid()) {
            addRows(range.parent(), range.top(), range.bottom());
            continue;
        }
        // A layer stands for what the filter lets through of it.
        for (int group = range.top(); group <= range.bottom(); ++group) {
            const QModelIndex layer = m_filter->index(group, 0);
            addRows(layer, 0, m_filter->rowCount(layer) - 1);
        }
    }
    const auto current = m_model->tensorAt(m_filter->mapToSource(m_view->currentIndex()));
    m_isSynchronising = true;
    m_document.setSelection(std::move(selection), current);
    m_isSynchronising = false;
}

void TensorTreePanel::takeSelectionFromDocument()
{
    if (m_isSynchronising)
        return;
    m_isSynchronising = true;
    QItemSelection selection;
    for (const std::size_t tensor : m_document.selection()) {
        const QModelIndex index = m_filter->mapFromSource(m_model->indexOfTensor(tensor));
        if (index.isValid())
            selection.select(index, index.siblingAtColumn(TensorTreeModel::ColumnCount - 1));
    }
    m_view->selectionModel()->select(selection, QItemSelectionModel::ClearAndSelect);
    if (const auto current = m_document.currentTensor()) {
        const QModelIndex index = m_filter->mapFromSource(m_model->indexOfTensor(*current));
        m_view->selectionModel()->setCurrentIndex(index, QItemSelectionModel::NoUpdate);
        m_view->scrollTo(index);
    }
    m_isSynchronising = false;
}

// --- edits ---

TensorIndices TensorTreePanel::tensorsOfSelectedLayers(QString* description) const
{
    std::set<std::optional<int>> layers;
    for (const std::size_t tensor : m_document.selection())
        layers.insert(m_document.model()->place(tensor).layer);
    TensorIndices tensors;
    for (const auto& layer : layers) {
        const TensorIndices more = m_document.tensorsOfLayer(layer);
        tensors.insert(tensors.end(), more.begin(), more.end());
    }
    std::sort(tensors.begin(), tensors.end());
    if (layers.size() == 1)
        *description = *layers.begin() ? tr("layer %1").arg(**layers.begin()) : tr("the global tensors");
    else
        *description = tr("%n layers", nullptr, static_cast<int>(layers.size()));
    return tensors;
}

TensorIndices TensorTreePanel::tensorsOfSelectedRoles(QString* description) const
{
    std::set<TensorRole> roles;
    for (const std::size_t tensor : m_document.selection())
        roles.insert(m_document.model()->place(tensor).role);
    TensorIndices tensors;
    for (const TensorRole role : roles) {
        const TensorIndices more = m_document.tensorsOfRole(role);
        tensors.insert(tensors.end(), more.begin(), more.end());
    }
    std::sort(tensors.begin(), tensors.end());
    if (roles.size() == 1)
        *description = tr("“%1” in all layers").arg(toQString(label(*roles.begin())));
    else
        *description = tr("%n roles in all layers", nullptr, static_cast<int>(roles.size()));
    return tensors;
}

void TensorTreePanel::choose(const TensorIndices& tensors, std::optional<TensorType> type, const QString& what)
{
    m_document.setType(tensors, type,
                       type ? tr("Set %1 to %2").arg(what, toQString(name(*type))) : tr("Reset %1").arg(what));
}

void TensorTreePanel::addEditActions(QMenu& menu)
{
    const TensorIndices selection = m_document.selection();
    const bool hasSelection = !selection.empty();
    QString selected = tr("the selection");
    QString layers;
    QString roles;
    TensorIndices ofLayers;
    TensorIndices ofRoles;
    if (hasSelection) {
        ofLayers = tensorsOfSelectedLayers(&layers);
        ofRoles = tensorsOfSelectedRoles(&roles);
        selected = selection.size() == 1 ? toQString(m_document.model()->tensors()[selection.front()].name())
                                         : tr("%n tensors", nullptr, static_cast<int>(selection.size()));
    }
    const auto addTypeMenu = [&](const QString& title, const TensorIndices& tensors, const QString& what) {
        QMenu* types = menu.addMenu(title);
        types->setEnabled(!tensors.empty());
        addTypeActions(*types, [this, tensors, what](TensorType type) { choose(tensors, type, what); });
    };
    addTypeMenu(hasSelection ? tr("&Set type of %1").arg(selected) : tr("&Set type of the selection"), selection, selected);
    addTypeMenu(hasSelection ? tr("Set type of &layer (%1)").arg(layers) : tr("Set type of the &layer"), ofLayers, layers);
    addTypeMenu(hasSelection ? tr("Set type of &role (%1)").arg(roles) : tr("Set type of the &role in all layers"), ofRoles, roles);
    menu.addSeparator();
    QAction* reset = menu.addAction(themedIcon(u"reset"_s), tr("Reset the selection to &stored"));
    reset->setEnabled(hasSelection);
    connect(reset, &QAction::triggered, this, [this, selection, selected] { choose(selection, std::nullopt, selected); });
    QAction* resetAll = menu.addAction(tr("Reset &everything to stored"));
    resetAll->setEnabled(m_document.hasModel() && !m_document.plan().choices().empty());
    connect(resetAll, &QAction::triggered, this, [this] { m_document.setPlan({}, tr("Reset everything to stored")); });
}

void TensorTreePanel::showContextMenu(const QPoint& position)
{
    if (!m_view->indexAt(position).isValid())
        return;
    QMenu menu(this);
    addEditActions(menu);
    menu.addSeparator();
    menu.addActions(m_view->actions());
    menu.exec(m_view->viewport()->mapToGlobal(position));
}

} // namespace quantlathe::ui
