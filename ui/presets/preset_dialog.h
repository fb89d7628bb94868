// SPDX-License-Identifier: GPL-3.0-or-later
// Chooses one of llama.cpp's mixtures as the plan, showing what it would make of the model first.
#pragma once

#include <QDialog>

class QCheckBox;
class QDialogButtonBox;
class QLabel;
class QSortFilterProxyModel;
class QTreeView;

namespace quantlathe::ui {

class Document;
class PresetTableModel;

/// Accepting it applies the preset to @p document as one undoable step.
class PresetDialog : public QDialog
{
    Q_OBJECT
public:
    explicit PresetDialog(Document& document, QWidget* parent = nullptr);

    void accept() override;

private:
    void optionsChanged();
    void updateSummary();
    [[nodiscard]] int selectedRow() const;

    Document& m_document;
    PresetTableModel* m_model;
    QSortFilterProxyModel* m_sorted;
    QTreeView* m_view;
    QCheckBox* m_importanceBox;
    QCheckBox* m_pureBox;
    QLabel* m_summary;
    QDialogButtonBox* m_buttons;
};

} // namespace quantlathe::ui
