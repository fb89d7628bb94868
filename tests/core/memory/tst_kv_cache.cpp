// SPDX-License-Identifier: GPL-3.0-or-later
// The cache formulas on figures that can be worked out by hand, and figures from published logs.
#include "core/memory/estimate.h"
#include "support/test_support.h"

using namespace quantlathe;
using namespace quantlathe::test;
using enum TensorType;

namespace {

constexpr std::uint64_t mebibyte = 1 << 20;

Architecture decoder(std::uint64_t layers, std::uint64_t heads, std::uint64_t kvHeads, std::uint64_t headLength)
{
    Architecture architecture;
    architecture.name = "llama";
    Hyperparameters& p = architecture.parameters;
    p.layerCount = layers;
    p.contextLength = 262144;
    p.embeddingLength = heads * headLength;
    p.headCount.assign(layers, heads);
    p.headCountKv.assign(layers, kvHeads);
    p.keyLength = p.valueLength = headLength;
    return architecture;
}

RuntimeSettings context(std::uint64_t tokens, TensorType type = F16)
{
    RuntimeSettings settings;
    settings.contextLength = tokens;
    settings.keyCacheType = settings.valueCacheType = type;
    return settings;
}

} // namespace

class TestKvCache : public QObject
{
    Q_OBJECT
private slots:
    void groupedQueries()
    {
        const Architecture llama = decoder(32, 32, 8, 128);
        QCOMPARE(kvCacheBytes(llama, context(512)), 64 * mebibyte); // as a CUDA log of Llama 3 8B says
        QCOMPARE(kvCacheBytes(llama, context(131072)), 16384 * mebibyte);
        QCOMPARE(kvCacheBytes(llama, context(131072, Q4_0)), 4608 * mebibyte);
        QCOMPARE(kvCacheBytes(llama, context(8192, F32)), 2048 * mebibyte);
        QCOMPARE(kvCacheBytes(decoder(32, 32, 32, 128), context(512)), 256 * mebibyte);
    }

    void contextIsPadded()
    {
        const Architecture llama = decoder(1, 1, 1, 128);
        const std::uint64_t perToken = 2 * 128 * 2;
        QCOMPARE(kvCacheBytes(llama, context(1)), 256 * perToken);
        QCOMPARE(kvCacheBytes(llama, context(1000)), 1024 * perToken);
        QCOMPARE(kvCacheBytes(llama, context(0)), 262144 * perToken);
    }

    void sequences()
    {
        const Architecture llama = decoder(1, 1, 1, 128);
        RuntimeSettings settings = context(10000);
        settings.sequences = 3;
        QCOMPARE(kvCacheBytes(llama, settings), 10240ull * 512);
        settings.isCacheUnified = false;
        QCOMPARE(kvCacheBytes(llama, settings), 10752ull * 512); // three caches of 3,584
        settings.sequences = 0;
        QCOMPARE(kvCacheBytes(llama, settings), 10240ull * 512);
    }

    void perLayerHeads()
    {
        Architecture model = decoder(3, 8, 8, 128);
        model.parameters.headCountKv = {8, 0, 2};
        QCOMPARE(kvCacheBytes(model, context(256)), 256ull * 2 * 2 * 128 * 10);
        // Without flash attention every layer's values are as wide as the widest.
        RuntimeSettings settings = context(256);
        settings.isFlashAttention = false;
        QCOMPARE(kvCacheBytes(model, settings), 256ull * 2 * 128 * (10 + 16));
    }

    // Gemma 4 12B, 262144 tokens, q8_0: logs show 2176 MiB and 255 MiB for 1536 cells.
    void slidingWindow()
    {
        Architecture gemma = decoder(48, 16, 8, 256);
        Hyperparameters& p = gemma.parameters;
        p.slidingWindow = 1024;
        for (int layer = 0; layer < 48; ++layer)
            p.slidingWindowLayers.push_back(layer % 6 < 5);
        const CacheBytes cache = cacheBytes(gemma, context(262144, Q8_0));
        QCOMPARE(cache.slidingWindow, 40ull * 1536 * 2 * 8 * 256 / 32 * 34);
        QCOMPARE(cache.slidingWindow / mebibyte, 255ull);
        QCOMPARE(cache.fullAttention, 8ull * 262144 * 2 * 8 * 256 / 32 * 34);
        QCOMPARE(cache.total(), cache.slidingWindow + cache.fullAttention);

        RuntimeSettings settings = context(262144, Q8_0);
        settings.isSlidingWindowFull = true;
        QCOMPARE(kvCacheBytes(gemma, settings), 48ull * 262144 * 2 * 8 * 256 / 32 * 34);
        settings = context(512); // a window is never larger than the context
        QCOMPARE(kvCacheBytes(gemma, settings), 48ull * 512 * 2 * 2 * 8 * 256);

        p.sharedKvLayers = 6; // the last six use others' keys and values: one full layer and five others less
        const CacheBytes shared = cacheBytes(gemma, context(262144, Q8_0));
        QCOMPARE(shared.slidingWindow, cache.slidingWindow / 40 * 35);
        QCOMPARE(shared.fullAttention, cache.fullAttention / 8 * 7);

        p.sharedKvLayers = 0;
        p.keyLengthSlidingWindow = p.valueLengthSlidingWindow = 128;
        QCOMPARE(cacheBytes(gemma, context(262144, Q8_0)).slidingWindow, cache.slidingWindow / 2);
    }

