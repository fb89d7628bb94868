// SPDX-License-Identifier: GPL-3.0-or-later
// What every plot of the window can do: colours of the palette, zoom and pan by mouse and keyboard within its data, a
// cursor that reads out the numbers under it.
#pragma once

#include "ui/plots/qcustomplot_header.h"

#include <optional>

namespace quantlathe::ui {

/// Labels counts of things ("12,000", "1.5 M"); nothing between whole numbers.
class CountTicker : public QCPAxisTicker
{
public:
    static QString label(double count);

protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;
};

class LogCountTicker : public QCPAxisTickerLog
{
protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override;
};

/// Mouse: drag pans, wheel zooms along x, Ctrl+wheel along y, double click shows everything; the cursor follows the pointer.
/// Keys: arrows pan, + and - zoom, Home shows everything; Shift+arrows move the cursor (with Ctrl: ten steps), Escape takes
/// it away. What the cursor reads out by keyboard is the plot's accessible description, too.
class Plot : public QCustomPlot
{
    Q_OBJECT
public:
    explicit Plot(QWidget* parent = nullptr);

    /// Everything there is to see; the view never leaves it.
    void setHome(const QCPRange& x, const QCPRange& y);
    void showEverything();
    [[nodiscard]] bool isZoomed() const;
    /// The numbers at @p position (widget coordinates); empty for nothing.
    [[nodiscard]] virtual QString tipAt(const QPointF& position) const = 0;
    /// Where the cursor is (widget coordinates) and what it reads out; nothing while there is none.
    [[nodiscard]] std::optional<QPointF> cursor() const;
    [[nodiscard]] QString cursorText() const;
    void setCursorAt(const QPointF& position);
    void hideCursor();

    [[nodiscard]] QSize minimumSizeHint() const override;
    [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
    void zoomChanged(bool isZoomed);
    void cursorChanged();

protected:
    /// Sets the colours of the derived plot's own parts; the axes are done.
    virtual void recolour() = 0;
    void applyColours();
    /// Where a step of the keyboard takes the cursor from @p position; @p right and @p down are -1, 0 or 1 in the direction of
    /// the screen. A hundredth of the width or height unless the plot knows better: from point to point.
    [[nodiscard]] virtual QPointF nextCursor(const QPointF& position, int right, int down) const;

    void changeEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    void keepInside(QCPAxis* axis, const QCPRange& home, const QCPRange& wanted);
    void zoom(double factor);
    void pan(double fraction);
    bool moveCursor(const QKeyEvent& event);
    void describeCursor();

    std::optional<QPointF> m_cursor; ///< in the coordinates of the axes: it stays with its data when the view changes
    QString m_description;           ///< accessible description without the cursor's
    QString m_described;             ///< and with it
    QCPRange m_homeX{0, 1};
    QCPRange m_homeY{0, 1};
    bool m_isLimiting = false;
};

} // namespace quantlathe::ui
