// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace quantlathe::ui {

/// Names, icon and translations of the one QApplication; call it before the first window is made.
void prepareApplication();

} // namespace quantlathe::ui
