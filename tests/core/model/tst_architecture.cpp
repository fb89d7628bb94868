// SPDX-License-Identifier: GPL-3.0-or-later
// Hyperparameters from GGUF's keys, for the cases in which architectures differ.
#include "core/model/architecture.h"
#include "core/model/tensor.h"
#include "support/test_support.h"

#include <algorithm>

using namespace quantlathe;

namespace {

class Keys
{
public:
    explicit Keys(const std::string& architecture, std::uint32_t layers = 8) : m_architecture(architecture)
    {
        m_metadata.append("general.architecture", MetadataValue::ofString(architecture));
        u32("block_count", layers).u32("embedding_length", 512).u32("attention.head_count", 8);
    }
    Keys& u32(const std::string& key, std::uint32_t value) { return set(key, MetadataValue::ofU32(value)); }
    Keys& ints(const std::string& key, const std::vector<std::int32_t>& values)
    {
        return set(key, MetadataValue::ofArray(MetadataArray::fromInts(values)));
    }
    Keys& bools(const std::string& key, const std::vector<bool>& values)
    {
        return set(key, MetadataValue::ofArray(MetadataArray::fromBools(values)));
    }
    [[nodiscard]] Architecture read() const { return readArchitecture(m_metadata, {}, {}); }

private:
    Keys& set(const std::string& key, MetadataValue value)
    {
        m_metadata.set(m_architecture + "." + key, std::move(value));
        return *this;
    }
    std::string m_architecture;
    Metadata m_metadata;
};

QString pattern(const std::vector<bool>& layers)
{
    QString text;
    for (const bool isSet : layers)
        text += isSet ? '1' : '0';
    return text;
}

using Numbers = std::vector<std::uint64_t>;

} // namespace

class TestArchitecture : public QObject
{
    Q_OBJECT
private slots:
    void plainLlama()
    {
        const Architecture architecture =
            Keys("llama").u32("attention.head_count_kv", 2).u32("feed_forward_length", 1024).read();
        const Hyperparameters& p = architecture.parameters;
        QVERIFY(architecture.isKnown && architecture.notes.empty());
        QCOMPARE(p.headCountKv, Numbers(8, 2));
        QCOMPARE(p.headCount, Numbers(8, 8));
        QCOMPARE(p.feedForwardLength, Numbers(8, 1024));
        QCOMPARE(p.keyLength, 64u);
        QCOMPARE(p.valueLength, 64u);
        QCOMPARE(p.ropeDimension, 64u);
        QVERIFY(p.slidingWindowLayers.empty() && p.recurrentLayers.empty());
        QCOMPARE(Keys("llama").read().parameters.headCountKv,
                 Numbers(8, 8)); // no key: as many as query heads
    }

    void perLayerArrays()
    {
        const Hyperparameters p = Keys("llama", 4)
                                      .ints("attention.head_count_kv", {1, 2, 3, 4})
                                      .ints("feed_forward_length", {5, 6, 7, 8})
                                      .read()
                                      .parameters;
        QCOMPARE(p.headCountKv, (Numbers{1, 2, 3, 4}));
        QCOMPARE(p.feedForwardLength, (Numbers{5, 6, 7, 8}));
    }

    void arraysOfTheWrongLengthAreNoted()
    {
        const Architecture architecture = Keys("llama", 4).ints("attention.head_count_kv", {1, -2}).read();
        QCOMPARE(architecture.parameters.headCountKv, (Numbers{1, 0, 0, 0}));
        QVERIFY(architecture.notes.front().find("head_count_kv has 2 values for 4 layers") !=
                std::string::npos);
    }

