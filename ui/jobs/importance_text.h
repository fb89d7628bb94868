// SPDX-License-Identifier: GPL-3.0-or-later
// What the loaded importance data do for the plan, in words.
#pragma once

#include "core/plan/importance_report.h"

#include <QString>
#include <QStringList>

namespace quantlathe::ui {

/// What is done with such tensors, a sentence without full stop.
QString consequenceText(ImportanceUse use);
/// True for what a person should look at before a long job.
bool isImportanceTrouble(ImportanceUse use);
/// "40 tensors: encoded with importance": one line for each thing that happens, with an example of what is wrong.
QStringList importanceLines(const ImportanceReport& report);
/// "imatrix.gguf: 40 of 42 quantized tensors".
QString importanceSummary(const Importance& importance, const ImportanceReport& report);

} // namespace quantlathe::ui
