// SPDX-License-Identifier: GPL-3.0-or-later
// The solver against an exact integer solver (committed instances), against trying everything, and against the clock.
#include "core/budget/solver.h"
#include "support/test_support.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <limits>
#include <random>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

constexpr double allowedExcess = 0.005; // over the optimum

std::vector<BudgetItem> itemsFrom(const nlohmann::json& json)
{
    std::vector<BudgetItem> items;
    for (const auto& row : json) {
        BudgetItem item;
        for (std::size_t option = 0; option < row["cost"].size(); ++option)
            item.options.push_back({row["cost"][option].get<std::uint64_t>(), row["damage"][option].get<double>()});
        items.push_back(std::move(item));
    }
    return items;
}

/// The least damage within @p budget by trying all choices.
double bestByTrying(const std::vector<BudgetItem>& items, std::uint64_t budget, std::size_t item = 0, std::uint64_t cost = 0,
                    double damage = 0)
{
    if (cost > budget)
        return std::numeric_limits<double>::infinity();
    if (item == items.size())
        return damage;
    double best = std::numeric_limits<double>::infinity();
    for (const BudgetOption& option : items[item].options)
        best = std::min(best, bestByTrying(items, budget, item + 1, cost + option.cost, damage + option.damage));
    return best;
}

double cheapestByTrying(const std::vector<BudgetItem>& items, double limit, std::size_t item = 0, double cost = 0, double damage = 0)
{
    if (damage > limit)
        return std::numeric_limits<double>::infinity();
    if (item == items.size())
        return cost;
    double best = std::numeric_limits<double>::infinity();
    for (const BudgetOption& option : items[item].options)
        best = std::min(best, cheapestByTrying(items, limit, item + 1, cost + static_cast<double>(option.cost), damage + option.damage));
    return best;
}

std::vector<BudgetItem> randomItems(std::mt19937_64& random, std::size_t count, std::size_t options)
{
    std::vector<BudgetItem> items(count);
    for (BudgetItem& item : items) {
        const std::uint64_t size = 1 + random() % 100000;
        for (std::size_t option = 0; option < options; ++option)
            item.options.push_back({random() % size, static_cast<double>(random() % 1000) / 7});
    }
    return items;
}

/// Tensors of a large model: sizes by role, errors falling by 4 per bit with a factor of its own for each pair.
std::vector<BudgetItem> largeModel(std::size_t count, std::size_t options)
{
    std::mt19937_64 random(7);
    const auto factor = [&random] { return 0.5 + static_cast<double>(random() >> 11) / 9007199254740992.0; };
    std::vector<BudgetItem> items(count);
    const std::uint64_t weights[] = {1 << 24, 1 << 22, 1 << 22, 1 << 24, 58720256, 58720256, 58720256};
    for (std::size_t index = 0; index < count; ++index) {
        const std::uint64_t size = index == 0 ? 525336576 : weights[index % 7];
        const double sensitivity = factor() * factor();
        for (std::size_t option = 0; option < options; ++option) {
            const double bits = 1.5 + 0.72 * static_cast<double>(option);
            items[index].options.push_back({static_cast<std::uint64_t>(static_cast<double>(size) * bits / 256) * 32,
                                            sensitivity * factor() * std::exp2(-2 * bits) * static_cast<double>(size)});
        }
    }
    return items;
}

} // namespace

