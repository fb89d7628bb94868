// SPDX-License-Identifier: GPL-3.0-or-later
// llama.cpp's mixtures as a table, with what each would make of the open model.
#pragma once

#include "core/model/model.h"
#include "core/plan/presets.h"
#include "ui/background.h"

#include <QAbstractTableModel>

#include <memory>
#include <vector>

namespace quantlathe::ui {

/// One preset applied to one model.
struct PresetOutcome
{
    bool isKnown = false;
    Plan plan;
    std::uint64_t fileBytes = 0;
    std::uint64_t tensorBytes = 0;
    std::size_t fallbacks = 0;
    QString problem; ///< why it cannot be applied; empty when it can
    QString warning; ///< what speaks against it; mostly empty
};

/// Outcomes are computed in the background and fill in as they come.
class PresetTableModel : public QAbstractTableModel
{
    Q_OBJECT
public:
    enum Columns { Id, FileSize, BitsPerWeight, Description, ColumnCount };
    enum Roles { SortRole = Qt::UserRole + 1 };

    explicit PresetTableModel(std::shared_ptr<const Model> model, QObject* parent = nullptr);

    void setOptions(bool hasImportance, bool isPure);
    [[nodiscard]] const Preset& preset(int row) const;
    [[nodiscard]] const PresetOutcome& outcome(int row) const { return m_outcomes[static_cast<std::size_t>(row)]; }
    [[nodiscard]] int rowOf(std::string_view presetId) const;

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

Q_SIGNALS:
    void outcomesReady();

private:
    std::shared_ptr<const Model> m_model;
    std::vector<PresetOutcome> m_outcomes;
    LatestJob m_job;
};

} // namespace quantlathe::ui
