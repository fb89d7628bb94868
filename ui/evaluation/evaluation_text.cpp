// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/evaluation/evaluation_text.h"

#include "ui/look/theme.h"

#include <QCoreApplication>
#include <QLocale>

#include <cmath>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(EvaluationText)
};

QString numberText(double value, char format, int digits)
{
    if (std::isnan(value))
        return u"NaN"_s;
    if (std::isinf(value))
        return value > 0 ? u"∞"_s : u"−∞"_s;
    return QLocale().toString(value, format, digits);
}

/// Small numbers keep a digit that tells something.
QString perHundredText(double perHundred)
{
    return perHundred >= 0.95 ? numberText(perHundred, 'f', 0) : numberText(perHundred, 'g', 1);
}

QString flipsText(const DamageVerdict& verdict)
{
    const double flips = verdict.flipsPerHundred.value;
    return flips <= 0 ? Words::tr("No most likely token changes.") : Words::tr("%1 of 100 most likely tokens change.").arg(perHundredText(flips));
}

} // namespace

QString perplexityText(double perplexity) { return numberText(perplexity, 'f', perplexity < 1000 ? 4 : 1); }

QString divergenceText(double nats) { return numberText(nats, 'g', 3); }

QString changeText(double share)
{
    const double percent = 100 * share;
    const QString digits = numberText(std::abs(percent), 'f', std::abs(percent) < 10 ? 2 : std::abs(percent) < 100 ? 1 : 0);
    constexpr double nothing = 0.005; // what is shown as 0
    return Words::tr("%1 %").arg((std::abs(percent) < nothing ? u"±"_s : percent < 0 ? u"−"_s : u"+"_s) + digits);
}

QString percentText(double share) { return Words::tr("%1 %").arg(numberText(100 * share, 'f', 2)); }

QString verdictText(const DamageVerdict& verdict)
{
    const UncertainValue& change = verdict.perplexityChange;
    QString line;
    switch (verdict.againstLine) {
    case AgainstLine::Within:
        line = Words::tr("Perplexity %1 (95 % interval %2 to %3): within the 1 % line.");
        break;
    case AgainstLine::ProbablyWithin:
        line = Words::tr("Perplexity %1 (95 % interval %2 to %3): probably within the 1 % line.");
        break;
    case AgainstLine::ProbablyOver:
        line = Words::tr("Perplexity %1 (95 % interval %2 to %3): probably over the 1 % line.");
        break;
    case AgainstLine::Over:
        line = Words::tr("Perplexity %1 (95 % interval %2 to %3): over the 1 % line.");
        break;
    }
    line = line.arg(changeText(change.value), changeText(change.low()), changeText(change.high()));
    const QString both = Words::tr("%1 %2").arg(line, flipsText(verdict));
    return verdict.isRough ? Words::tr("%1 A longer text would tell more.").arg(both) : both;
}

QString shortVerdictText(const DamageVerdict& verdict)
{
    return Words::tr("Perplexity %1, %2 of 100 tokens flip")
        .arg(changeText(verdict.perplexityChange.value), perHundredText(std::max(0.0, verdict.flipsPerHundred.value)));
}

QString damageIcon(DamageLevel level)
{
    switch (level) {
    case DamageLevel::Good: return u"good"_s;
    case DamageLevel::Noticeable:
    case DamageLevel::Strong: return u"warning"_s;
    case DamageLevel::Broken: return u"error"_s;
    }
    return {};
}

QColor damageColour(const QPalette& palette, DamageLevel level)
{
    switch (level) {
    case DamageLevel::Good: return goodColour(palette);
    case DamageLevel::Noticeable:
    case DamageLevel::Strong: return warningColour(palette);
    case DamageLevel::Broken: return errorColour(palette);
    }
    return palette.color(QPalette::WindowText);
}

} // namespace quantlathe::ui
