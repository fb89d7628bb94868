// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/dock_title.h"

#include "ui/look/icons.h"

#include <QDockWidget>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

DockTitle::DockTitle(QDockWidget& dock) : QWidget(&dock)
{
    auto* title = new QLabel(dock.windowTitle(), this);
    connect(&dock, &QDockWidget::windowTitleChanged, title, &QLabel::setText);
    const auto makeButton = [this](const QString& icon, const QString& text) {
        auto* button = new QToolButton(this);
        button->setIcon(themedIcon(icon));
        button->setIconSize({12, 12});
        button->setAutoRaise(true);
        button->setToolTip(text);
        button->setAccessibleName(text);
        button->setFocusPolicy(Qt::NoFocus); // the View menu does the same by keyboard
        return button;
    };
    QToolButton* detach = makeButton(u"float"_s, tr("Detach or attach %1").arg(dock.windowTitle()));
    QToolButton* close = makeButton(u"close"_s, tr("Close %1").arg(dock.windowTitle()));
    connect(detach, &QToolButton::clicked, &dock, [&dock] { dock.setFloating(!dock.isFloating()); });
    connect(close, &QToolButton::clicked, &dock, &QWidget::close);

    // Mouse events pass through to the dock, so it can be dragged by its title.
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 3, 4, 2);
    layout->setSpacing(2);
    layout->addWidget(title, 1);
    layout->addWidget(detach);
    layout->addWidget(close);
}

} // namespace quantlathe::ui
