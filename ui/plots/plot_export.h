// SPDX-License-Identifier: GPL-3.0-or-later
// A plot as a picture: on the clipboard, in a PNG or PDF file.
#pragma once

#include <QString>

class QMenu;

namespace quantlathe::ui {

class Plot;

/// Writes @p plot as PDF when @p file ends in .pdf, else as PNG in twice the screen's resolution.
/// @return what went wrong; empty on success
QString savePlot(Plot& plot, const QString& file);
void copyPlot(Plot& plot);
/// "Show everything", "Copy image", "Save image ..." for a menu button or context menu.
/// @param fileName proposed name without extension
void addPlotActions(QMenu& menu, Plot& plot, const QString& fileName);

} // namespace quantlathe::ui
