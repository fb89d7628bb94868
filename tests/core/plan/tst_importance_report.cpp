// SPDX-License-Identifier: GPL-3.0-or-later
// What importance data do for a plan: the report before the job, the types that need them, and the recipe that remembers them.
#include "core/plan/importance_report.h"
#include "core/plan/plan_findings.h"
#include "core/plan/presets.h"
#include "core/plan/recipe.h"
#include "support/shape_models.h"
#include "support/test_support.h"

#include <limits>
#include <nlohmann/json.hpp>

using namespace quantlathe;
using namespace quantlathe::test;
using enum TensorType;

namespace {

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

Importance::Entry entry(const std::string& name, std::size_t rowLength, std::vector<float> counts = {1})
{
    const std::size_t matrices = counts.size();
    return {name, rowLength, std::vector<float>(rowLength * matrices, 2), std::move(counts)};
}

std::shared_ptr<const Importance> importanceOf(std::vector<Importance::Entry> entries, const char* file = "data/imatrix.gguf")
{
    Importance::Contents contents;
    contents.file = file;
    contents.entries = std::move(entries);
    return std::make_shared<const Importance>(std::move(contents));
}

} // namespace

class TestImportanceReport : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;
    std::shared_ptr<const Model> m_model = makeShapeModel(m_folder.path(), {}, {{"token_embd.weight", {100, 256}, F16},
                                                                                {"blk.0.attn_norm.weight", {256}, F32},
                                                                                {"blk.0.attn_q.weight", {64, 256}, F16},
                                                                                {"blk.0.attn_k.weight", {64, 256}, F16},
                                                                                {"blk.0.attn_v.weight", {64, 256}, F16},
                                                                                {"blk.0.ffn_up_exps.weight", {2, 64, 256}, F16},
                                                                                {"blk.0.attn_output.weight", {64, 256}, F16}});

    [[nodiscard]] ImportanceMatch match() const
    {
        Importance::Entry bad = entry("blk.0.attn_v.weight", 256);
        bad.sumOfSquares[9] = notANumber;
        return {importanceOf({entry("blk.0.attn_q.weight", 256), entry("blk.0.attn_k.weight", 128), bad,
                              entry("blk.0.ffn_up_exps.weight", 256, {3, 0}), entry("blk.0.attn_output.weight", 256), entry("blk.7.attn_q.weight", 256)}),
                m_model};
    }

