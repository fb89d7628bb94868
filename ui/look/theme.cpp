// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/look/theme.h"

#include "ui/look/high_contrast_style.h"

#include <QApplication>
#include <QFont>
#include <QSettings>
#include <QStyle>
#include <QStyleFactory>
#include <QToolTip>

#include <array>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

const QString modeKey = u"look/theme"_s;
const QString textKey = u"look/textPercent"_s;

void fade(QPalette& palette, const QColor& colour)
{
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        palette.setColor(QPalette::Disabled, role, colour);
}

QPalette lightPalette()
{
    QPalette palette(QColor(0xf3, 0xf4, 0xf6), QColor(0xf3, 0xf4, 0xf6));
    palette.setColor(QPalette::Window, QColor(0xf3, 0xf4, 0xf6));
    palette.setColor(QPalette::WindowText, QColor(0x1c, 0x21, 0x28));
    palette.setColor(QPalette::Base, Qt::white);
    palette.setColor(QPalette::AlternateBase, QColor(0xf7, 0xf8, 0xfa));
    palette.setColor(QPalette::Text, QColor(0x1c, 0x21, 0x28));
    palette.setColor(QPalette::PlaceholderText, QColor(0x6b, 0x72, 0x80));
    palette.setColor(QPalette::Button, QColor(0xec, 0xee, 0xf1));
    palette.setColor(QPalette::ButtonText, QColor(0x1c, 0x21, 0x28));
    palette.setColor(QPalette::Highlight, QColor(0x1f, 0x6f, 0xc4));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, QColor(0x1a, 0x63, 0xb0));
    palette.setColor(QPalette::ToolTipBase, QColor(0xff, 0xff, 0xf0));
    palette.setColor(QPalette::ToolTipText, QColor(0x1c, 0x21, 0x28));
    fade(palette, QColor(0x8f, 0x96, 0xa0));
    palette.setColor(QPalette::Disabled, QPalette::Highlight, QColor(0xc9, 0xce, 0xd6));
    return palette;
}

QPalette darkPalette()
{
    // Fusion outlines boxes in a darker shade of the window colour, so that one must not be too dark itself.
    QPalette palette(QColor(0x3a, 0x40, 0x49), QColor(0x2e, 0x33, 0x3b));
    palette.setColor(QPalette::Window, QColor(0x2e, 0x33, 0x3b));
    palette.setColor(QPalette::WindowText, QColor(0xe3, 0xe6, 0xea));
    palette.setColor(QPalette::Base, QColor(0x1b, 0x1e, 0x23));
    palette.setColor(QPalette::AlternateBase, QColor(0x21, 0x25, 0x2b));
    palette.setColor(QPalette::Text, QColor(0xe3, 0xe6, 0xea));
    palette.setColor(QPalette::PlaceholderText, QColor(0x8d, 0x96, 0xa3));
    palette.setColor(QPalette::Button, QColor(0x3a, 0x40, 0x49));
    palette.setColor(QPalette::ButtonText, QColor(0xe3, 0xe6, 0xea));
    palette.setColor(QPalette::BrightText, Qt::white);
    palette.setColor(QPalette::Light, QColor(0x45, 0x4c, 0x56));
    palette.setColor(QPalette::Midlight, QColor(0x3a, 0x40, 0x49));
    palette.setColor(QPalette::Mid, QColor(0x3d, 0x43, 0x4c));
    palette.setColor(QPalette::Dark, QColor(0x12, 0x15, 0x19));
    palette.setColor(QPalette::Shadow, QColor(0x0a, 0x0c, 0x0e));
    palette.setColor(QPalette::Highlight, QColor(0x2d, 0x6f, 0xb8));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Link, QColor(0x6f, 0xb1, 0xf5));
    palette.setColor(QPalette::ToolTipBase, QColor(0x2f, 0x34, 0x3c));
    palette.setColor(QPalette::ToolTipText, QColor(0xe3, 0xe6, 0xea));
    fade(palette, QColor(0x7a, 0x82, 0x8d));
    palette.setColor(QPalette::Disabled, QPalette::Highlight, QColor(0x3a, 0x40, 0x49));
    return palette;
}

