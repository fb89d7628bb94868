// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/panels.h"

#include "ui/memory/memory_panel.h"

#include <QCoreApplication>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

struct Panels
{
    Q_DECLARE_TR_FUNCTIONS(Panels)
};

} // namespace

std::vector<PanelDescription> allPanels()
{
    return {
        {u"memory"_s, Panels::tr("Memory"), Qt::RightDockWidgetArea, {}, true,
         [](const Workspace& workspace, QWidget* parent) { return new MemoryPanel(*workspace.document, parent); }},
    };
}

} // namespace quantlathe::ui