    void slidingWindows_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("window");
        QTest::addColumn<QString>("expected");
        QTest::newRow("gemma2") << "gemma2" << 4096 << "10101010";
        QTest::newRow("gemma2 without key") << "gemma2" << -1 << "10101010"; // llama.cpp assumes 4096
        QTest::newRow("gemma3") << "gemma3" << 1024 << "11111011";
        QTest::newRow("gemma3 without") << "gemma3" << -1 << "";
        QTest::newRow("gpt-oss") << "gpt-oss" << 128 << "10101010";
        QTest::newRow("llama4") << "llama4" << -1 << "11101110";
        QTest::newRow("cohere2") << "cohere2" << 4096 << "11101110";
        QTest::newRow("phi3 ignores it") << "phi3" << 2047 << "";
        QTest::newRow("llama ignores it") << "llama" << 4096 << "";
    }

    void slidingWindows()
    {
        QFETCH(QString, name);
        QFETCH(int, window);
        QFETCH(QString, expected);
        Keys keys(name.toStdString());
        if (window >= 0)
            keys.u32("attention.sliding_window", static_cast<std::uint32_t>(window));
        const Hyperparameters p = keys.read().parameters;
        QCOMPARE(pattern(p.slidingWindowLayers), expected);
        if (window >= 0)
            QCOMPARE(p.slidingWindow, static_cast<std::uint64_t>(window));
    }

    void slidingWindowArrayAndPeriod()
    {
        Keys keys("gemma4", 4);
        keys.u32("attention.sliding_window", 512)
            .bools("attention.sliding_window_pattern", {true, false, false, true});
        keys.u32("attention.key_length", 512)
            .u32("attention.key_length_swa", 256)
            .u32("attention.value_length_swa", 128);
        keys.u32("attention.shared_kv_layers", 2);
        const Hyperparameters p = keys.read().parameters;
        QCOMPARE(pattern(p.slidingWindowLayers), QString("1001"));
        QCOMPARE(p.keyLength, 512u);
        QCOMPARE(p.keyLengthSlidingWindow, 256u);
        QCOMPARE(p.valueLengthSlidingWindow, 128u);
        QCOMPARE(p.sharedKvLayers, 2u);
        const Hyperparameters ints = Keys("gemma3")
                                         .u32("attention.sliding_window", 9)
                                         .u32("attention.sliding_window_pattern", 3)
                                         .read()
                                         .parameters;
        QCOMPARE(pattern(ints.slidingWindowLayers), QString("11011011"));
        QCOMPARE(Keys("gemma4", 4).u32("attention.shared_kv_layers", 5).read().parameters.sharedKvLayers, 0u);
    }

    void latentAttention()
    {
        Keys keys("deepseek2", 3);
        keys.u32("attention.head_count_kv", 1)
            .u32("attention.key_length", 576)
            .u32("attention.value_length", 512);
        keys.u32("attention.kv_lora_rank", 512).u32("rope.dimension_count", 64);
        // Files from before llama.cpp kept the low rank in the cache have no *_mla keys.
        QCOMPARE(keys.read().parameters.mlaKvLoraRank, 0u);
        keys.u32("attention.key_length_mla", 192).u32("attention.value_length_mla", 128);
        const Hyperparameters p = keys.read().parameters;
        QCOMPARE(p.mlaKvLoraRank, 512u);
        QCOMPARE(p.mlaRopeDimension, 64u);
        QCOMPARE(p.keyLength, 192u);
        QCOMPARE(p.valueLength, 128u);
    }

    void experts()
    {
        Keys keys("qwen3moe");
        keys.u32("expert_count", 128).u32("expert_used_count", 8).u32("feed_forward_length", 6144);
        QCOMPARE(keys.read().parameters.expertFeedForwardLength, 6144u); // Mixtral has one length for all
        QCOMPARE(keys.u32("expert_feed_forward_length", 768).read().parameters.expertFeedForwardLength, 768u);
        QCOMPARE(keys.read().parameters.expertUsedCount, 8u);
    }

    void recurrentLayers()
    {
        const Hyperparameters hybrid =
            Keys("qwen35").u32("attention.head_count_kv", 4).u32("ssm.conv_kernel", 4).read().parameters;
        QCOMPARE(pattern(hybrid.recurrentLayers), QString("11101110"));
        QCOMPARE(hybrid.headCountKv, (Numbers{0, 0, 0, 4, 0, 0, 0, 4}));
        QCOMPARE(hybrid.stateConvolution, 4u);
        const Architecture mamba =
            Keys("mamba", 2).u32("attention.head_count", 0).u32("ssm.inner_size", 9).read();
        QCOMPARE(pattern(mamba.parameters.recurrentLayers), QString("11"));
        QCOMPARE(mamba.parameters.headCountKv, Numbers(2, 0));
        QCOMPARE(mamba.parameters.stateInnerSize, 9u);
        QVERIFY(mamba.notes.empty());
        const Hyperparameters both = Keys("falcon-h1", 2).u32("attention.head_count_kv", 2).read().parameters;
        QCOMPARE(pattern(both.recurrentLayers), QString("11"));
        QCOMPARE(both.headCountKv, Numbers(2, 2));
        const Hyperparameters mixed = Keys("nemotron_h", 3)
                                          .ints("attention.head_count_kv", {0, 8, 0})
                                          .ints("feed_forward_length", {0, 0, 99})
                                          .read()
                                          .parameters;
        QCOMPARE(pattern(mixed.recurrentLayers), QString("100"));
    }

    void unknownAndUnnamedArchitectures()
    {
        const Architecture unknown = Keys("brandnew").u32("attention.head_count_kv", 2).read();
        QVERIFY(!unknown.isKnown);
        QCOMPARE(unknown.parameters.headCountKv, Numbers(8, 2)); // the common keys mean the same everywhere
        QVERIFY(unknown.notes.front().find("'brandnew'") != std::string::npos);
        const Architecture unnamed = readArchitecture(Metadata(), {}, {});
        QVERIFY(unnamed.name.empty() && !unnamed.isKnown);
        QVERIFY(unnamed.notes.front().find("does not say what architecture") != std::string::npos);
    }

    void missingHeadsAreNoted()
    {
        const Architecture architecture = Keys("llama").u32("attention.head_count", 0).read();
        QVERIFY(
            std::any_of(architecture.notes.begin(), architecture.notes.end(), [](const std::string& note) {
                return note.find("no head count") != std::string::npos;
            }));
        QCOMPARE(architecture.parameters.keyLength, 0u);
    }

    void hostileLayerCount()
    {
        const Architecture architecture = Keys("llama", 4'000'000'000).read();
        QCOMPARE(architecture.parameters.layerCount, 0u);
        QVERIFY(architecture.parameters.headCount.empty());
        QVERIFY(architecture.notes.front().find("claims 4000000000 layers") != std::string::npos);
    }
};

QTEST_APPLESS_MAIN(TestArchitecture)
#include "tst_architecture.moc"
