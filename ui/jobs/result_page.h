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

class ServingBox;

/// A written tensor, of a file or of a folder.
struct ResultTensor
{
    QString name;
    QString from;
    QString to;          ///< type or scheme
    std::uint64_t sizeBytes = 0;
    bool isCopy = false;
    ErrorSums error;     ///< zero where nothing was measured
    std::optional<double> relativeError{}; ///< then, where a method measured it
};
std::vector<ResultTensor> resultTensors(const EngineExportResult& result);

class ResultTensorModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Name, SourceType, Type, Bytes, RelativeError, SignalToNoise, MaximumError, ColumnCount };
    enum Roles { SortRole = Qt::UserRole + 1 };

    explicit ResultTensorModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
    void setTensors(std::vector<ResultTensor> tensors);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<ResultTensor> m_tensors;
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
    ServingBox* m_serving;
};

} // namespace quantlathe::ui
