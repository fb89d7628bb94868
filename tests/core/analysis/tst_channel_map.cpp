// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/channel_map.h"
#include "test_tensors.h"

#include <limits>

using namespace quantlathe;
using namespace quantlathe::test;

class TestChannelMap : public QObject
{
    Q_OBJECT

    TensorFiles m_files;

private slots:
    void againstTheDefinition_data()
    {
        QTest::addColumn<quint64>("rows");
        QTest::addColumn<quint64>("columns");
        QTest::addColumn<quint64>("pictureRows");
        QTest::addColumn<quint64>("pictureColumns");
        QTest::addColumn<unsigned>("threads");
        QTest::newRow("one cell per weight") << quint64(5) << quint64(64) << quint64(512) << quint64(512) << 1u;
        QTest::newRow("even parts") << quint64(64) << quint64(256) << quint64(16) << quint64(32) << 2u;
        QTest::newRow("uneven parts") << quint64(37) << quint64(352) << quint64(10) << quint64(101) << 3u;
        QTest::newRow("one cell") << quint64(37) << quint64(352) << quint64(1) << quint64(1) << 2u;
    }
    void againstTheDefinition()
    {
        QFETCH(quint64, rows);
        QFETCH(quint64, columns);
        QFETCH(quint64, pictureRows);
        QFETCH(quint64, pictureColumns);
        QFETCH(unsigned, threads);
        const auto weights = normalWeights(rows * columns, 0, 1, rows);
        const Tensor tensor = m_files.add("a", {rows, columns}, TensorType::F32, weights);
        ChannelMapOptions options;
        options.maximumRows = pictureRows;
        options.maximumColumns = pictureColumns;
        options.type = TensorType::Q4_0;
        options.threads = threads;
        const ChannelMap map = measureChannels(tensor, options, {});
        QCOMPARE(map.rows, std::min(rows, pictureRows));
        QCOMPARE(map.columns, std::min(columns, pictureColumns));

        std::vector<float> rebuilt(weights.size());
        const auto blocks = encoded(weights, TensorType::Q4_0, columns);
        codecFor(TensorType::Q4_0).decode(blocks.data(), rebuilt.data(), rebuilt.size());
        for (std::size_t row = 0; row < map.rows; ++row) {
            for (std::size_t column = 0; column < map.columns; ++column) {
                float low = std::numeric_limits<float>::infinity(), high = -low, largest = 0;
                double squares = 0;
                double count = 0;
                for (auto r = map.firstRow(row); r < map.firstRow(row + 1); ++r) {
                    for (auto c = map.firstColumn(column); c < map.firstColumn(column + 1); ++c) {
                        const float weight = weights[r * columns + c];
                        const float error = std::abs(weight - rebuilt[r * columns + c]);
                        low = std::min(low, weight);
                        high = std::max(high, weight);
                        largest = std::max(largest, error);
                        squares += static_cast<double>(error) * error;
                        ++count;
                    }
                }
                QVERIFY(count > 0);
                const std::size_t cell = row * map.columns + column;
                QCOMPARE(map.minimum[cell], low);
                QCOMPARE(map.maximum[cell], high);
                QCOMPARE(map.largestError[cell], largest);
                QVERIFY(std::abs(map.rmsError[cell] - std::sqrt(squares / count)) < 1e-6);
            }
        }
        for (std::size_t column = 0; column < columns; ++column) {
            float largest = 0;
            for (std::size_t row = 0; row < rows; ++row)
                largest = std::max(largest, std::abs(weights[row * columns + column]));
            QCOMPARE(map.columnLargest[column], largest);
        }
    }

    /// One weight in a million stands out in the smallest picture.
    void noExtremeIsLost()
    {
        auto weights = normalWeights(1024 * 1024, 0, 0.01, 3);
        weights[700 * 1024 + 333] = 5;
        weights[10 * 1024 + 1000] = -7;
        const Tensor tensor = m_files.add("a", {1024, 1024}, TensorType::F16, weights);
        ChannelMapOptions options;
        options.maximumRows = 32;
        options.maximumColumns = 32;
        const ChannelMap map = measureChannels(tensor, options, {});
        QCOMPARE(map.maximum[700 / 32 * 32 + 333 / 32], 5.0f);
        QCOMPARE(map.minimum[10 / 32 * 32 + 1000 / 32], -7.0f);
        QCOMPARE(map.columnLargest[333], 5.0f);
        QVERIFY(map.rmsError.empty());
    }

    void otherStoragesAndStacks()
    {
        const auto weights = normalWeights(2 * 8 * 64, 0, 1, 3);
        const Tensor stack = m_files.add("a", {2, 8, 64}, TensorType::Q8_0, weights);
        QCOMPARE(measureChannels(stack, {}, {}).tensorRows, std::uint64_t(16));
        const Tensor assembled("b", {16, 64}, TensorType::F16,
                               std::make_shared<AssembledStorage>(MappedFile::open(m_files.lastFile()), weights, 64));
        const ChannelMap map = measureChannels(assembled, {}, {});
        QCOMPARE(map.maximum[3 * 64 + 5], weights[3 * 64 + 5]);
    }

    void failures()
    {
        auto weights = normalWeights(8 * 64, 0, 1, 3);
        weights[70] = std::numeric_limits<float>::quiet_NaN();
        const Tensor tensor = m_files.add("a", {8, 64}, TensorType::F32, weights);
        ChannelMapOptions options;
        const ChannelMap plain = measureChannels(tensor, options, {}); // NaN is left out
        QVERIFY(std::isfinite(plain.maximum[64 + 5]));
        options.type = TensorType::Q4_0;
        VERIFY_ERROR(measureChannels(tensor, options, {}), ErrorKind::BadFormat, "row 1, column 6 holds NaN");
        options.type = TensorType::Q4_K;
        VERIFY_ERROR(measureChannels(tensor, options, {}), ErrorKind::Unsupported, "no multiple");
        StopAfter stop(1);
        const Tensor large = m_files.add("b", {4000, 64}, TensorType::F32, normalWeights(4000 * 64, 0, 1, 3));
        VERIFY_ERROR(measureChannels(large, {}, stop.control()), ErrorKind::Cancelled, "");
    }

    void keptTypeHasNoError()
    {
        const Tensor tensor = m_files.add("a", {8, 64}, TensorType::Q8_0, normalWeights(8 * 64, 0, 1, 3));
        ChannelMapOptions options;
        options.type = TensorType::Q8_0;
        const ChannelMap map = measureChannels(tensor, options, {});
        QCOMPARE(*std::max_element(map.rmsError.begin(), map.rmsError.end()), 0.0f);
    }
};

QTEST_GUILESS_MAIN(TestChannelMap)
#include "tst_channel_map.moc"
