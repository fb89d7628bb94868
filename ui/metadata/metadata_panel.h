// SPDX-License-Identifier: GPL-3.0-or-later
// All keys and values of the model file, with the selected value in full.
#pragma once

#include "ui/document.h"

#include <QTimer>
#include <QWidget>

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

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void modelChanged();
    void applyFilter();
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
};

} // namespace quantlathe::ui
