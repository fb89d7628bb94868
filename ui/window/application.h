// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

namespace quantlathe::ui {

/// Names, icon and translations of the one QApplication; call it before the first window is made.
void prepareApplication();

/// Languages there is a translation for, by their code ("de"), English among them.
QStringList availableLanguages();
/// What a language calls itself: "Deutsch".
QString languageName(const QString& language);
/// The person's choice; empty follows the system. It counts from the next start.
QString chosenLanguage();
void chooseLanguage(const QString& language);
/// Translates the application's texts, and Qt's own where Qt's translations are installed, into @p language (empty: the
/// system's; one that is not available: English). Widgets that are there already keep their texts.
void installLanguage(const QString& language);

} // namespace quantlathe::ui
