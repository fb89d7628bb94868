// SPDX-License-Identifier: GPL-3.0-or-later
// The models opened and the recipes used last, remembered in QSettings, newest first.
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

struct RecentRecipe
{
    QString path;
    QString model; ///< absolute path of the model it was saved for or used on last; may be empty
};

class RecentRecipes : public QObject
{
    Q_OBJECT
public:
    static constexpr qsizetype limit = 10;

    explicit RecentRecipes(QObject* parent = nullptr);

    [[nodiscard]] QList<RecentRecipe> recipes() const;
    /// Where it is not known: an empty path.
    [[nodiscard]] QString modelOf(const QString& recipe) const;
    void add(const QString& path, const QString& model);
    void remove(const QString& path);

Q_SIGNALS:
    void changed();

private:
    void store(const QList<RecentRecipe>& recipes);
};

/// Text for a menu: the name, and where it is when that helps ("model.gguf — ~/models").
QString recentFileText(const QString& path);

} // namespace quantlathe::ui
