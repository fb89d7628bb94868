// SPDX-License-Identifier: GPL-3.0-or-later
// The estimate against what llama.cpp itself said it would allocate: every row.
#include "core/formats/open.h"
#include "core/memory/estimate.h"
#include "core/plan/presets.h"
#include "support/test_support.h"

#include <QProcess>
#include <QStandardPaths>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

using Row = std::map<std::string, std::string>;

/// Fields may be quoted; no line breaks or quotes inside them.
std::vector<Row> readCsv(const std::filesystem::path& file)
{
    std::ifstream stream(file);
    const auto fields = [](const std::string& line) {
        std::vector<std::string> result(1);
        bool isQuoted = false;
        for (const char character : line) {
            if (character == '"')
                isQuoted = !isQuoted;
            else if (character == ',' && !isQuoted)
                result.emplace_back();
            else if (character != '\r')
                result.back() += character;
        }
        return result;
    };
    std::string line;
    std::getline(stream, line);
    const auto header = fields(line);
    std::vector<Row> rows;
    while (std::getline(stream, line)) {
        const auto values = fields(line);
        Row row;
        for (std::size_t index = 0; index < std::min(header.size(), values.size()); ++index)
            row[header[index]] = values[index];
        rows.push_back(std::move(row));
    }
    return rows;
}

std::uint64_t number(const Row& row, const char* column)
{
    const auto found = row.find(column);
    return found == row.end() || found->second.empty() ? 0 : std::stoull(found->second);
}

RuntimeSettings settingsOf(const Row& row)
{
    RuntimeSettings settings;
    settings.contextLength = number(row, "n_ctx_req");
    settings.keyCacheType = *tensorTypeFromName(row.at("type_k"));
    settings.valueCacheType = *tensorTypeFromName(row.at("type_v"));
    settings.sequences = static_cast<unsigned>(number(row, "n_seq"));
    settings.isCacheUnified = row.at("kv_unified") == "1";
    settings.isSlidingWindowFull = row.at("swa_full") == "1";
    settings.isFlashAttention = row.at("flash_attn") == "on";
    settings.microBatch = static_cast<unsigned>(number(row, "n_ubatch"));
    settings.batch = static_cast<unsigned>(number(row, "n_batch"));
    settings.outputs = number(row, "n_outputs_max"); // 0 = every token of the micro-batch
    if (row.at("ngl") != "all")
        settings.gpuLayers = static_cast<unsigned>(number(row, "ngl"));
    settings.cpuExpertLayers = static_cast<unsigned>(number(row, "n_cpu_moe"));
    settings.isPipelined = row.at("backend").find("no pipeline") == std::string::npos;
    settings.isCacheOnHost = row.at("offload_kqv") == "0";
    std::stringstream split(row.at("tensor_split"));
    for (std::string share; std::getline(split, share, ':');)
        settings.tensorSplit.push_back(std::stod(share));
    return settings;
}

/// In percent of the truth, of one device.
struct Difference
{
    double compute;
    double total; ///< weights, cache and compute buffer
};

std::string kindOf(const Row& row)
{
    if (row.at("n_devices") != "1")
        return row.at("backend").find("no pipeline") == std::string::npos ? "several devices" : "several devices, one batch at once";
    if (row.at("n_cpu_moe") != "0")
        return "experts in host memory";
    if (row.at("ngl") != "all")
        return "layers in host memory";
    if (row.at("offload_kqv") == "0")
        return "cache in host memory";
    return row.at("n_outputs_max") == "0" ? "one device, all logits" : "one device, a server's logits";
}

std::string describe(const Row& row)
{
    std::string text = row.at("model") + "." + row.at("wtype");
    for (const char* const column : {"llama_cpp", "backend", "n_devices", "n_ctx_req", "n_ubatch", "n_seq", "kv_unified", "type_k", "type_v",
                                     "flash_attn", "swa_full", "ngl", "offload_kqv", "n_outputs_max", "tensor_split", "n_cpu_moe"})
        text += std::string(" ") + column + "=" + row.at(column);
    return text;
}

bool hasPython()
{
    return !QStandardPaths::findExecutable("python3").isEmpty();
}

} // namespace

class TestGroundTruth : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;
    std::map<std::string, std::shared_ptr<const Model>> m_models;

    /// The header-only GGUF of @p row's model, made on first use.
    const Model& model(const Row& row, const std::filesystem::path& data)
    {
        const std::string& modelName = row.at("model");
        const std::string key = modelName + "." + row.at("wtype");
        if (!m_models.contains(key)) {
            if (!std::filesystem::exists(m_folder / (key + ".gguf"))) {
                QProcess python;
                python.start("python3", {QString::fromStdString(data / "memory" / "make_headers.py"),
                                         QString::fromStdString(m_folder.path()), QString::fromStdString(modelName)});
                python.waitForFinished(60000);
            }
            m_models[key] = openModel(m_folder / (key + ".gguf"));
        }
        return *m_models.at(key);
    }

