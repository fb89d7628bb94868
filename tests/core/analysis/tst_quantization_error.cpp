// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/quantization_error.h"
#include "core/analysis/round_trip.h"
#include "test_tensors.h"

#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

/// By definition, in long doubles.
ErrorSums expectedOf(const std::vector<float>& original, const std::vector<float>& rebuilt)
{
    long double a = 0, b = 0, ab = 0, e = 0;
    ErrorSums sums;
    for (std::size_t index = 0; index < original.size(); ++index) {
        const long double w = original[index], q = rebuilt[index];
        a += w * w;
        b += q * q;
        ab += w * q;
        e += (w - q) * (w - q);
        sums.maximumError = std::max(sums.maximumError, static_cast<double>(std::abs(w - q)));
    }
    sums.weights = original.size();
    sums.squaredWeights = static_cast<double>(a);
    sums.squaredRebuilt = static_cast<double>(b);
    sums.product = static_cast<double>(ab);
    sums.squaredError = static_cast<double>(e);
    return sums;
}

bool isNear(double a, double b) { return std::abs(a - b) <= 1e-12 * std::abs(b); }

std::vector<float> rebuiltAs(const std::vector<float>& weights, TensorType type, std::uint64_t rowLength)
{
    std::vector<float> rebuilt(weights.size());
    const auto blocks = encoded(weights, type, rowLength);
    codecFor(type).decode(blocks.data(), rebuilt.data(), rebuilt.size());
    return rebuilt;
}

class TestQuantizationError : public QObject
{
    Q_OBJECT
private slots:
    void againstTheDefinition_data()
    {
        QTest::addColumn<int>("stored");
        QTest::addColumn<int>("type");
        QTest::addColumn<quint64>("rows");
        QTest::addColumn<quint64>("rowLength");
        for (const TensorTypeInfo& facts : allTensorTypes()) {
            if (!codecFor(facts.type).canEncode() || !codecFor(facts.type).canDecode() || facts.type == TensorType::F32 || facts.type == TensorType::F64
                || facts.family == TypeFamily::Integer)
                continue;
            QTest::addRow("%s", std::string(facts.name).c_str()) << int(TensorType::F32) << int(facts.type) << quint64(40) << quint64(512);
        }
        QTest::newRow("from F16") << int(TensorType::F16) << int(TensorType::Q4_0) << quint64(40) << quint64(512);
        QTest::newRow("from Q8_0") << int(TensorType::Q8_0) << int(TensorType::Q4_0) << quint64(40) << quint64(512);
        QTest::newRow("tiny rows") << int(TensorType::F32) << int(TensorType::F16) << quint64(30000) << quint64(3);
        QTest::newRow("rows of one") << int(TensorType::F32) << int(TensorType::BF16) << quint64(70001) << quint64(1);
        QTest::newRow("a vector") << int(TensorType::F32) << int(TensorType::Q8_0) << quint64(1) << quint64(32 * 1001);
        QTest::newRow("huge rows") << int(TensorType::F32) << int(TensorType::Q8_0) << quint64(3) << quint64(262144);
        QTest::newRow("rows in pieces") << int(TensorType::F32) << int(TensorType::Q4_0) << quint64(2) << quint64((1 << 20) + 32 * 77);
    }

