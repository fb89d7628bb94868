// SPDX-License-Identifier: GPL-3.0-or-later
// The multiple-choice knapsack in plain numbers: one entry of every class, least value in all, weight within a capacity.
// Inside budget/ only: BudgetSolver asks it with (weight, value) = (bytes, damage), and the other way round.
//
// Linear relaxation over the lower convex hulls (Sinha and Zoltners 1979: sorting the hulls' steps by slope solves it), then
// exact dynamic programming over the classes that reduced costs leave undecided (as in Pisinger, "A minimal algorithm for
// the multiple-choice knapsack problem", 1995). Where too many partial solutions remain, only the best of each stretch of
// weights is kept, and the bound of the relaxation stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace quantlathe {

class Knapsack
{
public:
    struct Entry
    {
        double weight = 0; ///< >= 0; integers below 2^53 are summed exactly
        double value = 0;
        std::uint32_t option = 0; ///< the caller's number for it
    };

    struct Outcome
    {
        std::vector<std::uint32_t> entries; ///< positions in entriesOf(), one per class
        double weight = 0;
        double value = 0;
        double lowerBound = 0;
        double price = 0; ///< slope of the step that the capacity cuts; 0 when all fit
    };

    /// Entries that are beaten in weight and value by another of their class are dropped.
    explicit Knapsack(std::vector<std::vector<Entry>> classes);

    /// Sorted by weight, values strictly falling.
    [[nodiscard]] const std::vector<Entry>& entriesOf(std::size_t index) const { return m_classes[index]; }
    [[nodiscard]] std::size_t classCount() const { return m_classes.size(); }
    [[nodiscard]] double smallestWeight() const { return m_smallestWeight; }

    /// @param capacity at least smallestWeight()
    /// @param start positions of a known solution within the capacity, or empty
    [[nodiscard]] Outcome solve(double capacity, std::span<const std::uint32_t> start, std::size_t maximumStates,
                                double tolerance) const;

private:
    /// One step along the hull of a class.
    struct Step
    {
        std::uint32_t owner = 0;
        std::uint32_t from = 0; ///< positions in the class
        std::uint32_t to = 0;
        double weight = 0; ///< what it adds
        double value = 0;  ///< what it saves
        [[nodiscard]] double slope() const { return value / weight; }
    };
    struct Search;

    void addHull(std::uint32_t owner);
    [[nodiscard]] Outcome evaluate(std::vector<std::uint32_t> entries) const;
    [[nodiscard]] Outcome greedy(double capacity, std::size_t wholeSteps) const;
    [[nodiscard]] bool improve(double capacity, double slope, std::size_t maximumStates, double tolerance, Outcome& best) const;

    std::vector<std::vector<Entry>> m_classes;
    std::vector<Step> m_steps;            ///< steepest first
    std::vector<double> m_weightBefore;   ///< of all smallest entries and the steps before; one more than steps
    std::vector<double> m_valueBefore;
    double m_smallestWeight = 0;
};

} // namespace quantlathe
