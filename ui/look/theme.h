// SPDX-License-Identifier: GPL-3.0-or-later
// Light and dark, text size, and the few colours with a meaning. Qt 6.4 does not tell a desktop's colour scheme, so a
// person may choose.
#pragma once

#include <QColor>
#include <QObject>
#include <QPalette>

namespace quantlathe::ui {

/// One per application; remembers its choices in QSettings. Lives on the window's thread.
class Theme : public QObject
{
    Q_OBJECT
public:
    enum class Mode { System, Light, Dark, HighContrast };
    Q_ENUM(Mode)

    explicit Theme(QObject* parent = nullptr);

    [[nodiscard]] Mode mode() const { return m_mode; }
    void setMode(Mode mode);

    /// Percent of the system's font size.
    [[nodiscard]] int textPercent() const { return m_textPercent; }
    void setTextPercent(int percent);
    static constexpr int smallestPercent = 70;
    static constexpr int largestPercent = 250;

Q_SIGNALS:
    void changed();

private:
    void apply();

    Mode m_mode = Mode::System;
    int m_textPercent = 100;
    QString m_systemStyle;
    qreal m_systemPointSize = 0;
};

/// The colours of @p mode, which is not System.
QPalette paletteOf(Theme::Mode mode);

/// True when text is lighter than its background.
bool isDark(const QPalette& palette);

/// Colours that carry a meaning, readable on the base colour of @p palette.
QColor warningColour(const QPalette& palette);
QColor errorColour(const QPalette& palette);
QColor goodColour(const QPalette& palette);
/// Distinct fill colours for parts of a bar or curves of a plot; @p index wraps around.
QColor seriesColour(const QPalette& palette, int index);

} // namespace quantlathe::ui
