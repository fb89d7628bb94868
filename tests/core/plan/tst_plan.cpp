// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan.h"
#include "core/plan/possible_types.h"
#include "core/codecs/codec.h"
#include "support/shape_models.h"
#include "support/test_support.h"

using namespace quantlathe;
using namespace quantlathe::test;
using enum TensorType;

namespace {

QString text(TensorType type)
{
    return QString::fromUtf8(name(type).data(), static_cast<qsizetype>(name(type).size()));
}

/// The choice for a single tensor of a model.
EffectiveChoice effective(ShapeTensor tensor, std::optional<TensorType> asked, ModelFormat format = ModelFormat::Gguf)
{
    const ScratchFolder folder;
    const auto model = makeShapeModel(folder.path(), {}, {std::move(tensor)}, format);
    return effectiveChoice(*model, 0, asked ? std::optional(Choice{*asked}) : std::nullopt);
}

} // namespace

class TestPlan : public QObject
{
    Q_OBJECT
private slots:
    void isAValue()
    {
        Plan plan;
        QVERIFY(!plan.choice("a"));
        plan.setChoice("a", Choice{Q4_K});
        QCOMPARE(text(plan.choice("a")->type), QString("Q4_K"));
        Plan copy = plan;
        QVERIFY(copy == plan);
        copy.setChoice("a", Choice{Q5_K});
        QVERIFY(copy != plan);
        copy.setChoice("a", std::nullopt);
        QVERIFY(copy.choices().empty());
    }

    void idsOfTargetsAndMethods()
    {
        for (const std::string_view id : {"gguf", "gptq", "awq", "compressed-tensors", "fp8", "safetensors"})
            QVERIFY(name(targetFromName(id).value()) == id);
        for (const std::string_view id : {"round-to-nearest", "gptq", "awq", "smoothquant"})
            QVERIFY(name(methodFromName(id).value()) == id);
        QVERIFY(!targetFromName("GGUF") && !methodFromName(""));
        QVERIFY(name(Target::CompressedTensors) == "compressed-tensors" && name(Method::SmoothQuant) == "smoothquant");
    }

    void whatTakesMoreThanRoundingIsRefused()
    {
        Plan plan;
        plan.setChoice("a", Choice{Q4_K});
        throwUnlessRounded(plan);
        plan.setChoice("b", Choice{Q4_K, Method::Gptq, {}});
        VERIFY_ERROR(throwUnlessRounded(plan), ErrorKind::Unsupported, "'b': the method 'gptq' is planned, which needs a calibrated run");
        plan.setChoice("b", Choice{F16, Method::RoundToNearest, GroupScheme{}});
        VERIFY_ERROR(throwUnlessRounded(plan), ErrorKind::Unsupported, "'b': a scheme of folders is planned");
        plan.setChoice("b", std::nullopt);
        plan.target = Target::Fp8;
        VERIFY_ERROR(throwUnlessRounded(plan), ErrorKind::Unsupported, "the target 'fp8', which is not written here");
    }

