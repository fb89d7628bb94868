// SPDX-License-Identifier: GPL-3.0-or-later
// The dockable panels around the tensor tree: one row each.
#pragma once

#include "ui/window/workspace.h"

#include <QString>

#include <functional>
#include <vector>

class QWidget;

namespace quantlathe::ui {

struct PanelDescription
{
    QString id;    ///< object name of the dock: part of the saved layout, never translated
    QString title;
    Qt::DockWidgetArea area = Qt::RightDockWidgetArea;
    QString tabbedWith; ///< id of an earlier panel it shares tabs with; empty: a place of its own
    bool isVisible = true; ///< in the default layout
    std::function<QWidget*(const Workspace&, QWidget* parent)> create;
};

/// In the order they are docked. A new panel is a new row in panels.cpp.
std::vector<PanelDescription> allPanels();

} // namespace quantlathe::ui
