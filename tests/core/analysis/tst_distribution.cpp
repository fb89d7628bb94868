// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/distribution.h"
#include "core/analysis/moments.h"
#include "core/analysis/weight_progress.h"
#include "core/types/small_floats.h"
#include "test_tensors.h"

#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <numeric>
#include <thread>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

/// By definition, in long doubles.
Distribution expectedOf(const std::vector<float>& weights, std::size_t bins)
{
    Distribution result;
    result.weightCount = weights.size();
    std::vector<long double> finite;
    for (const float weight : weights) {
        result.nanCount += std::isnan(weight);
        result.infinityCount += std::isinf(weight);
        result.zeroCount += weight == 0;
        if (std::isfinite(weight))
            finite.push_back(weight);
    }
    if (finite.empty())
        return result;
    const auto count = static_cast<long double>(finite.size());
    const long double mean = std::accumulate(finite.begin(), finite.end(), 0.0L) / count;
    long double second = 0, fourth = 0;
    for (const long double weight : finite) {
        second += (weight - mean) * (weight - mean);
        fourth += std::pow(weight - mean, 4.0L);
    }
    const long double deviation = std::sqrt(second / count);
    result.mean = static_cast<double>(mean);
    result.standardDeviation = static_cast<double>(deviation);
    result.excessKurtosis = deviation > 0 ? static_cast<double>(fourth / count / std::pow(deviation, 4.0L) - 3) : 0;
    result.minimum = static_cast<double>(*std::min_element(finite.begin(), finite.end()));
    result.maximum = static_cast<double>(*std::max_element(finite.begin(), finite.end()));
    result.histogram.low = result.minimum;
    result.histogram.high = result.maximum;
    result.histogram.counts.resize(bins);
    std::size_t outliers = 0;
    for (const long double weight : finite) {
        outliers += std::abs(weight - mean) > 4 * deviation;
        const long double width = (static_cast<long double>(result.maximum) - result.minimum) / bins;
        const auto bin = static_cast<std::size_t>((weight - result.minimum) / width);
        ++result.histogram.counts[std::min(bin, bins - 1)];
    }
    result.outlierShare = static_cast<double>(outliers / count);
    return result;
}

void compareNumbers(double actual, double expected, double tolerance)
{
    QVERIFY2(std::abs(actual - expected) <= tolerance,
             qPrintable(QString("%1 instead of %2").arg(actual, 0, 'g', 17).arg(expected, 0, 'g', 17)));
}

void compare(const Distribution& actual, const Distribution& expected)
{
    QCOMPARE(actual.weightCount, expected.weightCount);
    QCOMPARE(actual.nanCount, expected.nanCount);
    QCOMPARE(actual.infinityCount, expected.infinityCount);
    QCOMPARE(actual.zeroCount, expected.zeroCount);
    QCOMPARE(actual.minimum, expected.minimum);
    QCOMPARE(actual.maximum, expected.maximum);
    compareNumbers(actual.mean, expected.mean, 1e-12 * (std::abs(expected.mean) + expected.standardDeviation));
    compareNumbers(actual.standardDeviation, expected.standardDeviation, 1e-12 * expected.standardDeviation);
    compareNumbers(actual.excessKurtosis, expected.excessKurtosis, 1e-10 * (std::abs(expected.excessKurtosis) + 3));
    compareNumbers(actual.outlierShare, expected.outlierShare, 1e-15);
    QVERIFY(actual.histogram.counts == expected.histogram.counts);
    QCOMPARE(actual.histogram.low, expected.histogram.low);
    QCOMPARE(actual.histogram.high, expected.histogram.high);
}

bool isSame(const Distribution& a, const Distribution& b)
{
    return a.weightCount == b.weightCount && a.nanCount == b.nanCount && a.infinityCount == b.infinityCount
        && a.zeroCount == b.zeroCount && a.mean == b.mean && a.standardDeviation == b.standardDeviation
        && a.minimum == b.minimum && a.maximum == b.maximum && a.excessKurtosis == b.excessKurtosis
        && a.outlierShare == b.outlierShare && a.histogram.counts == b.histogram.counts;
}

Distribution measure(const Tensor& tensor, std::size_t bins = 512, unsigned threads = 2)
{
    const Tensor* tensors[] = {&tensor};
    return measureDistribution(tensors, {bins, threads}, {});
}

std::uint64_t total(const Histogram& histogram)
{
    return std::accumulate(histogram.counts.begin(), histogram.counts.end(), std::uint64_t{0});
}

