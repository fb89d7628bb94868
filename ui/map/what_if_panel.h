// SPDX-License-Identifier: GPL-3.0-or-later
// The trade before it is chosen: every type for the selection, sortable; a click adopts one.
#pragma once

#include <QWidget>

class QStackedWidget;
class QTableView;

namespace quantlathe::ui {

class Document;
class HintPage;
class TitleLabel;
class WhatIfModel;

class WhatIfPanel : public QWidget
{
    Q_OBJECT
public:
    explicit WhatIfPanel(Document& document, QWidget* parent = nullptr);

    [[nodiscard]] QTableView& view() { return *m_view; }
    [[nodiscard]] WhatIfModel& model() { return *m_model; }

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void refresh();
    void adopt(const QModelIndex& index);

    Document& m_document;
    WhatIfModel* m_model;
    TitleLabel* m_title;
    QStackedWidget* m_pages;
    HintPage* m_hint;
    QTableView* m_view;
};

} // namespace quantlathe::ui
