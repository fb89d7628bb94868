// SPDX-License-Identifier: GPL-3.0-or-later
// Lists what a document does in the background: opening a model, measuring errors.
#pragma once

#include <QObject>

namespace quantlathe::ui {

class Document;
class TaskList;

/// A child of the window whose list it fills.
class DocumentTasks : public QObject
{
    Q_OBJECT
public:
    DocumentTasks(Document& document, TaskList& tasks, QObject* parent);

private:
    void beginOpening(const QString& name);
    void endOpening();
    void measure();

    Document& m_document;
    TaskList& m_tasks;
    quint64 m_opening = 0;  ///< ids of the tasks; 0 while they do not run
    quint64 m_sampling = 0;
    quint64 m_exact = 0;
};

} // namespace quantlathe::ui
