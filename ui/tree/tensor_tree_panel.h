// SPDX-License-Identifier: GPL-3.0-or-later
// The tensor tree with its filter line and context menu: the middle of the window.
#pragma once

#include "ui/document.h"

#include <QWidget>

#include <functional>

class QCheckBox;
class QLabel;
class QLineEdit;
class QMenu;
class QTimer;
class QTreeView;

namespace quantlathe::ui {

class TensorFilterModel;
class TensorTreeModel;

class TensorTreePanel : public QWidget
{
    Q_OBJECT
public:
    explicit TensorTreePanel(Document& document, QWidget* parent = nullptr);

    [[nodiscard]] QTreeView& view() { return *m_view; }
    [[nodiscard]] TensorTreeModel& model() { return *m_model; }
    [[nodiscard]] TensorFilterModel& filter() { return *m_filter; }

    /// Widths and order of the columns, for QSettings; empty while the columns fit themselves to their contents.
    [[nodiscard]] QByteArray saveColumns() const;
    bool restoreColumns(const QByteArray& state);
    void resetColumns();
    void focusFilter();

    /// Fills @p menu with what can be done to the selection ("Set type for selection", its layer, its role, reset).
    void addEditActions(QMenu& menu);

protected:
    bool eventFilter(QObject* object, QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void fitColumns();
    void applyFilter();
    void showFilterState(const QString& problem);
    void sortRows();
    void withoutSelection(const std::function<void()>& rearrange);
    void takeSelectionFromView();
    void takeSelectionFromDocument();
    void modelChanged();
    void showContextMenu(const QPoint& position);
    /// Layers and roles of the selected tensors.
    [[nodiscard]] TensorIndices tensorsOfSelectedLayers(QString* description) const;
    [[nodiscard]] TensorIndices tensorsOfSelectedRoles(QString* description) const;
    void choose(const TensorIndices& tensors, std::optional<TensorType> type, const QString& what);

    Document& m_document;
    TensorTreeModel* m_model;
    TensorFilterModel* m_filter;
    QLineEdit* m_filterEdit;
    QCheckBox* m_regexBox;
    QLabel* m_filterLabel;
    QTreeView* m_view;
    QTimer* m_filterTimer;
    QTimer* m_sortTimer;
    bool m_isSynchronising = false;
    bool m_fitsColumns = true;  ///< until the person changes a width
    bool m_isFitting = false;
};

} // namespace quantlathe::ui
