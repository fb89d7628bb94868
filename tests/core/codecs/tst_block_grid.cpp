// SPDX-License-Identifier: GPL-3.0-or-later
// Any codes written into a block decode to scale x level + offset, bit for bit, and leave the scales as they are.
#include "codec_cases.h"
#include "core/codecs/block_grid.h"
#include "support/test_support.h"

#include <algorithm>
#include <random>

using namespace quantlathe;

class TestBlockGrid : public QObject
{
    Q_OBJECT
private slots:
    void codesAreWhatIsDecoded()
    {
        test::Normal normal(5);
        std::mt19937 random(6);
        int types = 0;
        for (const TensorTypeInfo& facts : allTensorTypes()) {
            const BlockGrid* grid = blockGridFor(facts.type);
            if (!grid)
                continue;
            ++types;
            const std::size_t count = facts.weightsPerBlock;
            QCOMPARE(std::size_t(grid->weights), count);
            QVERIFY(std::is_sorted(grid->levels.begin(), grid->levels.end()));
            for (int round = 0; round < 20; ++round) {
                const auto weights = normal.values(count, 0.02);
                auto block = test::encodeRows(facts.type, weights, count, nullptr, codecFor(facts.type).defaults());
                std::vector<float> scales(count);
                std::vector<float> offsets(count);
                grid->read(block.data(), scales.data(), offsets.data());
                std::vector<std::uint8_t> codes(count);
                for (std::uint8_t& code : codes)
                    code = static_cast<std::uint8_t>(random() % grid->levels.size());
                grid->writeCodes(codes.data(), block.data());
                const auto decoded = test::decodeAll(facts.type, block);
                for (std::size_t index = 0; index < count; ++index)
                    QCOMPARE(decoded[index], scales[index] * grid->levels[codes[index]] + offsets[index]);
                std::vector<float> again(count);
                grid->read(block.data(), again.data(), offsets.data());
                QVERIFY(again == scales);
                // The scales are the encoder's: nearest codes come as near to the weights as its own.
                for (std::size_t index = 0; index < count; ++index) {
                    const auto miss = [&](std::size_t code) { return std::fabs(scales[index] * grid->levels[code] + offsets[index] - weights[index]); };
                    for (std::size_t code = 0; code < grid->levels.size(); ++code)
                        codes[index] = static_cast<std::uint8_t>(miss(code) < miss(codes[index]) ? code : codes[index]);
                }
                grid->writeCodes(codes.data(), block.data());
                const auto nearest = test::squaredError(weights, test::decodeAll(facts.type, block));
                const auto encoded = test::squaredError(weights, test::decodeAll(facts.type, test::encodeRows(facts.type, weights, count, nullptr, codecFor(facts.type).defaults())));
                QVERIFY2(nearest <= encoded * 1.0001, facts.name.data());
            }
        }
        QCOMPARE(types, 12);
    }

    void othersHaveNone()
    {
        for (const TensorType type : {TensorType::F32, TensorType::F16, TensorType::IQ2_XXS, TensorType::IQ3_S, TensorType::IQ1_M, TensorType::TQ1_0})
            QVERIFY(!blockGridFor(type));
    }
};

QTEST_APPLESS_MAIN(TestBlockGrid)
#include "tst_block_grid.moc"
