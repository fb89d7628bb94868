// SPDX-License-Identifier: GPL-3.0-or-later
// The table of sensitivities, with files to keep them in.
#pragma once

#include "ui/document.h"

#include <QWidget>

class QPushButton;
class QStackedWidget;
class QTableView;

namespace quantlathe::ui {

class HintPage;
class SensitivityModel;
class TitleLabel;

class SensitivityPage : public QWidget
{
    Q_OBJECT
public:
    explicit SensitivityPage(Document& document, QWidget* parent = nullptr);

    [[nodiscard]] QTableView& view() { return *m_view; }
    /// Sensitivities of the open model. @return what went wrong; empty on success
    QString loadFrom(const QString& file);
    QString saveTo(const QString& file);

protected:
    void changeEvent(QEvent* event) override;

private:
    void fitRows();
    void refresh();
    void askAndLoad();
    void askAndSave();

    Document& m_document;
    SensitivityModel* m_model;
    TitleLabel* m_title;
    HintPage* m_hint;
    QTableView* m_view;
    QStackedWidget* m_pages;
    QPushButton* m_load;
    QPushButton* m_save;
};

} // namespace quantlathe::ui
