// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/title_label.h"

#include <QPainter>
#include <QStyle>

namespace quantlathe::ui {

TitleLabel::TitleLabel(QWidget* parent) : QLabel(parent)
{
    setTextFormat(Qt::PlainText); // names come from files
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
}

void TitleLabel::setTitle(const QString& text)
{
    setText(text);
    setToolTip(text);
}

void TitleLabel::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    style()->drawItemText(&painter, contentsRect(), static_cast<int>(Qt::AlignLeft | Qt::AlignVCenter), palette(), isEnabled(),
                          fontMetrics().elidedText(text(), Qt::ElideMiddle, contentsRect().width()), QPalette::WindowText);
}

} // namespace quantlathe::ui
