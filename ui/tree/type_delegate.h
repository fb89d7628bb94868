// SPDX-License-Identifier: GPL-3.0-or-later
// Edits the chosen type in place: a combo box that says what each choice would really be written as.
#pragma once

#include <QStyledItemDelegate>

class QComboBox;

namespace quantlathe::ui {

class Document;

class TypeDelegate : public QStyledItemDelegate
{
    Q_OBJECT
public:
    explicit TypeDelegate(Document& document, QObject* parent = nullptr);

    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    void setEditorData(QWidget* editor, const QModelIndex& index) const override;
    void setModelData(QWidget* editor, QAbstractItemModel* model, const QModelIndex& index) const override;
    void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    bool eventFilter(QObject* editor, QEvent* event) override;

private:
    void fill(QComboBox& combo, const QModelIndex& index) const;

    Document& m_document;
};

} // namespace quantlathe::ui
