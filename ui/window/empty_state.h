// SPDX-License-Identifier: GPL-3.0-or-later
// What the middle of the window shows while no model is open: what to do next.
#pragma once

#include <QWidget>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace quantlathe::ui {

class RecentFiles;

class EmptyState : public QWidget
{
    Q_OBJECT
public:
    explicit EmptyState(RecentFiles& recentFiles, QWidget* parent = nullptr);

Q_SIGNALS:
    void openFileRequested();
    void openFolderRequested();
    void openRequested(const QString& path);

private:
    void fillRecentFiles();

    RecentFiles& m_recentFiles;
    QWidget* m_recentBox;
    QVBoxLayout* m_recentLayout;
};

} // namespace quantlathe::ui
