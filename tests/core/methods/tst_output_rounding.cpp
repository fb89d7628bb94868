// SPDX-License-Identifier: GPL-3.0-or-later
// Ranges and codes chosen by what they do to the outputs, beside the same rules in plain loops.
#include "core/methods/hessian.h"
#include "core/methods/integer_rounding.h"
#include "core/methods/output_rounding.h"
#include "support/methods_reference.h"
#include "support/test_support.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

constexpr double damping = 0.01;

/// One row in doubles: ranges group by group, then two rounds over the codes.
struct ReferenceRow
{
    GroupScheme scheme;
    const Matrix& h;
    std::vector<float> weights;
    std::vector<double> codes, scales, zeros, difference;

    [[nodiscard]] std::uint64_t inputs() const { return weights.size(); }
    [[nodiscard]] std::uint64_t length() const { return scheme.groupSize == 0 ? inputs() : scheme.groupSize; }
    [[nodiscard]] double slope(std::uint64_t input) const
    {
        double sum = 0;
        for (std::uint64_t other = 0; other < inputs(); ++other)
            sum += h[input * inputs() + other] * difference[other];
        return sum;
    }
    [[nodiscard]] double loss() const
    {
        double sum = 0;
        for (std::uint64_t input = 0; input < inputs(); ++input)
            sum += difference[input] * slope(input);
        return sum;
    }
    void set(std::uint64_t input, double level)
    {
        const std::uint64_t group = input / length();
        codes[input] = std::clamp(level + zeros[group], 0.0, double(scheme.largestCode()));
        difference[input] = weights[input] - scales[group] * (codes[input] - zeros[group]);
    }
    void setGroup(std::uint64_t first, double part)
    {
        const std::uint64_t end = std::min(inputs(), first + length());
        const auto [low, high] = std::minmax_element(weights.begin() + std::ptrdiff_t(first), weights.begin() + std::ptrdiff_t(end));
        const GroupGrid grid = gridFor(scheme, float(part) * std::min(*low, 0.0f), float(part) * std::max(*high, 0.0f));
        scales[first / length()] = grid.scale;
        zeros[first / length()] = grid.zero;
        for (std::uint64_t input = first; input < end; ++input)
            set(input, std::nearbyint(weights[input] / grid.scale));
    }
    void run()
    {
        codes = difference = std::vector<double>(inputs());
        scales = zeros = std::vector<double>(scheme.groupsOf(inputs()));
        for (std::uint64_t first = 0; first < inputs(); first += length())
            setGroup(first, 1);
        for (std::uint64_t first = 0; first < inputs(); first += length()) {
            double best = std::numeric_limits<double>::infinity();
            double bestPart = 1;
            for (int step = 0; step < 32; ++step) {
                setGroup(first, 1.07 - 0.01 * step);
                if (loss() < best) {
                    best = loss();
                    bestPart = 1.07 - 0.01 * step;
                }
            }
            setGroup(first, bestPart);
        }
        double trace = 0;
        for (std::uint64_t input = 0; input < inputs(); ++input)
            trace += h[input * inputs() + input];
        const double damp = damping * trace / double(inputs());
        for (int round = 0; round < 2; ++round) {
            for (std::uint64_t input = 0; input < inputs(); ++input) {
                const double moment = h[input * inputs() + input];
                if (moment <= 0)
                    continue;
                const double scale = scales[input / length()];
                const double wanted = weights[input] - difference[input] + (slope(input) + damp * difference[input]) / (moment + damp);
                set(input, std::clamp(std::nearbyint(wanted / scale), std::floor(weights[input] / scale), std::ceil(weights[input] / scale)));
            }
        }
    }
};

std::vector<float> upperOf(const Matrix& h)
{
    return {h.begin(), h.end()};
}

} // namespace

