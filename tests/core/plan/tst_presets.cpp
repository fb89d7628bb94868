// SPDX-License-Identifier: GPL-3.0-or-later
// The mixtures against llama-quantize 0.7.0: the shared oracle where it is there, and fixed facts everywhere.
#include "core/plan/presets.h"
#include "support/shape_models.h"
#include "support/test_support.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>

using namespace quantlathe;
using namespace quantlathe::test;
using enum TensorType;

namespace {

const std::map<std::string, LlamaShape> shapes = {
    {"llama3-8b", {"llama", 32, 4096, 14336, 32, 8, 128256}},
    {"llama2-7b", {"llama", 32, 4096, 11008, 32, 32, 32000}},
    {"llama3-70b", {"llama", 80, 8192, 28672, 64, 8, 128256}},
    {"tinyllama-1.1b", {"llama", 22, 2048, 5632, 32, 4, 32000}},
    {"qwen2.5-0.5b", {"qwen2", 24, 896, 4864, 14, 2, 151936, true, true}},
};

std::string typeText(TensorType type)
{
    return std::string(name(type));
}

/// Written types by tensor name.
std::map<std::string, TensorType> written(const Model& model, const Plan& plan)
{
    std::map<std::string, TensorType> types;
    for (std::size_t index = 0; index < model.tensors().size(); ++index)
        types[model.tensors()[index].name()] = effectiveChoice(model, index, plan).type;
    return types;
}

double mebibytes(const Model& model, const Plan& plan)
{
    std::uint64_t bytes = 0;
    for (std::size_t index = 0; index < model.tensors().size(); ++index)
        bytes += effectiveChoice(model, index, plan).sizeBytes;
    return static_cast<double>(bytes) / (1 << 20);
}

std::map<std::string, TensorType> writtenBy(const Model& model, const char* preset, PresetOptions options = {})
{
    return written(model, planFromPreset(model, *findPreset(preset), options));
}

/// A model of the fixture: hyperparameters are read from its GGUF keys, as from a file.
std::shared_ptr<const Model> modelOf(const nlohmann::json& row, const std::filesystem::path& folder)
{
    Metadata metadata;
    for (const auto& [key, value] : row.at("metadata").items()) {
        if (value.is_string())
            metadata.append(key, MetadataValue::ofString(value));
        else if (value.is_number_float())
            metadata.append(key, MetadataValue::ofF32(value));
        else if (value.is_number())
            metadata.append(key, MetadataValue::ofU32(value));
        else if (value.at(0).is_number_integer())
            metadata.append(key, MetadataValue::ofArray(MetadataArray::fromInts(value)));
    }
    std::vector<ShapeTensor> tensors;
    const auto add = [&tensors](const std::string& prefix, const nlohmann::json& tensor) {
        auto dimensions = tensor.at(1).get<std::vector<std::uint64_t>>();
        std::reverse(dimensions.begin(), dimensions.end());
        const TensorType type = dimensions.size() > 1 ? F16 : F32;
        tensors.push_back({prefix + tensor.at(0).get<std::string>(), std::move(dimensions), type});
    };
    for (const auto& tensor : row.at("head"))
        add("", tensor);
    for (int layer = 0; layer < row.at("layers").get<int>(); ++layer) {
        for (const auto& tensor : row.at("block"))
            add("blk." + std::to_string(layer) + ".", tensor);
    }
    Architecture bare;
    bare.name = row.at("metadata").at("general.architecture");
    const auto model = makeShapeModel(folder, bare, tensors);
    std::vector<TensorPlace> places;
    for (const Tensor& tensor : model->tensors())
        places.push_back(placeOf(tensor.name(), bare.name));
    return makeShapeModel(folder, readArchitecture(metadata, model->tensors(), places), tensors, ModelFormat::Gguf,
                          metadata);
}

#define COMPARE_TYPE(actual, expected) QCOMPARE(typeText(actual), typeText(expected))

} // namespace

class TestPresets : public QObject
{
    Q_OBJECT
private slots:
    void table()
    {
        std::set<std::string_view> ids;
        std::set<std::uint32_t> numbers;
        for (const Preset& preset : allPresets()) {
            QVERIFY2(ids.insert(preset.id).second, preset.id.data());
            QVERIFY2(numbers.insert(preset.fileType).second, preset.id.data());
            QVERIFY(!preset.description.empty());
            QVERIFY(isTargetType(preset.baseType));
        }
        QCOMPARE(ids.size(), std::size_t(35)); // llama-quantize 0.7.0 lists 38, three of them aliases, and COPY
        QCOMPARE(findPreset("q4_k")->id, std::string_view("Q4_K_M"));
        QCOMPARE(findPreset("iq3_xs")->fileType, 22u);
        QVERIFY(!findPreset("NVFP4"));
        QVERIFY(!findPreset(""));
    }

