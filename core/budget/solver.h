// SPDX-License-Identifier: GPL-3.0-or-later
// The best choice under a budget: one option for every item, least damage in all, cost exactly within the budget (the
// multiple-choice knapsack problem). Knows nothing of models. Method, promises and measurements: budget/README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace quantlathe {

class Knapsack;

struct BudgetOption
{
    std::uint64_t cost = 0; ///< bytes
    double damage = 0;      ///< finite, >= 0; any unit, the same for all options
};

struct BudgetItem
{
    std::vector<BudgetOption> options; ///< at least one; any order
};

struct BudgetSolution
{
    std::vector<std::size_t> choices; ///< index of the option, one per item
    std::uint64_t cost = 0;           ///< of the choices, exact
    double damage = 0;                ///< of the choices, summed in the order of the items
    /// No choices within the same budget have less damage than this (solveForDamage(): within the found cost).
    double lowerBound = 0;
    /// What the last byte bought: damage saved per byte at the edge of the budget; 0 where more budget saves nothing.
    double price = 0;
    /// Share of the damage that a better solution could save at most; 0 when nothing is left to save.
    [[nodiscard]] double gap() const { return damage > 0 ? (damage - lowerBound) / damage : 0; }
};

/// How hard solve() tries. The result depends on it, never on time or threads.
struct SolverEffort
{
    std::size_t maximumStates = 20000; ///< partial solutions kept per item
    double tolerance = 1e-6;           ///< improvements of less than this share of the damage are not looked for
};

/// Prepared once, asked often (a slider, a curve). Immutable, thread-safe.
class BudgetSolver
{
public:
    /// @throws Error(InvalidArgument) when an item has no option, a damage is negative, infinite or NaN, or the largest
    /// costs add up to 2^53 bytes or more
    explicit BudgetSolver(std::vector<BudgetItem> items);

    [[nodiscard]] std::size_t itemCount() const { return m_items.size(); }
    /// Of the cheapest choices: no budget below it can be met.
    [[nodiscard]] std::uint64_t smallestCost() const { return m_smallestCost; }
    /// Budgets above it change nothing: the cheapest choices of least damage.
    [[nodiscard]] std::uint64_t largestUsefulCost() const { return m_largestUsefulCost; }
    [[nodiscard]] double smallestDamage() const { return m_smallestDamage; }

    /// Least damage with a cost of at most @p budget.
    /// @param start choices (one per item) that are not beaten for nothing: where they fit, the solution is at least as good
    /// @throws Error(InvalidArgument) naming smallestCost() when nothing fits
    [[nodiscard]] BudgetSolution solve(std::uint64_t budget, std::span<const std::size_t> start = {},
                                       const SolverEffort& effort = {}) const;
    /// Least cost with a damage of at most @p limit (give or take 1e-12 of it, for rounding), then least damage at that cost.
    /// @throws Error(InvalidArgument) naming smallestDamage() when nothing fits
    [[nodiscard]] BudgetSolution solveForDamage(double limit, const SolverEffort& effort = {}) const;
    /// solve() for every budget; damage never grows with the budget. @p budgets ascending, all feasible.
    [[nodiscard]] std::vector<BudgetSolution> sweep(std::span<const std::uint64_t> budgets, const SolverEffort& effort = {}) const;

    /// Cost and damage of @p choices (one per item); lowerBound 0.
    [[nodiscard]] BudgetSolution evaluate(std::span<const std::size_t> choices) const;

private:
    [[nodiscard]] std::vector<std::size_t> options(const Knapsack& knapsack, std::span<const std::uint32_t> entries) const;

    std::vector<BudgetItem> m_items;
    std::shared_ptr<const Knapsack> m_byCost;   ///< least damage within a cost
    std::shared_ptr<const Knapsack> m_byDamage; ///< least cost within a damage
    std::uint64_t m_smallestCost = 0;
    std::uint64_t m_largestUsefulCost = 0;
    double m_smallestDamage = 0;
};

} // namespace quantlathe
