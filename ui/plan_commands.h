// SPDX-License-Identifier: GPL-3.0-or-later
// The one undo command: a change of the plan for some tensors.
#pragma once

#include "core/plan/plan.h"

#include <QUndoCommand>

#include <optional>
#include <string>
#include <vector>

namespace quantlathe::ui {

class Document;

class EditPlanCommand : public QUndoCommand
{
public:
    struct Edit
    {
        std::size_t tensor = 0;
        std::optional<Choice> before;
        std::optional<Choice> after;
    };

    /// @p document outlives its undo stack's commands.
    EditPlanCommand(Document& document, std::vector<Edit> edits, std::string presetBefore, std::string presetAfter,
                    const QString& text);
    void redo() override;
    void undo() override;

private:
    Document& m_document;
    std::vector<Edit> m_edits; ///< sorted by tensor
    std::string m_presetBefore;
    std::string m_presetAfter;
};

} // namespace quantlathe::ui
