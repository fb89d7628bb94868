// SPDX-License-Identifier: GPL-3.0-or-later
// Figures of an evaluation, and what they mean, in words.
#pragma once

#include "core/inference/verdict.h"

#include <QColor>
#include <QPalette>
#include <QString>

namespace quantlathe::ui {

/// "12.3456"
QString perplexityText(double perplexity);
/// A KL divergence in nats: "0.0213", "3.1e-05".
QString divergenceText(double nats);
/// A share as signed per cent: "+0.43 %", "−1.2 %".
QString changeText(double share);
/// A share as per cent: "97.31 %".
QString percentText(double share);

/// Two sentences: the perplexity against the 1 % line, the tokens that change.
QString verdictText(const DamageVerdict& verdict);
/// A few words for a status line: "Perplexity +0.4 %, 3 of 100 tokens flip".
QString shortVerdictText(const DamageVerdict& verdict);
/// Of icons: "good", "warning", "error".
QString damageIcon(DamageLevel level);
QColor damageColour(const QPalette& palette, DamageLevel level);

} // namespace quantlathe::ui
