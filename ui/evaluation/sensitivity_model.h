// SPDX-License-Identifier: GPL-3.0-or-later
// How much each tensor's error matters, as a table: one row per tensor that a plan can quantize.
#pragma once

#include "ui/document.h"

#include <QAbstractTableModel>

#include <vector>

namespace quantlathe::ui {

class SensitivityModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Tensor, Probe, Divergence, StandardError, State, Weight, ColumnCount };
    /// SortRole: the number behind a text, the text elsewhere. TensorRole: index in the model.
    enum Roles { SortRole = Qt::UserRole, TensorRole };

    explicit SensitivityModel(Document& document, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void takeFigures();

    Document& m_document;
    std::shared_ptr<const Model> m_modelShown;
    std::shared_ptr<const Sensitivities> m_sensitivities;
    std::vector<std::size_t> m_tensors;
};

} // namespace quantlathe::ui
