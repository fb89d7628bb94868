// SPDX-License-Identifier: GPL-3.0-or-later
// The encoders of the lattice formats: errors not above libggml's, the same bytes on every target, and what
// the efforts promise.
#include "codec_cases.h"
#include "core/codecs/codec.h"
#include "core/codecs/lattice_search.h"
#include "simd_targets.h"
#include "support/test_support.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

using namespace quantlathe;
using test::decodeAll;
using test::onEveryTarget;

namespace {

using enum TensorType;
constexpr TensorType latticeTypes[] = {IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S};
constexpr EncodeOptions plain{Objective::SquaredError, Effort::Standard};

void addTypes()
{
    QTest::addColumn<int>("type");
    for (const TensorType type : latticeTypes)
        QTest::newRow(name(type).data()) << static_cast<int>(type);
}

TensorType fetchedType()
{
    QFETCH(int, type);
    return static_cast<TensorType>(type);
}

std::vector<std::byte> encode(TensorType type, const std::vector<float>& weights, std::size_t columns,
                              const std::vector<float>& importance, EncodeOptions options)
{
    const std::size_t bytes = *rowBytes(type, columns);
    std::vector<std::byte> blocks(weights.size() / columns * bytes);
    for (std::size_t row = 0; row < weights.size() / columns; ++row)
        codecFor(type).encodeRow(&weights[row * columns], importance.empty() ? nullptr : importance.data(),
                                 columns, options, &blocks[row * bytes]);
    return blocks;
}

/// sum w (x - q)^2 with the weights of objective magnitude.
double magnitudeError(TensorType type, const std::vector<float>& x, const std::vector<float>& q)
{
    const bool isFlat = type == IQ2_XXS || type == IQ2_XS || type == IQ2_S;
    double sum = 0;
    for (std::size_t super = 0; super < x.size(); super += 256) {
        double base = 0;
        for (std::size_t index = super; index < super + 256 && isFlat; ++index)
            base += 0.5 / 256 * double(x[index]) * x[index];
        for (std::size_t index = super; index < super + 256; ++index)
            sum += (base + double(x[index]) * x[index]) * std::pow(double(x[index]) - q[index], 2);
    }
    return sum;
}

std::vector<float> rowOf(const std::vector<float>& values, std::size_t row, std::size_t columns)
{
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(row * columns);
    return {first, first + static_cast<std::ptrdiff_t>(columns)};
}

std::vector<float> lognormal(std::size_t columns, std::uint64_t seed)
{
    test::Normal normal(seed);
    std::vector<float> values(columns);
    for (float& value : values)
        value = static_cast<float>(std::exp(normal()));
    return values;
}

} // namespace

class TestLatticeEncode : public QObject
{
    Q_OBJECT

    /// In the objective that both minimise. Rows are few and short, so single ones may be a little worse, but
    /// not many.
    void compareWithGgml(TensorType type, const std::string& kind, const std::vector<float>& weights,
                         const std::vector<float>& importance)
    {
        const std::size_t columns = importance.size();
        const std::string stem = "lattice/" + std::string(name(type)) + "." + kind;
        struct Way
        {
            const char* suffix;
            std::vector<float> importance;
            EncodeOptions options;
        };
        std::vector<Way> ways = {{".ones", {}, plain}, {".imat", importance, {}}};
        if (type != IQ1_S && type != IQ2_XXS && type != IQ2_XS)
            ways.push_back({".noimat", {}, {Objective::Magnitude, Effort::Standard}});
        for (const Way& way : ways) {
            const auto theirs = decodeAll(type, test::readBytes(test::fixture(stem + way.suffix)));
            const auto ours = decodeAll(type, encode(type, weights, columns, way.importance, way.options));
            QCOMPARE(ours.size(), theirs.size());
            double ratios = 0;
            int rows = 0;
            for (std::size_t row = 0; row < weights.size() / columns; ++row) {
                const auto x = rowOf(weights, row, columns);
                const auto errorOf = [&](const std::vector<float>& decoded) {
                    const auto q = rowOf(decoded, row, columns);
                    return way.suffix == std::string(".noimat") ? magnitudeError(type, x, q)
                                                                : test::squaredError(x, q, way.importance);
                };
                const double our = errorOf(ours);
                const double their = errorOf(theirs);
                QVERIFY2(
                    our <= their * 1.1 + 1e-12,
                    qPrintable(
                        QString("row %1 %2: %3, libggml %4").arg(row).arg(way.suffix).arg(our).arg(their)));
                if (their > 1e-12) {
                    ratios += our / their;
                    ++rows;
                }
            }
            QVERIFY(rows >= 6);
            QVERIFY2(ratios < 0.99 * rows, qPrintable(QString("%1: %2").arg(way.suffix).arg(ratios / rows)));
        }
    }

private slots:
    void ordinaryRows_data() { addTypes(); }

