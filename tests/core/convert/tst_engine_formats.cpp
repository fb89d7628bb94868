// SPDX-License-Identifier: GPL-3.0-or-later
// What is offered for each engine, and the plans that come of it: no engine refuses what it is offered.
#include "core/convert/engine_formats.h"
#include "core/convert/export_folder.h"
#include "core/formats/open.h"
#include "core/memory/estimate.h"
#include "support/small_llama.h"
#include "support/test_support.h"

#include <algorithm>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

bool isBlocked(const std::vector<LoadFinding>& findings, Engine engine)
{
    return std::any_of(findings.begin(), findings.end(), [engine](const LoadFinding& finding) { return standsInTheWay(finding, engine); });
}

} // namespace

class TestEngineFormats : public QObject
{
    Q_OBJECT

    ScratchFolder m_scratch;
    FolderContents m_contents;

    const Choice& choiceOf(const Plan& plan, const char* tensor) const { return plan.choices().at(tensor); }

private slots:
    void initTestCase() { m_contents = folderContents(openModel(writeSmallLlama(m_scratch / "model"))); }

    void namesAreStable()
    {
        for (const Engine engine : {Engine::LlamaCpp, Engine::Vllm, Engine::Tgi, Engine::Transformers}) {
            QVERIFY(engineFromName(name(engine)) == engine);
            QVERIFY(!formatsFor(engine).empty());
            for (const ExportFormat format : formatsFor(engine)) {
                QVERIFY(exportFormatFromName(name(format)) == format);
                QCOMPARE(targetOf(format) == Target::Gguf, engine == Engine::LlamaCpp);
            }
        }
        QVERIFY(!engineFromName("onnx") && !exportFormatFromName("onnx"));
    }

    // Everything that can be chosen, in every combination, passes the rules of the engine that it is offered for.
    void nothingRefusedIsOffered()
    {
        int count = 0;
        for (const Engine engine : {Engine::Vllm, Engine::Tgi, Engine::Transformers}) {
            for (const ExportFormat format : formatsFor(engine)) {
                const FormatFacts facts = factsOf(format, engine);
                const auto bits = facts.bits.empty() ? std::vector<unsigned>{4} : facts.bits;
                const auto groups = facts.groups.empty() ? std::vector<std::uint64_t>{128} : facts.groups;
                for (const unsigned bit : bits) {
                    for (const std::uint64_t group : groups) {
                        for (const bool isSymmetric : {true, false}) {
                            if (!isSymmetric && !facts.canBeAsymmetric)
                                continue;
                            const FormatSettings settings{format, bit, group, isSymmetric, Method::RoundToNearest};
                            const Plan plan = folderPlan(m_contents, settings, facts);
                            const auto findings = checkLoadRules(m_contents, plan, folderOptions(settings));
                            for (const LoadFinding& finding : findings)
                                QVERIFY2(!standsInTheWay(finding, engine), (std::string(name(format)) + ": " + finding.message).c_str());
                            ++count;
                        }
                    }
                }
            }
        }
        QVERIFY(count > 60);
    }

    void whatIsRefusedSaysWhatToDo()
    {
        const FormatSettings settings{ExportFormat::Gptq, 3, 128, false, Method::RoundToNearest};
        const auto findings = checkLoadRules(m_contents, folderPlan(m_contents, settings, factsOf(ExportFormat::Gptq, Engine::Transformers)), folderOptions(settings));
        QVERIFY(isBlocked(findings, Engine::Vllm) && isBlocked(findings, Engine::Tgi) && !isBlocked(findings, Engine::Transformers));
        for (const LoadFinding& finding : findings)
            QVERIFY2(finding.verdict == LoadVerdict::Advice || !finding.advice.empty(), finding.message.c_str());
    }

