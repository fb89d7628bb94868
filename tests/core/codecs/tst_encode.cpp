// SPDX-License-Identifier: GPL-3.0-or-later
// Encoders against libggml's results, published error figures and the properties they promise.
#include "codec_cases.h"
#include "core/codecs/codec.h"
#include "support/test_support.h"

#include <cstring>
#include <map>

using namespace quantlathe;
using test::decodeAll;
using test::encodeRows;

namespace {

void addEncodedTypes()
{
    QTest::addColumn<int>("type");
    for (const TensorType type : test::encodedTypes())
        QTest::newRow(name(type).data()) << static_cast<int>(type);
}

TensorType fetchedType()
{
    QFETCH(int, type);
    return static_cast<TensorType>(type);
}

/// The generator of the golden cases' importance, mulberry32 from seed 2.
std::vector<float> goldenImportance(std::size_t columns)
{
    std::uint32_t state = 2;
    std::vector<float> importance(columns);
    for (float& value : importance) {
        state += 0x6D2B79F5u;
        std::uint32_t bits = (state ^ state >> 15) * (state | 1u);
        bits ^= bits + (bits ^ bits >> 7) * (bits | 61u);
        bits ^= bits >> 14;
        value = std::fabs(static_cast<float>(bits) / 4294967295.0f * 2.0f - 1.0f) + 1e-3f;
    }
    return importance;
}

/// Relative RMS errors on normally distributed weights, of llama.cpp without importance, with all ones, and with
/// log-normal importance (deviation 1) the error weighted by it; and the smallest plain one that a near-exhaustive search
/// found.
struct GaussianError
{
    TensorType type;
    double plain;
    double ones;
    double weighted;
    double attainable;
};

using enum TensorType;
constexpr GaussianError gaussianErrors[] = {
    {Q8_0, 0.00535, 0.00535, 0.00535, 0.00466},   {Q4_0, 0.08588, 0.08158, 0.07733, 0.08108},
    {Q4_1, 0.07819, 0.06989, 0.06365, 0.06891},   {Q5_0, 0.04268, 0.04042, 0.03836, 0.04004},
    {Q5_1, 0.03784, 0.03378, 0.03083, 0.03326},   {Q2_K, 0.29643, 0.26790, 0.23666, 0.25800},
    {Q3_K, 0.15083, 0.14448, 0.13429, 0.14343},   {Q4_K, 0.07135, 0.07073, 0.06464, 0.06931},
    {Q5_K, 0.03611, 0.03536, 0.03288, 0.03390},   {Q6_K, 0.01773, 0.01729, 0.01615, 0.01638},
    {IQ4_NL, 0.07614, 0.07491, 0.07034, 0.07335}, {IQ4_XS, 0.07673, 0.07559, 0.07110, 0.07377},
};

/// Types for which llama.cpp's weighting is not plain: what is plain may be larger then.
bool weighsByMagnitude(TensorType type)
{
    return type == Q3_K || type == IQ4_NL || type == IQ4_XS;
}

} // namespace

class TestEncode : public QObject
{
    Q_OBJECT
private slots:
    void noWorseThanGgml_data()
    {
        QTest::addColumn<int>("type");
        for (const TensorType type : test::encodedTypes()) {
            if (std::filesystem::exists(test::fixture("quant/" + std::string(name(type)) + ".imat")))
                QTest::newRow(name(type).data()) << static_cast<int>(type);
        }
    }

