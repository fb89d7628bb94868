// SPDX-License-Identifier: GPL-3.0-or-later
// The title bar of a dock: follows the text size (Qt's own keeps the platform's font) and its buttons have names.
#pragma once

#include <QWidget>

class QDockWidget;

namespace quantlathe::ui {

class DockTitle : public QWidget
{
    Q_OBJECT
public:
    explicit DockTitle(QDockWidget& dock);
};

} // namespace quantlathe::ui
