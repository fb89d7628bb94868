// SPDX-License-Identifier: GPL-3.0-or-later
// What the chosen types cost the selection: error figures, and the error of each row of a single tensor.
#pragma once

#include "core/analysis/quantization_error.h"
#include "ui/background.h"
#include "ui/document.h"
#include "ui/parts/recent_results.h"

#include <QTimer>
#include <QWidget>

#include <memory>
#include <utility>

class QLabel;
class QStackedWidget;
class QToolButton;

namespace quantlathe::ui {

class FactsTable;
class HintPage;
class JobStrip;
class PlotSplit;
class TitleLabel;
class RowErrorPlot;

class ErrorPanel : public QWidget
{
    Q_OBJECT
public:
    explicit ErrorPanel(Document& document, QWidget* parent = nullptr);
    ~ErrorPanel() override;

    [[nodiscard]] RowErrorPlot& plot() { return *m_plot; }
    [[nodiscard]] FactsTable& facts() { return *m_facts; }
    [[nodiscard]] LatestJob& rowJob() { return m_rowJob; }

protected:
    void changeEvent(QEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    using Rows = std::shared_ptr<const QuantizationError>;
    struct Key
    {
        std::size_t tensor = 0;
        TensorType type{}; ///< written
        Encoding encoding;
        std::shared_ptr<const ImportanceMatch> importance;
        bool operator==(const Key&) const = default;
    };
    /// How far the figures can be trusted; shown as a coloured word.
    enum class Trust { Measuring, Sampled, Exact };

    void refreshSoon();
    void refresh();
    void refreshRows();
    void showHint(const QString& text);
    void showTrust(Trust trust);
    void showFigures(const ErrorSums& sums, Trust trust);
    void showRows(const Rows& rows);
    /// The tensor whose rows can be measured: the selection is one tensor that changes and that can be written.
    [[nodiscard]] std::optional<Key> rowKey() const;
    /// Why there are no figures for the selection; empty when there are.
    [[nodiscard]] QString obstacle() const;

    Document& m_document;
    TitleLabel* m_title;
    QLabel* m_trust;
    QToolButton* m_menuButton;
    QStackedWidget* m_pages;
    HintPage* m_hint;
    QStackedWidget* m_plotPages;
    RowErrorPlot* m_plot;
    HintPage* m_plotHint;
    FactsTable* m_facts;
    PlotSplit* m_splitter;
    JobStrip* m_strip;
    QTimer m_refresh;
    Trust m_shownTrust = Trust::Measuring;
    std::optional<Key> m_rowsRequested; ///< running, shown or stopped
    RecentResults<Key, Rows> m_known;
    LatestJob m_rowJob; ///< last member: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
