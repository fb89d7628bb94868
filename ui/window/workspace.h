// SPDX-License-Identifier: GPL-3.0-or-later
// What panels and dialogs share. Lives as long as the main window.
#pragma once

namespace quantlathe::ui {

class Document;
class JobQueue;

struct Workspace
{
    Document* document = nullptr; ///< never null
    JobQueue* jobs = nullptr;     ///< exports outlive the model they came from, so they are not the Document's
};

} // namespace quantlathe::ui
