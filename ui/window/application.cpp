// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/application.h"

#include "ui/look/icons.h"

#include <QApplication>
#include <QDir>
#include <QLibraryInfo>
#include <QLocale>
#include <QSettings>
#include <QTranslator>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

const QString languageKey = u"look/language"_s;
const QString folder = u":/i18n"_s;

/// Loads @p name; replaces what was loaded into the same object before.
void install(QTranslator& translator, const QString& name, const QString& from)
{
    QApplication::removeTranslator(&translator);
    if (translator.load(name, from))
        QApplication::installTranslator(&translator);
}

} // namespace

void prepareApplication()
{
    QApplication::setOrganizationName(u"quantlathe"_s);
    QApplication::setApplicationName(u"quantlathe"_s);
    QApplication::setApplicationDisplayName(u"Quantlathe"_s);
    QApplication::setApplicationVersion(QStringLiteral(QUANTLATHE_VERSION));
    QApplication::setDesktopFileName(u"io.github.quantlathe.Quantlathe"_s);
    QApplication::setWindowIcon(applicationIcon());
    installLanguage(chosenLanguage());
}

QStringList availableLanguages()
{
    QStringList languages;
    for (const QString& file : QDir(folder).entryList({u"quantlathe_*.qm"_s}, QDir::Files, QDir::Name))
        languages << file.section(u'_', 1).section(u'.', 0, 0);
    return languages;
}

QString languageName(const QString& language)
{
    const QLocale locale(language);
    QString name = locale.language() == QLocale::English ? u"English"_s : locale.nativeLanguageName();
    if (!name.isEmpty())
        name[0] = name[0].toUpper();
    return name;
}

QString chosenLanguage() { return QSettings().value(languageKey).toString(); }

void chooseLanguage(const QString& language) { QSettings().setValue(languageKey, language); }

void installLanguage(const QString& language)
{
    const QLocale locale = language.isEmpty() ? QLocale::system() : QLocale(language);
    QString code = locale.name().section(u'_', 0, 0);
    if (!availableLanguages().contains(code))
        code = u"en"_s; // the texts in the code are English; their singular forms are a translation, too
    static QTranslator* texts = new QTranslator(qApp);
    static QTranslator* ofQt = new QTranslator(qApp);
    install(*texts, u"quantlathe_"_s + code, folder);
    // Without them dialogs of Qt have English buttons.
    install(*ofQt, u"qtbase_"_s + code, QLibraryInfo::path(QLibraryInfo::TranslationsPath));
    if (!language.isEmpty())
        QLocale::setDefault(locale);
}

} // namespace quantlathe::ui
