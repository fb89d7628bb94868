// SPDX-License-Identifier: GPL-3.0-or-later
// Small floats, scales of channels and scratch memory.
#include "core/methods/float_rounding.h"
#include "core/methods/scale_search.h"
#include "core/methods/scratch_floats.h"
#include "support/methods_reference.h"
#include "support/test_support.h"

#include <cmath>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

/// Of all codes but NaN, the one whose number is nearest; of two as near the even one.
std::uint8_t nearestByTrying(FloatCode code, float value)
{
    const int count = code == FloatCode::Nf4 ? 16 : 256;
    int best = -1;
    for (int bits = 0; bits < count; ++bits) {
        const float number = valueOf(code, static_cast<std::uint8_t>(bits));
        if (!std::isfinite(number) || (code != FloatCode::Nf4 && std::signbit(number) != std::signbit(value)))
            continue;
        const double distance = std::abs(double{number} - value);
        const double smallest = best < 0 ? 1e300 : std::abs(double{valueOf(code, static_cast<std::uint8_t>(best))} - value);
        if (distance < smallest || (distance == smallest && code != FloatCode::Nf4 && bits % 2 == 0))
            best = bits;
    }
    return static_cast<std::uint8_t>(best);
}

} // namespace

class TestRounding : public QObject
{
    Q_OBJECT

private slots:
    void nearestCodes()
    {
        for (const FloatCode code : {FloatCode::E4M3, FloatCode::E5M2, FloatCode::Nf4}) {
            std::vector<float> values{0, -0.0f, 1e-30f, -1e-30f, 1e6f, -1e6f, 448, 449, 464, 57344, 61440};
            std::vector<float> numbers;
            for (int bits = 0; bits < (code == FloatCode::Nf4 ? 16 : 256); ++bits) {
                const float number = valueOf(code, static_cast<std::uint8_t>(bits));
                if (std::isfinite(number))
                    numbers.push_back(number);
            }
            for (std::size_t index = 0; index < numbers.size(); ++index) {
                values.push_back(numbers[index]);
                if (index > 0) {
                    const float middle = (numbers[index - 1] + numbers[index]) / 2;
                    values.insert(values.end(), {middle, std::nextafter(middle, 1e9f), std::nextafter(middle, -1e9f)});
                }
            }
            for (const float value : values) {
                const std::uint8_t bits = nearestCode(code, value);
                QVERIFY(std::isfinite(valueOf(code, bits)));
                QVERIFY2(bits == nearestByTrying(code, value), qPrintable(QString("%1 of %2: %3").arg(int(code)).arg(double(value), 0, 'g', 9).arg(bits)));
            }
        }
    }

    void blocksOfFloats()
    {
        // 3 x 5 in blocks of 2 x 3: four blocks, three of them cut off.
        const std::vector<float> weights{1, 2, -448, 3, 4, 5, 6, 7, -8, 9, 0, 0, 0, 0.5f, -0.25f};
        const FloatQuantized result = roundToFloats({FloatCode::E4M3, 2, 3, TensorType::F32}, weights.data(), 3, 5, 2, {});
        result.check();
        QCOMPARE(result.scales, (std::vector<float>{1, 9.0f / 448, 1, 0.5f / 448}));
        std::vector<float> decoded(15);
        result.decodeRows(0, 3, decoded.data());
        for (std::size_t index = 0; index < weights.size(); ++index)
            QVERIFY(std::abs(decoded[index] - weights[index]) <= std::abs(weights[index]) / 16);
        QCOMPARE(decoded[2], -448.0f);
        QCOMPARE(decoded[10], 0.0f);
        const FloatQuantized one = roundToFloats({FloatCode::Nf4, 0, 0, TensorType::BF16}, weights.data(), 3, 5, 1, {});
        QCOMPARE(one.scales, std::vector<float>{448});
        VERIFY_ERROR(roundToFloats({FloatCode::Nf4, 0, 0, TensorType::I8}, weights.data(), 3, 5, 1, {}), ErrorKind::InvalidArgument, "scales cannot be I8");
    }

