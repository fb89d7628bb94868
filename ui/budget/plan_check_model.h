// SPDX-License-Identifier: GPL-3.0-or-later
// Plans that were run for real, as a table: what was predicted of them, what came out.
#pragma once

#include "core/inference/plan_check.h"

#include <QAbstractTableModel>

#include <optional>

namespace quantlathe::ui {

class PlanCheckModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { PlanBy, Size, Predicted, Measured, Uncertainty, Perplexity, SameTop, ColumnCount };

    explicit PlanCheckModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    void setCheck(std::optional<PlanCheck> check);
    [[nodiscard]] const std::optional<PlanCheck>& check() const { return m_check; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::optional<PlanCheck> m_check;
};

} // namespace quantlathe::ui
