// SPDX-License-Identifier: GPL-3.0-or-later
// The budget solver on made-up tensors: sizes by role, errors falling by 4 per bit with a factor of its own for each pair.
#include "core/budget/solver.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

namespace {

using namespace quantlathe;

std::vector<BudgetItem> tensors(std::size_t count, std::size_t options)
{
    std::mt19937_64 random(7);
    const auto factor = [&random] { return 0.5 + static_cast<double>(random() >> 11) / 9007199254740992.0; };
    constexpr double sizes[] = {1 << 24, 1 << 22, 1 << 22, 1 << 24, 58720256, 58720256, 58720256};
    std::vector<BudgetItem> items(count);
    for (std::size_t index = 0; index < count; ++index) {
        const double size = index == 0 ? 525336576 : sizes[index % 7];
        const double sensitivity = factor() * factor();
        for (std::size_t option = 0; option < options; ++option) {
            const double bits = 1.5 + 14.0 * static_cast<double>(option) / static_cast<double>(options);
            items[index].options.push_back({static_cast<std::uint64_t>(size * bits / 256) * 32, sensitivity * factor() * std::exp2(-2 * bits) * size});
        }
    }
    return items;
}

std::uint64_t budgetAt(const BudgetSolver& solver, std::uint64_t percent)
{
    return solver.smallestCost() + (solver.largestUsefulCost() - solver.smallestCost()) / 100 * percent;
}

void prepare(benchmark::State& state)
{
    const auto items = tensors(static_cast<std::size_t>(state.range(0)), 20);
    for (auto _ : state)
        benchmark::DoNotOptimize(BudgetSolver(items).smallestCost());
}
BENCHMARK(prepare)->Arg(300)->Arg(1000)->Unit(benchmark::kMillisecond);

void solve(benchmark::State& state)
{
    const BudgetSolver solver(tensors(static_cast<std::size_t>(state.range(0)), 20));
    std::uint64_t percent = 0;
    for (auto _ : state) {
        percent = percent % 97 + 1;
        benchmark::DoNotOptimize(solver.solve(budgetAt(solver, percent)).damage);
    }
}
BENCHMARK(solve)->Arg(300)->Arg(1000)->Arg(3000)->Unit(benchmark::kMillisecond);

void solveForDamage(benchmark::State& state)
{
    const BudgetSolver solver(tensors(static_cast<std::size_t>(state.range(0)), 20));
    const double limit = solver.solve(budgetAt(solver, 30)).damage * 1.01;
    for (auto _ : state)
        benchmark::DoNotOptimize(solver.solveForDamage(limit).cost);
}
BENCHMARK(solveForDamage)->Arg(300)->Arg(1000)->Unit(benchmark::kMillisecond);

} // namespace
