// SPDX-License-Identifier: GPL-3.0-or-later
// Settings and their results: beside each other where the width is enough for both, below each other elsewhere, scrolled to where even that does not
// fit. Asks for little room itself, so that large text does not make the window grow.
#pragma once

#include <QScrollArea>

class QSplitter;

namespace quantlathe::ui {

class VerticalScrollArea;

class FluidSplit : public QScrollArea
{
    Q_OBJECT
public:
    /// Takes both; @p settings scroll by themselves while they stand beside the results.
    FluidSplit(VerticalScrollArea* settings, QWidget* results, QWidget* parent = nullptr);

    [[nodiscard]] Qt::Orientation orientation() const;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void reflow();

    VerticalScrollArea* m_settings;
    QWidget* m_results;
    QSplitter* m_split;
};

} // namespace quantlathe::ui
