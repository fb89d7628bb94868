// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace quantlathe::ui {

/// The sample model that comes with the program, beside it when installed, in the source tree otherwise; empty when it is
/// in neither place.
QString sampleModelPath();

} // namespace quantlathe::ui