private slots:
    void everyTensorIsAccountedFor()
    {
        Plan plan = planFromType(*m_model, Q4_K);
        plan.setChoice("blk.0.attn_output.weight", Choice{BF16});
        const ImportanceMatch data = match();
        const ImportanceReport report = importanceReport(data, plan);
        using enum ImportanceUse;
        QCOMPARE(report.uses, (std::vector{Missing, Kept, Used, WrongSize, BadValues, PartlyUsed, NotWeighted}));
        QCOMPARE(report.groups.size(), std::size_t(7));
        for (std::size_t index = 0; index < report.groups.size(); ++index) {
            QCOMPARE(static_cast<std::size_t>(report.groups[index].use), index); // in the order of the enum
            QCOMPARE(report.groups[index].tensors.size(), std::size_t(1));
            QCOMPARE(report.count(report.groups[index].use), std::size_t(1));
            QVERIFY(!consequence(report.groups[index].use).empty() && !name(report.groups[index].use).empty());
        }
        QCOMPARE(report.groups[0].example, std::string());
        QCOMPARE(report.groups[1].example, std::string("blk.0.ffn_up_exps.weight: 1 of 2 experts were never reached"));
        QCOMPARE(report.groups[2].example, std::string("token_embd.weight"));
        QCOMPARE(report.groups[3].example, std::string("blk.0.attn_k.weight: importance of 128 channels for rows of 256 weights"));
        QCOMPARE(report.groups[4].example, std::string("blk.0.attn_v.weight: the importance of channel 9 is NaN"));
        QCOMPARE(report.unknownNames, std::vector<std::string>{"blk.7.attn_q.weight"});
        QVERIFY(report.hasTrouble());
        QVERIFY(isWeightedBy(&data, 2, Q4_K) && !isWeightedBy(&data, 2, BF16) && !isWeightedBy(&data, 0, Q4_K) && !isWeightedBy(nullptr, 2, Q4_K));

        Plan one;
        one.setChoice("blk.0.attn_q.weight", Choice{Q4_K});
        QVERIFY(!importanceReport(data, one).hasTrouble());
        QCOMPARE(importanceReport(data, one).count(Kept), std::size_t(6));
    }

    void typesThatDemandItAreServed()
    {
        const ImportanceMatch data = match();
        Plan plan;
        plan.setChoice("blk.0.attn_q.weight", Choice{IQ2_XS});
        QCOMPARE(typesNeedingImportance(*m_model, plan), std::vector{IQ2_XS});
        QVERIFY(typesNeedingImportance(*m_model, plan, &data).empty());
        const auto needs = [&](const ImportanceMatch* importance) {
            const auto findings = checkTypes(*m_model, plan, importance);
            return std::count_if(findings.begin(), findings.end(), [](const Finding& finding) { return finding.kind == FindingKind::NeedsImportance; });
        };
        QCOMPARE(needs(nullptr), 1);
        QCOMPARE(needs(&data), 0);
        plan.setChoice("token_embd.weight", Choice{IQ1_S}); // which the data do not serve
        QCOMPARE(typesNeedingImportance(*m_model, plan, &data), std::vector{IQ1_S});
        QCOMPARE(needs(&data), 1);
        QCOMPARE(importanceReport(data, plan).needy, std::vector<std::size_t>{0});
    }

    void recipesRememberTheData()
    {
        const auto data = match().importance();
        const Plan plan = planFromType(*m_model, Q4_K);
        const std::string json = recipeToJson(plan, *m_model, data.get());
        QCOMPARE(nlohmann::json::parse(json).at("version").get<int>(), 3);
        QCOMPARE(nlohmann::json::parse(json).at("importance").at("file").get<std::string>(), std::string("imatrix.gguf"));
        const AppliedRecipe applied = recipeFromJson(json, *m_model);
        QVERIFY(applied.plan == plan);
        QCOMPARE(applied.importance, std::optional(recipeImportanceOf(*data)));
        QVERIFY(!importanceWarning(applied, data.get()));
        QVERIFY(importanceWarning(applied, nullptr)->find("the recipe was made with the importance data 'imatrix.gguf'; without") != std::string::npos);
        const auto other = importanceOf({entry("blk.0.attn_q.weight", 256)});
        QVERIFY(importanceWarning(applied, other.get())->find("was made with other importance data") != std::string::npos);
        QVERIFY(!importanceWarning(recipeFromJson(recipeToJson(plan, *m_model), *m_model), nullptr));
        // The same data in another file are the same.
        const auto moved = importanceOf({data->entries().begin(), data->entries().end()}, "elsewhere.dat");
        QVERIFY(!importanceWarning(applied, moved.get()));
    }

    void badRecipesAreRefused_data()
    {
        QTest::addColumn<QString>("importance");
        QTest::addColumn<QString>("version");
        QTest::addColumn<QString>("message");
        QTest::newRow("no object") << "5" << "3" << "'importance' is no object";
        QTest::newRow("no hash") << R"({"file": "x"})" << "3" << "'importance' has no 'hash'";
        QTest::newRow("hash no string") << R"({"hash": 5})" << "3" << "'hash' is no string";
        QTest::newRow("file no string") << R"({"file": [], "hash": ""})" << "3" << "'file' is no string";
        QTest::newRow("unknown key") << R"({"hash": "", "size": 1})" << "3" << "'importance' has an unknown key 'size'";
        QTest::newRow("older version") << R"({"hash": ""})" << "2" << "the recipe has an unknown key 'importance'";
    }
    void badRecipesAreRefused()
    {
        QFETCH(QString, importance);
        QFETCH(QString, version);
        QFETCH(QString, message);
        const std::string json = R"({"format": "quantlathe-recipe", "version": )" + version.toStdString() + R"(, "importance": )" + importance.toStdString()
            + R"(, "tensors": {}})";
        VERIFY_ERROR(recipeFromJson(json, *m_model), ErrorKind::BadFormat, message.toStdString());
    }

    void presetsWithImportanceChooseOtherTypes()
    {
        const LlamaShape shape{"llama", 4, 512, 1024, 8, 2, 1000};
        ScratchFolder folder;
        const auto model = makeShapeModel(folder.path(), architectureOf(shape), tensorsOf(shape));
        const Preset& preset = *findPreset("IQ3_XXS");
        QVERIFY(!(planFromPreset(*model, preset, {true, false, {}}) == planFromPreset(*model, preset, {false, false, {}})));
    }
};

QTEST_APPLESS_MAIN(TestImportanceReport)
#include "tst_importance_report.moc"
