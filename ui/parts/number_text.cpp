// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/number_text.h"

#include <QCoreApplication>
#include <QLocale>

#include <cmath>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
struct NumberText
{
    Q_DECLARE_TR_FUNCTIONS(NumberText)
};
} // namespace

QString weightText(double value, int digits)
{
    if (std::isnan(value))
        return u"NaN"_s;
    if (std::isinf(value))
        return value > 0 ? u"∞"_s : u"-∞"_s;
    QLocale locale;
    locale.setNumberOptions(QLocale::OmitGroupSeparator);
    return locale.toString(value, 'g', digits);
}

QString decibelText(double decibels)
{
    if (std::isinf(decibels) || std::isnan(decibels))
        return weightText(decibels);
    return NumberText::tr("%1 dB").arg(QLocale().toString(decibels, 'f', 2));
}

QString shareText(double share)
{
    const double percent = share * 100;
    if (percent == 0)
        return u"0 %"_s;
    if (percent < 0.0001)
        return u"< 0.0001 %"_s;
    const int digits = percent >= 1 ? 2 : percent >= 0.01 ? 3 : 4;
    return u"%1 %"_s.arg(QLocale().toString(percent, 'f', digits));
}

QString durationText(double seconds)
{
    if (!std::isfinite(seconds) || seconds < 0)
        return NumberText::tr("unknown");
    if (seconds < 10)
        return NumberText::tr("%1 s").arg(QLocale().toString(seconds, 'f', 1));
    const auto whole = static_cast<qint64>(std::llround(std::min(seconds, 3.6e8)));
    if (whole < 60)
        return NumberText::tr("%1 s").arg(whole);
    if (whole < 3600)
        return NumberText::tr("%1 min %2 s").arg(whole / 60).arg(whole % 60, 2, 10, QLatin1Char('0'));
    return NumberText::tr("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60, 2, 10, QLatin1Char('0'));
}

} // namespace quantlathe::ui