    // Each in its own objective, the bytes of libggml beside ours: the thorough search does not lose, the fast one not by
    // much. (Few weights: tests/interop compares on many, with the library itself.)
    void noWorseThanGgml()
    {
        const TensorType type = fetchedType();
        const auto weights = test::readFloats(test::fixture("quant/input.f32"));
        const auto importance = test::readFloats(test::fixture("quant/importance.f32"));
        const std::size_t columns = importance.size();
        const std::string stem = "quant/" + std::string(name(type));
        for (const bool weighted : {false, true}) {
            const auto judge = weighted ? importance : std::vector<float>{};
            const float* v = weighted ? importance.data() : nullptr;
            const auto theirs = decodeAll(type, test::readBytes(test::fixture(stem + (weighted ? ".imat" : ".noimat"))));
            for (const Objective objective : {Objective::Magnitude, Objective::SquaredError}) {
                for (const Effort effort : {Effort::Standard, Effort::Best}) {
                    const auto ours = decodeAll(type, encodeRows(type, weights, columns, v, {objective, effort}));
                    for (std::size_t row = 0; row < weights.size() / columns; ++row) {
                        const auto part = [&](const std::vector<float>& all) {
                            return std::vector<float>(&all[row * columns], &all[row * columns] + columns);
                        };
                        const auto errorOf = [&](const std::vector<float>& all) {
                            return test::ownObjective(type, part(weights), part(all), judge, objective);
                        };
                        // A scale rounded to half is off by up to 2^-12: constant rows may hit or miss.
                        const double rounding = 2e-7 * errorOf(std::vector<float>(weights.size()));
                        const double own = errorOf(ours) + rounding;
                        const double foreign = errorOf(theirs) + rounding;
                        const bool isOrdinary = row < 2;
                        const double allowed = effort == Effort::Best ? (isOrdinary ? 1.005 : 1.15) : (isOrdinary ? 1.25 : 3);
                        QVERIFY2(own <= foreign * allowed,
                                 qPrintable(QString("row %1%2, %3, %4: %5 instead of %6")
                                                .arg(row)
                                                .arg(weighted ? " with importance" : "")
                                                .arg(name(objective).data(), name(effort).data())
                                                .arg(own)
                                                .arg(foreign)));
                    }
                }
            }
        }
    }

    // Made on ARM, where products and sums were fused: bytes may differ, errors must not be larger.
    void noWorseThanGoldenCases()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        const auto folder = data / "models/found/ggml-quant-golden";
        int cases = 0;
        int identical = 0;
        for (const TensorType type : test::encodedTypes()) {
            const std::size_t columns = info(type).weightsPerBlock == 256 ? 512 : 64;
            for (const bool weighted : {false, true}) {
                std::string stem =
                    std::string(name(type)) + "_" + std::to_string(columns) + (weighted ? "_im" : "_noim");
                std::transform(stem.begin(), stem.end(), stem.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
                if (!std::filesystem::exists(folder / (stem + "_input.bin")))
                    continue;
                ++cases;
                const auto weights = test::readFloats(folder / (stem + "_input.bin"));
                const auto expected = test::readBytes(folder / (stem + "_expected.bin"));
                const auto importance = weighted ? goldenImportance(columns) : std::vector<float>{};
                const auto blocks =
                    encodeRows(type, weights, columns, weighted ? importance.data() : nullptr);
                QCOMPARE(blocks.size(), expected.size());
                identical += blocks == expected;
                const double ours = test::ownObjective(type, weights, decodeAll(type, blocks), importance);
                const double theirs = test::ownObjective(type, weights, decodeAll(type, expected), importance);
                if (blocks != expected)
                    qInfo("%s: %.9g, golden %.9g", stem.c_str(), ours, theirs);
                QVERIFY2(ours <= theirs * (1 + 1e-6), stem.c_str());
            }
        }
        QCOMPARE(cases, 22);
        qInfo("%d of %d golden cases byte for byte", identical, cases);
    }

    void gaussianErrorAsPublished()
    {
        constexpr std::size_t columns = 4096;
        constexpr std::size_t rows = 64;
        test::Normal normal(42);
        const auto weights = normal.values(rows * columns);
        std::vector<float> lognormal(columns);
        for (float& value : lognormal)
            value = static_cast<float>(std::exp(normal()));
        const std::vector<float> ones(columns, 1.0f);
        const std::vector<float> zeros(weights.size());
        const auto relative = [&](TensorType type, const float* importance, const std::vector<float>& judge,
                                  const EncodeOptions& options = {}) {
            const auto rebuilt = decodeAll(type, encodeRows(type, weights, columns, importance, options));
            return std::sqrt(test::squaredError(weights, rebuilt, judge) /
                             test::squaredError(weights, zeros, judge));
        };
        for (const GaussianError& row : gaussianErrors) {
            const double plain = relative(row.type, nullptr, ones);
            const double withOnes = relative(row.type, ones.data(), ones);
            const double weighted = relative(row.type, lognormal.data(), lognormal);
            qInfo("%-5s %.5f %.5f %.5f  (llama.cpp %.5f %.5f %.5f)", name(row.type).data(), plain, withOnes,
                  weighted, row.plain, row.ones, row.weighted);
            // Rows of other numbers than theirs: half a percent for that.
            QVERIFY(plain <= 1.005 * row.plain || weighsByMagnitude(row.type));
            QVERIFY(withOnes <= 1.005 * row.ones);
            QVERIFY(weighted <= 1.005 * row.weighted);
        }
    }