    // Figures printed by llama-quantize --dry-run.
    void sizesOfLlama3()
    {
        const ScratchFolder folder;
        const LlamaShape& shape = shapes.at("llama3-8b");
        const auto model = makeShapeModel(folder.path(), architectureOf(shape), tensorsOf(shape));
        const std::vector<std::pair<const char*, double>> expected
            = {{"Q2_K", 3024.38}, {"Q3_K_M", 3825.27}, {"Q4_0", 4437.80}, {"IQ4_XS", 4269.15}, {"Q4_K_S", 4467.80},
               {"Q4_K_M", 4685.30}, {"Q5_K_M", 5459.93}, {"Q6_K", 6282.97}, {"Q8_0", 8137.64}, {"BF16", 15317.02}};
        for (const auto& [preset, size] : expected)
            QCOMPARE(std::round(mebibytes(*model, planFromPreset(*model, *findPreset(preset), {})) * 100) / 100, size);
    }

    void equalToTheOracle_data()
    {
        QTest::addColumn<QString>("shapeName");
        for (const auto& [shapeName, shape] : shapes)
            QTest::newRow(shapeName.c_str()) << QString::fromStdString(shapeName);
    }
    void equalToTheOracle()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        QFETCH(QString, shapeName);
        std::ifstream stream(data / "presets" / "mixtures.json");
        const auto oracle = nlohmann::json::parse(stream).at(shapeName.toStdString());
        const auto kinds = oracle.at("kinds").get<std::vector<std::string>>();
        const auto names = oracle.at("tensors").get<std::vector<std::string>>();

        // The order in the file must not matter: counters run by layer and name.
        const LlamaShape& shape = shapes.at(shapeName.toStdString());
        std::vector<ShapeTensor> tensors = tensorsOf(shape);
        std::reverse(tensors.begin(), tensors.end());
        const ScratchFolder folder;
        const auto model = makeShapeModel(folder.path(), architectureOf(shape), tensors);
        QCOMPARE(model->tensors().size(), names.size());