    void smoothing()
    {
        InputMoments moments(2);
        moments.largest = {16, 0};
        ScaledMatrix matrix{&moments, {0.25f, 1, -1, 0.5f}, 2, Choice{}};
        const std::vector<float> scales = smoothingScales({&matrix, 1}, 0.5);
        QCOMPARE(scales[0], 4.0f); // sqrt(16 / 1)
        QVERIFY(std::abs(scales[1] / std::sqrt(1e-5f) - 1) < 1e-5f);
        QCOMPARE(smoothingScales({&matrix, 1}, 1)[0], 16.0f);
    }

    // The factors that are found leave no more error than none, and less where a few channels carry the outputs.
    void searchedScales()
    {
        const std::uint64_t inputs = 64;
        std::vector<float> x = correlatedInputs(500, inputs, 1);
        for (std::uint64_t token = 0; token < 500; ++token) {
            x[token * inputs + 5] *= 40;
            x[token * inputs + 40] *= 25;
        }
        InputMoments moments(inputs);
        moments.hessian.add(x.data(), 500, inputs, 1, {});
        ScaledMatrix matrix{&moments, normalWeights(48 * inputs, 2), 48, Choice{TensorType::F16, Method::Awq, GroupScheme{3, 64, false, TensorType::F16, false}}};
        const std::vector<float> scales = searchScales({&matrix, 1}, 2, {});
        const auto errorWith = [&](const std::vector<float>& factors) {
            std::vector<float> scaled = matrix.weights;
            for (std::size_t index = 0; index < scaled.size(); ++index)
                scaled[index] *= factors[index % inputs];
            const GroupQuantized rounded = referenceRounding(std::get<GroupScheme>(matrix.choice.scheme), scaled, 48, inputs);
            rounded.decodeRows(0, 48, scaled.data());
            Matrix difference(scaled.size());
            for (std::size_t index = 0; index < scaled.size(); ++index)
                difference[index] = double{matrix.weights[index]} - scaled[index] / factors[index % inputs];
            return referenceLoss(difference, referenceHessian(x, inputs), inputs);
        };
        QVERIFY(errorWith(scales) < 0.7 * errorWith(std::vector<float>(inputs, 1.0f)));
        QVERIFY(searchScales({&matrix, 1}, 1, {}) == scales);
        // What stays as it is needs no factors.
        matrix.choice = Choice{TensorType::F32};
        QVERIFY(searchScales({&matrix, 1}, 1, {}) == std::vector<float>(inputs, 1.0f));
    }

    void dividedInputs()
    {
        const std::uint64_t inputs = 20;
        const auto x = correlatedInputs(50, inputs, 3);
        std::vector<float> scales(inputs);
        std::vector<float> divided = x;
        for (std::uint64_t input = 0; input < inputs; ++input)
            scales[input] = 0.5f + static_cast<float>(input);
        for (std::size_t index = 0; index < x.size(); ++index)
            divided[index] /= scales[index % inputs];
        Hessian hessian(inputs);
        hessian.add(x.data(), 50, inputs, 1, {});
        hessian.divideInputs(scales);
        const auto weights = normalWeights(3 * inputs, 4);
        const double loss = referenceLoss(Matrix(weights.begin(), weights.end()), referenceHessian(divided, inputs), inputs);
        QVERIFY(std::abs(hessian.loss(weights.data(), 3, 1, {}) / loss - 1) < 1e-5);
    }

    void scratchInMemoryAndInFile()
    {
        const ScratchFolder folder;
        ScratchFloats small(100, 400, folder.path());
        QVERIFY(!small.isInFile());
        ScratchFloats large(101, 400, folder.path());
        QVERIFY(large.isInFile());
        QVERIFY(std::filesystem::is_empty(folder.path())); // the file has no name
        large.data()[100] = 5;
        ScratchFloats moved = std::move(large);
        QCOMPARE(moved.data()[100], 5.0f);
        QCOMPARE(moved.data()[0], 0.0f);
        VERIFY_ERROR(ScratchFloats(101, 400, folder / "none"), ErrorKind::NotFound, "create a file for activations in");
    }
};

QTEST_APPLESS_MAIN(TestRounding)
#include "tst_rounding.moc"
