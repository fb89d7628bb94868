// SPDX-License-Identifier: GPL-3.0-or-later
// A plot as a picture: on the clipboard, in a PNG, SVG or PDF file.
#pragma once

#include <QString>

class QMenu;
class QToolButton;

namespace quantlathe::ui {

class Plot;

/// Writes @p plot as PDF or SVG when @p file ends so, else as PNG in twice the screen's resolution. The file appears complete
/// or not at all.
/// @return what went wrong; empty on success
QString savePlot(Plot& plot, const QString& file);
void copyPlot(Plot& plot);
/// "Show everything", "Copy image", "Save image ..." for a menu button or context menu.
/// @param fileName proposed name without extension
void addPlotActions(QMenu& menu, Plot& plot, const QString& fileName);
/// Makes @p button open a menu of plot actions, which is the context menu of @p plot as well. Its text (with the key that
/// opens it) is the caller's. @return the menu, for more actions
QMenu* makePlotMenu(QToolButton& button, Plot& plot, const QString& fileName);

} // namespace quantlathe::ui