    void ordinaryRows()
    {
        compareWithGgml(fetchedType(), "ordinary", test::readFloats(test::fixture("quant_errors/input.f32")),
                        test::readFloats(test::fixture("lattice/ordinary.importance.f32")));
    }

    void hardRows_data() { addTypes(); }

    void hardRows()
    {
        compareWithGgml(fetchedType(), "hard", test::readFloats(test::fixture("quant/input.f32")),
                        test::readFloats(test::fixture("quant/importance.f32")));
    }

    void sameBytesOnEveryTarget_data() { addTypes(); }

    // Rows of one to five super-blocks (a batch may be half full), odd addresses, both efforts, all
    // objectives.
    void sameBytesOnEveryTarget()
    {
        const TensorType type = fetchedType();
        test::Normal normal(31);
        auto weights = normal.values(5 * 256 + 1, 0.02);
        weights[300] = 3;
        std::fill_n(weights.begin() + 600, 50, 0.0f);
        const auto importance = lognormal(weights.size(), 32);
        for (std::size_t blocks = 1; blocks <= 5; ++blocks) {
            for (const Effort effort : {Effort::Standard, Effort::Best}) {
                if (effort == Effort::Best && blocks % 4 != 3)
                    continue;
                for (const int way : {0, 1, 2, 3}) {
                    const EncodeOptions options{way == 1   ? Objective::SquaredError
                                                : way == 3 ? Objective::Unbiased
                                                           : Objective::Magnitude,
                                                effort};
                    std::vector<std::byte> first;
                    onEveryTarget([&](const char* target) {
                        std::vector<std::byte> bytes(blocks * info(type).bytesPerBlock + 2, std::byte{0xA5});
                        codecFor(type).encodeRow(weights.data() + 1,
                                                 way >= 2 ? importance.data() + 1 : nullptr, blocks * 256,
                                                 options, bytes.data() + 1);
                        if (first.empty())
                            first = bytes;
                        QVERIFY2(bytes == first, target);
                        QVERIFY(bytes.front() == std::byte{0xA5} && bytes.back() == std::byte{0xA5});
                    });
                }
            }
        }
    }

    void bestIsBetter_data() { addTypes(); }

    void bestIsBetter()
    {
        const TensorType type = fetchedType();
        test::Normal normal(41);
        auto weights = normal.values(8 * 512, 0.02);
        for (std::size_t index = 0; index < weights.size(); index += 37)
            weights[index] *= 6;
        const auto importance = lognormal(512, 42);
        const EncodeOptions best{Objective::SquaredError, Effort::Best};
        const auto errorOf = [&](const std::vector<float>& v, EncodeOptions options) {
            return test::squaredError(weights, decodeAll(type, encode(type, weights, 512, v, options)), v);
        };
        for (const std::vector<float>& v : {std::vector<float>{}, importance}) {
            const double standard = errorOf(v, plain);
            const double better = errorOf(v, best);
            qInfo("%s: standard / best %.4f", name(type).data(), std::sqrt(standard / better));
            QVERIFY(better < standard);
            QVERIFY(standard < 1.12 * better);
        }
    }

