// SPDX-License-Identifier: GPL-3.0-or-later
// By its earlier name: CSV is one of the actions every table has.
#pragma once

#include "ui/parts/table_copy.h"

namespace quantlathe::ui {

inline void addCsvActions(QAbstractItemView& view, const QString& fileName, int numberRole = -1)
{
    addTableActions(view, fileName, numberRole < 0 ? csvRole : numberRole);
}

} // namespace quantlathe::ui