    // The thorough search comes within half a percent of what a near-exhaustive search found.
    void bestIsAttained()
    {
        constexpr std::size_t columns = 4096;
        test::Normal normal(43);
        const auto weights = normal.values(16 * columns);
        const std::vector<float> zeros(weights.size());
        for (const GaussianError& row : gaussianErrors) {
            const auto blocks = encodeRows(row.type, weights, columns, nullptr, {Objective::SquaredError, Effort::Best});
            const double error = std::sqrt(test::squaredError(weights, decodeAll(row.type, blocks))
                                           / test::squaredError(weights, zeros));
            qInfo("%-6s %.5f (%.5f)", name(row.type).data(), error, row.attainable);
            QVERIFY(error <= 1.005 * row.attainable);
        }
    }

    // Scales of small weights fall among the denormal halves. Codes are counted with what is stored there, so
    // the error grows no more than the coarser grid demands; at this size ggml's is up to sixty times larger.
    void smallWeights()
    {
        constexpr std::size_t columns = 1024;
        test::Normal normal(31);
        const auto weights = normal.values(16 * columns, 0x1p-18);
        const std::vector<float> nothing(weights.size());
        for (const GaussianError& row : gaussianErrors) {
            if (row.type == IQ4_NL || row.type == IQ4_XS) // d is 127 times smaller than the weights: 1 or 2 steps
                continue;
            const auto rebuilt =
                decodeAll(row.type, encodeRows(row.type, weights, columns, nullptr, {Objective::SquaredError}));
            const double error =
                std::sqrt(test::squaredError(weights, rebuilt) / test::squaredError(weights, nothing));
            qInfo("%-6s %.5f (%.5f for large weights)", name(row.type).data(), error, row.plain);
            QVERIFY2(error <= 1.25 * row.plain + 0.0125, name(row.type).data());
        }
    }

    void hardRows_data() { addEncodedTypes(); }

