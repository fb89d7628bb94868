// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plan_commands.h"

#include "ui/document.h"

namespace quantlathe::ui {

EditPlanCommand::EditPlanCommand(Document& document, std::vector<Edit> edits, std::string presetBefore,
                                 std::string presetAfter, const QString& text)
    : QUndoCommand(text), m_document(document), m_edits(std::move(edits)), m_presetBefore(std::move(presetBefore)),
      m_presetAfter(std::move(presetAfter))
{
}

void EditPlanCommand::redo()
{
    std::vector<std::pair<std::size_t, std::optional<Choice>>> choices;
    for (const Edit& edit : m_edits)
        choices.emplace_back(edit.tensor, edit.after);
    m_document.applyChoices(choices, m_presetAfter);
}

void EditPlanCommand::undo()
{
    std::vector<std::pair<std::size_t, std::optional<Choice>>> choices;
    for (const Edit& edit : m_edits)
        choices.emplace_back(edit.tensor, edit.before);
    m_document.applyChoices(choices, m_presetBefore);
}

} // namespace quantlathe::ui