    void againstTheDefinition()
    {
        QFETCH(const int, stored);
        QFETCH(const int, type);
        QFETCH(const quint64, rows);
        QFETCH(const quint64, rowLength);
        const auto target = static_cast<TensorType>(type);
        TensorFiles files;
        const auto tensor = files.add("w", {rows, rowLength}, static_cast<TensorType>(stored), normalWeights(rows * rowLength, 0.01, 0.05, 9));
        std::vector<float> original(rows * rowLength);
        tensor.decodeRows(0, rows, original.data());
        const auto rebuilt = rebuiltAs(original, target, rowLength);
        const ErrorSums expected = expectedOf(original, rebuilt);

        ErrorOptions options;
        options.perRow = true;
        options.threads = 1;
        const auto error = measureError(tensor, target, options, {});
        QCOMPARE(error.total.weights, expected.weights);
        QVERIFY(isNear(error.total.squaredWeights, expected.squaredWeights));
        QVERIFY(isNear(error.total.squaredRebuilt, expected.squaredRebuilt));
        QVERIFY(isNear(error.total.product, expected.product));
        QVERIFY(isNear(error.total.squaredError, expected.squaredError));
        QCOMPARE(error.total.maximumError, expected.maximumError);
        QVERIFY(expected.squaredError > 0);
        QVERIFY(!error.isSampled);
        QCOMPARE(error.rowRelativeRms.size(), std::size_t(rows));
        const std::size_t row = rows * 2 / 3;
        const auto at = [&](const std::vector<float>& all) {
            return std::vector<float>(all.begin() + std::ptrdiff_t(row * rowLength), all.begin() + std::ptrdiff_t((row + 1) * rowLength));
        };
        QCOMPARE(error.rowRelativeRms[row], float(expectedOf(at(original), at(rebuilt)).relativeRms()));

        for (const unsigned threads : {0u, 2u, 5u}) {
            options.threads = threads;
            const auto again = measureError(tensor, target, options, {});
            QVERIFY(isEqual(again.total, error.total));
            QVERIFY(again.rowRelativeRms == error.rowRelativeRms);
        }
        // The same through two stored tensors.
        const auto changed = files.add("q", {rows, rowLength}, target, encoded(original, target, rowLength));
        options.threads = 2;
        const auto difference = measureDifference(tensor, changed, options, {});
        QVERIFY(isNear(difference.total.squaredError, expected.squaredError));
        QVERIFY(isNear(difference.total.squaredRebuilt, expected.squaredRebuilt));
        QCOMPARE(difference.total.maximumError, expected.maximumError);
        QVERIFY(difference.rowRelativeRms == error.rowRelativeRms);
        options.threads = 1;
        QVERIFY(isEqual(measureDifference(tensor, changed, options, {}).total, difference.total));
    }

    // Long rows are encoded in pieces: encoders without importance must look at nothing beyond a block.
    void encodersAreBlockLocal()
    {
        int encoders = 0;
        const auto weights = normalWeights(4096, 0, 1, 4);
        for (const TensorTypeInfo& facts : allTensorTypes()) {
            const Codec& codec = codecFor(facts.type);
            if (!codec.canEncode())
                continue;
            ++encoders;
            std::vector<float> scaled = weights; // pieces of very different size
            for (std::size_t index = 0; index < scaled.size(); ++index)
                scaled[index] *= index < 1024 ? 1.0f : 0.01f;
            std::vector<std::byte> whole(rowBytes(facts.type, 4096).value());
            std::vector<std::byte> pieces(whole.size());
            for (const EncodeOptions& options : {EncodeOptions{Objective::Magnitude, Effort::Standard},
                                                 EncodeOptions{Objective::SquaredError, Effort::Standard},
                                                 EncodeOptions{codec.defaultObjective, Effort::Best}}) {
                codec.encodeRow(scaled.data(), nullptr, 4096, options, whole.data());
                for (std::size_t piece = 0; piece < 4; ++piece)
                    codec.encodeRow(scaled.data() + piece * 1024, nullptr, 1024, options,
                                    pieces.data() + piece * (whole.size() / 4));
                QVERIFY2(whole == pieces, std::string(facts.name).c_str());
            }
        }
        QVERIFY(encoders >= 13);
    }

    void importanceReachesTheEncoder()
    {
        TensorFiles files;
        const auto weights = normalWeights(64 * 256, 0, 1, 5);
        const auto tensor = files.add("w", {64, 256}, TensorType::F32, weights);
        std::vector<float> importance(256, 1.0f);
        for (std::size_t column = 0; column < 256; column += 8)
            importance[column] = 1000;
        ErrorOptions options;
        options.importance = TensorImportance::ofChannels(importance);
        std::vector<float> rebuilt(weights.size());
        std::vector<std::byte> blocks(rowBytes(TensorType::Q4_K, 256).value());
        for (std::size_t row = 0; row < 64; ++row) {
            codecFor(TensorType::Q4_K).encodeRow(weights.data() + row * 256, importance.data(), 256, codecFor(TensorType::Q4_K).defaults(), blocks.data());
            codecFor(TensorType::Q4_K).decode(blocks.data(), rebuilt.data() + row * 256, 256);
        }
        const auto error = measureError(tensor, TensorType::Q4_K, options, {});
        QVERIFY(isNear(error.total.squaredError, expectedOf(weights, rebuilt).squaredError));
        QVERIFY(error.total.squaredError != measureError(tensor, TensorType::Q4_K, {}, {}).total.squaredError);
    }

