// SPDX-License-Identifier: GPL-3.0-or-later
// What every table and tree of the window offers: copying what is selected, saving all of it as CSV.
#pragma once

#include <QString>
#include <Qt>

class QAbstractItemModel;
class QAbstractItemView;
class QAction;

namespace quantlathe::ui {

/// Models may answer this role with the number behind a text ("1.2 GiB" -> 1288490188): CSV files get the number.
constexpr int csvRole = Qt::UserRole + 200;

/// Selected cells as tab-separated lines in the order of the view; hidden columns are left out.
QString selectedText(const QAbstractItemView& view);
/// All rows of @p view, shown or scrolled away, in its order, with a line of headings (RFC 4180); hidden columns are left out.
/// Numbers have a decimal point whatever the language. The rows of a tree follow their parent.
QString csvText(const QAbstractItemView& view);
/// Writes csvText() with a byte order mark, by which spreadsheets know the encoding. @return what went wrong; empty on success
QString saveCsv(const QAbstractItemView& view, const QString& file);
/// "Copy" (Ctrl+C, selectedText()), "Copy all as CSV" and "Save table as CSV" in the context menu of @p view,
/// unless the view has a menu of its own (then its owner adds the view's actions). Once per view. @return the copy action
/// @param fileName proposed, without extension; empty: what the view is called
/// @param numberRole where the models of this view keep the number behind a text
QAction* addTableActions(QAbstractItemView& view, const QString& fileName = {}, int numberRole = csvRole);
/// The same, by its earlier name.
inline QAction* addCopyAction(QAbstractItemView& view) { return addTableActions(view); }

} // namespace quantlathe::ui
