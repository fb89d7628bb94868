// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe [FILE]: the window.
#include "ui/window/application.h"
#include "ui/document.h"
#include "ui/evaluation/evaluations.h"
#include "ui/window/main_window.h"

#include <QApplication>
#include <QCommandLineParser>

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    quantlathe::ui::prepareApplication();
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("file"), QApplication::translate("main", "Model file or folder to open"),
                                 QStringLiteral("[FILE]"));
    parser.process(application);
    quantlathe::ui::MainWindow window;
    window.document().previews().setCacheFolder(quantlathe::ErrorCache::defaultFolder());
    window.evaluations().setJournalFolder(quantlathe::ui::defaultTrialFolder());
    if (!parser.positionalArguments().isEmpty())
        window.openPath(parser.positionalArguments().constFirst());
    window.show();
    return QApplication::exec();
}
