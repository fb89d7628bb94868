// SPDX-License-Identifier: GPL-3.0-or-later
// The map page of the window: what to show, the coloured tables or the lines, and the selection in both directions.
#pragma once

#include "ui/document.h"

#include <QWidget>

class QButtonGroup;
class QComboBox;
class QMenu;
class QStackedWidget;
class QToolButton;

namespace quantlathe::ui {

class ErrorMapModel;
class ErrorMapView;
class HintPage;
class LayerPlot;
class MapSource;
class ScaleLegend;
class TitleLabel;

class ErrorMapPanel : public QWidget
{
    Q_OBJECT
public:
    explicit ErrorMapPanel(Document& document, QWidget* parent = nullptr);

    [[nodiscard]] MapSource& source() { return *m_source; }
    [[nodiscard]] ErrorMapView& layers() { return *m_layers; }
    [[nodiscard]] ErrorMapView& outside() { return *m_outside; }
    [[nodiscard]] LayerPlot& plot() { return *m_plot; }
    /// The map's values as comma-separated lines: layer, role, value, 95 % interval, quality.
    [[nodiscard]] QString csv() const;

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QWidget* makeSettings();
    void offerWeighted();
    void fillTypes();
    void showGrid();
    void showLegend();
    void showSensitivityState();
    void selectInDocument();
    void selectFromDocument();
    void saveTable();

    Document& m_document;
    MapSource* m_source;
    QComboBox* m_measure;
    QComboBox* m_types;
    QToolButton* m_asMap;
    QToolButton* m_asLines;
    QToolButton* m_more;
    ScaleLegend* m_legend;
    TitleLabel* m_state;
    ErrorMapModel* m_layersModel;
    ErrorMapModel* m_outsideModel;
    ErrorMapView* m_outside;
    ErrorMapView* m_layers;
    LayerPlot* m_plot;
    HintPage* m_hint;
    QWidget* m_tables;
    QStackedWidget* m_pages;
    bool m_isSelecting = false; ///< a selection is being carried over
};

} // namespace quantlathe::ui
