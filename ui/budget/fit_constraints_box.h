// SPDX-License-Identifier: GPL-3.0-or-later
// What a fit may do: allowed types, least types by role and name, tensors that agree, tensors that stay.
#pragma once

#include "core/budget/fit_groups.h"
#include "ui/document.h"

#include <QTabWidget>

#include <array>
#include <optional>

class QCheckBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QTableWidget;

namespace quantlathe::ui {

class FitConstraintsBox : public QTabWidget
{
    Q_OBJECT
public:
    /// Starts with @p constraints.
    FitConstraintsBox(const Document& document, const FitConstraints& constraints, QWidget* parent = nullptr);

    /// Nothing while a rule makes no sense; problem() says which.
    [[nodiscard]] std::optional<FitConstraints> constraints() const;
    [[nodiscard]] QString problem() const { return m_problem; }

Q_SIGNALS:
    void changed();

private:
    QWidget* makeTypesPage(const FitConstraints& constraints);
    QWidget* makeMinimumsPage(const FitConstraints& constraints);
    QWidget* makeGroupsPage(const FitConstraints& constraints);
    void setDefaultTypes();
    void read();

    const Document& m_document;
    std::set<std::size_t> m_lockedBefore;
    QListWidget* m_types = nullptr;
    QTableWidget* m_roles = nullptr;
    QPlainTextEdit* m_rules = nullptr;
    QCheckBox* m_attention = nullptr;
    QCheckBox* m_gateUp = nullptr;
    QCheckBox* m_experts = nullptr;
    QCheckBox* m_lockSelection = nullptr;
    QCheckBox* m_lockBefore = nullptr;
    QLineEdit* m_lockPattern = nullptr;
    FitConstraints m_constraints;
    QString m_problem;
};

} // namespace quantlathe::ui
