// SPDX-License-Identifier: GPL-3.0-or-later
// What fitting, the trade-off curve and the comparison of plans share: the constraints, and the plan before the last fit.
#pragma once

#include "core/budget/fit.h"
#include "ui/document.h"

#include <QObject>
#include <QString>

#include <memory>
#include <mutex>
#include <optional>

namespace quantlathe::ui {

/// A snapshot for a worker thread.
struct FitInputs
{
    std::shared_ptr<const Model> model;
    std::shared_ptr<const ErrorTable> errors;
    Plan plan;
    FitConstraints constraints;
    bool hasImportance = false; ///< the errors are weighted by importance
    std::shared_ptr<const Sensitivities> sensitivities; ///< null: the proxy

    [[nodiscard]] FitReadiness readiness() const { return FitProblem::readiness(*model, *errors, constraints, plan); }
    [[nodiscard]] DamageWeights weights() const { return sensitivities ? measuredWeights(*model, *sensitivities) : proxyWeights(*model); }
    /// Knows the exact header of what would be written; made once per model. On a worker thread.
    [[nodiscard]] std::shared_ptr<const MemoryModel> memory() const;
    /// On a worker thread. @throws Error as FitProblem's constructor
    [[nodiscard]] std::shared_ptr<const FitProblem> problem(FitMeasure measure = FitMeasure::FileBytes) const { return problem(weights(), measure); }
    [[nodiscard]] std::shared_ptr<const FitProblem> problem(const DamageWeights& weights, FitMeasure measure) const;

    struct MemoryModels
    {
        std::mutex mutex;
        std::shared_ptr<const Model> model;
        std::shared_ptr<const MemoryModel> memory;
    };
    std::shared_ptr<MemoryModels> memoryModels;
};

/// Lives on the window's thread, as long as the document.
class FitContext : public QObject
{
    Q_OBJECT
public:
    explicit FitContext(Document& document, QObject* parent = nullptr);

    [[nodiscard]] Document& document() const { return m_document; }
    /// Of the model that is open; back to the defaults with the next one.
    [[nodiscard]] const FitConstraints& constraints() const { return m_constraints; }
    void setConstraints(const FitConstraints& constraints);
    /// The document's, where they were measured with the importance data that errors are weighted by now; otherwise null.
    [[nodiscard]] std::shared_ptr<const Sensitivities> sensitivities() const;
    /// Whether measured sensitivities count, where there are any, instead of the proxy. On at the start.
    [[nodiscard]] bool isUsingSensitivities() const { return m_isUsingSensitivities; }
    void setUsingSensitivities(bool isUsing);
    /// Nothing until something was adopted.
    [[nodiscard]] const std::optional<Plan>& planBeforeFit() const { return m_planBeforeFit; }
    /// Takes over @p plan as one undoable step.
    void adopt(const Plan& plan, const QString& text);
    /// Needs a model. Errors are copied: milliseconds.
    [[nodiscard]] FitInputs inputs() const;

Q_SIGNALS:
    /// Or how errors count.
    void constraintsChanged();
    void planBeforeFitChanged();

private:
    Document& m_document;
    FitConstraints m_constraints;
    bool m_isUsingSensitivities = true;
    std::optional<Plan> m_planBeforeFit;
    std::shared_ptr<FitInputs::MemoryModels> m_memoryModels;
};

/// "4.87 bits per weight, error 4.37 % (27.2 dB)".
QString figuresText(const FitResult& result);
/// "4.37 %": a total damage as the relative RMS error of the whole model.
QString damageText(double damage);

} // namespace quantlathe::ui
