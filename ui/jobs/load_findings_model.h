// SPDX-License-Identifier: GPL-3.0-or-later
// What the chosen engine will make of an export, one row for each finding.
#pragma once

#include "core/convert/load_rules.h"

#include <QAbstractListModel>

#include <vector>

namespace quantlathe::ui {

class LoadFindingsModel : public QAbstractListModel
{
    Q_OBJECT
public:
    explicit LoadFindingsModel(QObject* parent = nullptr) : QAbstractListModel(parent) {}

    void setFindings(std::vector<LoadFinding> findings, Engine engine);
    [[nodiscard]] const std::vector<LoadFinding>& findings() const { return m_findings; }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    /// The sentence; all concerned tensors as tool tip.
    [[nodiscard]] QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    std::vector<LoadFinding> m_findings;
    Engine m_engine = Engine::Vllm;
};

} // namespace quantlathe::ui
