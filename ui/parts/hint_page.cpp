// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/hint_page.h"

#include <QEvent>

namespace quantlathe::ui {

HintPage::HintPage(QWidget* parent) : QLabel(parent)
{
    setAlignment(Qt::AlignCenter);
    setWordWrap(true);
    setTextFormat(Qt::PlainText); // names come from files
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    setMargin(fontMetrics().height());
    setForegroundRole(QPalette::PlaceholderText);
}

QSize HintPage::minimumSizeHint() const
{
    return {fontMetrics().averageCharWidth() * 20, fontMetrics().height() * 3};
}

void HintPage::changeEvent(QEvent* event)
{
    QLabel::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        setMargin(fontMetrics().height());
}

} // namespace quantlathe::ui