    void theStoredTypeCostsNothing()
    {
        TensorFiles files;
        auto weights = normalWeights(640, 0, 1, 1);
        weights[3] = std::numeric_limits<float>::quiet_NaN(); // is not even looked at
        const auto tensor = files.add("w", {10, 64}, TensorType::F32, weights);
        ErrorOptions options;
        options.perRow = true;
        const auto error = measureError(tensor, TensorType::F32, options, {});
        QCOMPARE(error.total.weights, std::uint64_t(640));
        QCOMPARE(error.total.relativeRms(), 0.0);
        QCOMPARE(error.total.cosine(), 1.0);
        QVERIFY(std::isinf(error.total.signalToNoiseDb()) && error.total.signalToNoiseDb() > 0);
        QVERIFY(error.rowRelativeRms == std::vector<float>(10, 0.0f));
    }

    void figures()
    {
        ErrorSums sums{2, 25, 16, 20, 1, 1}; // (3, 4) against (3, 3)-like sums
        QCOMPARE(sums.relativeRms(), 0.2);
        QVERIFY(isNear(sums.signalToNoiseDb(), 13.979400086720377));
        QCOMPARE(sums.cosine(), 1.0);
        sums.add({1, 0, 9, 0, 9, 3});
        QCOMPARE(sums.weights, std::uint64_t(3));
        QCOMPARE(sums.maximumError, 3.0);
        QCOMPARE(sums.squaredError, 10.0);
        QVERIFY(isNear(sums.cosine(), 0.8));
        const ErrorSums fromNothing{1, 0, 4, 0, 4, 2};
        QVERIFY(std::isinf(fromNothing.relativeRms()));
        QCOMPARE(fromNothing.signalToNoiseDb(), -std::numeric_limits<double>::infinity());
        QCOMPARE(fromNothing.cosine(), 0.0);
        QCOMPARE(ErrorSums{}.relativeRms(), 0.0);
        QCOMPARE(ErrorSums{}.cosine(), 1.0);
    }

    void samplesAreEvenAndRepeatable()
    {
        const RowSelection ten = RowSelection::of({100, 50}, 500);
        QVERIFY(ten.isSampled());
        QCOMPARE(ten.selected, std::uint64_t(10));
        for (std::uint64_t index = 0; index < 10; ++index)
            QCOMPARE(ten.row(index), 10 * index + 5);
        QVERIFY(!RowSelection::of({100, 50}, 5000).isSampled());
        QVERIFY(!RowSelection::of({100, 50}, 0).isSampled());
        QCOMPARE(RowSelection::of({100, 50}, 5000).row(99), std::uint64_t(99));
        QCOMPARE(RowSelection::of({100, 50}, 1).selected, std::uint64_t(1));
        QCOMPARE(RowSelection::of({0, 50}, 10).selected, std::uint64_t(0));
        const RowSelection huge{std::uint64_t{1} << 62, std::uint64_t{1} << 61};
        QCOMPARE(huge.row((std::uint64_t{1} << 61) - 1), (std::uint64_t{1} << 62) - 1);

        TensorFiles files;
        const auto weights = normalWeights(1000 * 128, 0, 1, 6);
        const auto tensor = files.add("w", {1000, 128}, TensorType::F32, weights);
        ErrorOptions options;
        options.perRow = true;
        const auto all = measureError(tensor, TensorType::Q4_0, options, {});
        options.maximumWeights = 12800;
        const auto sampled = measureError(tensor, TensorType::Q4_0, options, {});
        QVERIFY(sampled.isSampled);
        QCOMPARE(sampled.total.weights, std::uint64_t(12800));
        QCOMPARE(sampled.rowRelativeRms.size(), std::size_t(100));
        for (std::size_t index = 0; index < 100; ++index)
            QCOMPARE(sampled.rowRelativeRms[index], all.rowRelativeRms[10 * index + 5]);
        QVERIFY(std::abs(sampled.total.relativeRms() / all.total.relativeRms() - 1) < 0.05);
    }

    void badWeightsAreNamed()
    {
        TensorFiles files;
        auto weights = normalWeights(3000 * 64, 0, 1, 1);
        const auto good = files.add("good", {3000, 64}, TensorType::F32, weights);
        weights[2999 * 64] = std::numeric_limits<float>::quiet_NaN();
        weights[777 * 64 + 63] = -std::numeric_limits<float>::infinity();
        const auto bad = files.add("bad", {3000, 64}, TensorType::F32, weights);
        ErrorOptions options;
        for (const unsigned threads : {1u, 2u, 6u}) {
            options.threads = threads;
            VERIFY_ERROR(measureError(bad, TensorType::Q4_0, options, {}), ErrorKind::BadFormat,
                         "tensor 'bad': row 777, column 63 holds an infinity");
            VERIFY_ERROR(measureDifference(good, bad, options, {}), ErrorKind::BadFormat,
                         "tensor 'bad': row 777, column 63 holds an infinity");
        }
    }

