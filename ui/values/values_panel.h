// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers of the current tensor as a grid.
#pragma once

#include "ui/background.h"
#include "ui/document.h"
#include "ui/values/value_blocks.h"

#include <QTimer>
#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QStackedWidget;
class QTableView;
class QToolButton;

namespace quantlathe::ui {

class HintPage;
class JobStrip;
class TitleLabel;
class ValuesModel;

class ValuesPanel : public QWidget
{
    Q_OBJECT
public:
    explicit ValuesPanel(Document& document, QWidget* parent = nullptr);

    [[nodiscard]] QTableView& view() { return *m_view; }
    [[nodiscard]] ValuesModel& model() { return *m_model; }
    /// Puts the selected cells on the clipboard, tab-separated; fetches what is not there yet in the background.
    void copySelection();
    /// Writes the whole tensor as shown (stored, quantized or the difference) as CSV, one line per row, in the background.
    void saveTo(const QString& file);

    /// More cells than this are not copied.
    static constexpr std::uint64_t mostCopiedCells = 1'000'000;

protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    void refreshSoon();
    void refresh();
    void showHint(const QString& text);
    void updateKinds();
    void goToText();
    void goTo(std::uint64_t row, std::uint64_t column);
    void turnRows(bool forward);
    void turnColumns(bool forward);
    void updateControls();
    void adjustSections();
    void say(const QString& text);
    void askAndSave();
    /// What is shown is a tensor of the current model.
    [[nodiscard]] std::optional<std::size_t> wantedTensor() const;

    /// A weight somebody asked for; shown once its tensor is.
    struct Place
    {
        std::size_t tensor = 0;
        std::uint64_t row = 0;
        std::uint64_t column = 0;
    };

    Document& m_document;
    ValuesModel* m_model;
    TitleLabel* m_title;
    QComboBox* m_kind;
    QLineEdit* m_row;
    QLineEdit* m_column;
    QLabel* m_columnLabel;
    QToolButton* m_upButton;
    QToolButton* m_downButton;
    QToolButton* m_leftButton;
    QToolButton* m_rightButton;
    QLabel* m_range;
    QLabel* m_message;
    QStackedWidget* m_pages;
    HintPage* m_hint;
    QTableView* m_view;
    std::optional<Place> m_wantedPlace;
    JobStrip* m_strip;
    QTimer m_refresh;
    LatestJob m_copying;
    LatestJob m_saving; ///< last member: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
