// SPDX-License-Identifier: GPL-3.0-or-later
// A plot and its figures: beside each other where there is room in the width, below each other elsewhere.
#pragma once

#include <QSplitter>

namespace quantlathe::ui {

/// The figures get what they need, at most a good part of the height, until the person moves the handle.
class PlotSplit : public QSplitter
{
    Q_OBJECT
public:
    PlotSplit(QWidget* plot, QWidget* figures, QWidget* parent = nullptr);

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool event(QEvent* event) override;

private:
    void share();

    QWidget* m_figures;
    bool m_isMovedByPerson = false;
};

} // namespace quantlathe::ui