/// Black, white and yellow: every text at least 7 to 1.
QPalette highContrastPalette()
{
    QPalette palette(Qt::black, Qt::black);
    for (const auto role : {QPalette::Window, QPalette::Base, QPalette::Button, QPalette::ToolTipBase})
        palette.setColor(role, Qt::black);
    palette.setColor(QPalette::AlternateBase, QColor(0x16, 0x16, 0x16));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText, QPalette::BrightText})
        palette.setColor(role, Qt::white);
    palette.setColor(QPalette::PlaceholderText, QColor(0xc8, 0xc8, 0xc8));
    palette.setColor(QPalette::Light, QColor(0x90, 0x90, 0x90));
    palette.setColor(QPalette::Midlight, QColor(0x70, 0x70, 0x70));
    palette.setColor(QPalette::Mid, QColor(0x90, 0x90, 0x90));
    palette.setColor(QPalette::Dark, QColor(0xb0, 0xb0, 0xb0));
    palette.setColor(QPalette::Highlight, QColor(0xff, 0xd8, 0x00));
    palette.setColor(QPalette::HighlightedText, Qt::black);
    palette.setColor(QPalette::Link, QColor(0x7f, 0xd4, 0xff));
    palette.setColor(QPalette::LinkVisited, QColor(0xd9, 0xb3, 0xff));
    fade(palette, QColor(0xa0, 0xa0, 0xa0));
    palette.setColor(QPalette::Disabled, QPalette::Highlight, QColor(0x40, 0x40, 0x40));
    return palette;
}

} // namespace

Theme::Theme(QObject* parent)
    : QObject(parent), m_systemStyle(QApplication::style()->objectName()), m_systemPointSize(QApplication::font().pointSizeF())
{
    const QSettings settings;
    const int mode = settings.value(modeKey, 0).toInt();
    m_mode = mode > 0 && mode <= static_cast<int>(Mode::HighContrast) ? static_cast<Mode>(mode) : Mode::System;
    m_textPercent = qBound(smallestPercent, settings.value(textKey, 100).toInt(), largestPercent);
    if (m_mode != Mode::System || m_textPercent != 100)
        apply();
}

void Theme::setMode(Mode mode)
{
    if (m_mode == mode)
        return;
    m_mode = mode;
    QSettings().setValue(modeKey, static_cast<int>(mode));
    apply();
}

void Theme::setTextPercent(int percent)
{
    percent = qBound(smallestPercent, percent, largestPercent);
    if (m_textPercent == percent)
        return;
    m_textPercent = percent;
    QSettings().setValue(textKey, percent);
    apply();
}

void Theme::apply()
{
    if (m_mode == Mode::HighContrast)
        QApplication::setStyle(new HighContrastStyle);
    else
        QApplication::setStyle(m_mode == Mode::System ? m_systemStyle : u"fusion"_s);
    QApplication::setPalette(m_mode == Mode::System ? QPalette() : paletteOf(m_mode));
    QToolTip::setPalette(QApplication::palette());
    QFont font = QApplication::font();
    // Fonts set in pixels have no point size; then the size stays the system's.
    if (m_systemPointSize > 0) {
        font.setPointSizeF(m_systemPointSize * m_textPercent / 100);
        QApplication::setFont(font);
        // Some platforms give these a font of their own, which would stay behind.
        for (const char* widgets : {"QHeaderView", "QAbstractItemView", "QMenu", "QMenuBar", "QToolButton",
                                    "QStatusBar", "QTipLabel"})
            QApplication::setFont(font, widgets);
    }
    Q_EMIT changed();
}

QPalette paletteOf(Theme::Mode mode)
{
    return mode == Theme::Mode::HighContrast ? highContrastPalette() : mode == Theme::Mode::Dark ? darkPalette() : lightPalette();
}

bool isDark(const QPalette& palette)
{
    return palette.color(QPalette::Text).lightnessF() > palette.color(QPalette::Base).lightnessF();
}

QColor warningColour(const QPalette& palette) { return isDark(palette) ? QColor(0xf0, 0xb4, 0x4c) : QColor(0x96, 0x5a, 0x00); }

QColor errorColour(const QPalette& palette) { return isDark(palette) ? QColor(0xff, 0x86, 0x80) : QColor(0xb4, 0x23, 0x18); }

QColor goodColour(const QPalette& palette) { return isDark(palette) ? QColor(0x6c, 0xd1, 0x8b) : QColor(0x1a, 0x7a, 0x3c); }

QColor seriesColour(const QPalette& palette, int index)
{
    // Okabe and Ito's order, told apart by colour-blind people too; lighter on dark backgrounds.
    static constexpr std::array<QRgb, 6> light{0xff2f74b5, 0xffd07a1e, 0xff2a9378, 0xffb04a8f, 0xff8a7f1c, 0xff5b6470};
    static constexpr std::array<QRgb, 6> dark{0xff5ea3e6, 0xfff0a04b, 0xff4cc3a2, 0xffdb84bd, 0xffcfc255, 0xff9aa4b1};
    const auto& colours = isDark(palette) ? dark : light;
    return QColor::fromRgb(colours[static_cast<std::size_t>(index) % colours.size()]);
}

} // namespace quantlathe::ui