    void latentAttention()
    {
        Architecture deepseek = decoder(27, 16, 1, 192);
        deepseek.name = "deepseek2";
        deepseek.parameters.mlaKvLoraRank = 512;
        deepseek.parameters.mlaRopeDimension = 64;
        QCOMPARE(kvCacheBytes(deepseek, context(4096)), 27ull * 4096 * 576 * 2);
        // Rows of 576 are no multiple of 512: the CUDA backend pads each quantized tensor.
        QCOMPARE(kvCacheBytes(deepseek, context(4096, Q8_0)), 27ull * (4096 * 612 + 512));
        RuntimeSettings settings = context(4096);
        settings.valueCacheType = Q8_0;
        QCOMPARE(cacheBytes(deepseek, settings).notes.size(), std::size_t(1));
        QVERIFY(cacheBytes(deepseek, settings).isComplete);
    }

    void recurrentState()
    {
        Architecture mamba;
        mamba.name = "mamba";
        Hyperparameters& p = mamba.parameters;
        p.layerCount = 64;
        p.contextLength = 1 << 20;
        p.headCountKv.assign(64, 0);
        p.recurrentLayers.assign(64, true);
        p.stateConvolution = 4;
        p.stateInnerSize = 5120;
        p.stateSize = 16;
        const std::uint64_t one = 64ull * 4 * (3 * 5120 + 5120 * 16);
        QCOMPARE(cacheBytes(mamba, context(512)).recurrentState, one);
        QCOMPARE(kvCacheBytes(mamba, context(131072)), one); // whatever the context
        RuntimeSettings settings = context(512);
        settings.sequences = 4;
        QCOMPARE(kvCacheBytes(mamba, settings), 4 * one);
        p.stateInnerSize = 0;
        QVERIFY(!cacheBytes(mamba, context(512)).isComplete);
    }

    void encodersKeepNothing()
    {
        Architecture bert = decoder(12, 12, 12, 64);
        bert.name = "bert";
        const CacheBytes cache = cacheBytes(bert, context(512));
        QCOMPARE(cache.total(), 0ull);
        QVERIFY(cache.isComplete);
    }

    void whatIsMissingIsSaid()
    {
        Architecture unknown;
        CacheBytes cache = cacheBytes(unknown, context(512));
        QVERIFY(!cache.isComplete);
        QVERIFY(cache.notes.front().find("heads") != std::string::npos);
        Architecture noLength = decoder(2, 4, 4, 64);
        noLength.parameters.valueLength = 0;
        QVERIFY(!cacheBytes(noLength, context(512)).isComplete);
        Architecture small = decoder(2, 4, 4, 64);
        small.parameters.contextLength = 2048;
        cache = cacheBytes(small, context(4096));
        QVERIFY(cache.isComplete);
        QVERIFY(cache.notes.front().find("4096") != std::string::npos);
        RuntimeSettings settings = context(2048, Q8_0);
        settings.isFlashAttention = false;
        QVERIFY(cacheBytes(small, settings).notes.front().find("flash attention") != std::string::npos);
    }

    void cacheTypesAreChecked()
    {
        for (const TensorType type : cacheTypes())
            QVERIFY2(kvCacheBytes(decoder(1, 4, 4, 64), context(256, type)) > 0, name(type).data());
        for (const TensorType type : {Q4_K, Q6_K, I8, F8_E4M3})
            VERIFY_ERROR(kvCacheBytes(decoder(1, 4, 4, 64), context(256, type)), ErrorKind::InvalidArgument,
                         "llama.cpp keeps no keys as");
        VERIFY_ERROR(kvCacheBytes(decoder(1, 4, 4, 80), context(256, Q8_0)), ErrorKind::InvalidArgument,
                     "heads of 80 weights");
        QVERIFY(kvCacheBytes(decoder(1, 4, 4, 80), context(256)) > 0);
    }

    // Numbers from a malicious file: the result is absurd, but nothing wraps around.
    void hugeNumbersDoNotWrap()
    {
        Architecture huge = decoder(3, 1, 1ull << 62, 1ull << 62);
        huge.parameters.contextLength = UINT64_MAX;
        huge.parameters.slidingWindow = UINT64_MAX;
        huge.parameters.slidingWindowLayers = {true, false, true};
        huge.parameters.recurrentLayers = {true, true, true};
        huge.parameters.stateInnerSize = huge.parameters.stateSize = UINT64_MAX;
        huge.parameters.stateConvolution = UINT64_MAX;
        huge.parameters.sharedKvLayers = UINT64_MAX;
        RuntimeSettings settings = context(UINT64_MAX);
        settings.microBatch = UINT32_MAX;
        QCOMPARE(kvCacheBytes(huge, settings), UINT64_MAX);
        huge.parameters.sharedKvLayers = 0;
        QCOMPARE(kvCacheBytes(huge, settings), UINT64_MAX);
    }
};

QTEST_APPLESS_MAIN(TestKvCache)
#include "tst_kv_cache.moc"
