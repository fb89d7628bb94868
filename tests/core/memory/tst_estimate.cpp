// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/open.h"
#include "core/memory/estimate.h"
#include "core/plan/presets.h"
#include "support/shape_models.h"
#include "support/test_support.h"

#include <algorithm>
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
        QCOMPARE(estimate.totalBytes,
                 estimate.weightBytes + estimate.kvCacheBytes + estimate.computeBytes + estimate.overheadBytes);
        QVERIFY(estimate.verdict == Verdict::Unknown);
        QVERIFY(estimate.notes.empty());
        QCOMPARE(estimate.devices.size(), std::size_t(1));
        QCOMPARE(estimate.devices[0].layers, std::size_t(32));
        QCOMPARE(QString::fromStdString(estimate.explanation),
                 QString("4.3 GiB of weights, 1.0 GiB of KV cache, 124.0 MiB of compute buffers and about 400.0 MiB for the driver "
                         "make 5.8 GiB"));
    }

    void verdicts()
    {
        const MemoryModel memory(*m_llama);
        const Plan plan = planFromPreset(*m_llama, *findPreset("Q4_K_M"), {});
        const DeviceMemory needed = memory.estimate(plan, {}, nullptr).devices[0];
        const auto verdictOn = [&](std::uint64_t bytes) {
            const Device device{"test device", {}, bytes, bytes, 0};
            const MemoryEstimate estimate = memory.estimate(plan, {}, &device);
            return std::string(name(estimate.verdict)) + ": " + estimate.explanation;
        };
        constexpr std::uint64_t gibibyte = 1ull << 30;
        QVERIFY2(verdictOn(needed.totalLowBytes() - 1).starts_with("does-not-fit: "), verdictOn(needed.totalLowBytes() - 1).c_str());
        QVERIFY(verdictOn(needed.totalLowBytes() - gibibyte).ends_with(": at least 1.0 GiB too little"));
        QVERIFY(verdictOn(needed.totalLowBytes()).starts_with("tight: "));
        QVERIFY(verdictOn(needed.totalHighBytes() - 1).starts_with("tight: "));
        QVERIFY(verdictOn(needed.totalHighBytes() - 1).ends_with("tight, what the driver takes (300.0 MiB to 500.0 MiB) decides"));
        QVERIFY(verdictOn(needed.totalHighBytes()).starts_with("little-room: "));
        QVERIFY(verdictOn(needed.totalHighBytes() + gibibyte - 1).starts_with("little-room: "));
        QVERIFY(verdictOn(needed.totalHighBytes() + gibibyte).starts_with("fits: "));
        QVERIFY(verdictOn(needed.totalHighBytes() + gibibyte).ends_with("fits, 1.0 GiB are left"));
    }

    // Several devices: the worst decides, and it is named.
    void severalDevices()
    {
        const MemoryModel memory(*m_llama);
        const std::vector<Device> devices = {parseDevice("24 GiB"), parseDevice("8 GiB")};
        const MemoryEstimate estimate = memory.estimate({}, {}, devices);
        QCOMPARE(estimate.devices.size(), std::size_t(2));
        QVERIFY(estimate.devices[0].layers > 2 * estimate.devices[1].layers); // by their memory
        QCOMPARE(estimate.devices[0].layers + estimate.devices[1].layers, std::size_t(32));
        QVERIFY(estimate.devices[1].hasOutput && !estimate.devices[0].hasOutput);
        RuntimeSettings settings;
        settings.tensorSplit = {1, 3};
        const MemoryEstimate split = memory.estimate({}, settings, devices);
        QCOMPARE(split.devices[0].layers, std::size_t(9)); // of 33, the output included
        QVERIFY(split.verdict == Verdict::DoesNotFit);
        QVERIFY2(split.explanation.find("8 GiB needs") != std::string::npos, split.explanation.c_str());
    }

    // 2026's rule: the first "layer" is the output.
    void layersOnTheHost()
    {
        const MemoryModel memory(*m_llama);
        RuntimeSettings settings;
        settings.gpuLayers = 0;
        MemoryEstimate estimate = memory.estimate({}, settings, nullptr);
        QCOMPARE(estimate.weightBytes, 0ull);
        QVERIFY(estimate.computeBytes > 0); // matrices are copied over for large batches
        QCOMPARE(QString::fromUtf8(name(estimate.devices[0].computePhase).data()), QString("staging"));
        settings.isOperationOffload = false;
        QCOMPARE(memory.estimate({}, settings, nullptr).computeBytes, 0ull);
        settings.gpuLayers = 1;
        estimate = memory.estimate({}, settings, nullptr);
        QVERIFY(estimate.devices[0].hasOutput);
        QCOMPARE(estimate.devices[0].layers, std::size_t(0));
        settings.gpuLayers = 11;
        estimate = memory.estimate({}, settings, nullptr);
        QCOMPARE(estimate.devices[0].layers, std::size_t(10));
        QCOMPARE(estimate.devices[0].cache.total(), 320ull << 20);
        QCOMPARE(estimate.host.cache.total(), 704ull << 20);
        settings.isCacheOnHost = true;
        QCOMPARE(memory.estimate({}, settings, nullptr).devices[0].cache.total(), 0ull);
    }

    void expertsOnTheHost()
    {
        LlamaShape shape = llama3;
        shape.architecture = "qwen3moe";
        shape.experts = 8;
        shape.layers = 4;
        const auto model = makeShapeModel(m_folder.path(), architectureOf(shape), tensorsOf(shape));
        const MemoryModel memory(*model);
        QVERIFY(memory.hasExperts());
        RuntimeSettings settings;
        const MemoryEstimate all = memory.estimate({}, settings, nullptr);
        settings.cpuExpertLayers = 3;
        const MemoryEstimate some = memory.estimate({}, settings, nullptr);
        const std::uint64_t experts = 3ull * 4096 * 14336 * 8 * 2; // of one layer
        QCOMPARE(all.weightBytes - some.weightBytes, 3 * experts);
        QCOMPARE(some.hostWeightBytes - all.hostWeightBytes, 3 * experts);
        // The other way round: as few as needed.
        const std::uint64_t room = some.devices[0].totalHighBytes() + (2ull << 30);
        const std::vector<Device> devices = {{"card", {}, room, room, 0}};
        QCOMPARE(memory.fewestCpuExpertLayers({}, {}, devices), std::optional<unsigned>(3));
        QCOMPARE(MemoryModel(*m_llama).fewestCpuExpertLayers({}, {}, devices), std::optional<unsigned>());
    }

    void inverseAnswers()
    {
        Architecture architecture = architectureOf(llama3);
        architecture.parameters.contextLength = 131072;
        const auto model = makeShapeModel(m_folder.path(), architecture, tensorsOf(llama3));
        const MemoryModel memory(*model);
        const Plan plan = planFromPreset(*model, *findPreset("Q4_K_M"), {});
        RuntimeSettings settings;
        const std::vector<Device> devices = {parseDevice("8 GiB")};
        const auto isSafe = [&](const RuntimeSettings& trial) {
            const Verdict verdict = memory.estimate(plan, trial, devices).verdict;
            return verdict == Verdict::Fits || verdict == Verdict::LittleRoom;
        };
        const auto context = memory.largestContext(plan, settings, devices);
        QVERIFY(context && *context > 8192 && *context % 256 == 0);
        settings.contextLength = *context;
        QVERIFY(isSafe(settings));
        settings.contextLength = *context + 256;
        QVERIFY(!isSafe(settings));

        settings.contextLength = 8192;
        const auto layers = memory.mostGpuLayers({}, settings, devices); // 16 bits: not all
        QVERIFY(layers && *layers > 0 && *layers < 33);
        QCOMPARE(memory.mostGpuLayers(plan, settings, devices), std::optional<unsigned>(33));
        QCOMPARE(memory.devicesNeeded(plan, settings, devices[0]), std::optional<unsigned>(1));
        const auto needed = memory.devicesNeeded({}, settings, devices[0]);
        QVERIFY(needed && *needed >= 3 && *needed <= 4);
        QCOMPARE(memory.largestContext(plan, settings, {}), std::optional<std::uint64_t>());
        QCOMPARE(memory.largestContext({}, settings, std::vector<Device>{parseDevice("1 GiB")}), std::optional<std::uint64_t>());
    }

    // What is asked for as weights must really fit.
    void weightBudgetIsSafe()
    {
        const MemoryModel memory(*m_llama);
        const Plan plan = planFromPreset(*m_llama, *findPreset("Q4_K_M"), {});
        const std::uint64_t weights = memory.estimate(plan, {}, nullptr).weightBytes;
        std::vector<Device> devices = {parseDevice("8 GiB")};
        const std::uint64_t room = memory.weightBudget({}, devices);
        devices[0].usableBytes -= room - weights;
        QCOMPARE(memory.weightBudget({}, devices), weights);
        QVERIFY(memory.estimate(plan, {}, devices).verdict == Verdict::LittleRoom);
        devices[0].usableBytes -= 1;
        QVERIFY(memory.estimate(plan, {}, devices).verdict == Verdict::Tight);
    }

    void typesThatARunnerDoesNotLoad()
    {
        const MemoryModel memory(*m_llama);
        const auto says = [&](Runner runner, TensorType type, const char* text) {
            const auto notes = memory.estimate(planFromType(*m_llama, type), defaultSettings(runner), nullptr).notes;
            return std::any_of(notes.begin(), notes.end(), [text](const std::string& note) { return note.find(text) != std::string::npos; });
        };
        QVERIFY(says(Runner::Vllm, MXFP4, "vLLM does not load MXFP4 from GGUF files"));
        QVERIFY(says(Runner::Ollama, TQ2_0, "Ollama does not load TQ2_0"));
        QVERIFY(!says(Runner::LlamaServer, MXFP4, "does not load"));
        QVERIFY(!says(Runner::Vllm, Q4_K, "does not load"));
        RuntimeSettings settings = defaultSettings(Runner::Ollama);
        settings.keyCacheType = settings.valueCacheType = Q5_1;
        QVERIFY(memory.estimate({}, settings, nullptr).notes.back().find("F16, Q8_0 or Q4_0 only") != std::string::npos
                || memory.estimate({}, settings, nullptr).notes.front().find("F16, Q8_0 or Q4_0 only") != std::string::npos);
    }

    void bareBits()
    {
        const MemoryModel memory(*m_llama);
        QCOMPARE(memory.bareBytes(4), m_llama->weightCount() / 2);
        QVERIFY(memory.sixteenBitBytes() >= m_llama->weightCount() * 2);
        QVERIFY(memory.sixteenBitBytes() < m_llama->weightCount() * 2 + (8 << 20));
        const auto larger = [&](const char* preset) {
            return memory.estimate(planFromPreset(*m_llama, *findPreset(preset), {}), {}, nullptr).largerBits;
        };
        QCOMPARE(larger("Q4_K_M"), std::vector<unsigned>{6});
        QCOMPARE(larger("Q3_K_M"), (std::vector<unsigned>{4, 5, 6}));
        QCOMPARE(larger("Q8_0"), std::vector<unsigned>{}); // the norms in F32 are no matrices
        QVERIFY(memory.estimate({}, {}, nullptr).nominalBits == 0 && memory.estimate({}, {}, nullptr).largerBits.empty());
    }

    // 70 billion weights: 141.1 GB in 16 bits, 42.5 GB in Q4_K_M, not 35.3; 2 x 80 GB before, 1 x 48 GB after.
    void beforeAndAfterOfSeventyBillion()
    {
        LlamaShape shape{"llama", 80, 8192, 28672, 64, 8, 128256};
        const auto model = makeShapeModel(m_folder.path(), architectureOf(shape), tensorsOf(shape));
        const MemoryModel memory(*model);
        const Plan plan = planFromPreset(*model, *findPreset("Q4_K_M"), {});
        const MemoryEstimate estimate = memory.estimate(plan, {}, nullptr);
        const auto gigabytes = [](std::uint64_t bytes) { return std::round(static_cast<double>(bytes) / 1e8) / 10; };
        QCOMPARE(gigabytes(estimate.bareBytes), 35.3);
        QCOMPARE(gigabytes(estimate.fileBytes), 42.5);
        QCOMPARE(estimate.nominalBits, 4.0);
        const MemoryAnswers answers = memory.answers(plan, {}, {});
        QCOMPARE(gigabytes(answers.sixteenBitFileBytes), 141.1);
        QVERIFY(answers.before && answers.after);
        QCOMPARE(answers.before->count, 2u);
        QCOMPARE(std::lround(static_cast<double>(answers.before->device.totalBytes) / 0x1p30), 80L);
        QCOMPARE(answers.after->count, 1u);
        QCOMPARE(std::lround(static_cast<double>(answers.after->device.totalBytes) / 0x1p30), 48L);
    }

    void speedIsABand()
    {
        const MemoryModel memory(*m_llama);
        const Plan plan = planFromPreset(*m_llama, *findPreset("Q4_K_M"), {});
        const std::vector<Device> card = {parseDevice("RTX 3090")};
        const MemoryEstimate estimate = memory.estimate(plan, {}, card);
        // 4.3 GiB of weights and a quarter of the cache at 936 GB/s
        const double bytes = static_cast<double>(estimate.weightBytes) + static_cast<double>(estimate.kvCacheBytes) / 4;
        QVERIFY(std::abs(estimate.decodeSpeed.high - 936e9 * 0.85 / bytes) < 1);
        QVERIFY(estimate.decodeSpeed.low < estimate.decodeSpeed.high && estimate.decodeSpeed.low > 90);
        RuntimeSettings settings;
        settings.gpuLayers = 16;
        QVERIFY(memory.estimate(plan, settings, card).decodeSpeed.high < estimate.decodeSpeed.high / 3);
        QCOMPARE(memory.estimate(plan, {}, std::vector<Device>{parseDevice("24 GiB")}).decodeSpeed.high, 0.0); // unknown
    }

    void otherRunners()
    {
        const MemoryModel memory(*m_llama);
        const Plan plan = planFromPreset(*m_llama, *findPreset("Q4_K_M"), {});
        const std::vector<Device> card = {parseDevice("24 GiB")};
        for (const Runner runner : allRunners()) {
            QVERIFY(runnerFromName(name(runner)) == runner);
            RuntimeSettings settings = defaultSettings(runner);
            settings.contextLength = 8192;
            const MemoryEstimate estimate = memory.estimate(plan, settings, card);
            QVERIFY(estimate.weightBytes > 4ull << 30 && estimate.computeBytes > 0 && estimate.kvCacheBytes > 0);
            QCOMPARE(!estimate.notes.empty(), runner == Runner::Vllm || runner == Runner::Transformers);
        }
        RuntimeSettings vllm = defaultSettings(Runner::Vllm);
        QCOMPARE(memory.estimate(plan, vllm, card).devices[0].capacityBytes, (24ull << 30) * 9 / 10);
        // transformers computes in 16 bits whatever the file holds
        QVERIFY(memory.estimate(plan, defaultSettings(Runner::Transformers), card).weightBytes > 14ull << 30);
        QVERIFY(runnerFromName("llama.cpp") == Runner::LlamaServer && !runnerFromName("torch"));
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
        QCOMPARE(memory.weightBudget({}, std::span<const Device>()), 0ull);
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
        std::vector<double> milliseconds;
        RuntimeSettings settings;
        for (int run = 0; run < 51; ++run) {
            settings.contextLength += 256; // no two alike
            milliseconds.push_back(processorMilliseconds([&] { QVERIFY(memory.estimate(plan, settings, &device).totalBytes > 0); }));
        }
        std::sort(milliseconds.begin(), milliseconds.end());
        qInfo("one estimate of %zu tensors: %.3f ms in the middle, %.3f at most", model->tensors().size(), milliseconds[25], milliseconds.back());
#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        QVERIFY(milliseconds[25] < 1);
#endif
    }
};

QTEST_APPLESS_MAIN(TestEstimate)
#include "tst_estimate.moc"