    // Whatever finite weights and whatever importance: finite weights come back, zeros as zeros, and the
    // error is no larger than that of storing nothing but zeros.
    void hardRows()
    {
        const TensorType type = fetchedType();
        constexpr std::size_t columns = 512;
        constexpr float largest = std::numeric_limits<float>::max();
        constexpr float smallest = std::numeric_limits<float>::denorm_min();
        test::Normal normal(7);
        std::map<std::string, std::vector<float>> rows;
        rows["zeros"].assign(columns, 0.0f);
        rows["negative zeros"].assign(columns, -0.0f);
        rows["constant"].assign(columns, 0.37f);
        rows["negative constant"].assign(columns, -0.37f);
        rows["constant denormal float"].assign(columns, smallest);
        rows["denormal halves"] = normal.values(columns, 3e-7);
        rows["below every half"] = normal.values(columns, 1e-9);
        rows["denormal floats"] = normal.values(columns, 1e-41);
        rows["beyond halves"] = normal.values(columns, 3e5);
        rows["far beyond halves"] = normal.values(columns, 1e12);
        rows["close to the largest float"] = normal.values(columns, 1e37);
        rows["largest"].assign(columns, largest);
        rows["negative largest"].assign(columns, -largest);
        rows["alternating largest"].resize(columns);
        for (std::size_t index = 0; index < columns; ++index)
            rows["alternating largest"][index] = index % 2 ? largest : -largest;
        rows["negative only"] = normal.values(columns);
        for (float& value : rows["negative only"])
            value = -std::fabs(value);
        rows["positive only"] = normal.values(columns);
        for (float& value : rows["positive only"])
            value = 5 + std::fabs(value);
        rows["single outlier"] = normal.values(columns, 0.02);
        rows["single outlier"][77] = 60;
        rows["single weight"].assign(columns, 0.0f);
        rows["single weight"][300] = -1.5f;
        rows["half empty"] = normal.values(columns);
        std::fill_n(rows["half empty"].begin(), columns / 2, 0.0f);
        rows["outlier of the largest float"] = normal.values(columns, 0.02);
        rows["outlier of the largest float"][5] = -largest;

        std::map<std::string, std::vector<float>> importances;
        importances["none"] = {};
        importances["ones"].assign(columns, 1.0f);
        importances["all zero"].assign(columns, 0.0f);
        importances["huge"].assign(columns, 0x1p127f);
        importances["tiny"].assign(columns, 0x1p-126f);
        importances["mostly zero"].assign(columns, 0.0f);
        importances["mostly zero"][3] = importances["mostly zero"][260] = 2;
        importances["half zero"].assign(columns, 1.0f);
        std::fill_n(importances["half zero"].begin() + 100, 200, 0.0f);
        importances["wide"].resize(columns);
        for (std::size_t index = 0; index < columns; ++index)
            importances["wide"][index] = std::ldexp(1.0f, static_cast<int>(index % 200) - 100);
        importances["unusable"].assign(columns, 1.0f);
        importances["unusable"][9] = std::numeric_limits<float>::quiet_NaN();
        importances["unusable"][10] = std::numeric_limits<float>::infinity();
        importances["unusable"][11] = -5;

        for (const auto& [rowName, weights] : rows) {
            for (const auto& [importanceName, importance] : importances) {
                const std::string what = rowName + ", importance " + importanceName;
                const auto blocks =
                    encodeRows(type, weights, columns, importance.empty() ? nullptr : importance.data());
                const auto rebuilt = decodeAll(type, blocks);
                const std::vector<float> nothing(columns);
                const double error = test::ownObjective(type, weights, rebuilt, {});
                const double energy = test::ownObjective(type, weights, nothing, {});
                for (std::size_t index = 0; index < columns; ++index) {
                    QVERIFY2(std::isfinite(rebuilt[index]), what.c_str());
                    if (rowName.ends_with("zeros"))
                        QVERIFY2(rebuilt[index] == 0.0f, what.c_str());
                }
                // With uneven importance the unweighted error may well be larger. So may it where lattices of
                // magnitudes without 0 are made to fit an outlier first.
                const bool fitsOutlier = (name(type).starts_with("IQ2") || name(type).starts_with("IQ3")) &&
                                         rowName.starts_with("single");
                if (!fitsOutlier && importanceName != "wide" && importanceName != "mostly zero")
                    QVERIFY2(error <= energy * (1 + 1e-6), what.c_str());
                if (importanceName == "huge" || importanceName == "tiny")
                    QVERIFY2(blocks == encodeRows(type, weights, columns, importances["ones"].data()),
                             what.c_str());
                if (importanceName == "all zero")
                    QVERIFY2(blocks == encodeRows(type, weights, columns, nullptr), what.c_str());
            }
        }
    }

    // Channels without importance must not spoil what the others get, and still be encoded.
    void partsWithoutImportance_data() { addEncodedTypes(); }

    void partsWithoutImportance()
    {
        const TensorType type = fetchedType();
        constexpr std::size_t columns = 512;
        test::Normal normal(5);
        auto weights = normal.values(columns, 0.02);
        for (std::size_t index = 0; index < columns; index += 128) {
            for (std::size_t rest = 0; rest < 32; ++rest)
                weights[index + rest] *= 50; // large where nothing matters
        }
        std::vector<float> importance(columns, 1.0f);
        for (std::size_t index = 0; index < columns; index += 128)
            std::fill_n(importance.begin() + static_cast<std::ptrdiff_t>(index), 32, 0.0f);
        const auto rebuilt = decodeAll(type, encodeRows(type, weights, columns, importance.data()));
        const auto plain = decodeAll(type, encodeRows(type, weights, columns, nullptr));
        const std::vector<float> nothing(columns);
        QVERIFY(test::squaredError(weights, rebuilt, importance) <=
                1.001 * test::squaredError(weights, plain, importance));
        QVERIFY(test::squaredError(weights, rebuilt) < test::squaredError(weights, nothing));
    }

