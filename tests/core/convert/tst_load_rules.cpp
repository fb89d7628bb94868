// SPDX-License-Identifier: GPL-3.0-or-later
// What engines refuse or misread, found before anything is written.
#include "core/convert/export_folder.h"
#include "core/formats/open.h"
#include "support/shard_builder.h"
#include "support/test_support.h"

#include <algorithm>
#include <fstream>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

Choice integers(unsigned bits, std::uint64_t group, bool isSymmetric)
{
    Choice choice;
    choice.scheme = GroupScheme{bits, group, isSymmetric, TensorType::F16, false};
    return choice;
}
Choice block()
{
    Choice choice;
    choice.scheme = FloatScheme{FloatCode::E4M3, 128, 128, TensorType::F32};
    return choice;
}

/// Headers are all that rules look at.
class Contents
{
public:
    explicit Contents(std::uint64_t width = 256, bool hasExperts = false)
    {
        ShardBuilder shard;
        const std::string layer = "model.layers.0.";
        for (const char* name : {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"})
            shard.add(layer + name + ".weight", "BF16", {width, width});
        if (hasExperts)
            shard.add(layer + "mlp.experts.0.up_proj.weight", "BF16", {width, width}).add(layer + "mlp.experts.0.gate_proj.weight", "BF16", {width, width});
        shard.add("model.embed_tokens.weight", "BF16", {8, width}).add("lm_head.weight", "BF16", {8, width});
        writeBytes(m_scratch / "model.safetensors", shard.file());
        std::ofstream(m_scratch / "config.json") << R"({"model_type":"llama","architectures":["LlamaForCausalLM"],"torch_dtype":"bfloat16"})";
        contents = folderContents(openModel(m_scratch.path()));
    }

    FolderContents contents;

private:
    ScratchFolder m_scratch;
};

const LoadFinding* find(const std::vector<LoadFinding>& findings, LoadVerdict verdict, Engine engine, const char* text)
{
    for (const LoadFinding& finding : findings) {
        const bool concerns = std::find(finding.engines.begin(), finding.engines.end(), engine) != finding.engines.end();
        if (finding.verdict == verdict && concerns && finding.message.find(text) != std::string::npos)
            return &finding;
    }
    return nullptr;
}

} // namespace

class TestLoadRules : public QObject
{
    Q_OBJECT
private slots:
    void whatTheSafestChoiceNeeds()
    {
        const Contents model;
        const auto findings = checkLoadRules(model.contents, uniformFolderPlan(model.contents, Target::Gptq, integers(4, 128, true)), {});
        QCOMPARE(findings.size(), 1u);
        QVERIFY(find(findings, LoadVerdict::Advice, Engine::Transformers, "needs the packages optimum and gptqmodel"));
        QVERIFY(checkLoadRules(model.contents, uniformFolderPlan(model.contents, Target::Safetensors, {}), {}).empty());
    }

    void gptq()
    {
        const Contents model(192);
        const auto check = [&](const Choice& choice, FolderOptions options = {}) {
            return checkLoadRules(model.contents, uniformFolderPlan(model.contents, Target::Gptq, choice), options);
        };
        const auto asymmetric = check(integers(4, 64, false));
        QCOMPARE(find(asymmetric, LoadVerdict::Refused, Engine::Vllm, "4 or 8 bits, symmetric only")->tensors.size(), 7u);
        QVERIFY(find(asymmetric, LoadVerdict::Misread, Engine::Tgi, "takes for v1"));
        QVERIFY(find(asymmetric, LoadVerdict::Refused, Engine::Vllm, "inputs in multiples of 128"));
        QVERIFY(find(check(integers(3, 64, true)), LoadVerdict::Refused, Engine::Vllm, "4 or 8 bits"));
        QVERIFY(find(check(integers(3, 64, true)), LoadVerdict::Refused, Engine::LlamaCpp, "2, 4 and 8 bits"));
        QVERIFY(find(check(integers(4, 48, true)), LoadVerdict::Refused, Engine::Tgi, "groups of 32, 64, 128"));
        QVERIFY(find(check(integers(4, 64, true), {0, false, true}), LoadVerdict::Misread, Engine::Tgi, "takes for v1"));
        QVERIFY(!find(check(integers(4, 64, true)), LoadVerdict::Misread, Engine::Tgi, "takes for v1"));
    }

    void oneFindingNamesAllLayersThatItIsTrueOf()
    {
        const Contents model(192);
        Plan plan;
        plan.target = Target::Gptq;
        for (const Tensor& tensor : model.contents.model->tensors()) {
            if (tensor.name().find("_proj") != std::string::npos)
                plan.setChoice(tensor.name(), integers(4, 128, true));
        }
        const auto findings = checkLoadRules(model.contents, plan, {});
        const auto impossible = [](const LoadFinding& finding) { return finding.verdict == LoadVerdict::Impossible; };
        QCOMPARE(std::count_if(findings.begin(), findings.end(), impossible), 1);
        QCOMPARE(std::find_if(findings.begin(), findings.end(), impossible)->tensors.size(), 7u);
    }

