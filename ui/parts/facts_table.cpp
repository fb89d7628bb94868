// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/facts_table.h"

#include "ui/look/theme.h"
#include "ui/parts/table_copy.h"

#include <QApplication>
#include <QEvent>
#include <QHeaderView>
#include <QScrollBar>

namespace quantlathe::ui {

void FactsModel::setFacts(std::vector<Fact> facts)
{
    // The same labels again: only values change, so that selection and scroll position stay.
    bool isSameTable = facts.size() == m_facts.size();
    for (std::size_t row = 0; isSameTable && row < facts.size(); ++row)
        isSameTable = facts[row].label == m_facts[row].label;
    if (isSameTable) {
        m_facts = std::move(facts);
        if (!m_facts.empty())
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    m_facts = std::move(facts);
    endResetModel();
}

QString FactsModel::toText() const
{
    QString text;
    for (const Fact& fact : m_facts)
        text += fact.label + u'\t' + fact.value + u'\n';
    return text;
}

int FactsModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_facts.size()); }

int FactsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant FactsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Fact& fact = m_facts[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == Label ? fact.label : fact.value;
    case Qt::ToolTipRole:
        return fact.explanation.isEmpty() ? QVariant() : fact.explanation;
    case Qt::AccessibleDescriptionRole:
        return fact.explanation;
    case Qt::TextAlignmentRole:
        return index.column() == Value ? QVariant(Qt::AlignRight | Qt::AlignVCenter) : QVariant(Qt::AlignLeft | Qt::AlignVCenter);
    case Qt::ForegroundRole:
        return fact.isWarning ? QVariant(QBrush(warningColour(QApplication::palette()))) : QVariant();
    default:
        return {};
    }
}

QVariant FactsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    return section == Label ? tr("Figure") : tr("Value");
}

FactsTable::FactsTable(QWidget* parent) : QTableView(parent), m_model(new FactsModel(this))
{
    setModel(m_model);
    horizontalHeader()->hide();
    verticalHeader()->hide();
    horizontalHeader()->setSectionResizeMode(FactsModel::Label, QHeaderView::ResizeToContents);
    horizontalHeader()->setSectionResizeMode(FactsModel::Value, QHeaderView::Stretch);
    setShowGrid(false);
    setAlternatingRowColors(true);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setTabKeyNavigation(false);
    setWordWrap(false);
    setTextElideMode(Qt::ElideMiddle);
    addCopyAction(*this);
    adjustRows();
    connect(m_model, &QAbstractItemModel::modelReset, this, [this] { updateGeometry(); });
}

void FactsTable::setFacts(std::vector<Fact> facts) { m_model->setFacts(std::move(facts)); }

QSize FactsTable::sizeHint() const
{
    const int rows = qMin(m_model->rowCount(), 12);
    return {fontMetrics().averageCharWidth() * 38, rows * verticalHeader()->defaultSectionSize() + 2 * frameWidth()};
}

QSize FactsTable::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 22, verticalHeader()->defaultSectionSize() * 2 + 2 * frameWidth()};
}

void FactsTable::changeEvent(QEvent* event)
{
    QTableView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        adjustRows();
}

void FactsTable::adjustRows()
{
    verticalHeader()->setMinimumSectionSize(1);
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 5);
    updateGeometry();
}

} // namespace quantlathe::ui
