// SPDX-License-Identifier: GPL-3.0-or-later
// The undo command for changes of the metadata.
#pragma once

#include "core/model/metadata_edits.h"

#include <QUndoCommand>

namespace quantlathe::ui {

class Document;

class EditMetadataCommand : public QUndoCommand
{
public:
    /// @p document outlives its undo stack's commands.
    EditMetadataCommand(Document& document, MetadataEdits before, MetadataEdits after, const QString& text);
    void redo() override;
    void undo() override;

private:
    Document& m_document;
    MetadataEdits m_before;
    MetadataEdits m_after;
};

} // namespace quantlathe::ui
