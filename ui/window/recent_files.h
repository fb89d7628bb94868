// SPDX-License-Identifier: GPL-3.0-or-later
// The models opened last, remembered in QSettings, newest first.
#pragma once

#include <QObject>
#include <QStringList>

namespace quantlathe::ui {

class RecentFiles : public QObject
{
    Q_OBJECT
public:
    static constexpr qsizetype limit = 10;

    explicit RecentFiles(QObject* parent = nullptr);

    /// Absolute paths of files and folders.
    [[nodiscard]] QStringList paths() const;
    void add(const QString& path);
    void remove(const QString& path);
    void clear();

Q_SIGNALS:
    void changed();

private:
    void store(const QStringList& paths);
};

/// Text for a menu: the name, and where it is when that helps ("model.gguf — ~/models").
QString recentFileText(const QString& path);

} // namespace quantlathe::ui
