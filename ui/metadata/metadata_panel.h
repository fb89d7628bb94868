// SPDX-License-Identifier: GPL-3.0-or-later
// All keys and values of the model file, with the selected value in full, and ways to change them. Nothing is written before
// "Save metadata" or an export.
#pragma once

#include "ui/document.h"

#include <QTimer>
#include <QWidget>

class QAction;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QSplitter;
class QStackedWidget;
class QTableView;

namespace quantlathe::ui {

class ArrayPage;
class HintPage;
class MetadataFilter;
class MetadataModel;

class MetadataPanel : public QWidget
{
    Q_OBJECT
public:
    explicit MetadataPanel(Document& document, QWidget* parent = nullptr);

    [[nodiscard]] QTableView& view() { return *m_view; }
    [[nodiscard]] ArrayPage& arrayPage() { return *m_array; }

    /// Dialogs for a new key, and for the selected one (or its line in the table).
    void addKey();
    void editKey();
    void removeKey();
    /// The selected key as it is stored.
    void restoreKey();
    void save();

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void modelChanged();
    void applyFilter();
    void makeActions();
    void metadataChanged();
    void updateActions();
    void valueTyped(const QString& key, const QString& text);
    void say(const QString& text);
    /// Empty when none is selected.
    [[nodiscard]] QString currentKey() const;
    void showDetail();
    void goToKey(const QString& key);
    void adjustColumns();

    Document& m_document;
    MetadataModel* m_model;
    MetadataFilter* m_filter;
    QLineEdit* m_filterEdit;
    QLabel* m_count;
    QStackedWidget* m_pages;
    HintPage* m_hint;
    QSplitter* m_splitter;
    QTableView* m_view;
    QWidget* m_detail;
    QLabel* m_key;
    QStackedWidget* m_details;
    QPlainTextEdit* m_text;
    ArrayPage* m_array;
    QTimer m_filterTimer;
    QAction* m_addAction;
    QAction* m_editAction;
    QAction* m_removeAction;
    QAction* m_restoreAction;
    QAction* m_saveAction;
    QWidget* m_buttons;
    QLabel* m_message;
};

} // namespace quantlathe::ui
