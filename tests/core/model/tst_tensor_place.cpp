// SPDX-License-Identifier: GPL-3.0-or-later
// Names: against gguf-py's own tables (tests/fixtures/hf) and by hand where those say nothing.
#include "core/model/architecture.h"
#include "support/test_support.h"

#include <nlohmann/json.hpp>

#include <fstream>
#include <set>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

nlohmann::json readJson(const std::string& relative)
{
    std::ifstream stream(fixture(relative));
    return nlohmann::json::parse(stream);
}

} // namespace

class TestTensorPlace : public QObject
{
    Q_OBJECT
private slots:
    void everyGgufNameIsKnown()
    {
        // What gguf-py writes must have a role, a layer where it says so, and stay called what it is.
        const nlohmann::json fixtures = readJson("hf/gguf_names.json");
        int count = 0;
        for (const auto& [architecture, names] : fixtures["templates"].items()) {
            for (std::string name : names) {
                const std::size_t place = name.find("{bid}");
                if (place != std::string::npos)
                    name.replace(place, 5, "17");
                name += ".weight";
                const TensorPlace found = placeOf(name, architecture);
                // Prediction of further tokens: a network of its own behind the layers.
                const bool isExtra = name.find(".nextn.") != std::string::npos;
                QVERIFY2(isExtra || found.role != TensorRole::Other, name.c_str());
                QCOMPARE(found.layer.has_value(), place != std::string::npos);
                QCOMPARE(found.layer.value_or(17), 17);
                QCOMPARE(found.canonicalName, name);
                ++count;
            }
        }
        QVERIFY(count > 150);
    }

    void huggingFaceNamesBecomeGgufNames()
    {
        const nlohmann::json fixtures = readJson("hf/gguf_names.json");
        int count = 0;
        for (const auto& [folder, names] : fixtures["from_hugging_face"].items()) {
            const std::string architecture = fixtures["architecture"][folder];
            for (const auto& [name, expected] : names.items()) {
                const TensorPlace found = placeOf(name, architecture);
                QVERIFY2(found.role != TensorRole::Other, name.c_str());
                if (expected.is_string()) {
                    // gguf-py leaves the suffix to its converter, which writes ".weight" for bare parameters.
                    const bool isBare = !expected.get<std::string>().ends_with("weight") && !found.isBias;
                    QCOMPARE(QString::fromStdString(folder + ": " + found.canonicalName),
                             QString::fromStdString(folder + ": " + expected.get<std::string>() +
                                                    (isBare ? ".weight" : "")));
                }
                ++count;
            }
        }
        QVERIFY(count > 300);
    }

