// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/presets.h"
#include "core/plan/recipe.h"
#include "support/shape_models.h"
#include "support/test_support.h"

#include <nlohmann/json.hpp>

using namespace quantlathe;
using namespace quantlathe::test;
using enum TensorType;

namespace {

const LlamaShape shape{"llama", 4, 512, 1024, 8, 2, 1000};

std::string recipeWith(const std::string& tensors, const std::string& more = {})
{
    return R"({"format": "quantlathe-recipe", "version": 1, )" + more + R"("tensors": {)" + tensors + "}}";
}

} // namespace

class TestRecipe : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;
    std::shared_ptr<const Model> m_model = makeShapeModel(m_folder.path(), architectureOf(shape), tensorsOf(shape));

    AppliedRecipe read(const std::string& json) const { return recipeFromJson(json, *m_model, "recipe.json"); }

private slots:
    void roundTrip()
    {
        Plan plan = planFromPreset(*m_model, *findPreset("Q4_K_M"), {});
        plan.encoding = {Objective::SquaredError, Effort::Best};
        plan.setChoice("blk.1.ffn_up.weight", Choice{Q8_0});
        plan.setChoice("blk.2.ffn_up.weight", std::nullopt);
        saveRecipe(m_folder / "recipe.json", plan, *m_model);
        const AppliedRecipe applied = loadRecipe(m_folder / "recipe.json", *m_model);
        QVERIFY(applied.plan == plan);
        QVERIFY(applied.missing.empty());

        const auto json = nlohmann::json::parse(recipeToJson(plan, *m_model));
        QCOMPARE(json.at("version").get<int>(), 2);
        QCOMPARE(json.at("encoding").at("effort").get<std::string>(), std::string("best"));
        QCOMPARE(json.at("encoding").at("objective").get<std::string>(), std::string("squared-error"));
        QCOMPARE(json.at("preset").get<std::string>(), std::string("Q4_K_M"));
        QCOMPARE(json.at("tensors").at("blk.1.ffn_up.weight").at("type").get<std::string>(), std::string("Q8_0"));
        QVERIFY(!json.at("tensors").contains("blk.2.ffn_up.weight"));
    }

    void emptyPlan()
    {
        const AppliedRecipe applied = read(recipeToJson({}, *m_model));
        QVERIFY(applied.plan == Plan{} && applied.missing.empty());
    }

    // The recipe of a GGUF fits the Hugging Face folder it was made from, and a sibling with fewer layers.
    void siblings()
    {
        const Plan plan = planFromType(*m_model, Q6_K);
        const std::string json = recipeToJson(plan, *m_model);
        const auto folderModel = makeShapeModel(
            m_folder.path(), architectureOf(shape),
            {{"model.layers.0.self_attn.q_proj.weight", {512, 512}}, {"lm_head.weight", {1000, 512}}},
            ModelFormat::HuggingFace);
        const AppliedRecipe onFolder = recipeFromJson(json, *folderModel);
        QVERIFY(onFolder.plan.choice("model.layers.0.self_attn.q_proj.weight") == Choice{Q6_K});
        QVERIFY(onFolder.plan.choice("lm_head.weight") == Choice{Q6_K});
        QCOMPARE(onFolder.plan.choices().size(), std::size_t(2));
        QVERIFY(recipeToJson(onFolder.plan, *folderModel).find("blk.0.attn_q.weight") != std::string::npos);

        LlamaShape small = shape;
        small.layers = 3;
        const auto sibling = makeShapeModel(m_folder.path(), architectureOf(small), tensorsOf(small));
        const AppliedRecipe onSibling = recipeFromJson(json, *sibling);
        QVERIFY(onSibling.plan == planFromType(*sibling, Q6_K));
        QCOMPARE(onSibling.missing.size(), std::size_t(7));
        QVERIFY(onSibling.missing.front().starts_with("blk.3."));
    }

    void expertsShareOneEntry()
    {
        std::vector<ShapeTensor> tensors;
        for (int expert = 0; expert < 4; ++expert)
            tensors.push_back({"model.layers.0.mlp.experts." + std::to_string(expert) + ".up_proj.weight", {256, 256}});
        Architecture architecture;
        architecture.name = "qwen2moe";
        const auto model = makeShapeModel(m_folder.path(), architecture, tensors, ModelFormat::HuggingFace);
        Plan plan = planFromType(*model, Q4_K);
        QCOMPARE(nlohmann::json::parse(recipeToJson(plan, *model)).at("tensors").size(), std::size_t(1));
        QVERIFY(recipeFromJson(recipeToJson(plan, *model), *model).plan == plan);
        plan.setChoice(tensors[2].name, Choice{Q8_0});
        QCOMPARE(nlohmann::json::parse(recipeToJson(plan, *model)).at("tensors").size(), std::size_t(4));
        QVERIFY(recipeFromJson(recipeToJson(plan, *model), *model).plan == plan);
    }

    void optionalKeys()
    {
        const AppliedRecipe applied = read(recipeWith(R"("output.weight": {"type": "q5_0"}, "gone.weight": {"type": "Q4_0"})"));
        QVERIFY(applied.plan.choice("output.weight") == Choice{Q5_0});
        QCOMPARE(applied.missing, std::vector<std::string>{"gone.weight"});
        QVERIFY(applied.plan.preset.empty());
    }

    void versions()
    {
        QVERIFY(read(recipeWith("")).plan.encoding == Encoding{});
        const auto encoding = [this](const char* text) {
            return read(R"({"format": "quantlathe-recipe", "version": 2, "tensors": {}, "encoding": )" + std::string(text) + "}")
                .plan.encoding;
        };
        QVERIFY(encoding(R"({})") == Encoding{});
        QVERIFY(encoding(R"({"effort": "best"})") == (Encoding{std::nullopt, Effort::Best}));
        QVERIFY(encoding(R"({"objective": "default"})") == Encoding{});
        QVERIFY(encoding(R"({"objective": "magnitude"})") == (Encoding{Objective::Magnitude, Effort::Standard}));
    }

    void folderTargets()
    {
        Plan plan;
        plan.target = Target::CompressedTensors;
        plan.setChoice("blk.0.attn_q.weight", Choice{BF16, Method::Gptq, GroupScheme{3, 64, false, BF16, false}});
        plan.setChoice("blk.0.attn_k.weight", Choice{F16, Method::SmoothQuant, GroupScheme{8, 0, true, F32, true}});
        plan.setChoice("blk.0.attn_v.weight", Choice{BF16, Method::RoundToNearest, FloatScheme{FloatCode::E5M2, 128, 128, F32}});
        plan.setChoice("blk.0.ffn_up.weight", Choice{F16, Method::Awq, {}});
        const std::string json = recipeToJson(plan, *m_model);
        QCOMPARE(nlohmann::json::parse(json).at("version").get<int>(), 4);
        const AppliedRecipe applied = read(json);
        QVERIFY(applied.plan == plan);
        QVERIFY(applied.missing.empty());
        QVERIFY(read(recipeToJson(applied.plan, *m_model)).plan == plan);
        // A method alone is news to older programs, too.
        Plan gguf;
        gguf.setChoice("blk.0.attn_q.weight", Choice{Q4_K, Method::Gptq, {}});
        QCOMPARE(nlohmann::json::parse(recipeToJson(gguf, *m_model)).at("version").get<int>(), 4);
        QVERIFY(read(recipeToJson(gguf, *m_model)).plan == gguf);
    }

    void refuses_data()
    {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("message");
        const auto row = [](const char* title, const std::string& json, const char* message) {
            QTest::newRow(title) << QString::fromStdString(json) << message;
        };
        row("empty", "", "no JSON");
        row("cut off", R"({"format": "quantlathe-recipe",)", "no JSON");
        row("array", "[]", "a recipe is a JSON object");
        row("other JSON", "{}", "'format' is not 'quantlathe-recipe'");
        row("no version", R"({"format": "quantlathe-recipe"})", "'version' is missing");
        row("negative version", R"({"format": "quantlathe-recipe", "version": -1})", "'version' is missing or no number");
        row("number beyond range", R"({"format": "quantlathe-recipe", "version": 1e999, "tensors": {}})", "a number is beyond every range");
        row("newer", R"({"format": "quantlathe-recipe", "version": 5, "tensors": {}})", "version 5 is not known");
        row("version 0", R"({"format": "quantlathe-recipe", "version": 0, "tensors": {}})", "version 0 is not known");
        row("encoding in version 1", recipeWith("", R"("encoding": {}, )"), "unknown key 'encoding'");
        const auto encoding = [](const std::string& value) {
            return R"({"format": "quantlathe-recipe", "version": 2, "tensors": {}, "encoding": )" + value + "}";
        };
        row("encoding as string", encoding(R"("best")"), "'encoding' is no object");
        row("effort", encoding(R"({"effort": "heroic"})"), "unknown effort 'heroic'");
        row("effort number", encoding(R"({"effort": 2})"), "'effort' is no string");
        row("objective", encoding(R"({"objective": "beauty"})"), "unknown objective 'beauty'");
        row("encoding key", encoding(R"({"speed": "fast"})"), "unknown key 'speed'");
        row("no tensors", R"({"format": "quantlathe-recipe", "version": 1})", "'tensors' is missing");
        row("tensors as array", R"({"format": "quantlathe-recipe", "version": 1, "tensors": []})", "'tensors' is missing");
        row("unknown key", recipeWith("", R"("tensor": 1, )"), "unknown key 'tensor'");
        row("target", recipeWith("", R"("target": "onnx", )"), "unknown target 'onnx'");
        row("target number", recipeWith("", R"("target": 1, )"), "'target' is no string");
        row("preset", recipeWith("", R"("preset": "Q9_K", )"), "unknown preset 'Q9_K'");
        row("type", recipeWith(R"("output.weight": {"type": "Q9"})"), "'output.weight' has an unknown type 'Q9'");
        row("run-time type", recipeWith(R"("output.weight": {"type": "Q8_K"})"), "nothing can be written as Q8_K");
        row("no type", recipeWith(R"("output.weight": {})"), "'output.weight' has no 'type'");
        row("string", recipeWith(R"("output.weight": "Q4_K")"), "'output.weight' is no object");
        row("method", recipeWith(R"("output.weight": {"type": "Q4_K", "method": "magic"})"), "unknown method 'magic'");
        row("target of version 4", recipeWith("", R"("target": "gptq", )"), "unknown target 'gptq'");
        row("method of version 4", recipeWith(R"("output.weight": {"type": "Q4_K", "method": "gptq"})"), "unknown method 'gptq'");
        row("scheme of version 4", recipeWith(R"("output.weight": {"type": "F16", "scheme": {}})"), "unknown key 'scheme'");
        const auto scheme = [](const std::string& value) {
            return R"({"format": "quantlathe-recipe", "version": 4, "target": "gptq", "tensors": {"output.weight": {"type": "F16", "scheme": )" + value + "}}}";
        };
        row("scheme as string", scheme(R"("INT4")"), "scheme is no object");
        row("scheme without bits", scheme(R"({"group": 128, "scales": "F16"})"), "'bits' is missing or no number");
        row("scheme of five bits", scheme(R"({"bits": 5, "group": 128, "scales": "F16"})"), "integers of 5 bits are none of 2, 3, 4 and 8");
        row("scheme of many bits", scheme(R"({"bits": 4294967300, "group": 128, "scales": "F16"})"), "integers of 64 bits are none");
        row("huge groups", scheme(R"({"bits": 4, "group": 18446744073709551615, "scales": "F16"})"), "are too large");
        row("negative group", scheme(R"({"bits": 4, "group": -1, "scales": "F16"})"), "'group' is missing or no number");
        row("no scales", scheme(R"({"bits": 4, "group": 32})"), "scales of an unknown type ''");
        row("integer scales", scheme(R"({"bits": 4, "group": 32, "scales": "I8"})"), "scales cannot be I8");
        row("symmetric", scheme(R"({"bits": 4, "group": 32, "scales": "F16", "symmetric": 1})"), "'symmetric' is neither true nor false");
        row("per tensor", scheme(R"({"bits": 8, "group": 32, "scales": "F16", "per_tensor": true})"), "one scale for the tensor goes with no group size");
        row("scheme key", scheme(R"({"bits": 8, "group": 32, "scales": "F16", "rows": 1})"), "unknown key 'rows'");
        row("code", scheme(R"({"code": "e3m4", "rows": 1, "inputs": 0, "scales": "F32"})"), "unknown code 'e3m4'");
        row("huge blocks", scheme(R"({"code": "nf4", "rows": 1, "inputs": 18446744073709551615, "scales": "F32"})"), "are too large");
        row("float scales", scheme(R"({"code": "nf4", "rows": 1, "inputs": 64, "scales": "F64"})"), "scales cannot be F64");
        row("extra", recipeWith(R"("output.weight": {"type": "Q4_K", "bits": 4})"), "unknown key 'bits'");
        row("twice", recipeWith(R"("output.weight": {"type": "Q4_K"}, "output.weight": {"type": "Q5_K"})"), "stands there twice");
        row("deep", recipeWith(R"("a": )" + std::string(100000, '[')), "nested deeper");
        row("deep objects", std::string(2000, '{'), "no JSON");
    }
    void refuses()
    {
        QFETCH(QString, json);
        QFETCH(QString, message);
        VERIFY_ERROR(read(json.toStdString()), ErrorKind::BadFormat, message.toStdString());
        VERIFY_ERROR(read(json.toStdString()), ErrorKind::BadFormat, "recipe.json");
    }

    void badUtf8()
    {
        VERIFY_ERROR(read(recipeWith("\"\xff\": {\"type\": \"Q4_K\"}")), ErrorKind::BadFormat, "no JSON");
        // A tensor with such a name can be planned; saving it must not fail.
        const auto model = makeShapeModel(m_folder.path(), {}, {{"\xff.weight", {256, 256}}});
        QVERIFY(!recipeToJson(planFromType(*model, Q4_K), *model).empty());
    }

    void missingFile()
    {
        VERIFY_ERROR(loadRecipe(m_folder / "none.json", *m_model), ErrorKind::NotFound, "none.json");
    }
};

QTEST_APPLESS_MAIN(TestRecipe)
#include "tst_recipe.moc"
