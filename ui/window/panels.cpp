// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/panels.h"

#include <QCoreApplication>

namespace quantlathe::ui {

std::vector<PanelDescription> allPanels()
{
    return {};
}

} // namespace quantlathe::ui