    // No D and no codes of the scales, looked for densely, are more than half a percent (RMS) better than
    // effort best.
    void bestIsNearTheSmallestError()
    {
        using namespace codecs;
        constexpr std::size_t columns = 512; // two super-blocks of eight sub-blocks: one batch
        constexpr std::size_t width = 32;
        const auto weights = test::Normal(71).values(columns);
        const auto importance = lognormal(columns, 72);
        auto batch = std::make_unique<LatticeBatch>();
        batch->width = width;
        float largest = 0;
        for (std::size_t index = 0; index < columns; ++index) {
            batch->x[index % width][index / width] = std::fabs(weights[index]);
            batch->w[index % width][index / width] = importance[index];
            largest = std::max(largest, std::fabs(weights[index]));
        }
        std::array<double, 2> least = {INFINITY, INFINITY};
        for (float d = largest / 15 / 31 * 1.5f; d > largest / 15 / 31 / 8; d *= 0.997f) {
            std::array<double, latticeLanes> lanes;
            lanes.fill(INFINITY);
            for (int code = 0; code < 16; ++code) {
                LatticeRow scales;
                scales.values.fill(d * static_cast<float>(2 * code + 1));
                std::array<LatticeRow, 8> errors;
                simd::searchEightSigns3(searchIQ3_S(), *batch, scales, errors.data(), nullptr);
                for (std::size_t lane = 0; lane < latticeLanes; ++lane) {
                    double sum = 0;
                    for (const LatticeRow& error : errors)
                        sum += error[lane];
                    lanes[lane] = std::min(lanes[lane], sum);
                }
            }
            for (std::size_t super = 0; super < 2; ++super)
                least[super] =
                    std::min(least[super], std::accumulate(&lanes[8 * super], &lanes[8 * super] + 8, 0.0));
        }
        const auto decoded = decodeAll(
            IQ3_S, encode(IQ3_S, weights, columns, importance, {Objective::SquaredError, Effort::Best}));
        const double error = test::squaredError(weights, decoded, importance);
        qInfo("effort best / dense search: %.5f", std::sqrt(error / (least[0] + least[1])));
        QVERIFY(error <= 1.01 * (least[0] + least[1]));
    }

    void keepsWhatItMade_data() { addTypes(); }

    // Weights that a block can hold without error come back as they were with effort best, and almost so
    // otherwise.
    void keepsWhatItMade()
    {
        const TensorType type = fetchedType();
        test::Normal normal(51);
        const auto weights = normal.values(16 * 512, 0.02);
        const auto held = decodeAll(type, encode(type, weights, 512, {}, plain));
        const auto best =
            decodeAll(type, encode(type, held, 512, {}, {Objective::SquaredError, Effort::Best}));
        const auto again = decodeAll(type, encode(type, held, 512, {}, plain));
        const double energy = test::squaredError(held, std::vector<float>(held.size()));
        int different = 0;
        for (std::size_t index = 0; index < held.size(); ++index)
            different += held[index] != best[index];
        qInfo("%s: %d of %d weights differ with effort best; relative error otherwise %.5f",
              name(type).data(), different, static_cast<int>(held.size()),
              std::sqrt(test::squaredError(held, again) / energy));
        QVERIFY(test::squaredError(held, best) <= 1e-5 * energy);
        QVERIFY(test::squaredError(held, again) <= 0.25 * test::squaredError(weights, held));
    }

    void uniformImportanceIsNone_data() { addTypes(); }

    void uniformImportanceIsNone()
    {
        const TensorType type = fetchedType();
        test::Normal normal(61);
        const auto weights = normal.values(2 * 1024, 0.02);
        const auto none = encode(type, weights, 1024, {}, plain);
        for (const float value : {1.0f, 0x1p100f, 0x1p-90f, 4096.0f})
            QVERIFY(encode(type, weights, 1024, std::vector<float>(1024, value), {}) == none);
        // So is a factor for all weights, as long as the halves reach.
        auto scaled = weights;
        for (float& weight : scaled)
            weight *= 64;
        auto expected = decodeAll(type, none);
        for (float& weight : expected)
            weight *= 64;
        QVERIFY(decodeAll(type, encode(type, scaled, 1024, {}, plain)) == expected);
    }
};

QTEST_APPLESS_MAIN(TestLatticeEncode)
#include "tst_lattice_encode.moc"
