// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tree/type_delegate.h"

#include "ui/document.h"
#include "ui/text.h"
#include "ui/tree/tensor_tree_model.h"
#include "ui/tree/type_choices.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QEvent>
#include <QTimer>

namespace quantlathe::ui {

TypeDelegate::TypeDelegate(Document& document, QObject* parent) : QStyledItemDelegate(parent), m_document(document) {}

void TypeDelegate::fill(QComboBox& combo, const QModelIndex& index) const
{
    const QVariant tensor = index.data(TensorTreeModel::TensorIndexRole);
    if (tensor.isValid()) {
        const Model& model = *m_document.model();
        const auto position = static_cast<std::size_t>(tensor.toULongLong());
        combo.addItem(tr("As stored (%1)").arg(toQString(name(model.tensors()[position].type()))), toNumber(std::nullopt));
        for (const TensorType type : writableTypes()) {
            const EffectiveChoice effective = effectiveChoice(model, position, Choice{type});
            const QString text = toQString(name(type));
            combo.addItem(effective.type == type ? text : tr("%1 (written as %2)").arg(text, toQString(name(effective.type))),
                          toNumber(type));
            combo.setItemData(combo.count() - 1,
                              effective.explanation.empty() ? choiceDescription(type) : toQString(effective.explanation), Qt::ToolTipRole);
        }
        return;
    }
    combo.addItem(tr("As stored"), toNumber(std::nullopt));
    for (const TensorType type : writableTypes()) {
        combo.addItem(toQString(name(type)), toNumber(type));
        combo.setItemData(combo.count() - 1, choiceDescription(type), Qt::ToolTipRole);
    }
}

QWidget* TypeDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem&, const QModelIndex& index) const
{
    auto* combo = new QComboBox(parent);
    combo->setAccessibleName(tr("Chosen type"));
    combo->setMaxVisibleItems(24);
    fill(*combo, index);
    combo->view()->setMinimumWidth(combo->view()->sizeHintForColumn(0) + combo->fontMetrics().averageCharWidth() * 4);
    // A choice is final: no second key or click is needed to leave the cell.
    connect(combo, &QComboBox::activated, this, [this, combo] {
        auto* self = const_cast<TypeDelegate*>(this);
        Q_EMIT self->commitData(combo);
        Q_EMIT self->closeEditor(combo);
    });
    QTimer::singleShot(0, combo, &QComboBox::showPopup);
    return combo;
}

void TypeDelegate::setEditorData(QWidget* editor, const QModelIndex& index) const
{
    auto* combo = static_cast<QComboBox*>(editor);
    // -2 (a layer of several types) is no item: nothing is preselected then.
    combo->setCurrentIndex(combo->findData(index.data(TensorTreeModel::RequestedTypeRole)));
}

void TypeDelegate::setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const
{
    const QVariant chosen = static_cast<QComboBox*>(editor)->currentData();
    if (chosen.isValid() && chosen != index.data(TensorTreeModel::RequestedTypeRole))
        model->setData(index, chosen, Qt::EditRole);
}

void TypeDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex&) const
{
    QRect rect = option.rect;
    rect.setWidth(qMax(rect.width(), editor->sizeHint().width()));
    editor->setGeometry(rect);
}

bool TypeDelegate::eventFilter(QObject* editor, QEvent* event)
{
    // Losing the focus to the popup list must not close the editor; losing it otherwise leaves the cell as it was.
    if (event->type() == QEvent::FocusOut) {
        auto* combo = qobject_cast<QComboBox*>(editor);
        if (combo && combo->view()->isVisible())
            return false;
        if (combo) {
            Q_EMIT closeEditor(combo, QAbstractItemDelegate::RevertModelCache);
            return false;
        }
    }
    return QStyledItemDelegate::eventFilter(editor, event);
}

} // namespace quantlathe::ui
