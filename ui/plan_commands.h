// SPDX-License-Identifier: GPL-3.0-or-later
// The one undo command: a change of the plan, for some tensors or for all.
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

    /// What a plan holds besides the tensors' choices.
    struct Frame
    {
        std::string preset;
        Encoding encoding;
        bool operator==(const Frame&) const = default;
        static Frame of(const Plan& plan) { return {plan.preset, plan.encoding}; }
    };

    /// @p document outlives its undo stack's commands.
    EditPlanCommand(Document& document, std::vector<Edit> edits, Frame before, Frame after, const QString& text);
    void redo() override;
    void undo() override;

private:
    Document& m_document;
    std::vector<Edit> m_edits; ///< sorted by tensor
    Frame m_before;
    Frame m_after;
};

} // namespace quantlathe::ui
