// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/colour_scale.h"

#include <QLinearGradient>

#include <algorithm>
#include <array>

namespace quantlathe::ui {

namespace {

constexpr std::array<QRgb, 6> anchors = {0xff1d2b64, 0xff22568f, 0xff1f849a, 0xff3fae83, 0xff9bd060, 0xfff7e65a};

} // namespace

QColor scaleColour(double position)
{
    const double place = std::clamp(position, 0.0, 1.0) * static_cast<double>(anchors.size() - 1);
    const auto first = std::min(static_cast<std::size_t>(place), anchors.size() - 2);
    const double share = place - static_cast<double>(first);
    const auto mixed = [share](int a, int b) { return static_cast<int>(a + share * (b - a) + 0.5); };
    const QRgb a = anchors[first];
    const QRgb b = anchors[first + 1];
    return {mixed(qRed(a), qRed(b)), mixed(qGreen(a), qGreen(b)), mixed(qBlue(a), qBlue(b))};
}

QColor textColourOn(const QColor& background)
{
    const double luminance = 0.299 * background.redF() + 0.587 * background.greenF() + 0.114 * background.blueF();
    return luminance > 0.5 ? QColor(Qt::black) : QColor(Qt::white);
}

void paintScale(QPainter& painter, const QRect& area)
{
    QLinearGradient gradient(area.topLeft(), area.topRight());
    for (std::size_t index = 0; index < anchors.size(); ++index)
        gradient.setColorAt(static_cast<double>(index) / static_cast<double>(anchors.size() - 1), QColor(anchors[index]));
    painter.fillRect(area, gradient);
}

} // namespace quantlathe::ui
