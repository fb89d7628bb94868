// SPDX-License-Identifier: GPL-3.0-or-later
// What the middle of the window shows while no model is open: what to do next.
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace quantlathe::ui {

class RecentFiles;
class RecentRecipes;

class EmptyState : public QWidget
{
    Q_OBJECT
public:
    EmptyState(RecentFiles& recentFiles, RecentRecipes& recentRecipes, QWidget* parent = nullptr);

    /// Says that @p name is applied to the model that is opened next; empty for nothing.
    void setWaitingRecipe(const QString& name);

Q_SIGNALS:
    void openFileRequested();
    void openFolderRequested();
    void openRequested(const QString& path);
    void recipeRequested(const QString& path);

private:
    void fillRecentFiles();
    void fillRecentRecipes();

    RecentFiles& m_recentFiles;
    RecentRecipes& m_recentRecipes;
    QLabel* m_waiting;
    QWidget* m_recentBox;
    QVBoxLayout* m_recentLayout;
    QWidget* m_recipeBox;
    QVBoxLayout* m_recipeLayout;
};

} // namespace quantlathe::ui
