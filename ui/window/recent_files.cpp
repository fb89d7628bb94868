// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/recent_files.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
const QString key = u"recentFiles"_s;
const QString recipesKey = u"recentRecipes"_s; ///< recipe, model, recipe, model ...

QString absolutePath(const QString& path) { return path.isEmpty() ? path : QDir::cleanPath(QFileInfo(path).absoluteFilePath()); }
} // namespace

RecentFiles::RecentFiles(QObject* parent) : QObject(parent) {}

QStringList RecentFiles::paths() const { return QSettings().value(key).toStringList(); }

void RecentFiles::add(const QString& path)
{
    const QString absolute = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
    QStringList list = paths();
    list.removeAll(absolute);
    list.prepend(absolute);
    store(list.mid(0, limit));
}

void RecentFiles::remove(const QString& path)
{
    QStringList list = paths();
    if (list.removeAll(QDir::cleanPath(QFileInfo(path).absoluteFilePath())) > 0)
        store(list);
}

void RecentFiles::clear() { store({}); }

void RecentFiles::store(const QStringList& paths)
{
    QSettings().setValue(key, paths);
    Q_EMIT changed();
}

RecentRecipes::RecentRecipes(QObject* parent) : QObject(parent) {}

QList<RecentRecipe> RecentRecipes::recipes() const
{
    const QStringList paths = QSettings().value(recipesKey).toStringList();
    QList<RecentRecipe> recipes;
    for (qsizetype place = 0; place + 1 < paths.size(); place += 2)
        recipes.append({paths[place], paths[place + 1]});
    return recipes;
}

QString RecentRecipes::modelOf(const QString& recipe) const
{
    for (const RecentRecipe& known : recipes()) {
        if (known.path == absolutePath(recipe))
            return known.model;
    }
    return {};
}

void RecentRecipes::add(const QString& path, const QString& model)
{
    QList<RecentRecipe> list = recipes();
    list.removeIf([&](const RecentRecipe& known) { return known.path == absolutePath(path); });
    list.prepend({absolutePath(path), absolutePath(model)});
    store(list.mid(0, limit));
}

void RecentRecipes::remove(const QString& path)
{
    QList<RecentRecipe> list = recipes();
    if (list.removeIf([&](const RecentRecipe& known) { return known.path == absolutePath(path); }) > 0)
        store(list);
}

void RecentRecipes::store(const QList<RecentRecipe>& recipes)
{
    QStringList paths;
    for (const RecentRecipe& recipe : recipes)
        paths << recipe.path << recipe.model;
    QSettings().setValue(recipesKey, paths);
    Q_EMIT changed();
}

QString recentFileText(const QString& path)
{
    const QFileInfo info(path);
    QString folder = info.absolutePath();
    if (folder.startsWith(QDir::homePath() + u'/'))
        folder = u'~' + folder.mid(QDir::homePath().size());
    return u"%1 — %2"_s.arg(info.fileName(), folder);
}

} // namespace quantlathe::ui
