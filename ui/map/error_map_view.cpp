// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/error_map_view.h"

#include "core/analysis/error_table.h"
#include "ui/look/theme.h"
#include "ui/map/colour_scale.h"
#include "ui/map/error_map_model.h"

#include <QEvent>
#include <QHeaderView>
#include <QPainter>

#include <algorithm>

namespace quantlathe::ui {

void ErrorMapDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const QVariant quality = index.data(ErrorMapModel::QualityRole);
    const QPalette& palette = option.palette;
    const QRect area = option.rect.adjusted(0, 0, -1, -1);
    if (!quality.isValid()) { // no such tensor
        painter->fillRect(option.rect, palette.base());
        return;
    }
    const QVariant position = index.data(ErrorMapModel::PositionRole);
    const auto known = static_cast<PairError::Quality>(quality.toInt());
    const QColor fill = position.isValid() ? scaleColour(position.toDouble()) : palette.color(QPalette::AlternateBase);
    painter->save();
    painter->fillRect(option.rect, palette.base());
    painter->fillRect(area, fill);
    const QColor text = known == PairError::Quality::Failed ? errorColour(palette)
        : position.isValid()                                ? textColourOn(fill)
                                                            : palette.color(QPalette::PlaceholderText);
    painter->setPen(text);
    painter->setFont(option.font);
    const QString value = index.data().toString();
    if (area.height() >= option.fontMetrics.ascent() && option.fontMetrics.horizontalAdvance(value) + 4 <= area.width())
        painter->drawText(area, Qt::AlignCenter, value);
    if (known == PairError::Quality::Sampled) {
        // A hollow corner: not yet all of it.
        const int side = std::clamp(area.height() / 3, 3, 8);
        painter->setRenderHint(QPainter::Antialiasing);
        const QPoint corner = area.topRight() + QPoint(1, 0);
        painter->setBrush(palette.base());
        painter->setPen(Qt::NoPen);
        painter->drawPolygon(QPolygon({corner, corner - QPoint(side, 0), corner + QPoint(0, side)}));
    }
    if (option.state & QStyle::State_Selected) {
        painter->setRenderHint(QPainter::Antialiasing, false);
        painter->setBrush(Qt::NoBrush);
        painter->setPen(QPen(palette.color(QPalette::Highlight), 2));
        painter->drawRect(area.adjusted(1, 1, -1, -1));
        painter->setPen(QPen(textColourOn(fill), 1));
        painter->drawRect(area.adjusted(2, 2, -3, -3));
    }
    if (option.state & QStyle::State_HasFocus) {
        painter->setPen(QPen(text, 1, Qt::DotLine));
        painter->drawRect(area.adjusted(3, 3, -4, -4));
    }
    painter->restore();
}

QSize ErrorMapDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const
{
    return {option.fontMetrics.averageCharWidth() * 6, option.fontMetrics.height()};
}

ErrorMapView::ErrorMapView(QWidget* parent) : QTableView(parent)
{
    setItemDelegate(new ErrorMapDelegate(this));
    setShowGrid(false);
    setWordWrap(false);
    setTabKeyNavigation(false);
    setCornerButtonEnabled(false);
    setEditTriggers(NoEditTriggers);
    setSelectionMode(ExtendedSelection);
    setVerticalScrollMode(ScrollPerPixel);
    horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    horizontalHeader()->setMinimumSectionSize(fontMetrics().averageCharWidth() * 5);
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setDefaultAlignment(Qt::AlignRight | Qt::AlignVCenter);
}

void ErrorMapView::setModel(QAbstractItemModel* model)
{
    QTableView::setModel(model);
    connect(model, &QAbstractItemModel::modelReset, this, &ErrorMapView::fitRows);
    fitRows();
}

void ErrorMapView::fitRows()
{
    const int rows = model() ? model()->rowCount() : 0;
    if (rows == 0)
        return;
    // All layers at once where they stay wide enough to hit; then without numbers.
    const int comfortable = fontMetrics().height() + 8;
    const int smallest = std::max(10, fontMetrics().height() * 3 / 5);
    const int fitting = viewport()->height() / rows;
    verticalHeader()->setMinimumSectionSize(smallest);
    verticalHeader()->setDefaultSectionSize(std::clamp(fitting, smallest, comfortable));
}

void ErrorMapView::resizeEvent(QResizeEvent* event)
{
    QTableView::resizeEvent(event);
    fitRows();
}

void ErrorMapView::changeEvent(QEvent* event)
{
    QTableView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        fitRows();
}

int ErrorMapView::oneRowHeight() const
{
    return horizontalHeader()->sizeHint().height() + fontMetrics().height() + 8 + 2 * frameWidth();
}

QSize ErrorMapView::minimumSizeHint() const { return {fontMetrics().averageCharWidth() * 24, oneRowHeight()}; }

} // namespace quantlathe::ui
