// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/table_copy.h"

#include <QAbstractItemView>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QTableView>

#include <algorithm>

namespace quantlathe::ui {

QString selectedText(const QAbstractItemView& view)
{
    if (!view.selectionModel())
        return {};
    QModelIndexList cells = view.selectionModel()->selectedIndexes();
    const auto* table = qobject_cast<const QTableView*>(&view);
    cells.removeIf([table](const QModelIndex& cell) { return table && table->isColumnHidden(cell.column()); });
    std::sort(cells.begin(), cells.end());
    QString text;
    int row = -1;
    for (const QModelIndex& cell : cells) {
        if (row >= 0)
            text += cell.row() == row ? u'\t' : u'\n';
        row = cell.row();
        text += cell.data().toString();
    }
    return text;
}

QAction* addCopyAction(QAbstractItemView& view)
{
    auto* copy = new QAction(QApplication::translate("TableCopy", "&Copy"), &view);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    QObject::connect(copy, &QAction::triggered, &view, [&view] {
        const QString text = selectedText(view);
        if (!text.isEmpty())
            QApplication::clipboard()->setText(text);
    });
    view.addAction(copy);
    view.setContextMenuPolicy(Qt::ActionsContextMenu);
    return copy;
}

} // namespace quantlathe::ui