class TestBudgetSolver : public QObject
{
    Q_OBJECT

private slots:
    void exactSolversInstances_data()
    {
        QTest::addColumn<QString>("file");
        for (const auto& entry : std::filesystem::directory_iterator(fixture("budget"))) {
            if (entry.path().extension() == ".json")
                QTest::addRow("%s", entry.path().stem().c_str()) << QString::fromStdString(entry.path().string());
        }
    }
    void exactSolversInstances()
    {
        QFETCH(QString, file);
        std::ifstream stream(file.toStdString());
        const auto json = nlohmann::json::parse(stream);
        const BudgetSolver solver(itemsFrom(json["items"]));
        QVERIFY(!json["budgets"].empty());
        double worst = 0;
        double worstGap = 0;
        double slowest = 0;
        for (const auto& row : json["budgets"]) {
            const auto budget = row["budget"].get<std::uint64_t>();
            const double optimum = row["optimum"].get<double>();
            const double bound = row["bound"].get<double>();
            BudgetSolution solution;
            slowest = std::max(slowest, processorMilliseconds([&] { solution = solver.solve(budget); }));
            QVERIFY(solution.cost <= budget);
            const BudgetSolution same = solver.evaluate(solution.choices);
            QCOMPARE(solution.cost, same.cost);
            QCOMPARE(solution.damage, same.damage);
            const double excess = optimum > 0 ? solution.damage / optimum - 1 : solution.damage;
            QVERIFY2(excess <= allowedExcess, qPrintable(QString("budget %1: %2 above the optimum").arg(budget).arg(excess)));
            // What the exact solver proved impossible must not be claimed, and our own bound must hold for what it found.
            QVERIFY2(solution.damage >= bound * (1 - 1e-6), qPrintable(QString::number(budget)));
            QVERIFY2(solution.lowerBound <= optimum * (1 + 1e-6), qPrintable(QString::number(budget)));
            QVERIFY(solution.lowerBound <= solution.damage);
            worst = std::max(worst, excess);
            worstGap = std::max(worstGap, solution.gap());
        }
        for (const auto& row : json["limits"]) {
            const double limit = row["limit"].get<double>();
            const BudgetSolution solution = solver.solveForDamage(limit);
            QVERIFY(solution.damage <= limit * (1 + 1e-12));
            const double excess = static_cast<double>(solution.cost) / row["optimum"].get<double>() - 1;
            QVERIFY2(excess <= allowedExcess, qPrintable(QString("limit %1: %2 above the optimum").arg(limit).arg(excess)));
            worst = std::max(worst, excess);
        }
        qInfo("at most %.2e above the optimum, own bound within %.2e, slowest %.1f ms", worst, worstGap, slowest);
    }

    void allChoicesTried()
    {
        std::mt19937_64 random(1);
        for (int round = 0; round < 200; ++round) {
            const auto items = randomItems(random, 1 + random() % 5, 1 + random() % 6);
            const BudgetSolver solver(items);
            const std::uint64_t span = solver.largestUsefulCost() - solver.smallestCost();
            const std::uint64_t budget = solver.smallestCost() + random() % (span + 2);
            const BudgetSolution solution = solver.solve(budget);
            QVERIFY(solution.cost <= budget);
            const double best = bestByTrying(items, budget);
            QVERIFY2(solution.damage <= best * (1 + 1e-6) + 1e-9, qPrintable(QString("%1 %2").arg(solution.damage).arg(best)));
            QVERIFY(solution.lowerBound <= best + 1e-9);

            const double limit = solver.smallestDamage() + static_cast<double>(random() % 100) / 20 * solver.smallestDamage();
            const BudgetSolution small = solver.solveForDamage(limit);
            QVERIFY(small.damage <= limit * (1 + 1e-12));
            const double cheapest = cheapestByTrying(items, limit);
            QVERIFY2(static_cast<double>(small.cost) <= cheapest * (1 + 1e-6) + 1, qPrintable(QString("%1 %2").arg(small.cost).arg(cheapest)));
        }
    }

    void endsOfTheRange()
    {
        const BudgetSolver solver({{{{100, 5.0}, {50, 9.0}, {50, 8.0}, {300, 1.0}, {400, 1.0}}}, {{{10, 3.0}}}});
        QCOMPARE(solver.smallestCost(), 60u);
        QCOMPARE(solver.largestUsefulCost(), 310u);
        QCOMPARE(solver.smallestDamage(), 4.0);
        VERIFY_ERROR(solver.solve(59), ErrorKind::InvalidArgument, "59 bytes are too little: the smallest possible is 60 bytes");
        QCOMPARE(solver.solve(60).choices, (std::vector<std::size_t>{2, 0}));
        QCOMPARE(solver.solve(109).cost, 60u);
        QCOMPARE(solver.solve(110).choices, (std::vector<std::size_t>{0, 0}));
        const BudgetSolution all = solver.solve(std::numeric_limits<std::uint64_t>::max());
        QCOMPARE(all.choices, (std::vector<std::size_t>{3, 0}));
        QCOMPARE(all.gap(), 0.0);
        QCOMPARE(solver.solveForDamage(4.0).cost, 310u);
        QCOMPARE(solver.solveForDamage(8.0).cost, 110u);
        QCOMPARE(solver.solveForDamage(1e9).cost, 60u);
        VERIFY_ERROR(solver.solveForDamage(3.9), ErrorKind::InvalidArgument, "the smallest possible is 4");
        VERIFY_ERROR(solver.solveForDamage(std::nan("")), ErrorKind::InvalidArgument, "smallest possible");
        QCOMPARE(BudgetSolver({}).solve(0).cost, 0u);
    }

