// SPDX-License-Identifier: GPL-3.0-or-later
// What came of an export: files, sizes, speed, the error of every tensor.
#pragma once

#include "ui/jobs/job_queue.h"

#include <QAbstractTableModel>
#include <QWidget>

class QLabel;
class QTableView;

namespace quantlathe::ui {

class FactsTable;

class ResultTensorModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Name, SourceType, Type, Bytes, RelativeError, SignalToNoise, MaximumError, ColumnCount };
    enum Roles { SortRole = Qt::UserRole + 1 };

    explicit ResultTensorModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
    void setTensors(std::vector<TensorResult> tensors);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<TensorResult> m_tensors;
};

class ResultPage : public QWidget
{
    Q_OBJECT
public:
    explicit ResultPage(QWidget* parent = nullptr);

    /// @p job is Done.
    void setResult(const ExportJob& job);

private:
    FactsTable* m_facts;
    ResultTensorModel* m_model;
    QTableView* m_view;
};

} // namespace quantlathe::ui