class TestOutputRounding : public QObject
{
    Q_OBJECT

private slots:
    void agreesWithPlainLoops_data()
    {
        QTest::addColumn<unsigned>("bits");
        QTest::addColumn<bool>("isSymmetric");
        QTest::addColumn<int>("group");
        for (const unsigned bits : {2u, 4u, 8u}) {
            for (const bool isSymmetric : {true, false}) {
                for (const int group : {16, 0})
                    QTest::addRow("%u bits %s group %d", bits, isSymmetric ? "symmetric" : "asymmetric", group) << bits << isSymmetric << group;
            }
        }
    }
    void agreesWithPlainLoops()
    {
        QFETCH(unsigned, bits);
        QFETCH(bool, isSymmetric);
        QFETCH(int, group);
        const GroupScheme scheme{bits, std::uint64_t(group), isSymmetric, TensorType::F16, false};
        // More than a block of columns, a last group that is cut off, one channel that nothing comes in by.
        const std::uint64_t inputs = 40;
        const std::uint64_t rows = 19;
        std::vector<float> x = correlatedInputs(300, inputs, 5);
        for (std::uint64_t token = 0; token < 300; ++token)
            x[token * inputs + 7] = 0;
        const Matrix h = referenceHessian(x, inputs);
        const std::vector<float> weights = normalWeights(rows * inputs, 6);
        std::vector<float> turned(weights.size());
        for (std::uint64_t index = 0; index < weights.size(); ++index)
            turned[index % inputs * rows + index / inputs] = weights[index];
        const RoundedStrip strip = roundByOutputs(scheme, upperOf(h).data(), damping, turned.data(), inputs, rows);
        int others = 0;
        for (std::uint64_t row = 0; row < rows; ++row) {
            ReferenceRow reference{scheme, h, {weights.begin() + std::ptrdiff_t(row * inputs), weights.begin() + std::ptrdiff_t((row + 1) * inputs)}, {}, {}, {}, {}};
            reference.run();
            bool isSame = true;
            for (std::uint64_t input = 0; input < inputs; ++input) {
                isSame = isSame && strip.codes[input * rows + row] == reference.codes[input];
                const float nearest = weights[row * inputs + input] / strip.scales[input / reference.length() * rows + row];
                const float level = float(strip.codes[input * rows + row]) - strip.zeros[input / reference.length() * rows + row];
                // Inside the range never farther than a step.
                QVERIFY(std::abs(level - nearest) <= 1 || strip.codes[input * rows + row] == 0 || strip.codes[input * rows + row] == scheme.largestCode());
            }
            others += isSame ? 0 : 1;
        }
        // Two ranges may cost the same to within what floats can tell.
        QVERIFY2(others <= 1, qPrintable(QString::number(others)));
    }

    // What it is for: a fraction of the error at the outputs that the nearest codes leave, through the gate that the methods use.
    void lessErrorThanNearest()
    {
        const std::uint64_t inputs = 256;
        const std::uint64_t rows = 70;
        const std::vector<float> x = correlatedInputs(2000, inputs, 1);
        Hessian hessian(inputs);
        hessian.add(x.data(), 2000, inputs, 1, {});
        const std::vector<float> weights = normalWeights(rows * inputs, 2);
        const auto lossOf = [&](const GridSettings& settings, unsigned threads, GroupQuantized& result) {
            IntegerRounding rounding({4, 128, true, TensorType::F16, false}, rows, inputs, settings);
            const RoundingLoss loss = roundAlone(weights.data(), rows, inputs, rounding, threads, {});
            result = rounding.take();
            result.check();
            std::vector<float> difference(weights.size());
            result.decodeRows(0, rows, difference.data());
            double squares = 0;
            for (std::size_t index = 0; index < difference.size(); ++index) {
                difference[index] = weights[index] - difference[index];
                squares += double{difference[index]} * difference[index];
            }
            if (std::abs(loss.squares / squares - 1) > 1e-4)
                return -1.0;
            return hessian.loss(difference.data(), rows, 1, {});
        };
        GroupQuantized nearest, chosen, again;
        const double before = lossOf({}, 1, nearest);
        GridSettings byOutputs;
        byOutputs.moments = hessian.upper().data();
        byOutputs.damping = damping;
        const double after = lossOf(byOutputs, 1, chosen);
        QVERIFY2(before > 0 && after > 0 && after < 0.4 * before, qPrintable(QString("%1 %2").arg(before).arg(after)));
        QCOMPARE(lossOf(byOutputs, 3, again), after);
        QVERIFY(again == chosen);
        // Channels in their own order make no difference to it.
        GridSettings inOrder = byOutputs;
        inOrder.isStatic = false;
        QCOMPARE(lossOf(inOrder, 1, again), after);
    }
};

QTEST_APPLESS_MAIN(TestOutputRounding)
#include "tst_output_rounding.moc"