private slots:
    void everyRow()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        if (!hasPython())
            QSKIP("python3, which makes the header files, is not there");
        std::map<std::string, MemoryModel> memoryModels;
        std::map<std::string, std::vector<Difference>> byKind;
        std::map<std::string, std::vector<Difference>> byModel;
        std::vector<Difference> all;
        std::vector<Difference> host;
        std::uint64_t farthestWeights = 0;
        int rows = 0;
        for (const Row& row : readCsv(data / "memory" / "groundtruth.csv")) {
            if (row.at("ok") != "1" || row.at("backend").starts_with("Vulkan")) // other alignments: not modelled
                continue;
            const Model& opened = model(row, data);
            const std::string key = row.at("model") + "." + row.at("wtype");
            const MemoryModel& memory = memoryModels.try_emplace(key, opened).first->second;
            const std::vector<Device> devices(number(row, "n_devices"), Device{"GPU", {}, 80ull << 30, 80ull << 30, 0});
            RuntimeSettings settings = settingsOf(row);
            if (devices.empty()) { // everything on the processor
                settings.gpuLayers = 0;
                settings.isOperationOffload = false;
            }
            const MemoryEstimate estimate = memory.estimate({}, settings, devices);
            const std::string where = describe(row);
            const auto compare = [&](const std::string& place, std::uint64_t weights, std::uint64_t cache, std::uint64_t compute) {
                const std::uint64_t trueWeights = number(row, (place + "_model_bytes").c_str());
                const std::uint64_t trueCache = number(row, (place + "_context_bytes").c_str());
                const std::uint64_t trueCompute = number(row, (place + "_compute_bytes").c_str());
                const std::uint64_t difference = weights > trueWeights ? weights - trueWeights : trueWeights - weights;
                farthestWeights = std::max(farthestWeights, difference);
                QVERIFY2(difference <= 256, (where + ": weights " + std::to_string(weights) + ", not " + std::to_string(trueWeights)).c_str());
                QVERIFY2(cache == trueCache, (where + ": cache " + std::to_string(cache) + ", not " + std::to_string(trueCache)).c_str());
                // What the buffers take changes with each version: they are those of 0.7.0.
                if (!row.at("llama_cpp").starts_with("0.7.0"))
                    return;
                const auto percent = [](std::uint64_t ours, std::uint64_t truth) {
                    return truth == 0 ? (ours == 0 ? 0.0 : 100.0)
                                      : 100.0 * (static_cast<double>(ours) - static_cast<double>(truth)) / static_cast<double>(truth);
                };
                const Difference result{percent(compute, trueCompute),
                                        percent(weights + cache + compute, trueWeights + trueCache + trueCompute)};
                if (place == "host") {
                    host.push_back(result);
                    return;
                }
                all.push_back(result);
                byKind[kindOf(row)].push_back(result);
                byModel[row.at("model")].push_back(result);
                QVERIFY2(result.total >= -2,
                         (where + ": in all " + std::to_string(result.total) + " % of what it takes").c_str());
            };
            for (std::size_t index = 0; index < devices.size(); ++index)
                compare("dev" + std::to_string(index), estimate.devices[index].weightBytes,
                        estimate.devices[index].cache.total(), estimate.devices[index].computeBytes);
            compare("host", estimate.host.weightBytes, estimate.host.cache.total(), estimate.host.computeBytes);
            if (QTest::currentTestFailed())
                return;
            ++rows;
        }
        qInfo("%d rows; weights at most %llu bytes off, KV cache and state exact", rows,
              static_cast<unsigned long long>(farthestWeights));
        qInfo("compute buffers of llama.cpp 0.7.0, per device:        n  median     p95   worst | total, lowest and highest");
        const auto print = [](const std::string& title, std::vector<Difference> differences) {
            std::vector<double> absolute;
            double low = 0;
            double high = 0;
            for (const Difference& difference : differences) {
                absolute.push_back(std::abs(difference.compute));
                low = std::min(low, difference.total);
                high = std::max(high, difference.total);
            }
            std::sort(absolute.begin(), absolute.end());
            const double p95 = absolute[std::min(absolute.size() - 1, absolute.size() * 95 / 100)];
            qInfo("%-48s %6zu %6.2f%% %6.2f%% %6.2f%% | %+.2f%% %+.2f%%", title.c_str(), absolute.size(),
                  absolute[absolute.size() / 2], p95, absolute.back(), low, high);
            return p95;
        };
        for (const auto& [kind, differences] : byKind)
            print(kind, differences);
        for (const auto& [modelName, differences] : byModel)
            print("model " + modelName, differences);
        print("host", host);
        QVERIFY(print("all", all) < 5);
        QVERIFY(rows > 1700);
        QCOMPARE(byModel.size(), std::size_t(14));
    }

    // The figures do not depend on how the file came to its types: planning Q4_K_M on the F16 file gives the same.
    void plannedTypes()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        if (!hasPython())
            QSKIP("python3, which makes the header files, is not there");
        for (const char* const modelName : {"llama31-8b", "llama31-70b", "gemma2-9b", "qwen3-30b-a3b"}) {
            const Model& source = model({{"model", modelName}, {"wtype", "F16"}}, data);
            const Model& target = model({{"model", modelName}, {"wtype", "Q8_0"}}, data);
            const auto planned = estimateMemory(source, planFromPreset(source, *findPreset("Q8_0"), {}), {}, nullptr);
            const auto stored = estimateMemory(target, {}, {}, nullptr);
            QCOMPARE(planned.weightBytes, stored.weightBytes);
            QCOMPARE(planned.hostWeightBytes, stored.hostWeightBytes);
            QCOMPARE(planned.kvCacheBytes, stored.kvCacheBytes);
            QCOMPARE(planned.fileBytes, stored.fileBytes);
        }
    }
};

QTEST_GUILESS_MAIN(TestGroundTruth)
#include "tst_ground_truth.moc"