    void awqAndCompressed()
    {
        const Contents model(224, true);
        const auto awq = checkLoadRules(model.contents, uniformFolderPlan(model.contents, Target::Awq, integers(4, 32, false)), {});
        QVERIFY(find(awq, LoadVerdict::Refused, Engine::LlamaCpp, "does not read AWQ"));
        QVERIFY(find(awq, LoadVerdict::Refused, Engine::Vllm, "outputs in multiples of 64"));
        const auto eight = checkLoadRules(model.contents, uniformFolderPlan(model.contents, Target::CompressedTensors, integers(8, 32, false)), {});
        QVERIFY(find(eight, LoadVerdict::Refused, Engine::Tgi, "symmetric only"));
        QVERIFY(find(eight, LoadVerdict::Refused, Engine::Vllm, "8-bit codes with zero points"));
        QVERIFY(find(eight, LoadVerdict::Misread, Engine::Transformers, "leaves them random"));
        QVERIFY(find(eight, LoadVerdict::Advice, Engine::Vllm, "multiples of 64"));
        const auto two = checkLoadRules(model.contents, uniformFolderPlan(model.contents, Target::CompressedTensors, integers(2, 32, true)), {});
        QVERIFY(find(two, LoadVerdict::Refused, Engine::Vllm, "4 and 8 bits"));
        Choice nv;
        nv.type = TensorType::NVFP4;
        const auto fp4 = checkLoadRules(model.contents, uniformFolderPlan(model.contents, Target::CompressedTensors, nv), {});
        QVERIFY(find(fp4, LoadVerdict::Refused, Engine::Tgi, "4-bit floats"));
    }

    void fp8()
    {
        const Contents model(192);
        const auto findings = checkLoadRules(model.contents, uniformFolderPlan(model.contents, Target::Fp8, block()), {});
        QVERIFY(find(findings, LoadVerdict::Misread, Engine::Transformers, "multiples of the block"));
        QVERIFY(find(findings, LoadVerdict::Refused, Engine::Vllm, "multiple of 128"));
        Choice whole = block();
        whole.scheme = FloatScheme{FloatCode::E4M3, 0, 0, TensorType::F32};
        QVERIFY(find(checkLoadRules(model.contents, uniformFolderPlan(model.contents, Target::Fp8, whole), {}), LoadVerdict::Misread, Engine::Transformers,
                     "the scale of a whole tensor under another name"));
        const Contents good(256);
        QCOMPARE(checkLoadRules(good.contents, uniformFolderPlan(good.contents, Target::Fp8, block()), {}).size(), 1u);
    }

    void fusedLayersShareASchemeAndMixturesAreNamed()
    {
        const Contents model;
        Plan plan = uniformFolderPlan(model.contents, Target::Gptq, integers(4, 128, true));
        plan.setChoice("model.layers.0.self_attn.k_proj.weight", integers(8, 128, true));
        auto findings = checkLoadRules(model.contents, plan, {});
        QVERIFY(find(findings, LoadVerdict::Refused, Engine::Vllm, "must share one scheme"));
        QVERIFY(find(findings, LoadVerdict::Refused, Engine::Tgi, "'dynamic'"));
        plan.setChoice("model.layers.0.self_attn.k_proj.weight", std::nullopt); // one of three in 16 bits is no better
        QVERIFY(find(checkLoadRules(model.contents, plan, {}), LoadVerdict::Refused, Engine::Tgi, "must share one scheme"));
        plan = uniformFolderPlan(model.contents, Target::Gptq, integers(4, 128, true));
        plan.setChoice("model.layers.0.mlp.down_proj.weight", integers(8, 128, true));
        QVERIFY(!find(checkLoadRules(model.contents, plan, {}), LoadVerdict::Refused, Engine::Vllm, "must share one scheme"));
        plan.target = Target::CompressedTensors;
        QVERIFY(find(checkLoadRules(model.contents, plan, {}), LoadVerdict::Refused, Engine::LlamaCpp, "one scheme for all layers"));
        plan.target = Target::Awq;
        findings = checkLoadRules(model.contents, plan, {});
        QVERIFY(std::any_of(findings.begin(), findings.end(), [](const LoadFinding& finding) {
            return finding.verdict == LoadVerdict::Impossible && finding.message.find("mixed bits need gptq or compressed-tensors") != std::string::npos;
        }));
    }

    void quantizedSources()
    {
        const auto contents = folderContents(openModel(fixture("quantized/ct-w8")));
        const auto findings = checkLoadRules(contents, uniformFolderPlan(contents, Target::Gptq, integers(4, 32, true)), {});
        QVERIFY(std::any_of(findings.begin(), findings.end(), [](const LoadFinding& finding) {
            return finding.verdict == LoadVerdict::Advice && finding.tensors.size() == 7 && finding.message.find("is quantized already") != std::string::npos;
        }));
    }

    void commands()
    {
        QCOMPARE(servingCommand(Engine::Vllm, Target::Gptq, "x"), std::string("vllm serve x"));
        QCOMPARE(servingCommand(Engine::Tgi, Target::Awq, "x"), std::string("text-generation-launcher --model-id x --quantize awq"));
        QVERIFY(servingCommand(Engine::LlamaCpp, Target::Awq, "x").empty());
        QCOMPARE(servingCommand(Engine::LlamaCpp, Target::Gguf, "/m/x.gguf", 4096), std::string("llama-server -m /m/x.gguf -c 4096"));
        QVERIFY(servingCommand(Engine::Vllm, Target::Gguf, "x").empty());
        QCOMPARE(servingCommand(Engine::Vllm, Target::Awq, "it's mine", 512), std::string("vllm serve 'it'\\''s mine' --max-model-len 512"));
        QCOMPARE(servingCommand(Engine::Transformers, Target::Fp8, "$x"), std::string("transformers serve '$x'"));
    }
};

QTEST_APPLESS_MAIN(TestLoadRules)
#include "tst_load_rules.moc"
