// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/metadata_commands.h"

#include "ui/document.h"

#include <utility>

namespace quantlathe::ui {

EditMetadataCommand::EditMetadataCommand(Document& document, MetadataEdits before, MetadataEdits after, const QString& text)
    : QUndoCommand(text), m_document(document), m_before(std::move(before)), m_after(std::move(after))
{
}

void EditMetadataCommand::redo() { m_document.applyEdits(m_after); }

void EditMetadataCommand::undo() { m_document.applyEdits(m_before); }

} // namespace quantlathe::ui
