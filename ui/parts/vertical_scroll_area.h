// SPDX-License-Identifier: GPL-3.0-or-later
// Scrolls up and down only: as wide as its content needs, as high as it would like.
#pragma once

#include <QEvent>
#include <QScrollArea>
#include <QScrollBar>

namespace quantlathe::ui {

class VerticalScrollArea : public QScrollArea
{
public:
    explicit VerticalScrollArea(QWidget* parent) : QScrollArea(parent)
    {
        setWidgetResizable(true);
        setFrameShape(QFrame::NoFrame);
        setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
        setFocusPolicy(Qt::NoFocus);
    }

    [[nodiscard]] QSize minimumSizeHint() const override
    {
        return {widget()->minimumSizeHint().width() + verticalScrollBar()->sizeHint().width(), QScrollArea::minimumSizeHint().height()};
    }
    [[nodiscard]] QSize sizeHint() const override { return widget()->sizeHint() + QSize(verticalScrollBar()->sizeHint().width(), 0); }

protected:
    /// The content's needs change with the text size; a scroll area does not pass that on by itself.
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (watched == widget() && event->type() == QEvent::LayoutRequest)
            updateGeometry();
        return QScrollArea::eventFilter(watched, event);
    }
};

} // namespace quantlathe::ui
