// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/open.h"
#include "core/memory/estimate.h"
#include "core/plan/presets.h"
#include "support/shape_models.h"
#include "support/test_support.h"

#include <chrono>
#include <cmath>

using namespace quantlathe;
using namespace quantlathe::test;
using enum TensorType;

namespace {

const LlamaShape llama3{"llama", 32, 4096, 14336, 32, 8, 128256};

} // namespace

class TestEstimate : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;
    std::shared_ptr<const Model> m_llama = makeShapeModel(m_folder.path(), architectureOf(llama3), tensorsOf(llama3));

private slots:
    // A CUDA log of Llama 3 8B in Q4_K_M: 4403.49 MiB on the device, 281.81 MiB on the host.
    void llama3InFourBits()
    {
        const Plan plan = planFromPreset(*m_llama, *findPreset("Q4_K_M"), {});
        const MemoryEstimate estimate = estimateMemory(*m_llama, plan, {}, nullptr);
        QCOMPARE(std::round(static_cast<double>(estimate.weightBytes) / 10485.76), 440349.0);
        QCOMPARE(std::round(static_cast<double>(estimate.hostWeightBytes) / 10485.76), 28181.0);
        QCOMPARE(estimate.kvCacheBytes, 1024ull << 20);
        QCOMPARE(estimate.totalBytes, estimate.weightBytes + estimate.kvCacheBytes);
        QVERIFY(estimate.verdict == MemoryEstimate::Verdict::Unknown);
        QVERIFY(estimate.notes.empty());
        QCOMPARE(QString::fromStdString(estimate.explanation),
                 QString("4.3 GiB of weights and 1.0 GiB of KV cache make 5.3 GiB"));
    }

    void verdicts()
    {
        const MemoryModel memory(*m_llama);
        const Plan plan = planFromPreset(*m_llama, *findPreset("Q4_K_M"), {});
        const std::uint64_t total = memory.estimate(plan, {}, nullptr).totalBytes;
        const auto verdictOn = [&](std::uint64_t bytes) {
            const Device device{"test device", {}, bytes, bytes, 0};
            const MemoryEstimate estimate = memory.estimate(plan, {}, &device);
            return std::string(name(estimate.verdict)) + ": " + estimate.explanation;
        };
        constexpr std::uint64_t gibibyte = 1ull << 30;
        QVERIFY2(verdictOn(total - 1).starts_with("does-not-fit: "), verdictOn(total - 1).c_str());
        QVERIFY(verdictOn(total - gibibyte).ends_with("test device has 4.3 GiB: 1.0 GiB too little"));
        QVERIFY(verdictOn(total).starts_with("tight: "));
        QVERIFY(verdictOn(total + gibibyte - 1).starts_with("tight: "));
        QVERIFY(verdictOn(total + gibibyte).starts_with("fits: "));
        QVERIFY(verdictOn(total + gibibyte).ends_with("fits, 1.0 GiB are left for compute buffers and the driver"));
        // Of a large device one GiB is little: 95 % full is tight.
        RuntimeSettings settings;
        settings.contextLength = 1 << 20;
        const std::uint64_t large = memory.estimate(plan, settings, nullptr).totalBytes;
        const Device device{"large", {}, large + 2 * gibibyte, large + 2 * gibibyte, 0};
        QVERIFY(large > 100 * gibibyte);
        QCOMPARE(QString::fromUtf8(name(memory.estimate(plan, settings, &device).verdict).data()), QString("tight"));
    }

    void unknownCacheGivesNoFalseComfort()
    {
        const auto model = makeShapeModel(m_folder.path(), {}, {{"blk.0.attn_q.weight", {256, 256}}});
        const Device device{"large", {}, 1ull << 40, 1ull << 40, 0};
        MemoryEstimate estimate = estimateMemory(*model, {}, {}, &device);
        QVERIFY(estimate.verdict == MemoryEstimate::Verdict::Unknown);
        QVERIFY(!estimate.notes.empty());
        const Device tiny{"tiny", {}, 100, 100, 0};
        estimate = estimateMemory(*model, {}, {}, &tiny);
        QVERIFY(estimate.verdict == MemoryEstimate::Verdict::DoesNotFit);
    }

    void badCacheTypeIsANote()
    {
        RuntimeSettings settings;
        settings.keyCacheType = Q4_K;
        const MemoryEstimate estimate = estimateMemory(*m_llama, {}, settings, nullptr);
        QCOMPARE(estimate.kvCacheBytes, 0ull);
        QVERIFY(!estimate.notes.empty() && !estimate.cache.isComplete);
    }

    void tiedEmbeddingsAreOnBoth()
    {
        const LlamaShape shape{"llama", 1, 256, 256, 1, 1, 1000, true};
        const auto model = makeShapeModel(m_folder.path(), architectureOf(shape), tensorsOf(shape));
        const MemoryEstimate estimate = estimateMemory(*model, {}, {}, nullptr);
        QCOMPARE(estimate.hostWeightBytes, 1000ull * 256 * 2);
        QCOMPARE(estimate.weightBytes, 1000ull * 256 * 2 + 7 * 256 * 256 * 2 + 3 * 1024);
    }

    // CUDA reads rows of block types in steps of 512 weights.
    void cudaPadding()
    {
        const auto model = makeShapeModel(m_folder.path(), {}, {{"blk.0.attn_q.weight", {3, 288}}});
        QCOMPARE(estimateMemory(*model, {}, {}, nullptr).weightBytes, 1792ull); // 1,728 bytes, to a multiple of 128
        const auto planned = estimateMemory(*model, planFromType(*model, Q8_0), {}, nullptr);
        // 3 rows of 306 bytes, 224 weights (238 bytes) more, to a multiple of 128
        QCOMPARE(planned.weightBytes, 1280ull);
    }

    void expertsOfAFolderAreStacked()
    {
        std::vector<ShapeTensor> tensors;
        for (int expert = 0; expert < 4; ++expert)
            tensors.push_back({"model.layers.0.mlp.experts." + std::to_string(expert) + ".up_proj.weight", {3, 288}});
        Architecture architecture;
        architecture.name = "qwen2moe";
        const auto model = makeShapeModel(m_folder.path(), architecture, tensors, ModelFormat::HuggingFace);
        const auto planned = estimateMemory(*model, planFromType(*model, Q8_0), {}, nullptr);
        QCOMPARE(planned.weightBytes, 3968ull); // 4 * 918 + 238, once padded, not four times
        QVERIFY(!planned.isFileExact && !planned.notes.empty());
        const std::size_t table = 24 + 8 + std::string("blk.0.ffn_up_exps.weight").size() + 4 + 3 * 8 + 4 + 8;
        QCOMPARE(planned.fileBytes, (table + 31) / 32 * 32 + (4 * 918 + 31) / 32 * 32);
        const MemoryModel exact(*model, 4096);
        QCOMPARE(exact.estimate(planFromType(*model, Q8_0), {}, nullptr).fileBytes, 4096ull + (4 * 918 + 31) / 32 * 32);
        QVERIFY(exact.estimate({}, {}, nullptr).isFileExact);
    }

    // What the budget solver adds up is what the estimate says.
    void costsOfTensorsAddUp()
    {
        std::vector<ShapeTensor> tensors = {{"model.embed_tokens.weight", {1000, 288}}, {"model.norm.weight", {288}}};
        for (int expert = 0; expert < 5; ++expert)
            tensors.push_back({"model.layers.0.mlp.experts." + std::to_string(expert) + ".up_proj.weight", {3, 288}});
        Architecture architecture;
        architecture.name = "qwen2moe";
        const auto folder = makeShapeModel(m_folder.path(), architecture, tensors, ModelFormat::HuggingFace);
        for (const auto& model : {m_llama, folder}) {
            const MemoryModel memory(*model);
            for (const TensorType type : {F16, Q8_0, Q4_0, Q4_K}) {
                const Plan plan = planFromType(*model, type);
                TensorCost sum;
                for (std::size_t index = 0; index < model->tensors().size(); ++index) {
                    const TensorCost cost = memory.tensorCost(index, effectiveChoice(*model, index, plan).type);
                    sum.fileBytes += cost.fileBytes;
                    sum.deviceBytes += cost.deviceBytes;
                    sum.hostBytes += cost.hostBytes;
                }
                const MemoryEstimate estimate = memory.estimate(plan, {}, nullptr);
                QCOMPARE(memory.headerBytes() + sum.fileBytes, estimate.fileBytes);
                QCOMPARE(sum.deviceBytes, estimate.weightBytes);
                QCOMPARE(sum.hostBytes, estimate.hostWeightBytes);
            }
            QCOMPARE(memory.tensorCost(0, Q4_K).fileBytes == std::numeric_limits<std::uint64_t>::max(),
                     model == folder); // rows of 288 weights
        }
    }

    void budgetForWeights()
    {
        const MemoryModel memory(*m_llama);
        const std::vector<Device> one = {parseDevice("24 GiB")};
        const std::vector<Device> two = {one[0], one[0]};
        const std::uint64_t budget = memory.weightBudget({}, one);
        QVERIFY(budget > 20ull << 30 && budget < 23ull << 30);
        QVERIFY(memory.weightBudget({}, two) > budget + (20ull << 30));
        RuntimeSettings settings;
        settings.contextLength = 1 << 20;
        QCOMPARE(memory.weightBudget(settings, one), 0ull);
    }

    // Files that llama-quantize wrote carry all keys we would write: the estimate of "keep everything" is their size.
    void fileSizesOfWrittenFiles()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        int files = 0;
        for (const auto& entry : std::filesystem::directory_iterator(data / "models" / "derived" / "gguf-quants")) {
            const auto model = openModel(entry.path());
            const MemoryEstimate estimate = estimateMemory(*model, {}, {}, nullptr);
            QVERIFY(estimate.isFileExact);
            QVERIFY2(estimate.fileBytes == entry.file_size(),
                     (entry.path().string() + " " + std::to_string(estimate.fileBytes)).c_str());
            ++files;
        }
        QVERIFY(files >= 10);
    }

    // Predicted from the 32-bit file, compared with what llama-quantize made of it.
    void fileSizesBeforeTheFileExists()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        const auto source = openModel(data / "models" / "derived" / "stories260K-f32.gguf");
        const MemoryModel memory(*source);
        for (const char* const preset : {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K_M", "IQ4_NL", "F16", "BF16"}) {
            const auto file = data / "models" / "derived" / "gguf-quants" / (std::string("stories260K-") + preset + ".gguf");
            const auto estimate = memory.estimate(planFromPreset(*source, *findPreset(preset), {}), {}, nullptr);
            QVERIFY2(estimate.fileBytes == std::filesystem::file_size(file),
                     (std::string(preset) + " " + std::to_string(estimate.fileBytes) + " instead of "
                      + std::to_string(std::filesystem::file_size(file))).c_str());
        }
    }

    void keysThatAreAddedAndRemoved()
    {
        Metadata metadata;
        metadata.append("split.no", MetadataValue::ofU16(0));
        metadata.append("split.count", MetadataValue::ofU16(2));
        const auto split = makeShapeModel(m_folder.path(), {}, {{"a.weight", {256}, F32}}, ModelFormat::Gguf, metadata);
        const auto plain = makeShapeModel(m_folder.path(), {}, {{"a.weight", {256}, F32}});
        const std::uint64_t expected = 24 + (8 + 17 + 4 + 4) + (8 + 28 + 4 + 4) + (8 + 8 + 4 + 8 + 4 + 8);
        QCOMPARE(estimateMemory(*plain, {}, {}, nullptr).fileBytes, (expected + 31) / 32 * 32 + 1024);
        QCOMPARE(estimateMemory(*split, {}, {}, nullptr).fileBytes, (expected + 31) / 32 * 32 + 1024);
    }

    void isFastEnoughForEveryEdit()
    {
        LlamaShape shape = llama3;
        shape.layers = 112; // 1,011 tensors
        const auto model = makeShapeModel(m_folder.path(), architectureOf(shape), tensorsOf(shape));
        QVERIFY(model->tensors().size() > 1000);
        const Plan plan = planFromPreset(*model, *findPreset("Q4_K_M"), {});
        const MemoryModel memory(*model);
        const Device device = parseDevice("RTX 4090");
        using Clock = std::chrono::steady_clock;
        auto best = std::chrono::nanoseconds::max();
        for (int run = 0; run < 50; ++run) {
            const auto start = Clock::now();
            const MemoryEstimate estimate = memory.estimate(plan, {}, &device);
            best = std::min<std::chrono::nanoseconds>(best, Clock::now() - start);
            QVERIFY(estimate.totalBytes > 0);
        }
        const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(best).count();
        qInfo("one estimate of %zu tensors: %lld microseconds", model->tensors().size(),
              static_cast<long long>(microseconds));
        QVERIFY(microseconds < 1000);
    }
};

QTEST_APPLESS_MAIN(TestEstimate)
#include "tst_estimate.moc"
