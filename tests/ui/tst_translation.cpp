// SPDX-License-Identifier: GPL-3.0-or-later
// Translations are complete against the texts in the code, keep their placeholders, and the window comes up in German.
#include "ui/map/error_map_panel.h"
#include "ui/window/application.h"
#include "ui/window/main_window.h"
#include "ui_test_support.h"

#include <QAction>
#include <QMenu>
#include <QMenuBar>
#include <QProcess>
#include <QPushButton>
#include <QRegularExpression>
#include <QXmlStreamReader>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestTranslation : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    /// The committed file brought up to date with the code, in a scratch folder.
    QString updated(const QString& language, const QStringList& options)
    {
        const QString source = QStringLiteral(QUANTLATHE_SOURCE_DIR);
        const QString name = QStringLiteral("quantlathe_%1.ts").arg(language);
        const QString copy = QString::fromStdString((m_folder / name.toStdString()).string());
        QFile::copy(source + QStringLiteral("/resources/translations/") + name, copy);
        QProcess lupdate;
        lupdate.setWorkingDirectory(source);
        lupdate.start(QStringLiteral(QUANTLATHE_LUPDATE),
                      QStringList{QStringLiteral("-silent"), QStringLiteral("-no-obsolete"), QStringLiteral("-locations"), QStringLiteral("none"),
                                  QStringLiteral("-source-language"), QStringLiteral("en"), QStringLiteral("-target-language"), language,
                                  QStringLiteral("-I"), QStringLiteral("."), QStringLiteral("ui"), QStringLiteral("app/window"),
                                  QStringLiteral("-ts"), copy}
                          + options);
        lupdate.waitForFinished(120000);
        return lupdate.exitStatus() == QProcess::NormalExit && lupdate.exitCode() == 0 ? copy : QString();
    }

    static QStringList placeholders(const QString& text)
    {
        static const QRegularExpression expression(QStringLiteral("%(L?\\d+|n|v|m)"));
        QStringList found;
        for (auto match = expression.globalMatch(text); match.hasNext();)
            found << match.next().captured();
        found.sort();
        return found;
    }

private Q_SLOTS:
    void nothingIsMissing_data()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<int>("least");
        QTest::newRow("English") << QStringLiteral("en") << QStringList{QStringLiteral("-pluralonly")} << 15;
        QTest::newRow("German") << QStringLiteral("de") << QStringList{} << 900;
    }

    void nothingIsMissing()
    {
        QFETCH(QString, language);
        QFETCH(QStringList, options);
        QFETCH(int, least);
        if (!QFileInfo(QStringLiteral(QUANTLATHE_LUPDATE)).isExecutable())
            QSKIP("lupdate is not installed");
        const QString path = updated(language, options);
        QVERIFY(!path.isEmpty());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QXmlStreamReader reader(&file);
        QString source;
        QString translation;
        QStringList problems;
        int count = 0;
        while (!reader.atEnd()) {
            reader.readNext();
            if (!reader.isStartElement())
                continue;
            if (reader.name() == QLatin1String("source")) {
                source = reader.readElementText();
                ++count;
            } else if (reader.name() == QLatin1String("translation") || reader.name() == QLatin1String("numerusform")) {
                if (reader.attributes().value(QLatin1String("type")) == QLatin1String("unfinished")) {
                    problems << QStringLiteral("unfinished: ") + source;
                    reader.skipCurrentElement();
                    continue;
                }
                const bool isForm = reader.name() == QLatin1String("numerusform");
                translation = isForm ? reader.readElementText() : QString();
                if (!isForm) {
                    // A translation with forms has elements inside; they come next.
                    while (!reader.atEnd() && !reader.isEndElement() && !(reader.isStartElement() && reader.name() == QLatin1String("numerusform"))) {
                        reader.readNext();
                        if (reader.isCharacters())
                            translation += reader.text();
                    }
                    if (reader.isStartElement())
                        translation = reader.readElementText();
                }
                // One of a thing need not be counted: "the selected tensor".
                QStringList wanted = placeholders(source);
                if (!placeholders(translation).contains(QStringLiteral("%n")))
                    wanted.removeAll(QStringLiteral("%n"));
                if (!translation.trimmed().isEmpty() && placeholders(translation) != wanted)
                    problems << QStringLiteral("placeholders: ") + translation;
            }
        }
        QVERIFY(!reader.hasError());
        QVERIFY(count >= least);
        QVERIFY2(problems.isEmpty(), qPrintable(problems.join(QLatin1Char('\n'))));
    }

    void theWindowSpeaksGerman()
    {
        QCOMPARE(availableLanguages(), QStringList({QStringLiteral("de"), QStringLiteral("en")}));
        QCOMPARE(languageName(QStringLiteral("de")), QStringLiteral("Deutsch"));
        installLanguage(QStringLiteral("de"));
        MainWindow window;
        window.show();
        QStringList menus;
        for (const QAction* action : window.menuBar()->actions())
            menus << action->text();
        QCOMPARE(menus.constFirst(), QStringLiteral("&Datei"));
        QCOMPARE(menus.constLast(), QStringLiteral("&Hilfe"));
        QCOMPARE(window.findChild<QPushButton*>(QStringLiteral("emptyOpenFile"))->text(), QStringLiteral("&Datei öffnen…"));
        // The key of an action or submenu is its alone within its menu.
        QStringList clashes;
        for (const QMenu* menu : window.findChildren<QMenu*>()) {
            QMap<QChar, QString> keys;
            for (const QAction* action : menu->actions()) {
                const qsizetype mark = action->text().indexOf(QRegularExpression(QStringLiteral("&[^& ]")));
                if (action->isSeparator() || mark < 0)
                    continue;
                const QChar key = action->text().at(mark + 1).toLower();
                if (keys.contains(key))
                    clashes << QStringLiteral("%1: %2 and %3").arg(menu->title(), keys.value(key), action->text());
                keys.insert(key, action->text());
            }
        }
        QVERIFY2(clashes.isEmpty(), qPrintable(clashes.join(QStringLiteral(", "))));
        installLanguage(QStringLiteral("en"));
        QLocale::setDefault(QLocale::c());
        MainWindow english;
        QCOMPARE(english.menuBar()->actions().constFirst()->text(), QStringLiteral("&File"));
        QCOMPARE(QCoreApplication::translate("SelectionText", "%n tensors", nullptr, 1), QStringLiteral("1 tensor"));
    }

    void theChoiceIsRemembered()
    {
        QCOMPARE(chosenLanguage(), QString());
        MainWindow window;
        const auto* menu = window.findChild<QMenu*>(QStringLiteral("languageMenu"));
        QVERIFY(menu);
        QCOMPARE(menu->actions().size(), 3);
        QVERIFY(menu->actions().constFirst()->isChecked());
        for (QAction* action : menu->actions()) {
            if (action->text() == QStringLiteral("Deutsch"))
                action->trigger();
        }
        QCOMPARE(chosenLanguage(), QStringLiteral("de"));
        chooseLanguage({});
    }
};

QTEST_MAIN(TestTranslation)
#include "tst_translation.moc"