    void refusesWhatCannotBeWeighed()
    {
        VERIFY_ERROR(BudgetSolver({BudgetItem{}}), ErrorKind::InvalidArgument, "nothing to choose from");
        VERIFY_ERROR(BudgetSolver({{{{1, std::nan("")}}}}), ErrorKind::InvalidArgument, "cannot be weighed");
        VERIFY_ERROR(BudgetSolver({{{{1, -1.0}}}}), ErrorKind::InvalidArgument, "cannot be weighed");
        VERIFY_ERROR(BudgetSolver({{{{1, std::numeric_limits<double>::infinity()}}}}), ErrorKind::InvalidArgument, "cannot be weighed");
        const std::uint64_t huge = 1ull << 52;
        VERIFY_ERROR(BudgetSolver({{{{huge, 1.0}}}, {{{huge, 1.0}}}}), ErrorKind::InvalidArgument, "too large");
        VERIFY_ERROR(BudgetSolver({{{{~0ull, 1.0}}}, {{{~0ull, 1.0}}}}), ErrorKind::InvalidArgument, "too large");
    }

    // What is known beforehand (a preset) is never beaten for nothing, even with hardly any search.
    void aStartIsNeverMadeWorse()
    {
        std::mt19937_64 random(5);
        const SolverEffort little{1, 1e-6};
        for (int round = 0; round < 50; ++round) {
            const BudgetSolver solver(randomItems(random, 12, 8));
            const std::uint64_t budget = (solver.smallestCost() + solver.largestUsefulCost()) / 2;
            const BudgetSolution good = solver.solve(budget);
            const BudgetSolution again = solver.solve(budget, good.choices, little);
            QVERIFY(again.damage <= good.damage);
            QVERIFY(again.cost <= budget);
            // A start beyond the budget does not count.
            const BudgetSolution rich = solver.solve(~0ull);
            QVERIFY(solver.solve(budget, rich.choices).cost <= budget);
        }
    }

    void sweepNeverGetsWorse()
    {
        const BudgetSolver solver(largeModel(300, 12));
        std::vector<std::uint64_t> budgets;
        for (int point = 0; point < 64; ++point)
            budgets.push_back(solver.smallestCost() + (solver.largestUsefulCost() - solver.smallestCost()) * point / 63);
        const auto curve = solver.sweep(budgets);
        QCOMPARE(curve.size(), budgets.size());
        for (std::size_t point = 0; point < curve.size(); ++point) {
            QVERIFY(curve[point].cost <= budgets[point]);
            QVERIFY(curve[point].gap() < 1e-3);
            QVERIFY(point == 0 || curve[point].damage <= curve[point - 1].damage);
        }
        QCOMPARE(curve.back().damage, solver.smallestDamage());
    }

    void theSameEveryTime()
    {
        // Equal slopes everywhere: only the order of items and options decides.
        std::vector<BudgetItem> items(200, BudgetItem{{{64, 8.0}, {96, 4.0}, {128, 2.0}, {256, 0.0}}});
        const BudgetSolution first = BudgetSolver(items).solve(200 * 100);
        for (int round = 0; round < 3; ++round) {
            const BudgetSolution again = BudgetSolver(items).solve(200 * 100);
            QCOMPARE(again.choices, first.choices);
        }
        QVERIFY(first.gap() < allowedExcess);
    }

    void fastEnoughForASlider()
    {
        const auto items = largeModel(1000, 20);
        std::optional<BudgetSolver> solver;
        const double preparing = processorMilliseconds([&] { solver.emplace(items); });
        double slowest = 0;
        double slowestInverse = 0;
        double worstGap = 0;
        for (int percent = 1; percent < 100; percent += 7) {
            const std::uint64_t budget = solver->smallestCost() + (solver->largestUsefulCost() - solver->smallestCost()) / 100 * percent;
            BudgetSolution solution;
            slowest = std::max(slowest, processorMilliseconds([&] { solution = solver->solve(budget); }));
            worstGap = std::max(worstGap, solution.gap());
            slowestInverse = std::max(slowestInverse, processorMilliseconds([&] { (void)solver->solveForDamage(solution.damage * 1.01); }));
        }
        qInfo("1,000 tensors x 20 types: prepared in %.1f ms, slowest solve %.1f ms (gap %.1e), slowest inverse %.1f ms", preparing,
              slowest, worstGap, slowestInverse);
        QVERIFY(preparing + slowest < 1000);
        QVERIFY(slowestInverse < 1000);
        QVERIFY(worstGap < allowedExcess);
    }
};

QTEST_GUILESS_MAIN(TestBudgetSolver)
#include "tst_budget_solver.moc"
