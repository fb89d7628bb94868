// SPDX-License-Identifier: GPL-3.0-or-later
// Copying from tables.
#pragma once

class QAbstractItemView;
class QAction;
class QString;

namespace quantlathe::ui {

/// Selected cells as tab-separated lines in the order of the view; hidden columns are left out.
QString selectedText(const QAbstractItemView& view);
/// A "Copy" action (Ctrl+C) in the view's context menu that puts selectedText() on the clipboard.
QAction* addCopyAction(QAbstractItemView& view);

} // namespace quantlathe::ui
