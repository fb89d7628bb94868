// SPDX-License-Identifier: GPL-3.0-or-later
// What panels and dialogs share. Lives as long as the main window.
#pragma once

#include <QString>

#include <functional>

namespace quantlathe::ui {

class Document;
class FitContext;
class JobQueue;
class TaskList;

struct Workspace
{
    Document* document = nullptr; ///< never null
    JobQueue* jobs = nullptr;     ///< exports outlive the model they came from, so they are not the Document's; never null
    FitContext* fit = nullptr;    ///< constraints of a fit and the plan before it; never null
    TaskList* tasks = nullptr;    ///< other work in the background; never null
    std::function<void(const QString& path)> open; ///< opens a model in the window, after asking where edits would be lost
};

} // namespace quantlathe::ui
