// SPDX-License-Identifier: GPL-3.0-or-later
// Our own icons: one-colour SVG drawings painted in the palette's text colour, so they fit light and dark.
#pragma once

#include <QIcon>
#include <QString>

namespace quantlathe::ui {

/// resources/icons/@p name.svg, where "currentColor" becomes the colour of the text around it. Follows palette changes.
QIcon themedIcon(const QString& name);
/// The coloured icon of the application.
QIcon applicationIcon();

} // namespace quantlathe::ui