        int compared = 0;
        for (const auto& [key, row] : oracle.at("ftypes").items()) {
            const std::size_t plus = key.find('+');
            const Preset* const preset = findPreset(key.substr(0, plus));
            QVERIFY2(preset, key.c_str());
            const Plan plan = planFromPreset(*model, *preset, {plus != std::string::npos, false, {}});
            const auto types = written(*model, plan);
            for (std::size_t index = 0; index < names.size(); ++index) {
                const auto expected = tensorTypeFromName(kinds.at(row.at("types").at(index).get<std::size_t>()));
                const std::string where = key + " " + names[index] + ": " + typeText(types.at(names[index]))
                    + " instead of " + typeText(*expected);
                QVERIFY2(types.at(names[index]) == *expected, where.c_str());
            }
            QVERIFY2(std::abs(mebibytes(*model, plan) - row.at("quant_MiB").get<double>()) < 0.0051, key.c_str());
            if (row.at("needs_imatrix").get<bool>())
                QVERIFY2(preset->needsImportance, key.c_str());
            QCOMPARE(fileTypeOf(*model, plan), preset->fileType);
            ++compared;
        }
        QCOMPARE(compared, 68);
    }

    // Shapes the shared oracle lacks (experts, fused matrices, odd rows, "70B"): made by fixtures/plan/make_mixtures.py.
    void equalToTheFixture_data()
    {
        QTest::addColumn<QString>("shapeName");
        std::ifstream stream(fixture("plan/mixtures.json"));
        const auto oracle = nlohmann::json::parse(stream);
        for (const auto& [shapeName, row] : oracle.at("shapes").items())
            QTest::newRow(shapeName.c_str()) << QString::fromStdString(shapeName);
    }
    void equalToTheFixture()
    {
        QFETCH(QString, shapeName);
        std::ifstream stream(fixture("plan/mixtures.json"));
        const auto oracle = nlohmann::json::parse(stream);
        const auto kinds = oracle.at("kinds").get<std::vector<std::string>>();
        const auto row = oracle.at("shapes").at(shapeName.toStdString());
        const ScratchFolder folder;
        const auto model = modelOf(row, folder.path());

        int compared = 0;
        for (const auto& [key, letters] : row.at("types").items()) {
            const std::size_t plus = key.find('+');
            const Preset* const preset = findPreset(key.substr(0, plus));
            QVERIFY2(preset, key.c_str());
            const auto types = written(*model, planFromPreset(*model, *preset, {plus != std::string::npos, false, {}}));
            const auto expected = letters.get<std::string>();
            QCOMPARE(expected.size(), model->tensors().size());
            for (std::size_t index = 0; index < expected.size(); ++index) {
                const std::string& tensorName = model->tensors()[index].name();
                const auto type = tensorTypeFromName(kinds.at(static_cast<std::size_t>(expected[index] - 'A')));
                const std::string where = key + " " + tensorName + ": " + typeText(types.at(tensorName)) + " instead of "
                    + typeText(*type);
                QVERIFY2(types.at(tensorName) == *type, where.c_str());
            }
            ++compared;
        }
        QVERIFY(compared >= 16);
    }

    void eightExperts()
    {
        const LlamaShape shape{"llama", 32, 4096, 14336, 32, 8, 32000, false, false, 8};
        const ScratchFolder folder;
        const auto model = makeShapeModel(folder.path(), architectureOf(shape), tensorsOf(shape));
        auto types = writtenBy(*model, "Q4_K_M");
        COMPARE_TYPE(types.at("blk.5.attn_v.weight"), Q8_0);
        COMPARE_TYPE(types.at("blk.5.attn_k.weight"), Q8_0);
        COMPARE_TYPE(types.at("blk.5.attn_output.weight"), Q5_K);
        COMPARE_TYPE(types.at("blk.0.ffn_down_exps.weight"), Q6_K);
        COMPARE_TYPE(types.at("blk.5.ffn_down_exps.weight"), Q4_K);
        COMPARE_TYPE(types.at("blk.0.ffn_gate_inp.weight"), F32);
        types = writtenBy(*model, "IQ2_XS");
        COMPARE_TYPE(types.at("blk.9.attn_k.weight"), Q4_K);
        types = writtenBy(*model, "MXFP4_MOE");
        COMPARE_TYPE(types.at("blk.0.ffn_up_exps.weight"), MXFP4);
        COMPARE_TYPE(types.at("blk.0.attn_q.weight"), Q8_0);
        COMPARE_TYPE(types.at("output.weight"), Q8_0);
    }

    // The same model as a Hugging Face folder: one tensor per expert, other names, same decisions.
    void huggingFaceNames()
    {
        const LlamaShape shape{"llama", 16, 1024, 2048, 16, 4, 8000, false, false, 8};
        const ScratchFolder folder;
        const auto gguf = makeShapeModel(folder.path(), architectureOf(shape), tensorsOf(shape));
        std::vector<ShapeTensor> tensors = {{"model.embed_tokens.weight", {8000, 1024}}, {"lm_head.weight", {8000, 1024}}};
        for (int layer = 0; layer < 16; ++layer) {
            const std::string prefix = "model.layers." + std::to_string(layer) + ".";
            tensors.push_back({prefix + "input_layernorm.weight", {1024}});
            tensors.push_back({prefix + "self_attn.q_proj.weight", {1024, 1024}});
            tensors.push_back({prefix + "self_attn.v_proj.weight", {256, 1024}});
            tensors.push_back({prefix + "block_sparse_moe.gate.weight", {8, 1024}});
            for (int expert = 0; expert < 8; ++expert) {
                const std::string part = prefix + "block_sparse_moe.experts." + std::to_string(expert) + ".";
                tensors.push_back({part + "w1.weight", {2048, 1024}});
                tensors.push_back({part + "w2.weight", {1024, 2048}});
            }
        }
        const auto folderModel
            = makeShapeModel(folder.path(), architectureOf(shape), tensors, ModelFormat::HuggingFace);
        for (const char* const preset : {"Q4_K_M", "MXFP4_MOE", "IQ3_M", "IQ3_XS", "Q2_K_S"}) {
            const auto expected = writtenBy(*gguf, preset);
            const auto types = writtenBy(*folderModel, preset);
            for (int layer = 0; layer < 16; ++layer) {
                const std::string prefix = "model.layers." + std::to_string(layer) + ".";
                const std::string block = "blk." + std::to_string(layer) + ".";
                COMPARE_TYPE(types.at(prefix + "self_attn.v_proj.weight"), expected.at(block + "attn_v.weight"));
                COMPARE_TYPE(types.at(prefix + "input_layernorm.weight"), F32);
                COMPARE_TYPE(types.at(prefix + "block_sparse_moe.gate.weight"), F32);
                for (int expert = 0; expert < 8; ++expert) {
                    const std::string part = prefix + "block_sparse_moe.experts." + std::to_string(expert) + ".";
                    COMPARE_TYPE(types.at(part + "w1.weight"), expected.at(block + "ffn_gate_exps.weight"));
                    COMPARE_TYPE(types.at(part + "w2.weight"), expected.at(block + "ffn_down_exps.weight"));
                }
            }
            COMPARE_TYPE(types.at("lm_head.weight"), expected.at("output.weight"));
            COMPARE_TYPE(types.at("model.embed_tokens.weight"), expected.at("token_embd.weight"));
        }
    }

    void pureAndRules()
    {
        const ScratchFolder folder;
        const LlamaShape& shape = shapes.at("tinyllama-1.1b");
        const auto model = makeShapeModel(folder.path(), architectureOf(shape), tensorsOf(shape));
        auto types = writtenBy(*model, "Q4_K_M", {false, true, {}});
        COMPARE_TYPE(types.at("output.weight"), Q4_K);
        COMPARE_TYPE(types.at("blk.0.attn_v.weight"), Q4_K);

        // Tensors taken by a rule do not advance the counters: layer 11 is then the first of eleven that count.
        const std::vector<TypeRule> rules = {TypeRule(R"(blk\.(\d|10)\.attn_v)", Q8_0), TypeRule("attn_v", Q5_0)};
        types = writtenBy(*model, "Q3_K_M", {false, false, {rules[0]}});
        COMPARE_TYPE(types.at("blk.0.attn_v.weight"), Q8_0);
        COMPARE_TYPE(types.at("blk.11.attn_v.weight"), Q5_K);
        COMPARE_TYPE(types.at("blk.13.attn_v.weight"), Q4_K);
        types = writtenBy(*model, "Q3_K_M", {false, false, rules});
        COMPARE_TYPE(types.at("blk.10.attn_v.weight"), Q8_0);
        COMPARE_TYPE(types.at("blk.11.attn_v.weight"), Q5_0);
        types = writtenBy(*model, "F16", {false, false, rules}); // here llama-quantize would ignore them
        COMPARE_TYPE(types.at("blk.11.attn_v.weight"), Q5_0);
        COMPARE_TYPE(types.at("blk.11.attn_k.weight"), F16);
    }

    void presetsWithoutImportanceStillPlan()
    {
        const ScratchFolder folder;
        const LlamaShape& shape = shapes.at("tinyllama-1.1b");
        const auto model = makeShapeModel(folder.path(), architectureOf(shape), tensorsOf(shape));
        QVERIFY(findPreset("IQ2_XXS")->needsImportance);
        COMPARE_TYPE(writtenBy(*model, "IQ2_XXS").at("blk.9.attn_q.weight"), IQ2_XXS);
    }

    // A lone safetensors file says nothing about heads or layers: shapes and names do.
    void modelsWithoutHyperparameters()
    {
        const ScratchFolder folder;
        const LlamaShape& shape = shapes.at("tinyllama-1.1b");
        const auto known = makeShapeModel(folder.path(), architectureOf(shape), tensorsOf(shape));
        const auto unknown = makeShapeModel(folder.path(), {}, tensorsOf(shape), ModelFormat::Gguf);
        for (const Preset& preset : allPresets())
            QVERIFY2(writtenBy(*known, preset.id.data()) == writtenBy(*unknown, preset.id.data()), preset.id.data());
    }

    void oneType()
    {
        const ScratchFolder folder;
        const LlamaShape& shape = shapes.at("tinyllama-1.1b");
        const auto model = makeShapeModel(folder.path(), architectureOf(shape), tensorsOf(shape));
        const std::vector<TypeRule> rules = {TypeRule("^output", Q6_K)};
        const Plan plan = planFromType(*model, Q8_0, rules);
        const auto types = written(*model, plan);
        COMPARE_TYPE(types.at("blk.3.ffn_up.weight"), Q8_0);
        COMPARE_TYPE(types.at("output.weight"), Q6_K);
        COMPARE_TYPE(types.at("blk.3.attn_norm.weight"), F32);
        QVERIFY(plan.preset.empty());
        QCOMPARE(fileTypeOf(*model, plan), 7u);
    }

    void fileTypes()
    {
        const ScratchFolder folder;
        const LlamaShape& shape = shapes.at("tinyllama-1.1b");
        Metadata metadata;
        metadata.append("general.file_type", MetadataValue::ofU32(32));
        const auto model
            = makeShapeModel(folder.path(), architectureOf(shape), tensorsOf(shape), ModelFormat::Gguf, metadata);
        QCOMPARE(fileTypeOf(*model, {}), 32u);
        const std::vector<std::pair<TensorType, std::uint32_t>> expected
            = {{F32, 0}, {F16, 1}, {BF16, 32}, {Q3_K, 12}, {Q4_K, 15}, {Q5_K, 17}, {IQ2_XS, 20}, {IQ2_S, 28},
               {IQ3_S, 26}, {MXFP4, 38}, {NVFP4, 39}, {Q1_0, 40}, {IQ1_M, 31}, {TQ1_0, 36}};
        for (const auto& [type, number] : expected)
            QCOMPARE(fileTypeOf(*model, planFromType(*model, type)), number);
    }
};

QTEST_APPLESS_MAIN(TestPresets)
#include "tst_presets.moc"
