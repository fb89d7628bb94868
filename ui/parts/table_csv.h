// SPDX-License-Identifier: GPL-3.0-or-later
// Tables as CSV (RFC 4180): copied or saved.
#pragma once

#include <QString>

class QAbstractItemModel;
class QAction;
class QTableView;

namespace quantlathe::ui {

/// All rows of @p model as it is sorted and filtered, with a line of titles. Numbers are written as they stand in
/// @p exactRole where a cell has one there, otherwise as shown.
QString csvText(const QAbstractItemModel& model, int exactRole = -1);
/// Writes UTF-8. @return what went wrong; empty on success
QString saveCsv(const QString& file, const QString& text);

/// "Copy as CSV" and "Save as CSV ..." in the view's context menu, all rows.
/// @param fileName proposed, without extension
void addCsvActions(QTableView& view, const QString& fileName, int exactRole = -1);

} // namespace quantlathe::ui
