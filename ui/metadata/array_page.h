// SPDX-License-Identifier: GPL-3.0-or-later
// The detail of an array: pages of elements, jump to an index, search.
#pragma once

#include "core/model/metadata.h"
#include "ui/background.h"

#include <QWidget>

#include <optional>

class QLabel;
class QLineEdit;
class QTableView;
class QToolButton;

namespace quantlathe::ui {

class ArrayPageModel;

class ArrayPage : public QWidget
{
    Q_OBJECT
public:
    explicit ArrayPage(QWidget* parent = nullptr);

    void setArray(std::optional<MetadataArray> array);
    [[nodiscard]] ArrayPageModel& model() { return *m_model; }
    /// Shows the page of element @p index and selects it.
    void goTo(std::uint64_t index);

private:
    void showPage(std::uint64_t page);
    void goToText();
    void search();
    void updateControls();
    void say(const QString& text);

    ArrayPageModel* m_model;
    QTableView* m_view;
    QToolButton* m_previous;
    QToolButton* m_next;
    QLabel* m_range;
    QLineEdit* m_index;
    QLineEdit* m_search;
    QLabel* m_message;
    LatestJob m_searching; ///< last member: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
