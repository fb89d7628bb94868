// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/recent_files.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
const QString key = u"recentFiles"_s;
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

QString recentFileText(const QString& path)
{
    const QFileInfo info(path);
    QString folder = info.absolutePath();
    if (folder.startsWith(QDir::homePath() + u'/'))
        folder = u'~' + folder.mid(QDir::homePath().size());
    return u"%1 — %2"_s.arg(info.fileName(), folder);
}

} // namespace quantlathe::ui
