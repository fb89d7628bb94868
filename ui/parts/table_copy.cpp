// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/table_copy.h"

#include <QCoreApplication>
#include <QAbstractItemView>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>
#include <QMessageBox>
#include <QSaveFile>
#include <QTableView>
#include <QTreeView>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr const char* numberRoleProperty = "csvNumberRole";
constexpr const char* fileNameProperty = "csvFileName";

struct TableCopy
{
    Q_DECLARE_TR_FUNCTIONS(TableCopy)
};

const QHeaderView* headerOf(const QAbstractItemView& view)
{
    if (const auto* table = qobject_cast<const QTableView*>(&view))
        return table->horizontalHeader();
    if (const auto* tree = qobject_cast<const QTreeView*>(&view))
        return tree->header();
    return nullptr;
}

/// Model columns in the order they are shown.
QList<int> shownColumns(const QAbstractItemView& view)
{
    const QHeaderView* header = headerOf(view);
    QList<int> columns;
    for (int place = 0; place < view.model()->columnCount(view.rootIndex()); ++place) {
        const int column = header ? header->logicalIndex(place) : place;
        if (!header || !header->isSectionHidden(column))
            columns << column;
    }
    return columns;
}

QString quoted(QString text)
{
    if (!text.contains(u',') && !text.contains(u'"') && !text.contains(u'\n') && !text.contains(u'\r'))
        return text;
    return u'"' + text.replace(u'"', u"\"\""_s) + u'"';
}

QString cellText(const QModelIndex& cell, int numberRole)
{
    QVariant value = cell.data(numberRole);
    // A role that is for sorting, too, may hold a text of its own: only numbers count there.
    if (!value.isValid() || (numberRole != csvRole && !value.canConvert<double>()) || (numberRole != csvRole && value.typeId() == QMetaType::QString))
        value = cell.data();
    const int type = value.typeId();
    return type == QMetaType::Double || type == QMetaType::Float ? QString::number(value.toDouble(), 'g', 12) : quoted(value.toString());
}

void appendRows(QString& text, const QAbstractItemModel& model, const QModelIndex& parent, const QList<int>& columns, bool hasRowNames, int numberRole)
{
    for (int row = 0; row < model.rowCount(parent); ++row) {
        QStringList cells;
        if (hasRowNames)
            cells << quoted(model.headerData(row, Qt::Vertical).toString());
        for (const int column : columns)
            cells << cellText(model.index(row, column, parent), numberRole);
        text += cells.join(u',') + u"\r\n"_s;
        appendRows(text, model, model.index(row, 0, parent), columns, hasRowNames, numberRole);
    }
}

void askAndSave(QAbstractItemView& view)
{
    const QString proposed = view.property(fileNameProperty).toString();
    const QString name = !proposed.isEmpty() ? proposed : view.accessibleName().isEmpty() ? TableCopy::tr("table") : view.accessibleName().section(u':', 0, 0);
    QString file = QFileDialog::getSaveFileName(&view, TableCopy::tr("Save table"), name + u".csv"_s,
                                                TableCopy::tr("Comma-separated values (*.csv)"));
    if (file.isEmpty())
        return;
    if (QFileInfo(file).suffix().isEmpty())
        file += u".csv"_s;
    const QString problem = saveCsv(view, file);
    if (!problem.isEmpty())
        QMessageBox::warning(&view, TableCopy::tr("Save table"), problem);
}

} // namespace

