// SPDX-License-Identifier: GPL-3.0-or-later
// What deserves attention in the open model and its plan, each with what to do and a way to the place.
#pragma once

#include "core/analysis/findings.h"
#include "ui/background.h"
#include "ui/document.h"

#include <QTimer>
#include <QWidget>

#include <vector>

class QCheckBox;
class QPushButton;
class QLabel;
class QStackedWidget;
class QTableView;

namespace quantlathe::ui {

class FindingsFilter;
class FindingsModel;
class HintPage;
class JobStrip;

/// Header and types are checked whenever the model or the plan changes; the weights when the person asks for it.
class FindingsPanel : public QWidget
{
    Q_OBJECT
public:
    explicit FindingsPanel(Document& document, QWidget* parent = nullptr);

    [[nodiscard]] QTableView& view() { return *m_view; }
    [[nodiscard]] FindingsModel& model() { return *m_model; }
    /// "Findings (3)"
    [[nodiscard]] QString title() const;
    /// Reads all weights in the background.
    void readWeights();

Q_SIGNALS:
    void titleChanged(const QString& title);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void modelChanged();
    void check();
    void showAll();
    void showMessage(const QString& text);
    /// Selects the tensors, or asks for the metadata key, of a row of the view.
    void goTo(const QModelIndex& index);
    void adjustColumns();

    Document& m_document;
    FindingsModel* m_model;
    FindingsFilter* m_filter;
    std::vector<QCheckBox*> m_shown; ///< by severity
    QPushButton* m_read;
    QLabel* m_message;
    JobStrip* m_strip;
    QStackedWidget* m_pages;
    HintPage* m_hint;
    QTableView* m_view;
    std::vector<Finding> m_quick; ///< header and types
    std::vector<Finding> m_deep;  ///< weights
    bool m_isDeepDone = false;
    QTimer m_soon;
    LatestJob m_checking;
    LatestJob m_reading; ///< last members: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
