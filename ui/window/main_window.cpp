// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/main_window.h"

#include "ui/window/panels.h"

#include <QDockWidget>

namespace quantlathe::ui {

MainWindow::MainWindow(QWidget* parent) : QMainWindow(parent), m_document(new Document(this))
{
    m_workspace.document = m_document;
    for (const PanelDescription& panel : allPanels()) {
        auto* dock = new QDockWidget(panel.title, this);
        dock->setObjectName(panel.id);
        dock->setWidget(panel.create(m_workspace, dock));
        addDockWidget(panel.area, dock);
    }
}

MainWindow::~MainWindow() = default;

} // namespace quantlathe::ui