    void rolesOfBothStyles_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("role");
        QTest::addColumn<int>("layer");
        QTest::addColumn<int>("expert");
        QTest::addColumn<QString>("canonical");
        const auto row = [](const char* name, const char* role, int layer, int expert,
                            const char* canonical) {
            QTest::newRow(name) << QString(name) << QString(role) << layer << expert << QString(canonical);
        };
        row("token_embd.weight", "token_embd", -1, -1, "token_embd.weight");
        row("output.weight", "output", -1, -1, "output.weight");
        row("blk.3.attn_q.weight", "attn_q", 3, -1, "blk.3.attn_q.weight");
        row("blk.127.ffn_down_exps.weight", "expert_down", 127, -1, "blk.127.ffn_down_exps.weight");
        row("blk.3.ffn_gate.7.weight", "expert_gate", 3, 7, "blk.3.ffn_gate_exps.weight");
        row("blk.3.ssm_a", "state_space", 3, -1, "blk.3.ssm_a");
        row("blk.3.time_mix_key.weight", "state_space", 3, -1, "blk.3.time_mix_key.weight");
        row("blk.3.ssm_norm.weight", "norm", 3, -1, "blk.3.ssm_norm.weight");
        row("blk.3.exp_probs_b.bias", "router", 3, -1, "blk.3.exp_probs_b.bias");
        row("enc.blk.2.attn_o.weight", "attn_output", 2, -1, "enc.blk.2.attn_o.weight");
        row("blk.3.brand_new_thing.weight", "other", 3, -1, "blk.3.brand_new_thing.weight");
        row("model.embed_tokens.weight", "token_embd", -1, -1, "token_embd.weight");
        row("lm_head.weight", "output", -1, -1, "output.weight");
        row("model.norm.weight", "norm", -1, -1, "output_norm.weight");
        row("model.layers.11.self_attn.k_proj.bias", "attn_k", 11, -1, "blk.11.attn_k.bias");
        row("model.layers.11.mlp.experts.59.up_proj.weight", "expert_up", 11, 59,
            "blk.11.ffn_up_exps.weight");
        row("model.layers.0.block_sparse_moe.experts.7.w2.weight", "expert_down", 0, 7,
            "blk.0.ffn_down_exps.weight");
        row("model.layers.0.mlp.gate.e_score_correction_bias", "router", 0, -1, "blk.0.exp_probs_b.bias");
        row("model.layers.0.mlp.gate_up_proj.weight", "ffn_gate_up", 0, -1, "blk.0.ffn_up.weight");
        row("model.layers.0.self_attn.sinks", "attn_sinks", 0, -1, "blk.0.attn_sinks.weight");
        row("model.layers.0.self_attn.q_proj.qweight", "attn_q", 0, -1, "blk.0.attn_q.qweight");
        row("model.layers.0.self_attn.q_proj.weight.absmax", "attn_q", 0, -1, "blk.0.attn_q.weight.absmax");
        row("model.layers.0.something_new.weight", "other", 0, -1, "model.layers.0.something_new.weight");
        row("model.language_model.layers.4.mlp.down_proj.weight", "ffn_down", 4, -1, "blk.4.ffn_down.weight");
        row("language_model.model.layers.4.mlp.down_proj.weight", "ffn_down", 4, -1, "blk.4.ffn_down.weight");
        row("transformer.h.5.attn.c_attn.weight", "attn_qkv", 5, -1, "blk.5.attn_qkv.weight");
        row("h.5.mlp.c_fc.bias", "ffn_up", 5, -1, "blk.5.ffn_up.bias");
        row("transformer.wpe.weight", "position_embd", -1, -1, "position_embd.weight");
        row("backbone.layers.2.mixer.A_log", "state_space", 2, -1, "blk.2.ssm_a");
        row("backbone.layers.2.mixer.dt_bias", "state_space", 2, -1, "blk.2.ssm_dt.bias");
        row("rwkv.blocks.1.attention.receptance.weight", "state_space", 1, -1,
            "blk.1.time_mix_receptance.weight");
        row("encoder.block.0.layer.0.SelfAttention.q.weight", "attn_q", 0, -1, "enc.blk.0.attn_q.weight");
        row("decoder.block.3.layer.1.layer_norm.weight", "norm", 3, -1, "dec.blk.3.cross_attn_norm.weight");
        row("encoder.block.3.layer.1.layer_norm.weight", "norm", 3, -1, "enc.blk.3.ffn_norm.weight");
        row("bert.encoder.layer.1.attention.self.query.weight", "attn_q", 1, -1, "blk.1.attn_q.weight");
        // other towers of a model that sees are no layers of its language model
        row("vision_tower.transformer.layers.0.attention.k_proj.weight", "other", -1, -1,
            "vision_tower.transformer.layers.0.attention.k_proj.weight");
        row("v.blk.0.attn_q.weight", "other", -1, -1, "v.blk.0.attn_q.weight");
        // networks that are no language models
        row("conv1.weight", "other", -1, -1, "conv1.weight");
        row("layers.0.weight", "other", 0, -1, "layers.0.weight");
    }

    void rolesOfBothStyles()
    {
        QFETCH(QString, name);
        QFETCH(QString, role);
        QFETCH(int, layer);
        QFETCH(int, expert);
        QFETCH(QString, canonical);
        const TensorPlace place = placeOf(name.toStdString());
        QCOMPARE(QString::fromStdString(std::string(quantlathe::name(place.role))), role);
        QCOMPARE(place.layer.value_or(-1), layer);
        QCOMPARE(place.expert.value_or(-1), expert);
        QCOMPARE(QString::fromStdString(place.canonicalName), canonical);
        QCOMPARE(place.isBias, canonical.endsWith(".bias"));
    }

    void architectureDecidesWhereNamesDiffer()
    {
        const char* name = "model.layers.1.post_attention_layernorm.weight";
        QCOMPARE(placeOf(name, "llama").canonicalName, std::string("blk.1.ffn_norm.weight"));
        QCOMPARE(placeOf(name, "gemma2").canonicalName, std::string("blk.1.post_attention_norm.weight"));
        QCOMPARE(placeOf(name).canonicalName, std::string("blk.1.ffn_norm.weight"));
    }

    void hostileNamesDoNoHarm()
    {
        for (const char* name :
             {"", ".", "..", "blk.", "blk.1", "blk.1.", "blk..attn_q.weight", "blk.99999999999.attn_q.weight",
              "blk.-1.attn_q.weight", "model.layers.1.mlp.experts.", "....weight", "1.2.3", "weight"}) {
            const TensorPlace place = placeOf(name);
            QVERIFY2(place.role == TensorRole::Other, name);
            QCOMPARE(place.canonicalName, std::string(name));
        }
    }

    void idsAndLabelsAreUnique()
    {
        std::set<std::string_view> ids;
        std::set<std::string_view> labels;
        for (std::size_t role = 0; role < tensorRoleCount; ++role) {
            QVERIFY(ids.insert(name(static_cast<TensorRole>(role))).second);
            QVERIFY(labels.insert(label(static_cast<TensorRole>(role))).second);
        }
    }
};

QTEST_APPLESS_MAIN(TestTensorPlace)
#include "tst_tensor_place.moc"