QString selectedText(const QAbstractItemView& view)
{
    if (!view.selectionModel())
        return {};
    const QList<int> columns = shownColumns(view);
    QModelIndexList cells = view.selectionModel()->selectedIndexes();
    cells.removeIf([&columns](const QModelIndex& cell) { return !columns.contains(cell.column()); });
    // In the order of rows, parents before their children, and of the columns as they are shown.
    const auto path = [](QModelIndex index) {
        QList<int> rows;
        for (; index.isValid(); index = index.parent())
            rows.prepend(index.row());
        return rows;
    };
    std::vector<std::pair<QList<int>, QModelIndex>> placed;
    for (const QModelIndex& cell : cells)
        placed.emplace_back(path(cell) << static_cast<int>(columns.indexOf(cell.column())), cell);
    const auto sameRow = [](const QModelIndex& a, const QModelIndex& b) { return a.row() == b.row() && a.parent() == b.parent(); };
    std::sort(placed.begin(), placed.end(), [&](const auto& a, const auto& b) {
        const QList<int> rowA = a.first.first(a.first.size() - 1);
        const QList<int> rowB = b.first.first(b.first.size() - 1);
        if (rowA == rowB)
            return a.first.last() < b.first.last();
        return std::lexicographical_compare(rowA.begin(), rowA.end(), rowB.begin(), rowB.end());
    });
    QString text;
    QModelIndex previous;
    for (const auto& [place, cell] : placed) {
        if (previous.isValid())
            text += sameRow(cell, previous) ? u'\t' : u'\n';
        previous = cell;
        text += cell.data().toString();
    }
    return text;
}

QString csvText(const QAbstractItemView& view)
{
    const QAbstractItemModel* model = view.model();
    if (!model)
        return {};
    const QList<int> columns = shownColumns(view);
    const auto* table = qobject_cast<const QTableView*>(&view);
    const bool hasRowNames = table && !table->verticalHeader()->isHidden();
    QStringList headings;
    if (hasRowNames)
        headings << QString();
    for (const int column : columns)
        headings << quoted(model->headerData(column, Qt::Horizontal).toString());
    QString text = headings.join(u',') + u"\r\n"_s;
    const QVariant role = view.property(numberRoleProperty);
    appendRows(text, *model, view.rootIndex(), columns, hasRowNames, role.isValid() ? role.toInt() : csvRole);
    return text;
}

QString saveCsv(const QAbstractItemView& view, const QString& file)
{
    QSaveFile output(file);
    const QByteArray bytes = "\xEF\xBB\xBF" + csvText(view).toUtf8();
    if (!output.open(QIODevice::WriteOnly) || output.write(bytes) != bytes.size() || !output.commit())
        return TableCopy::tr("The table could not be written to %1: %2.").arg(file, output.errorString());
    return {};
}

QAction* addTableActions(QAbstractItemView& view, const QString& fileName, int numberRole)
{
    if (!fileName.isEmpty())
        view.setProperty(fileNameProperty, fileName);
    if (numberRole != csvRole)
        view.setProperty(numberRoleProperty, numberRole);
    if (auto* known = view.findChild<QAction*>(u"copyTable"_s, Qt::FindDirectChildrenOnly))
        return known;
    auto* copy = new QAction(TableCopy::tr("&Copy"), &view);
    copy->setObjectName(u"copyTable"_s);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    QObject::connect(copy, &QAction::triggered, &view, [&view] {
        const QString text = selectedText(view);
        if (!text.isEmpty())
            QApplication::clipboard()->setText(text);
    });
    auto* copyAll = new QAction(TableCopy::tr("Copy &all as CSV"), &view);
    copyAll->setObjectName(u"copyCsv"_s);
    QObject::connect(copyAll, &QAction::triggered, &view, [&view] { QApplication::clipboard()->setText(csvText(view)); });
    auto* save = new QAction(TableCopy::tr("&Save table as CSV…"), &view);
    save->setObjectName(u"saveCsv"_s);
    QObject::connect(save, &QAction::triggered, &view, [&view] { askAndSave(view); });
    view.addAction(copy);
    view.addAction(copyAll);
    view.addAction(save);
    if (view.contextMenuPolicy() == Qt::DefaultContextMenu)
        view.setContextMenuPolicy(Qt::ActionsContextMenu);
    return copy;
}

} // namespace quantlathe::ui