    void groupsFit()
    {
        const FormatFacts facts = factsOf(ExportFormat::W4A16, Engine::Vllm);
        QCOMPARE(fittedTo({}, facts, m_contents).groupSize, std::uint64_t{128});
        ScratchFolder scratch;
        const FolderContents odd = folderContents(openModel(writeSmallLlama(scratch / "odd", 160)));
        QCOMPARE(fittedTo({}, facts, odd).groupSize, std::uint64_t{32});
        const FolderContents odder = folderContents(openModel(writeSmallLlama(scratch / "odder", 200)));
        QCOMPARE(fittedTo({}, facts, odder).groupSize, std::uint64_t{0});
        const FormatSettings eight = fittedTo({ExportFormat::W8A8, 4, 128, false, Method::RoundToNearest}, factsOf(ExportFormat::W8A8, Engine::Vllm), m_contents);
        QVERIFY(eight.bits == 8 && eight.groupSize == 0 && eight.isSymmetric);
    }

    void bitsFollowThePlan()
    {
        Plan mixture;
        const std::string layer = "model.layers.0.";
        for (const char* name : {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"}) {
            for (const char* number : {"0.", "1."})
                mixture.setChoice(std::string("model.layers.") + number + name + ".weight", Choice{TensorType::Q4_0});
        }
        QVERIFY(!hasMixedBits(*m_contents.model, mixture));
        mixture.setChoice(layer + "self_attn.v_proj.weight", Choice{TensorType::Q5_0});
        mixture.setChoice(layer + "mlp.down_proj.weight", Choice{TensorType::Q8_0});
        mixture.setChoice("model.layers.1.mlp.down_proj.weight", Choice{TensorType::BF16});
        QVERIFY(hasMixedBits(*m_contents.model, mixture));
        for (const ExportFormat format : {ExportFormat::W4A16, ExportFormat::Gptq}) {
            const FormatFacts facts = factsOf(format, Engine::Vllm);
            QVERIFY(facts.isMixable);
            const Plan plan = folderPlan(m_contents, {format, 4, 128, true, Method::Gptq}, facts, &mixture);
            const auto bits = [&](const std::string& tensor) { return std::get<GroupScheme>(plan.choices().at(tensor + ".weight").scheme).bits; };
            QCOMPARE(bits(layer + "self_attn.q_proj"), 8u); // together with the values, which have five
            QCOMPARE(bits(layer + "self_attn.k_proj"), 8u);
            QCOMPARE(bits(layer + "self_attn.o_proj"), 4u);
            QCOMPARE(bits(layer + "mlp.down_proj"), 8u);
            QCOMPARE(bits("model.layers.1.self_attn.q_proj"), 4u);
            QVERIFY(!plan.choice("model.layers.1.mlp.down_proj.weight")); // 16 bits
            QVERIFY(choiceOf(plan, "model.layers.0.self_attn.o_proj.weight").method == Method::Gptq);
            QVERIFY(!isBlocked(checkLoadRules(m_contents, plan, {}), Engine::Vllm));
        }
        const FormatFacts awq = factsOf(ExportFormat::Awq, Engine::Vllm);
        QVERIFY(!awq.isMixable);
        QVERIFY(folderPlan(m_contents, {ExportFormat::Awq, 4, 128, false, Method::Awq}, awq, &mixture)
                == folderPlan(m_contents, {ExportFormat::Awq, 4, 128, false, Method::Awq}, awq));
    }

    // The estimate of a folder counts what will be written: to the byte, but for W8A8, which lacks the shapes that packed integers have.
    void memoryCountsWhatIsWritten()
    {
        const MemoryModel memory(*m_contents.model);
        for (const ExportFormat format : formatsFor(Engine::Vllm)) {
            const FormatFacts facts = factsOf(format, Engine::Vllm);
            const FormatSettings settings = fittedTo({format, 4, 128, true, Method::RoundToNearest}, facts, m_contents);
            const Plan plan = folderPlan(m_contents, settings, facts);
            const FolderOutput output = makeFolderOutput(m_contents, plan, folderOptions(settings));
            std::uint64_t written = 0;
            for (const safetensors::NewTensor& piece : output.pieces)
                written += piece.sizeBytes;
            const MemoryEstimate estimate = memory.estimate(plan, defaultSettings(Runner::Vllm), nullptr);
            const std::uint64_t shapes = format == ExportFormat::W8A8 ? 16 * plan.choices().size() : 0;
            QCOMPARE(estimate.weightBytes, written + shapes);
            QVERIFY(!estimate.isFileExact);
        }
    }
};

QTEST_APPLESS_MAIN(TestEngineFormats)
#include "tst_engine_formats.moc"
