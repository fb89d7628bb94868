// SPDX-License-Identifier: GPL-3.0-or-later
// Every message about a folder that cannot become a GGUF, with a folder crafted for it.
#include "core/base/error.h"
#include "core/convert/gguf_output.h"
#include "core/formats/open.h"
#include "support/folder_models.h"

#include <QTest>

#include <cstdint>
#include <fstream>
#include <functional>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

namespace {

/// The header of the weights, changed; their bytes stay.
void editHeader(FolderModel& files, const std::function<void(json&)>& change)
{
    const auto path = files.scratch / "model.safetensors";
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    in.close();
    std::uint64_t length = 0;
    for (int index = 7; index >= 0; --index)
        length = length << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(index)]);
    json header = json::parse(bytes.substr(8, length));
    change(header);
    const std::string text = header.dump();
    std::string front(8, '\0');
    for (std::size_t index = 0; index < 8; ++index)
        front[index] = static_cast<char>(text.size() >> (8 * index));
    std::ofstream(path, std::ios::binary) << front << text << bytes.substr(8 + length);
}

void rename(FolderModel& files, const std::string& from, const std::string& to)
{
    editHeader(files, [&](json& header) {
        header[to] = header.at(from);
        header.erase(from);
    });
}

} // namespace

class TestFolderRefusals : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void refusals_data()
    {
        using Change = std::function<void(FolderModel&)>;
        QTest::addColumn<QString>("folder");
        QTest::addColumn<Change>("change");
        QTest::addColumn<ErrorKind>("kind");
        QTest::addColumn<QString>("text");
        const auto row = [](const char* title, const char* folder, Change change, ErrorKind kind, const char* text) {
            QTest::newRow(title) << QString("inference/hf/%1").arg(folder) << change << kind << QString(text);
        };
        const auto unsupported = ErrorKind::Unsupported;
        const auto bad = ErrorKind::BadFormat;
        // values of another kind
        row("no class", "llama", [](auto& f) { f.config.erase("architectures"); f.config["model_type"] = "bart"; }, unsupported, "'bart' cannot be exported");
        row("list", "llama", [](auto& f) { f.config["num_attention_heads"] = {4, 4}; }, bad, "'num_attention_heads' is a list");
        row("fraction", "llama", [](auto& f) { f.config["intermediate_size"] = "many"; }, bad, "'intermediate_size' is no whole number");
        row("no number", "llama", [](auto& f) { f.config["rms_norm_eps"] = "small"; }, bad, "'rms_norm_eps' is no number");
        row("no flag", "llama", [](auto& f) { f.config["tie_word_embeddings"] = 1; }, bad, "'tie_word_embeddings' is neither true nor false");
        row("no text", "llama", [](auto& f) { f.config["hidden_act"] = 1; }, bad, "'hidden_act' is no text");
        row("factors", "phi3-longrope", [](auto& f) { f.config["rope_scaling"]["long_factor"] = {"a", "b"}; }, bad, "'rope_scaling.long_factor' holds something that is no number");
        // sizes
        row("size", "llama", [](auto& f) { f.config["max_position_embeddings"] = 1ull << 40; }, bad, "'max_position_embeddings' is missing or not between 1 and 16777216");
        row("share of rotation", "phi3", [](auto& f) { f.config["partial_rotary_factor"] = 3; f.config.erase("rope_parameters"); }, bad, "'partial_rotary_factor' is 3");
        row("odd heads", "llama", [](auto& f) { f.config["head_dim"] = 15; }, bad, "heads of 15 dimensions, 15 of them rotated");
        row("shared heads", "llama", [](auto& f) { f.config["num_key_value_heads"] = 3; }, bad, "4 attention heads cannot share 3");
        row("epsilon", "llama", [](auto& f) { f.config["rms_norm_eps"] = -1; }, bad, "'rms_norm_eps' is missing or negative");
        row("no epsilon", "gpt2", [](auto& f) { f.config.erase("layer_norm_epsilon"); }, bad, "'layer_norm_epsilon' is missing or negative");
        // rotation
        row("base", "llama", [](auto& f) { f.config["rope_parameters"]["rope_theta"] = -1; }, bad, "'rope_theta' is not positive");
        row("factor", "llama-rope-linear", [](auto& f) { f.config["rope_parameters"] = {{"rope_type", "linear"}}; }, bad, "rotary embedding's 'factor' is missing");
        row("scaling of others", "qwen2", [](auto& f) { f.config["rope_parameters"]["rope_type"] = "llama3"; }, unsupported, "rope scaling 'llama3' is none that a qwen2 GGUF");
        row("number of factors", "phi3-longrope", [](auto& f) { f.config["rope_scaling"]["short_factor"] = {1.0, 2.0}; }, bad, "rope_factors_short.weight has 2 factors for 6 pairs");
        row("factor of 0", "phi3-longrope", [](auto& f) { f.config["rope_scaling"]["long_factor"][2] = 0.0; }, bad, "a factor of the rotary frequencies is 0");
        row("original context", "llama-rope-yarn", [](auto& f) { f.config["rope_scaling"]["original_max_position_embeddings"] = -5; }, bad, "'original_max_position_embeddings' cannot be right");
        row("layers without", "smollm3", [](auto& f) { f.config["no_rope_layers"] = {1, 1, 1, 1, 1}; }, unsupported, "'no_rope_layers' leaves other layers");
        // features
        row("activation", "gemma", [](auto& f) { f.config["hidden_act"] = "relu2"; }, unsupported, "the activation 'relu2' is none a gemma GGUF");
        row("windows", "gemma3", [](auto& f) { f.config["layer_types"][0] = "full_attention"; f.config["sliding_window_pattern"] = 5; }, unsupported, "the layers with a sliding window are not those");
        row("softcap", "gemma2", [](auto& f) { f.config["final_logit_softcapping"] = nullptr; }, unsupported, "'final_logit_softcapping' is missing: engines would take a value");
        row("both ways", "gemma3", [](auto& f) { f.config["use_bidirectional_attention"] = true; }, unsupported, "'use_bidirectional_attention'");
        row("scaled by layers", "gpt2", [](auto& f) { f.config["scale_attn_by_inverse_layer_idx"] = true; }, unsupported, "attention is scaled in a way");
        row("query scalar", "gemma2", [](auto& f) { f.config["query_pre_attn_scalar"] = 0; }, bad, "'query_pre_attn_scalar' is 0");
        // tensors
        row("two for one", "llama", [](auto& f) { rename(f, "model.layers.0.self_attn.v_proj.weight", "model.h.0.self_attn.q_proj.weight"); }, bad, "stands for the same GGUF tensor 'blk.0.attn_q.weight'");
        row("no embedding", "llama", [](auto& f) { rename(f, "model.embed_tokens.weight", "model.other.weight"); }, bad, "the tensor for 'token_embd.weight' is missing");
        row("stranger", "llama", [](auto& f) { rename(f, "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.qx_proj.weight"); }, bad, "'blk.0.attn_q.weight' is missing");
        row("tower", "llama", [](auto& f) { editHeader(f, [](json& h) { h["vision_tower.x.weight"] = {{"dtype", "F32"}, {"shape", {0}}, {"data_offsets", {0, 0}}}; }); }, unsupported,
            "is no part of a llama model");
        row("expert beyond", "mixtral", [](auto& f) { rename(f, "model.layers.0.block_sparse_moe.experts.4.w1.weight", "model.layers.0.block_sparse_moe.experts.9.w1.weight"); }, bad,
            "is none of the 5 experts");
        row("expert missing", "mixtral", [](auto& f) { f.config["num_local_experts"] = 6; }, bad, "config.json asks for 6 x 32");
        row("expert of another type", "mixtral", [](auto& f) { editHeader(f, [](json& h) { h["model.layers.0.block_sparse_moe.experts.2.w1.weight"]["dtype"] = "F16"; }); }, unsupported,
            "is stored as F16, other experts as BF16");
        row("expert of another shape", "mixtral", [](auto& f) { editHeader(f, [](json& h) { h["model.layers.0.block_sparse_moe.experts.2.w1.weight"]["shape"] = {32, 24}; }); }, bad,
            "has the shape 32 x 24");
        row("experts of their own", "llama", [](auto& f) { rename(f, "model.layers.0.mlp.up_proj.weight", "model.layers.0.mlp.experts.0.up_proj.weight"); }, bad, "'blk.0.ffn_up.weight' is missing");
        row("layer without experts", "qwen2moe-mixed", [](auto& f) { f.config["norm_topk_prob"] = false; }, unsupported, "layer 1 has no experts, others have");
        row("turned shape", "gpt2", [](auto& f) { editHeader(f, [](json& h) { h["transformer.h.0.attn.c_attn.weight"]["shape"] = {96, 32}; }); }, bad, "config.json asks for 32 x 96");
    }

    void refusals()
    {
        using Change = std::function<void(FolderModel&)>;
        QFETCH(QString, folder);
        QFETCH(Change, change);
        QFETCH(ErrorKind, kind);
        QFETCH(QString, text);
        FolderModel files(folder.toStdString());
        change(files);
        VERIFY_ERROR(makeGgufOutput(openModel(files.write()), {}), kind, text.toStdString());
    }

    void deepseekRefusals()
    {
        FolderModel files("hf/deepseek_v2");
        files.config["scoring_func"] = "dice";
        VERIFY_ERROR(makeGgufOutput(openModel(files.write()), {}), ErrorKind::Unsupported, "experts are chosen by 'dice'");
        files.config["scoring_func"] = "softmax";
        files.config["n_shared_experts"] = 1 << 24;
        VERIFY_ERROR(makeGgufOutput(openModel(files.write()), {}), ErrorKind::BadFormat, "16777216 shared experts of 16 cannot be right");
    }

    /// What older checkpoints carry along is left out: masks and rotary tables.
    void harmlessTensorsAreDropped()
    {
        FolderModel files("inference/hf/gpt2");
        editHeader(files, [](json& header) {
            header["transformer.h.0.attn.bias"] = {{"dtype", "F32"}, {"shape", {1, 1, 0, 0}}, {"data_offsets", {0, 0}}};
            header["transformer.h.0.attn.masked_bias"] = {{"dtype", "F32"}, {"shape", {0}}, {"data_offsets", {0, 0}}};
        });
        for (const OutputTensor& tensor : makeGgufOutput(openModel(files.write()), {}).tensors)
            QVERIFY2(tensor.name().find("mask") == std::string::npos && tensor.shape().weightCount() > 0, tensor.name().c_str());
        FolderModel llama("inference/hf/llama");
        editHeader(llama, [](json& header) {
            header["model.layers.0.self_attn.rotary_emb.inv_freq"] = {{"dtype", "F32"}, {"shape", {0}}, {"data_offsets", {0, 0}}};
        });
        QVERIFY(!makeGgufOutput(openModel(llama.write()), {}).tensors.empty());
    }

    void notesOnWhatEnginesDoOtherwise()
    {
        FolderModel mistral("inference/hf/mistral");
        const auto windowed = makeGgufOutput(openModel(mistral.write()), {}).notes;
        QCOMPARE(windowed.size(), std::size_t{1});
        QVERIFY(windowed.front().find("lets every position see all before it") != std::string::npos);
        FolderModel llama("inference/hf/llama");
        QVERIFY(makeGgufOutput(openModel(llama.write()), {}).notes.empty());
    }
};

QTEST_GUILESS_MAIN(TestFolderRefusals)
#include "tst_folder_refusals.moc"
