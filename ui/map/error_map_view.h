// SPDX-License-Identifier: GPL-3.0-or-later
// The coloured table of the map: all layers in view where they fit, with numbers where there is room for them.
#pragma once

#include <QStyledItemDelegate>
#include <QTableView>

namespace quantlathe::ui {

/// Fills a field with its colour; writes the value where it fits; marks what is sampled with a hollow corner.
class ErrorMapDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

class ErrorMapView : public QTableView
{
    Q_OBJECT
public:
    explicit ErrorMapView(QWidget* parent = nullptr);
    void setModel(QAbstractItemModel* model) override;

    [[nodiscard]] QSize minimumSizeHint() const override;
    /// Of a single row with its header.
    [[nodiscard]] int oneRowHeight() const;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void fitRows();
};

} // namespace quantlathe::ui
