// SPDX-License-Identifier: GPL-3.0-or-later
// The window: menus, the tensor tree in the middle, panels docked around it.
#pragma once

#include "ui/document.h"
#include "ui/window/workspace.h"

#include <QMainWindow>

namespace quantlathe::ui {

class MainWindow : public QMainWindow
{
    Q_OBJECT
public:
    explicit MainWindow(QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] Document& document() { return *m_document; }

private:
    Document* m_document;
    Workspace m_workspace;
};

} // namespace quantlathe::ui