    void rowsDoNotInfluenceEachOther_data() { addEncodedTypes(); }

    void rowsDoNotInfluenceEachOther()
    {
        const TensorType type = fetchedType();
        constexpr std::size_t columns = 1024;
        test::Normal normal(11);
        const auto row = normal.values(columns);
        const auto importance = normal.values(columns);
        std::vector<float> positive(columns);
        std::transform(importance.begin(), importance.end(), positive.begin(),
                       [](float v) { return std::fabs(v); });
        const auto alone = encodeRows(type, row, columns, positive.data());
        auto rows = normal.values(columns, 100);
        rows.insert(rows.end(), row.begin(), row.end());
        const auto together = encodeRows(type, rows, columns, positive.data());
        QVERIFY(std::equal(alone.begin(), alone.end(),
                           together.begin() + static_cast<std::ptrdiff_t>(alone.size())));

        // Without importance nor do blocks: a row is the sum of its halves.
        auto halves = encodeRows(type, row, columns / 2, nullptr);
        QVERIFY(halves == encodeRows(type, row, columns, nullptr));
    }

    void blocksAreFoundAgain_data()
    {
        QTest::addColumn<int>("type");
        for (const GaussianError& row : gaussianErrors)
            QTest::newRow(name(row.type).data()) << static_cast<int>(row.type);
    }

    // Blocks of any codes, scales and minima: the thorough search finds their weights again, exactly without minima; with
    // minima, of which several grids may hold most, but for a trace.
    void blocksAreFoundAgain()
    {
        const TensorType type = fetchedType();
        const bool hasMinima = type == Q4_1 || type == Q5_1 || type == Q2_K || type == Q4_K || type == Q5_K;
        const auto weights = test::randomBlocks(type, 64);
        for (const bool weighted : {false, true}) {
            const std::vector<float> ones(info(type).weightsPerBlock, 1.0f);
            const float* importance = weighted ? ones.data() : nullptr;
            const auto again =
                decodeAll(type, encodeRows(type, weights, ones.size(), importance, {Objective::SquaredError, Effort::Best}));
            const double error = std::sqrt(test::squaredError(weights, again) / test::squaredError(weights, std::vector<float>(weights.size())));
            qInfo("%.2g", error);
            QVERIFY(error <= (hasMinima ? 2e-3 : 0.0));
        }
    }

    // What has been encoded once is on the grid, and stays where it is. Not so for the k-quants: their search
    // may find another grid that fits better by its own measure.
    void encodingTwiceChangesNothing()
    {
        test::Normal normal(23);
        for (const double deviation : {1.0, 0.02, 1e-4, 3000.0}) {
            const auto weights = normal.values(64 * 256, deviation);
            for (const TensorType type : {F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0}) {
                const auto once = encodeRows(type, weights, 256, nullptr);
                const auto twice = encodeRows(type, decodeAll(type, once), 256, nullptr);
                QVERIFY2(decodeAll(type, twice) == decodeAll(type, once), name(type).data());
            }
        }
    }

    void sixteenBitFloatsStayFinite()
    {
        const std::vector<float> weights = {1e6f, -1e6f, 65504.0f, 65519.9f, 1e-9f, 3.4e38f};
        const auto halves = decodeAll(F16, encodeRows(F16, weights, weights.size(), nullptr));
        QCOMPARE(halves, (std::vector<float>{65504, -65504, 65504, 65504, 0, 65504}));
        const auto brain = decodeAll(BF16, encodeRows(BF16, weights, weights.size(), nullptr));
        QVERIFY(std::isfinite(brain[5]));
        QCOMPARE(brain[1], -999424.0f);
    }
};

QTEST_APPLESS_MAIN(TestEncode)
#include "tst_encode.moc"
