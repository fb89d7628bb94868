// SPDX-License-Identifier: GPL-3.0-or-later
// Two models side by side: tensors, metadata, distributions over each other, and the map of the difference.
#pragma once

#include "core/analysis/distribution.h"
#include "ui/background.h"
#include "ui/compare/comparison_models.h"

#include <QWidget>

class QCheckBox;
class QLabel;
class QSortFilterProxyModel;
class QStackedWidget;
class QTabWidget;
class QTableView;

namespace quantlathe::ui {

class ErrorMapView;
class HintPage;
class HistogramPlot;
class JobStrip;

/// A window of its own; keeps both models alive, whatever the main window opens meanwhile.
class CompareWindow : public QWidget
{
    Q_OBJECT
public:
    explicit CompareWindow(std::shared_ptr<const Model> first, QWidget* parent = nullptr);

    /// Opens @p path and compares, in the background.
    void compareWith(const QString& path);

    [[nodiscard]] QTabWidget& tabs() { return *m_tabs; }
    [[nodiscard]] QTableView& tensors() { return *m_tensorView; }
    [[nodiscard]] HistogramPlot& histogram() { return *m_histogram; }
    [[nodiscard]] bool isBusy() const { return m_comparing.isRunning() || m_measuring.isRunning(); }

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    QTableView* makeTable(QAbstractItemModel* model, const QString& objectName, const QString& accessibleName, const QString& fileName);
    void showComparison(std::shared_ptr<const ModelComparison> comparison);
    void showDistribution();
    void adjustColumns();

    std::shared_ptr<const Model> m_first;
    std::shared_ptr<const ModelComparison> m_comparison;
    TensorComparisonModel* m_tensors;
    QSortFilterProxyModel* m_sorted;
    MetadataDiffModel* m_metadata;
    DifferenceMapModel* m_map;
    QLabel* m_title;
    QLabel* m_summary;
    JobStrip* m_strip;
    QStackedWidget* m_pages;
    HintPage* m_hint;
    QTabWidget* m_tabs;
    QTableView* m_tensorView;
    QTableView* m_metadataView;
    QLabel* m_histogramTitle;
    QCheckBox* m_logarithmic;
    HistogramPlot* m_histogram;
    ErrorMapView* m_mapView;
    LatestJob m_comparing;
    LatestJob m_measuring; ///< last members: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