class TestDistribution : public QObject
{
    Q_OBJECT
private slots:
    void againstTheDefinition_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<double>("mean");
        QTest::addColumn<double>("deviation");
        QTest::addColumn<int>("misalignment");
        for (const TensorType type : {TensorType::F32, TensorType::F16, TensorType::BF16, TensorType::Q8_0, TensorType::Q4_K}) {
            const std::string text(name(type));
            QTest::addRow("%s", text.c_str()) << int(type) << 0.001 << 0.02 << 0;
            QTest::addRow("%s, unaligned", text.c_str()) << int(type) << 0.0 << 1.0 << 3;
        }
        QTest::newRow("F32, large mean") << int(TensorType::F32) << 10000.0 << 0.01 << 0;
        QTest::newRow("F16, large mean") << int(TensorType::F16) << 1000.0 << 2.0 << 0;
        QTest::newRow("F32, denormal") << int(TensorType::F32) << 0.0 << 1e-41 << 0;
        QTest::newRow("F16, denormal") << int(TensorType::F16) << 0.0 << 1e-6 << 0;
        QTest::newRow("F32, huge") << int(TensorType::F32) << 0.0 << 1e37 << 0;
    }

    void againstTheDefinition()
    {
        QFETCH(const int, type);
        QFETCH(const double, mean);
        QFETCH(const double, deviation);
        QFETCH(const int, misalignment);
        const auto stored = static_cast<TensorType>(type);
        constexpr std::size_t rows = 70, rowLength = 768;
        TensorFiles files;
        const auto tensor = files.add("w", {rows, rowLength}, stored, normalWeights(rows * rowLength, mean, deviation, 7),
                                      std::size_t(misalignment));
        std::vector<float> decoded(rows * rowLength);
        tensor.decodeRows(0, rows, decoded.data());
        compare(measure(tensor), expectedOf(decoded, 512));
        compare(measure(tensor, 7), expectedOf(decoded, 7));
    }

    void theSameForEveryThreadCount()
    {
        TensorFiles files;
        constexpr std::size_t rows = 3100, rowLength = 1024; // several ranges of a million
        std::vector<float> weights = normalWeights(rows * rowLength, 0.01, 0.03, 11);
        weights[5] = 3;
        weights[2500000] = std::numeric_limits<float>::quiet_NaN();
        const auto plain = files.add("plain", {rows, rowLength}, TensorType::F32, weights);
        weights[2500000] = -2;
        const auto half = files.add("half", {rows, rowLength}, TensorType::F16, weights);
        const auto blocks = files.add("blocks", {rows, rowLength}, TensorType::Q8_0, weights);
        const Tensor* tensors[] = {&plain, &half, &blocks};
        const auto one = measureDistribution(tensors, {300, 1}, {});
        QCOMPARE(one.nanCount, std::uint64_t(1));
        QCOMPARE(total(one.histogram), std::uint64_t(3 * rows * rowLength - 1));
        for (const unsigned threads : {0u, 2u, 3u, 8u})
            QVERIFY(isSame(measureDistribution(tensors, {300, threads}, {}), one));
    }

    // A layer is as if its tensors were one.
    void severalTensorsAreOneSet()
    {
        TensorFiles files;
        const auto a = normalWeights(5000, 0, 1, 1);
        const auto b = normalWeights(300, 50, 3, 2);
        auto all = a;
        all.insert(all.end(), b.begin(), b.end());
        const auto first = files.add("a", {50, 100}, TensorType::F32, a);
        const auto second = files.add("b", {300}, TensorType::F32, b);
        const Tensor* tensors[] = {&first, &second};
        compare(measureDistribution(tensors, {64, 2}, {}), expectedOf(all, 64));
    }

    void nanAndInfinitiesAreCountedApart()
    {
        TensorFiles files;
        constexpr float infinity = std::numeric_limits<float>::infinity();
        auto weights = normalWeights(10000, 1, 2, 3);
        for (std::size_t index = 0; index < 300; ++index)
            weights[index * 31] = index % 3 == 0 ? std::numeric_limits<float>::quiet_NaN() : index % 3 == 1 ? infinity : -infinity;
        weights[1] = 0.0f;
        weights[2] = -0.0f;
        compare(measure(files.add("w", {100, 100}, TensorType::F32, weights), 33), expectedOf(weights, 33));

        std::vector<std::byte> halves;
        for (const std::uint16_t code : {0x7C00, 0xFC00, 0x7E01, 0x3C00, 0x4000, 0x8000, 0x0001})
            for (const int byte : {code & 0xFF, code >> 8})
                halves.push_back(std::byte(byte));
        const auto result = measure(files.add("h", {7}, TensorType::F16, halves), 4);
        QCOMPARE(result.infinityCount, std::uint64_t(2));
        QCOMPARE(result.nanCount, std::uint64_t(1));
        QCOMPARE(result.zeroCount, std::uint64_t(1));
        QCOMPARE(result.maximum, 2.0);
        QVERIFY(!std::signbit(result.minimum));
        QVERIFY((result.histogram.counts == std::vector<std::uint64_t>{2, 0, 1, 1}));
    }

    void everyHalfOnce()
    {
        std::vector<std::byte> bytes;
        std::vector<float> values;
        for (unsigned code = 0; code < 65536; ++code) {
            bytes.push_back(std::byte(code & 0xFF));
            bytes.push_back(std::byte(code >> 8));
            values.push_back(halfToFloat(static_cast<std::uint16_t>(code)));
        }
        TensorFiles files;
        compare(measure(files.add("w", {256, 256}, TensorType::F16, bytes), 100), expectedOf(values, 100));
    }

    void eightBitCodes()
    {
        std::vector<std::byte> bytes;
        std::vector<float> values;
        Random random(5);
        for (int index = 0; index < 40003; ++index) {
            bytes.push_back(std::byte(random.bits() & 0xFF));
            values.push_back(e4m3ToFloat(std::to_integer<std::uint8_t>(bytes.back())));
        }
        TensorFiles files;
        compare(measure(files.add("w", {40003}, TensorType::F8_E4M3, bytes), 90), expectedOf(values, 90));
    }

    void allEqual_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<float>("value");
        for (const TensorType type : {TensorType::F32, TensorType::F16, TensorType::BF16})
            for (const float value : {0.0f, 1.5f, -0.25f})
                QTest::addRow("%s %g", std::string(name(type)).c_str(), double(value)) << int(type) << value;
    }

    void allEqual()
    {
        QFETCH(const int, type);
        QFETCH(const float, value);
        TensorFiles files;
        const auto result = measure(files.add("w", {100, 77}, static_cast<TensorType>(type), std::vector<float>(7700, value)));
        QCOMPARE(result.minimum, double(value));
        QCOMPARE(result.maximum, double(value));
        QCOMPARE(result.mean, double(value));
        QCOMPARE(result.standardDeviation, 0.0);
        QCOMPARE(result.excessKurtosis, 0.0);
        QCOMPARE(result.outlierShare, 0.0);
        QVERIFY(result.histogram.counts == std::vector<std::uint64_t>{7700});
        QCOMPARE(result.zeroCount, std::uint64_t(value == 0 ? 7700 : 0));
    }

    void nothingToCount()
    {
        TensorFiles files;
        const auto empty = measure(files.add("empty", {0, 32}, TensorType::F32, std::vector<std::byte>()));
        QCOMPARE(empty.weightCount, std::uint64_t(0));
        QVERIFY(empty.histogram.counts.empty());
        const auto nans = measure(files.add("nan", {3}, TensorType::F32,
                                            std::vector<float>(3, std::numeric_limits<float>::quiet_NaN())));
        QCOMPARE(nans.nanCount, std::uint64_t(3));
        QVERIFY(nans.histogram.counts.empty());
        QCOMPARE(nans.mean, 0.0);
        QCOMPARE(measureDistribution({}, {}, {}).weightCount, std::uint64_t(0));
        const auto scalar = measure(files.add("scalar", {}, TensorType::F32, std::vector<float>{2.0f}));
        QCOMPARE(scalar.mean, 2.0);
    }

    void assembledStorageGivesTheSame()
    {
        TensorFiles files;
        const auto weights = normalWeights(300 * 5000, 0, 1, 8); // rows longer than a block
        const auto stored = files.add("w", {300, 5000}, TensorType::F32, weights);
        const Tensor assembled("w", {300, 5000}, TensorType::F32,
                               std::make_shared<AssembledStorage>(MappedFile::open(files.lastFile()), weights, 5000));
        compare(measure(assembled), expectedOf(weights, 512));
    }

    void quantizedHistogramCountsWhatIsWritten()
    {
        TensorFiles files;
        const auto a = normalWeights(64 * 512, 0, 1, 1);
        const auto b = normalWeights(32 * 256, 0, 1, 2);
        const auto first = files.add("a", {64, 512}, TensorType::F32, a);
        const auto second = files.add("b", {32, 256}, TensorType::F16, b);
        const Tensor* tensors[] = {&first, &second};
        const TensorType types[] = {TensorType::Q4_0, TensorType::F16};
        Histogram bins{-2, 2, std::vector<std::uint64_t>(40)};
        const auto counted = quantizedHistogram(tensors, types, bins, 1, {});
        QVERIFY(quantizedHistogram(tensors, types, bins, 3, {}).counts == counted.counts);

        std::vector<float> rebuilt(a.size());
        const auto blocks = encoded(a, TensorType::Q4_0, 512);
        codecFor(TensorType::Q4_0).decode(blocks.data(), rebuilt.data(), rebuilt.size());
        rebuilt.resize(a.size() + b.size());
        second.decodeRows(0, 32, rebuilt.data() + a.size());
        std::vector<std::uint64_t> expected(40);
        for (const float weight : rebuilt)
            ++expected[static_cast<std::size_t>(std::clamp(std::floor((double(weight) + 2) * 10), 0.0, 39.0))];
        QVERIFY(counted.counts == expected);
        QCOMPARE(total(counted), std::uint64_t(a.size() + b.size()));
        QCOMPARE(counted.low, -2.0);
    }

    void cancelsInTheMiddle()
    {
        TensorFiles files;
        const auto tensor = files.add("w", {16, 1 << 20}, TensorType::F32, std::vector<float>(16 << 20, 0.5f));
        const Tensor* tensors[] = {&tensor};
        for (const unsigned threads : {1u, 2u}) {
            StopAfter stop(3);
            VERIFY_ERROR(measureDistribution(tensors, {512, threads}, stop.control()), ErrorKind::Cancelled, "cancelled");
        }
        StopAfter stop(2);
        const TensorType types[] = {TensorType::Q8_0};
        VERIFY_ERROR(quantizedHistogram(tensors, types, {0, 1, std::vector<std::uint64_t>(4)}, 2, stop.control()),
                     ErrorKind::Cancelled, "cancelled");
    }

    void aSourceThatChangesIsAnError()
    {
        TensorFiles files;
        const auto tensor = files.add("w", {64, 64}, TensorType::F32, normalWeights(4096, 0, 1, 1));
        std::filesystem::resize_file(files.lastFile(), 4096);
        VERIFY_ERROR(measure(tensor), ErrorKind::SourceChanged, "w");
    }

    void theFirstBadWeightIsNamed()
    {
        TensorFiles files;
        auto weights = normalWeights(4000 * 64, 0, 1, 1);
        weights[3000 * 64 + 9] = std::numeric_limits<float>::infinity();
        weights[1234 * 64 + 5] = std::numeric_limits<float>::quiet_NaN();
        const auto tensor = files.add("blk.0.bad", {4000, 64}, TensorType::F32, weights);
        const Tensor* tensors[] = {&tensor};
        const TensorType types[] = {TensorType::Q8_0};
        for (const unsigned threads : {1u, 2u, 4u})
            VERIFY_ERROR(quantizedHistogram(tensors, types, {0, 1, std::vector<std::uint64_t>(4)}, threads, {}),
                         ErrorKind::BadFormat, "tensor 'blk.0.bad': row 1234, column 5 holds NaN");
    }

    void progressNeverFalls()
    {
        // The first report dawdles: with the sum taken but not yet told, another thread must not tell a higher one.
        class Sink final : public Progress
        {
        public:
            void report(std::string_view, std::uint64_t done, std::uint64_t) override
            {
                if (!m_isLate.exchange(true)) {
                    m_hasBegun = true;
                    std::this_thread::sleep_for(std::chrono::milliseconds(100));
                }
                const std::lock_guard lock(m_mutex);
                m_reports.push_back(done);
            }
            std::atomic<bool> m_hasBegun = false;
            std::vector<std::uint64_t> m_reports;

        private:
            std::atomic<bool> m_isLate = false;
            std::mutex m_mutex;
        };
        Sink sink;
        const RunControl control{{}, &sink};
        WeightProgress progress(control, 30, 2);
        {
            std::jthread first([&] { progress.add("w", 10, 2); });
            while (!sink.m_hasBegun)
                std::this_thread::yield();
            progress.add("w", 10, 1);
            progress.add("w", 10, 1);
        }
        QCOMPARE(sink.m_reports, (std::vector<std::uint64_t>{10, 15, 20}));
    }

    void momentsJoin()
    {
        // 1, 2, 3, 4 | 10: mean 4, by hand.
        Moments left{4, 2.5, 5, 0, 10.25};
        left.add({1, 10, 0, 0, 0});
        QCOMPARE(left.count, std::uint64_t(5));
        QCOMPARE(left.mean, 4.0);
        QCOMPARE(left.second, 50.0);
        QCOMPARE(left.third, 180.0);
        QCOMPARE(left.fourth, 1394.0);
        CompensatedSum sum;
        for (const double value : {1.0, 1e100, 1.0, -1e100})
            sum.add(value);
        QCOMPARE(sum.value(), 2.0);
    }
};

} // namespace

QTEST_APPLESS_MAIN(TestDistribution)
#include "tst_distribution.moc"
