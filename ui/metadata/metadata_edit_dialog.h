// SPDX-License-Identifier: GPL-3.0-or-later
// One metadata value in full: its type, and its text over as many lines as it has. Also makes new keys.
#pragma once

#include "core/formats/metadata_text.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace quantlathe::ui {

class Document;

class MetadataEditDialog : public QDialog
{
    Q_OBJECT
public:
    /// @param key empty for a new one
    MetadataEditDialog(Document& document, const QString& key, QWidget* parent = nullptr);

    /// Longer arrays are edited outside (quantlathe-cli metadata --set-file).
    static constexpr std::uint64_t mostElements = 20000;

    void accept() override;

private:
    void keyTyped();
    void check();
    [[nodiscard]] MetadataKind kind() const;
    [[nodiscard]] QString currentKey() const;

    Document& m_document;
    bool m_isNew;
    bool m_isTypeChosen = false; ///< by the person
    QLineEdit* m_key;
    QComboBox* m_type;
    QLabel* m_meaning;
    QPlainTextEdit* m_text;
    QLabel* m_problem;
    QPushButton* m_ok;
};

} // namespace quantlathe::ui
