// SPDX-License-Identifier: GPL-3.0-or-later
// What an export of a document will contain, and what stands in its way.
#pragma once

#include "ui/document.h"

#include <QAbstractTableModel>
#include <QString>

#include <vector>

namespace quantlathe::ui {

struct ExportSummary
{
    struct Types
    {
        TensorType type;
        std::uint64_t tensors = 0;
        std::uint64_t bytes = 0;
        std::uint64_t copied = 0; ///< tensors whose bytes stay as they are
    };
    struct Note
    {
        QString tensor;
        QString explanation;
    };
    std::vector<Types> types;    ///< most bytes first
    std::vector<Note> fallbacks; ///< written in another type than asked for
    std::vector<Note> blocked;   ///< cannot be written: no export
    QString needImportance;      ///< written types that are meant to be used with importance data: "IQ2_XS, IQ1_S"

    /// @p document has a model.
    static ExportSummary of(const Document& document);
    /// One sentence why the export cannot start; empty when it can.
    [[nodiscard]] QString obstacle() const;
};

/// "tiny-llama-Q4_K_M.gguf": the model's name without its old type or part number, and what it becomes.
QString defaultTargetName(const Model& model, const Plan& plan);
/// "tiny-llama-W4A16", for a folder. @param format as it is put into names
QString defaultFolderName(const Model& model, const QString& format);

/// Type, tensors, bytes; one row per written type.
class ExportTypesModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Type, Tensors, Bytes, ColumnCount };
    explicit ExportTypesModel(ExportSummary summary, QObject* parent = nullptr)
        : QAbstractTableModel(parent), m_summary(std::move(summary)) {}
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    ExportSummary m_summary;
};

} // namespace quantlathe::ui
