// SPDX-License-Identifier: GPL-3.0-or-later
// QCustomPlot's header wants Qt's keyword macros, which the rest of the window does without. Include this one instead.
#pragma once

#define signals public // as Q_SIGNALS; moc has dealt with the library's own classes
#define slots
#define foreach(variable, container) for (variable : container)
#include <qcustomplot.h>
#undef signals
#undef slots
#undef foreach