    void badWeightsAreReplacedWhenAsked()
    {
        TensorFiles files;
        auto weights = normalWeights(3000 * 64, 0, 1, 1);
        weights[2999 * 64] = std::numeric_limits<float>::quiet_NaN();
        weights[777 * 64 + 63] = -std::numeric_limits<float>::infinity();
        const auto bad = files.add("bad", {3000, 64}, TensorType::F32, weights);
        weights[2999 * 64] = 0;
        weights[777 * 64 + 63] = 0;
        weights[777 * 64 + 63] = -std::abs(*std::max_element(weights.begin() + 777 * 64, weights.begin() + 778 * 64,
                                                             [](float a, float b) { return std::abs(a) < std::abs(b); }));
        const auto good = files.add("good", {3000, 64}, TensorType::F32, weights);
        const auto expected = measureError(good, TensorType::Q4_0, {}, {});
        ErrorOptions options;
        options.nonFinite = NonFinite::Clamp;
        for (const unsigned threads : {1u, 2u}) {
            options.threads = threads;
            const auto error = measureError(bad, TensorType::Q4_0, options, {});
            QCOMPARE(error.replaced, (ReplacedWeights{1, 1}));
            QCOMPARE(error.total.squaredError, expected.total.squaredError);
        }
        // A row too long to be read at once otherwise: what replaces an infinity may lie at its other end.
        std::vector<float> longRow(3 << 20, 0.25f);
        longRow[0] = std::numeric_limits<float>::infinity();
        longRow.back() = -7;
        const auto vector = files.add("vector", {3 << 20}, TensorType::F32, longRow);
        options.perRow = true;
        const auto error = measureError(vector, TensorType::F16, options, {});
        QCOMPARE(error.replaced, (ReplacedWeights{0, 1}));
        QCOMPARE(error.total.squaredWeights, 2 * 49 + 0.0625 * ((3 << 20) - 2));
    }

    void refusals()
    {
        TensorFiles files;
        const auto odd = files.add("odd", {4, 48}, TensorType::F32, normalWeights(192, 0, 1, 1));
        const auto other = files.add("other", {4, 32}, TensorType::F32, normalWeights(128, 0, 1, 1));
        VERIFY_ERROR(measureError(odd, TensorType::Q4_0, {}, {}), ErrorKind::Unsupported, "tensor 'odd': rows of 48 weights are no multiple of Q4_0's block of 32");
        VERIFY_ERROR(measureError(other, TensorType::Q8_K, {}, {}), ErrorKind::Unsupported, "Q8_K");
        VERIFY_ERROR(measureDifference(odd, other, {}, {}), ErrorKind::InvalidArgument, "shapes differ");
        const auto grown = files.add("grown", {4, 32}, TensorType::F32, normalWeights(128, 0, 1, 1));
        std::filesystem::resize_file(files.lastFile(), 10000);
        VERIFY_ERROR(measureError(grown, TensorType::Q4_0, {}, {}), ErrorKind::SourceChanged, "grown");
    }

    void cancels()
    {
        TensorFiles files;
        const auto tensor = files.add("w", {4096, 1024}, TensorType::F32, std::vector<float>(4 << 20, 0.5f));
        for (const unsigned threads : {1u, 2u}) {
            StopAfter stop(3);
            ErrorOptions options;
            options.threads = threads;
            VERIFY_ERROR(measureError(tensor, TensorType::Q4_0, options, stop.control()), ErrorKind::Cancelled, "cancelled");
            StopAfter again(3);
            VERIFY_ERROR(measureDifference(tensor, tensor, options, again.control()), ErrorKind::Cancelled, "cancelled");
        }
    }

    void emptyTensors()
    {
        TensorFiles files;
        const auto empty = files.add("empty", {0, 64}, TensorType::F32, std::vector<std::byte>());
        const auto emptyRows = files.add("rows", {7, 0}, TensorType::F32, std::vector<std::byte>());
        QCOMPARE(measureError(empty, TensorType::Q4_0, {}, {}).total.weights, std::uint64_t(0));
        QCOMPARE(measureError(emptyRows, TensorType::F16, {}, {}).total.weights, std::uint64_t(0));
        QCOMPARE(measureDifference(empty, empty, {}, {}).total.weights, std::uint64_t(0));
    }
};

} // namespace

QTEST_APPLESS_MAIN(TestQuantizationError)
#include "tst_quantization_error.moc"
