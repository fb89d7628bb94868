// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/budget/solver.h"

#include "core/base/checked.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/budget/knapsack.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace quantlathe {

namespace {

constexpr std::uint64_t exactIntegers = 1ull << 53; ///< below it doubles add integers exactly
/// Sums of damages depend on the order of adding in their last digits: a limit that is missed by this share is met.
constexpr double roundingShare = 1e-12;

using Classes = std::vector<std::vector<Knapsack::Entry>>;

template <typename Make>
std::shared_ptr<const Knapsack> knapsackOf(const std::vector<BudgetItem>& items, const Make& make)
{
    Classes classes(items.size());
    for (std::size_t item = 0; item < items.size(); ++item) {
        for (std::uint32_t option = 0; option < items[item].options.size(); ++option)
            classes[item].push_back(make(items[item].options[option], option));
    }
    return std::make_shared<const Knapsack>(std::move(classes));
}

} // namespace

BudgetSolver::BudgetSolver(std::vector<BudgetItem> items) : m_items(std::move(items))
{
    std::optional<std::uint64_t> largest = 0;
    for (const BudgetItem& item : m_items) {
        std::uint64_t itemLargest = 0;
        for (const BudgetOption& option : item.options) {
            if (!(option.damage >= 0) || !std::isfinite(option.damage))
                throw Error(ErrorKind::InvalidArgument, fmt::format("a damage of {} cannot be weighed", option.damage));
            itemLargest = std::max(itemLargest, option.cost);
        }
        if (item.options.empty())
            throw Error(ErrorKind::InvalidArgument, "there is nothing to choose from for one of the tensors");
        if (largest)
            largest = checkedAdd(*largest, itemLargest);
    }
    if (!largest || *largest >= exactIntegers)
        throw Error(ErrorKind::InvalidArgument, "the sizes are too large to be added up");

    m_byCost = knapsackOf(m_items, [](const BudgetOption& option, std::uint32_t number) {
        return Knapsack::Entry{static_cast<double>(option.cost), option.damage, number};
    });
    m_byDamage = knapsackOf(m_items, [](const BudgetOption& option, std::uint32_t number) {
        return Knapsack::Entry{option.damage, static_cast<double>(option.cost), number};
    });
    for (std::size_t item = 0; item < m_items.size(); ++item) {
        const auto& entries = m_byCost->entriesOf(item);
        m_smallestCost += static_cast<std::uint64_t>(entries.front().weight);
        m_largestUsefulCost += static_cast<std::uint64_t>(entries.back().weight);
        m_smallestDamage += entries.back().value;
    }
}

BudgetSolution BudgetSolver::evaluate(std::span<const std::size_t> choices) const
{
    BudgetSolution solution;
    solution.choices.assign(choices.begin(), choices.end());
    for (std::size_t item = 0; item < m_items.size(); ++item) {
        solution.cost += m_items[item].options[choices[item]].cost;
        solution.damage += m_items[item].options[choices[item]].damage;
    }
    return solution;
}

std::vector<std::size_t> BudgetSolver::options(const Knapsack& knapsack, std::span<const std::uint32_t> entries) const
{
    std::vector<std::size_t> result(entries.size());
    for (std::size_t item = 0; item < entries.size(); ++item)
        result[item] = knapsack.entriesOf(item)[entries[item]].option;
    return result;
}

BudgetSolution BudgetSolver::solve(std::uint64_t budget, std::span<const std::size_t> start, const SolverEffort& effort) const
{
    if (budget < m_smallestCost)
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("{} bytes are too little: the smallest possible is {} bytes ({})", budget, m_smallestCost,
                                formatBytes(m_smallestCost)));
    // An option that is beaten is no entry: the one that beats it stands for it.
    std::vector<std::uint32_t> known;
    for (std::size_t item = 0; item < start.size(); ++item) {
        const auto& entries = m_byCost->entriesOf(item);
        const auto cost = static_cast<double>(m_items[item].options[start[item]].cost);
        const auto heavier = std::upper_bound(entries.begin(), entries.end(), cost,
                                              [](double weight, const Knapsack::Entry& entry) { return weight < entry.weight; });
        known.push_back(static_cast<std::uint32_t>(heavier - entries.begin() - 1));
    }
    const Knapsack::Outcome outcome = m_byCost->solve(static_cast<double>(std::min(budget, exactIntegers)), known,
                                                      std::max<std::size_t>(1, effort.maximumStates), effort.tolerance);
    BudgetSolution solution = evaluate(options(*m_byCost, outcome.entries));
    solution.lowerBound = std::min(solution.damage, std::max(0.0, outcome.lowerBound));
    solution.price = outcome.price;
    return solution;
}

BudgetSolution BudgetSolver::solveForDamage(double limit, const SolverEffort& effort) const
{
    const double capacity = limit * (1 + roundingShare);
    if (!(capacity >= m_byDamage->smallestWeight()))
        throw Error(ErrorKind::InvalidArgument, fmt::format("no choice keeps the damage down to {:.6g}: the smallest possible is {:.6g}",
                                                            limit, m_smallestDamage));
    const Knapsack::Outcome outcome
        = m_byDamage->solve(capacity, {}, std::max<std::size_t>(1, effort.maximumStates), effort.tolerance);
    const BudgetSolution cheapest = evaluate(options(*m_byDamage, outcome.entries));
    return solve(cheapest.cost, cheapest.choices, effort);
}

std::vector<BudgetSolution> BudgetSolver::sweep(std::span<const std::uint64_t> budgets, const SolverEffort& effort) const
{
    std::vector<BudgetSolution> solutions;
    solutions.reserve(budgets.size());
    std::vector<std::size_t> before;
    for (const std::uint64_t budget : budgets) {
        solutions.push_back(solve(budget, before, effort));
        before = solutions.back().choices;
    }
    return solutions;
}

} // namespace quantlathe
