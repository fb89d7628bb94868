// SPDX-License-Identifier: GPL-3.0-or-later
// By its earlier name: CSV is one of the actions every table has.
#pragma once

#include "ui/parts/table_copy.h"

#include <QString>

namespace quantlathe::ui {

inline void addCsvActions(QAbstractItemView& view, const QString& = {}, int = -1) { addTableActions(view); }

} // namespace quantlathe::ui
