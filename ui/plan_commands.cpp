// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plan_commands.h"

#include "ui/document.h"

namespace quantlathe::ui {

EditPlanCommand::EditPlanCommand(Document& document, std::vector<Edit> edits, Frame before, Frame after,
                                 const QString& text)
    : QUndoCommand(text), m_document(document), m_edits(std::move(edits)), m_before(std::move(before)), m_after(std::move(after))
{
}

void EditPlanCommand::redo()
{
    std::vector<std::pair<std::size_t, std::optional<Choice>>> choices;
    for (const Edit& edit : m_edits)
        choices.emplace_back(edit.tensor, edit.after);
    m_document.applyChoices(choices, m_after.preset, m_after.encoding);
}

void EditPlanCommand::undo()
{
    std::vector<std::pair<std::size_t, std::optional<Choice>>> choices;
    for (const Edit& edit : m_edits)
        choices.emplace_back(edit.tensor, edit.before);
    m_document.applyChoices(choices, m_before.preset, m_before.encoding);
}

} // namespace quantlathe::ui
