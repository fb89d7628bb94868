// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/application.h"

#include "ui/look/icons.h"

#include <QApplication>
#include <QTranslator>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

void prepareApplication()
{
    QApplication::setOrganizationName(u"quantlathe"_s);
    QApplication::setApplicationName(u"quantlathe"_s);
    QApplication::setApplicationDisplayName(u"Quantlathe"_s);
    QApplication::setApplicationVersion(QStringLiteral(QUANTLATHE_VERSION));
    QApplication::setDesktopFileName(u"io.github.quantlathe.Quantlathe"_s);
    QApplication::setWindowIcon(applicationIcon());

    // The texts in the code are English; their singular forms are a translation too.
    auto* texts = new QTranslator(qApp);
    if (texts->load(u":/i18n/quantlathe_en.qm"_s))
        QApplication::installTranslator(texts);
    // Qt's own texts (dialog buttons) stay English as well, until ours are translated.
}

} // namespace quantlathe::ui