    void fallbackChain_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("rowLength");
        QTest::addColumn<QString>("expected");
        const auto row = [](TensorType type, int length, const char* expected) {
            QTest::addRow("%s/%d", name(type).data(), length) << int(type) << length << expected;
        };
        for (const TensorType type : {IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS}) {
            row(type, 896, "IQ4_NL");
            row(type, 100, "F16");
        }
        for (const TensorType type : {Q2_K, Q3_K, TQ1_0, TQ2_0})
            row(type, 896, "Q4_0");
        row(Q2_0, 96, "Q4_0");
        row(Q2_0, 128, "Q2_0");
        row(Q1_0, 160, "Q4_0");
        row(NVFP4, 96, "Q4_0");
        row(Q4_K, 896, "Q5_0");
        row(Q5_K, 896, "Q5_1");
        row(Q6_K, 896, "Q8_0");
        row(Q6_K, 900, "F16");
        row(Q8_0, 900, "F16");
        row(MXFP4, 900, "F16");
        row(Q4_K, 1024, "Q4_K");
        row(F32, 1, "F32");
    }
    void fallbackChain()
    {
        QFETCH(int, type);
        QFETCH(int, rowLength);
        QFETCH(QString, expected);
        QCOMPARE(text(fallbackType(static_cast<TensorType>(type), static_cast<std::uint64_t>(rowLength))), expected);
    }

    void fallbackIsExplained()
    {
        const auto choice = effective({"blk.0.attn_q.weight", {896, 896}}, Q4_K);
        QCOMPARE(text(choice.requested), QString("Q4_K"));
        QCOMPARE(text(choice.type), QString("Q5_0"));
        QVERIFY(choice.reason == FallbackReason::RowLength);
        QCOMPARE(QString::fromStdString(choice.explanation),
                 QString("rows of 896 weights are no multiple of 256: Q5_0 instead of Q4_K"));
        QCOMPARE(choice.sizeBytes, 896ull * 896 / 32 * 22);
        QVERIFY(choice.canWrite);
    }

    void asAsked()
    {
        const auto choice = effective({"blk.0.attn_q.weight", {512, 512}}, Q6_K);
        QCOMPARE(text(choice.type), QString("Q6_K"));
        QVERIFY(choice.reason == FallbackReason::None && choice.explanation.empty() && choice.canWrite);
        QVERIFY(!choice.isCopy(BF16));
        const auto kept = effective({"blk.0.attn_q.weight", {512, 512}}, std::nullopt);
        QCOMPARE(text(kept.type), QString("BF16"));
        QVERIFY(kept.isCopy(BF16) && kept.explanation.empty());
        QCOMPARE(kept.sizeBytes, 512ull * 512 * 2);
    }

    void quantizable_data()
    {
        QTest::addColumn<QString>("tensorName");
        QTest::addColumn<bool>("isMatrix");
        QTest::addColumn<bool>("expected");
        const auto row = [](const char* tensorName, bool isMatrix, bool expected) {
            QTest::newRow(tensorName) << tensorName << isMatrix << expected;
        };
        row("token_embd.weight", true, true);
        row("output.weight", true, true);
        row("blk.0.ffn_down_exps.weight", true, true);
        row("blk.0.ssm_in.weight", true, true);
        row("something.of.its.own.weight", true, true);
        row("model.layers.0.self_attn.q_proj.weight", true, true);
        row("blk.0.attn_q.bias", true, false);
        row("blk.0.attn_norm.weight", false, false);
        row("blk.0.ssm_norm.weight", true, false);
        row("blk.0.ssm_a", true, false);
        row("something_1d.weight", false, false);
        for (const char* const kept :
             {"blk.0.ffn_gate_inp.weight", "blk.0.ffn_gate_tid2eid.weight", "blk.0.altup_router.weight",
              "blk.0.laurel_l.weight", "per_layer_model_proj.weight", "position_embd.weight", "token_types.weight",
              "blk.0.ssm_conv1d.weight", "blk.0.shortconv.conv.weight", "blk.0.indexer.k_proj.weight",
              "blk.0.indexer.q_proj.weight", "blk.0.time_mix_first.weight", "blk.0.time_mix_w0.weight",
              "blk.0.time_mix_w1.weight", "blk.0.time_mix_w2.weight", "blk.0.time_mix_v0.weight",
              "blk.0.time_mix_v1.weight", "blk.0.time_mix_v2.weight", "blk.0.time_mix_a0.weight",
              "blk.0.time_mix_a1.weight", "blk.0.time_mix_a2.weight", "blk.0.time_mix_g1.weight",
              "blk.0.time_mix_g2.weight", "blk.0.time_mix_decay_w1.weight", "blk.0.time_mix_decay_w2.weight",
              "blk.0.time_mix_lerp_fused.weight", "enc.blk.0.attn_rel_b.weight", "v.position_embd.weight",
              "v.sam.pos_embd.weight", "v.sam.neck.0.weight", "v.sam.net_2.weight", "v.blk.0.attn.rel_pos_h.weight",
              "v.patch_embd.weight", "mm.patch_merger.weight", "a.rvq.codebook.weight", "mm.a.code_embd.weight"})
            row(kept, true, false);
    }
    void quantizable()
    {
        QFETCH(QString, tensorName);
        QFETCH(bool, isMatrix);
        QFETCH(bool, expected);
        const ScratchFolder folder;
        const auto model = makeShapeModel(folder.path(), {},
                                          {{tensorName.toStdString(), isMatrix ? std::vector<std::uint64_t>{256, 256}
                                                                               : std::vector<std::uint64_t>{256}}});
        QCOMPARE(isQuantizable(model->tensors()[0], model->place(0)), expected);
    }

    // ggml does not count outer dimensions of extent 1.
    void rowVectorsAreVectors()
    {
        const auto choice = effective({"blk.0.something.weight", {1, 256}, F32}, Q8_0);
        QCOMPARE(text(choice.type), QString("F32"));
        QVERIFY(choice.reason == FallbackReason::KeptUnquantized);
    }

    void keptTensors()
    {
        auto choice = effective({"blk.0.attn_norm.weight", {256}, F16}, Q8_0);
        QCOMPARE(text(choice.type), QString("F16"));
        QVERIFY(choice.reason == FallbackReason::KeptUnquantized && !choice.explanation.empty());
        choice = effective({"blk.0.attn_norm.weight", {256}, F16}, F32);
        QCOMPARE(text(choice.type), QString("F32"));
        QVERIFY(choice.reason == FallbackReason::None);
        choice = effective({"blk.0.attn_norm.weight", {256}, F16}, std::nullopt);
        QCOMPARE(text(choice.type), QString("F16"));
        QVERIFY(choice.reason == FallbackReason::None);
        // From a Hugging Face folder llama.cpp's converter writes them as F32.
        choice = effective({"model.norm.weight", {256}, BF16}, std::nullopt, ModelFormat::HuggingFace);
        QCOMPARE(text(choice.type), QString("F32"));
        QVERIFY(choice.reason == FallbackReason::KeptUnquantized && !choice.explanation.empty());
        QCOMPARE(choice.sizeBytes, 1024ull);
        choice = effective({"model.layers.0.self_attn.q_proj.weight", {256, 256}}, std::nullopt, ModelFormat::HuggingFace);
        QCOMPARE(text(choice.type), QString("BF16"));
    }

    void whatCannotBeDecodedIsCopied()
    {
        auto choice = effective({"blk.0.attn_q.weight", {256, 256}, IQ1_S, false}, Q8_0);
        QCOMPARE(text(choice.type), QString("IQ1_S"));
        QVERIFY(choice.reason == FallbackReason::NotDecodable && choice.canWrite);
        QVERIFY(choice.explanation.find("IQ1_S") != std::string::npos);
        choice = effective({"blk.0.attn_q.weight", {256, 256}, IQ1_S, false}, IQ1_S);
        QVERIFY(choice.reason == FallbackReason::None && choice.explanation.empty() && choice.canWrite);
    }

    void integersAreCopied()
    {
        auto choice = effective({"blk.0.ffn_gate_tid2eid.weight", {256, 256}, I32}, Q8_0);
        QCOMPARE(text(choice.type), QString("I32"));
        QVERIFY(choice.reason == FallbackReason::Integer && choice.canWrite);
        choice = effective({"ids", {256, 256}, U8}, std::nullopt, ModelFormat::Safetensors);
        QVERIFY2(!choice.canWrite, "GGUF has no unsigned integers");
        QVERIFY(choice.explanation.find("U8") != std::string::npos);
    }

    void smallFloatsBecomeBfloat16()
    {
        auto choice = effective({"model.layers.0.mlp.up_proj.weight", {256, 256}, F8_E4M3}, std::nullopt,
                                ModelFormat::Safetensors);
        QCOMPARE(text(choice.type), QString("BF16"));
        QVERIFY(choice.reason == FallbackReason::NotInFormat && choice.canWrite);
        QCOMPARE(QString::fromStdString(choice.explanation), QString("GGUF has no F8_E4M3: BF16 holds the same values"));
    }

    // Whatever the encoders can do, the flag and the sentence say it.
    void unwritableTypesStayVisible()
    {
        for (const TensorTypeInfo& row : allTensorTypes()) {
            if (!isTargetType(row.type))
                continue;
            const auto choice = effective({"blk.0.attn_q.weight", {256, 256}, row.type == F16 ? F32 : F16}, row.type);
            QCOMPARE(text(choice.type), text(row.type));
            QCOMPARE(choice.canWrite, codecFor(row.type).canEncode());
            QCOMPARE(choice.explanation.empty(), choice.canWrite);
            QVERIFY(choice.sizeBytes > 0);
        }
        const auto unwritable = effective({"blk.0.attn_q.weight", {256, 256}}, IQ2_XS);
        if (!unwritable.canWrite)
            QCOMPARE(QString::fromStdString(unwritable.explanation), QString("IQ2_XS cannot be written yet"));
    }

    void targetTypes()
    {
        for (const TensorType type : {F32, F16, BF16, Q4_0, Q6_K, IQ1_S, TQ2_0, MXFP4, NVFP4})
            QVERIFY2(isTargetType(type), name(type).data());
        for (const TensorType type : {F64, F8_E4M3, I32, BOOL, Q8_1, Q8_K})
            QVERIFY2(!isTargetType(type), name(type).data());
    }

    void possibleTypesAreWhatAsCanBeWritten()
    {
        const ScratchFolder folder;
        const auto model = makeShapeModel(folder.path(), {}, {{"blk.0.attn_q.weight", {64, 256}, F16}, {"blk.0.ffn_down.weight", {64, 96}, F16},
                                                              {"blk.0.attn_norm.weight", {256}, F32}}, ModelFormat::Gguf);
        const auto types = possibleTypes(*model);
        QCOMPARE(types.size(), std::size_t(3));
        const auto has = [&types](std::size_t tensor, TensorType type) {
            return std::find(types[tensor].begin(), types[tensor].end(), type) != types[tensor].end();
        };
        QVERIFY(has(0, Q4_K) && has(0, IQ1_S) && has(0, F16) && has(0, F32));
        QVERIFY(!has(0, Q8_1) && !has(0, I32));
        // Rows of 96: only what k-quants fall back to.
        QVERIFY(!has(1, Q4_K) && has(1, Q5_0) && has(1, IQ4_NL));
        QCOMPARE(types[2], std::vector<TensorType>{F32}); // norms stay
        QVERIFY(std::is_sorted(types[0].begin(), types[0].end()));
    }

    void scalarsAndEmptyTensors()
    {
        auto choice = effective({"scale", {}, F32}, Q4_0);
        QCOMPARE(text(choice.type), QString("F32"));
        QCOMPARE(choice.sizeBytes, 4ull);
        choice = effective({"empty.weight", {4, 0}, F16}, Q4_K);
        QCOMPARE(choice.sizeBytes, 0ull);
    }
};

QTEST_APPLESS_MAIN(TestPlan)
#include "tst_plan.moc"
