// SPDX-License-Identifier: GPL-3.0-or-later
// What every plot of the window can do: colours of the palette, zoom and pan by mouse and keyboard within its data, a
// tool tip under the pointer.
#pragma once

#include "ui/plots/qcustomplot_header.h"

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

/// Mouse: drag pans, wheel zooms along x, Ctrl+wheel along y, double click shows everything. Keys: arrows pan, + and -
/// zoom, Home shows everything.
class Plot : public QCustomPlot
{
    Q_OBJECT
public:
    explicit Plot(QWidget* parent = nullptr);

    /// Everything there is to see; the view never leaves it.
    void setHome(const QCPRange& x, const QCPRange& y);
    void showEverything();
    [[nodiscard]] bool isZoomed() const;
    /// What the tool tip says at @p position (widget coordinates); empty for nothing.
    [[nodiscard]] virtual QString tipAt(const QPointF& position) const = 0;

    [[nodiscard]] QSize minimumSizeHint() const override;
    [[nodiscard]] QSize sizeHint() const override;

Q_SIGNALS:
    void zoomChanged(bool isZoomed);

protected:
    /// Sets the colours of the derived plot's own parts; the axes are done.
    virtual void recolour() = 0;
    void applyColours();

    void changeEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;

private:
    void keepInside(QCPAxis* axis, const QCPRange& home, const QCPRange& wanted);
    void zoom(double factor);
    void pan(double fraction);

    QCPRange m_homeX{0, 1};
    QCPRange m_homeY{0, 1};
    bool m_isLimiting = false;
};

} // namespace quantlathe::ui
