// SPDX-License-Identifier: GPL-3.0-or-later
// How the weights of the selection are distributed, now and after quantization.
#pragma once

#include "core/analysis/distribution.h"
#include "ui/document.h"

#include <QTimer>
#include <QWidget>

class QBoxLayout;
class QCheckBox;
class QLabel;
class QStackedWidget;
class QToolButton;

namespace quantlathe::ui {

class DistributionSource;
class FactsTable;
class HintPage;
class HistogramPlot;
class JobStrip;
class PlotSplit;
class TitleLabel;

class DistributionPanel : public QWidget
{
    Q_OBJECT
public:
    explicit DistributionPanel(Document& document, QWidget* parent = nullptr);
    ~DistributionPanel() override;

    [[nodiscard]] HistogramPlot& plot() { return *m_plot; }
    [[nodiscard]] FactsTable& facts() { return *m_facts; }
    [[nodiscard]] DistributionSource& source() { return *m_source; }

protected:
    void showEvent(QShowEvent* event) override;

private:
    /// Asks for what is selected, a moment later (several signals come at once) and only while the panel can be seen.
    void refreshSoon();
    void refresh();
    void showHint(const QString& text);
    void showDistribution(const Distribution& distribution);
    void setNote(const QString& text);

    Document& m_document;
    DistributionSource* m_source;
    TitleLabel* m_title;
    QCheckBox* m_logarithmic;
    QToolButton* m_menuButton;
    QStackedWidget* m_pages;
    HintPage* m_hint;
    HistogramPlot* m_plot;
    FactsTable* m_facts;
    PlotSplit* m_splitter;
    QLabel* m_note;
    JobStrip* m_strip;
    QTimer m_refresh;
    QTimer m_stale;            ///< an old plot under a new title is taken away when the new one takes its time
    TensorIndices m_requested; ///< the selection asked for
    QString m_requestedTypes;
    TensorIndices m_shown;     ///< the selection the plot belongs to; empty: none
};

} // namespace quantlathe::ui
