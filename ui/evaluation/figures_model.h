// SPDX-License-Identifier: GPL-3.0-or-later
// The figures of an evaluation as a table: value and 95 % confidence interval.
#pragma once

#include "core/inference/verdict.h"

#include <QAbstractTableModel>

#include <optional>
#include <vector>

namespace quantlathe::ui {

class FiguresModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Figure, Value, Low, High, ColumnCount };

    explicit FiguresModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

    /// @param verdict of @p result; nothing where there is no original to compare with
    void setResult(const EvaluationResult& result, const std::optional<DamageVerdict>& verdict);
    void clear();

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    /// csvRole: the number itself; what is shown in per cent is a share of 1.
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    using Format = QString (*)(double);
    struct Row
    {
        QString name;
        QString explanation;
        UncertainValue value;
        Format format;
        bool hasInterval;
    };
    void add(const QString& name, const QString& explanation, UncertainValue value, Format format);
    void add(const QString& name, const QString& explanation, double value, Format format);

    std::vector<Row> m_rows;
};

} // namespace quantlathe::ui
