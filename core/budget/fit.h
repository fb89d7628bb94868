// SPDX-License-Identifier: GPL-3.0-or-later
// "Fit to ...": the plan of least damage for a model under a file size, a device's memory or an error limit, with
// constraints. Method and promises: budget/README.md.
#pragma once

#include "core/base/run_control.h"
#include "core/budget/damage.h"
#include "core/budget/fit_groups.h"
#include "core/budget/solver.h"
#include "core/memory/estimate.h"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace quantlathe {

enum class FitMeasure { FileBytes, DeviceBytes };

/// One plan with its figures.
struct FitResult
{
    Plan plan;
    std::uint64_t fileBytes = 0;   ///< exactly what the export writes, as far as MemoryModel knows the header
    std::uint64_t deviceBytes = 0; ///< weights on the device, all layers offloaded
    std::uint64_t hostBytes = 0;   ///< input tables in host memory
    double bitsPerWeight = 0;      ///< of all tensors' data, padding included
    double damage = 0;
    double lowerBound = 0;         ///< no plan under the same constraints and size has less; 0 where not asked
    bool isSampled = false;        ///< some errors behind it are estimates from a part of the weights
    [[nodiscard]] double gap() const { return damage > 0 ? (damage - lowerBound) / damage : 0; }
};

/// How far the errors are known that a fit needs, in pairs of tensor and type.
struct FitReadiness
{
    std::size_t needed = 0;
    std::size_t known = 0;   ///< sampled or exact
    std::size_t sampled = 0;
    std::size_t failed = 0;  ///< cannot be measured: never chosen
    [[nodiscard]] bool isComplete() const { return known + failed == needed; }
};

/// What a model's plans cost, prepared for many questions. Immutable and thread-safe; holds no reference to the table.
class FitProblem
{
public:
    /// @param base its encoding and the choices of locked and unquantizable tensors are kept
    /// @throws Error(InvalidArgument) naming the tensor when the constraints leave nothing for it, or its errors are not known yet
    FitProblem(std::shared_ptr<const Model> model, std::shared_ptr<const MemoryModel> memory, const ErrorTable& errors,
               const DamageWeights& weights, const FitConstraints& constraints, const Plan& base,
               FitMeasure measure = FitMeasure::FileBytes);

    /// What the constructor would need: ask it while the table fills.
    static FitReadiness readiness(const Model& model, const ErrorTable& errors, const FitConstraints& constraints, const Plan& base);

    /// The smallest file, or the fewest bytes on the device, under the constraints.
    [[nodiscard]] std::uint64_t smallestBytes() const { return m_fixedBytes + m_solver.smallestCost(); }
    /// More than this improves nothing.
    [[nodiscard]] std::uint64_t largestUsefulBytes() const { return m_fixedBytes + m_solver.largestUsefulCost(); }
    [[nodiscard]] double smallestDamage() const { return m_fixedDamage + m_solver.smallestDamage(); }
    [[nodiscard]] std::uint64_t headerBytes() const { return m_memory->headerBytes(); }
    [[nodiscard]] const Model& model() const { return *m_model; }
    [[nodiscard]] FitMeasure measure() const { return m_measure; }
    /// As the constraints say: presets that plans are compared with are those for importance data.
    [[nodiscard]] bool hasImportance() const { return m_hasImportance; }
    [[nodiscard]] std::size_t groupCount() const { return m_groups.size() + m_freeGroups.size(); }

    /// Least damage with a file (or device weights) of at most @p bytes. Never worse than any llama.cpp preset of at most that size
    /// that the constraints allow. @throws Error(InvalidArgument) with the smallest size possible
    [[nodiscard]] FitResult fitBytes(std::uint64_t bytes) const;
    /// fitBytes() with the tensor data, padding included, at @p bits per weight at most. Of file bytes only.
    [[nodiscard]] FitResult fitBitsPerWeight(double bits) const;
    /// The smallest file with a damage of at most @p limit. Of file bytes only. @throws Error(InvalidArgument) with the smallest
    /// damage possible
    [[nodiscard]] FitResult fitDamage(double limit) const;

    /// The figures of any plan; nothing while the error of a tensor is not known.
    [[nodiscard]] std::optional<FitResult> evaluate(const Plan& plan) const;
    /// True when @p plan obeys the constraints, so that fitBytes() at its size competes with it on equal terms.
    [[nodiscard]] bool isAllowed(const Plan& plan) const;

    /// File size for @p bits per weight of tensor data.
    [[nodiscard]] std::uint64_t fileBytesFor(double bits) const;

    /// Many sizes at once, ascending and feasible; damage never grows along them. @throws Error(Cancelled)
    [[nodiscard]] std::vector<FitResult> sweep(std::span<const std::uint64_t> bytes, const RunControl& control = {}) const;

private:
    struct Pair
    {
        double damage = 0;
        bool isSampled = false;
        bool isKnown = false;
    };

    [[nodiscard]] BudgetSolver makeSolver();
    [[nodiscard]] std::optional<std::vector<std::size_t>> choicesOf(const Plan& plan) const;
    [[nodiscard]] const Pair& pair(std::size_t tensor, TensorType written) const
    {
        return m_pairs[tensor * tensorTypeCount + static_cast<std::size_t>(written)];
    }
    [[nodiscard]] TensorType writtenIn(const Plan& plan, std::size_t tensor) const;
    [[nodiscard]] FitResult resultOf(const BudgetSolution& solution) const;
    [[nodiscard]] FitResult figuresOf(Plan plan, std::span<const TensorType> written) const;
    [[nodiscard]] std::vector<std::size_t> bestStart(std::uint64_t cost, std::vector<std::size_t> known) const;

    std::shared_ptr<const Model> m_model;
    std::shared_ptr<const MemoryModel> m_memory;
    std::vector<TensorFacts> m_facts;
    std::vector<Pair> m_pairs; ///< by tensor and type
    Plan m_base;
    FitMeasure m_measure;
    bool m_hasImportance = false;
    std::vector<FitGroup> m_groups;     ///< the solver's items
    std::vector<FitGroup> m_freeGroups; ///< that cost nothing in the measure (input tables on a device): chosen by price
    std::vector<TensorType> m_written;  ///< by tensor, of what is not up for choice
    std::uint64_t m_fixedBytes = 0;     ///< header and what is not up for choice
    double m_fixedDamage = 0;
    BudgetSolver m_solver;
    std::vector<BudgetSolution> m_presets; ///< those that the constraints allow
};

} // namespace quantlathe
