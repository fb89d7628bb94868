// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/text.h"

#include "core/base/text.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

#include <cmath>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
struct Text
{
    Q_DECLARE_TR_FUNCTIONS(Text)
};
} // namespace

QString toQString(std::string_view text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

QString pathText(const std::filesystem::path& path) { return toQString(path.native()); }

std::filesystem::path toPath(const QString& text) { return text.toStdString(); }

QString bytesText(std::uint64_t bytes) { return toQString(formatBytes(bytes)); }

QString countText(std::uint64_t count)
{
    const QLocale locale;
    const double value = static_cast<double>(count);
    if (count >= 1'000'000'000)
        return Text::tr("%1 B").arg(locale.toString(value / 1e9, 'f', count >= 100'000'000'000 ? 0 : 1));
    if (count >= 1'000'000)
        return Text::tr("%1 M").arg(locale.toString(value / 1e6, 'f', count >= 100'000'000 ? 0 : 1));
    return exactCountText(count);
}

QString exactCountText(std::uint64_t count) { return QLocale().toString(static_cast<qulonglong>(count)); }

QString bitsText(double bitsPerWeight) { return QLocale().toString(bitsPerWeight, 'f', 2); }

QString relativeErrorText(double relative)
{
    if (std::isinf(relative))
        return u"∞"_s;
    if (relative == 0)
        return u"0 %"_s;
    const double percent = relative * 100;
    const int digitsBefore = percent >= 1 ? static_cast<int>(std::log10(percent)) + 1 : 1;
    return u"%1 %"_s.arg(QLocale().toString(percent, 'f', qBound(0, 4 - digitsBefore, 3)));
}

QString messageText(const Error& error)
{
    QString text = toQString(error.message());
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text.endsWith(u'.') ? text : text + u'.';
}

QString detailText(const Error& error)
{
    QStringList lines;
    const ErrorPlace& place = error.place();
    if (!place.tensor.empty())
        lines << Text::tr("Tensor: %1").arg(toQString(printable(place.tensor)));
    if (!place.file.empty())
        lines << Text::tr("File: %1").arg(pathText(place.file));
    if (place.offset)
        lines << Text::tr("At byte: %1").arg(exactCountText(*place.offset));
    if (!error.advice().empty()) {
        QString advice = toQString(error.advice());
        advice[0] = advice[0].toUpper();
        lines << (advice.endsWith(u'.') ? advice : advice + u'.');
    }
    return lines.join(u'\n');
}

} // namespace quantlathe::ui
