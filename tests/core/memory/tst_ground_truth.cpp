// SPDX-License-Identifier: GPL-3.0-or-later
// The estimate against what llama.cpp itself said it would allocate: every row with one device and all layers on it.
#include "core/formats/open.h"
#include "core/memory/estimate.h"
#include "core/plan/presets.h"
#include "support/test_support.h"

#include <QProcess>
#include <QStandardPaths>

#include <fstream>
#include <map>

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
    return settings;
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
        std::map<std::string, int> compared;
        std::map<std::string, MemoryModel> memoryModels;
        for (const Row& row : readCsv(data / "memory" / "groundtruth.csv")) {
            if (row.at("n_devices") != "1" || row.at("ngl") != "all" || row.at("offload_kqv") != "1"
                || row.at("n_cpu_moe") != "0" || row.at("ok") != "1" || row.at("backend") != "pretend-CUDA")
                continue;
            const Model& opened = model(row, data);
            const std::string key = row.at("model") + "." + row.at("wtype");
            const auto memory = memoryModels.try_emplace(key, opened).first;
            const MemoryEstimate estimate = memory->second.estimate({}, settingsOf(row), nullptr);
            std::string where = key;
            for (const char* const column : {"llama_cpp", "n_ctx_req", "n_ubatch", "n_seq", "kv_unified", "type_k",
                                             "type_v", "flash_attn", "swa_full"})
                where += std::string(" ") + column + "=" + row.at(column);
            const auto compare = [&](std::uint64_t ours, const char* column) {
                const std::uint64_t truth = number(row, column);
                const std::string text
                    = where + ": " + column + " " + std::to_string(ours) + " instead of " + std::to_string(truth);
                QVERIFY2(ours == truth, text.c_str());
            };
            compare(estimate.weightBytes, "dev0_model_bytes");
            compare(estimate.hostWeightBytes, "host_model_bytes");
            compare(estimate.kvCacheBytes, "dev0_context_bytes");
            if (QTest::currentTestFailed())
                return;
            ++compared[row.at("model")];
        }
        int rows = 0;
        for (const auto& [modelName, count] : compared)
            rows += count;
        QCOMPARE(compared.size(), std::size_t(14));
        QCOMPARE(rows, 1442);
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
