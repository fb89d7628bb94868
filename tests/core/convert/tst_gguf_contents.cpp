// SPDX-License-Identifier: GPL-3.0-or-later
// GGUF files translated back: the tensors and the logits of the folders they were converted from.
#include "core/convert/gguf_contents.h"
#include "core/convert/sentence_model_file.h"
#include "core/formats/open.h"
#include "core/inference/forward_pass.h"
#include "core/inference/tokenizer/sentencepiece_file.h"
#include "core/inference/tokenizer/tokenizer.h"
#include "core/jobs/quantize_job.h"
#include "core/plan/presets.h"
#include "support/folder_models.h"
#include "support/shard_builder.h"
#include "support/test_support.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

using namespace quantlathe;
using namespace quantlathe::test;
namespace fs = std::filesystem;

namespace {

std::vector<float> decoded(const Tensor& tensor)
{
    std::vector<float> weights(tensor.shape().weightCount());
    tensor.decodeRows(0, tensor.shape().rowCount(), weights.data());
    return weights;
}

std::vector<float> logitsOf(const fs::path& path, const std::vector<TokenId>& tokens)
{
    const auto model = openModel(path);
    const ForwardPass pass(makeNetwork(model));
    TokenBatch batch;
    batch.append(tokens);
    const auto weights = storedWeights(model);
    HiddenStates hidden = pass.embed(*weights, batch);
    for (std::size_t layer = 0; layer < pass.layerCount(); ++layer)
        pass.runLayer(*pass.loadLayer(layer, *weights), batch, hidden);
    std::vector<float> logits(hidden.tokens() * pass.network().vocabularySize);
    pass.logits(*pass.loadOutput(*weights), hidden.values.data(), hidden.tokens(), logits.data());
    return logits;
}

nlohmann::json jsonOf(const fs::path& path)
{
    std::ifstream file(path);
    return nlohmann::json::parse(file);
}

void writeFolder(const FolderContents& contents, const fs::path& folder)
{
    ShardBuilder shard;
    for (const FolderTensor& tensor : contents.tensors) {
        const auto weights = decoded(tensor.weights);
        const auto bytes = std::as_bytes(std::span(weights));
        shard.add(tensor.weights.name(), "F32", tensor.weights.shape().dimensions(), {bytes.begin(), bytes.end()});
    }
    writeBytes(folder / "model.safetensors", shard.file());
    std::ofstream(folder / "config.json") << contents.config.dump();
}

const std::vector<const char*> models = {"llama", "llama-bias", "llama-rope-llama3", "llama-rope-linear", "llama-rope-yarn", "mixtral", "qwen2", "qwen2moe",
                                         "qwen3", "qwen3moe", "gemma", "gemma2", "gemma3", "phi3", "phi3-longrope", "olmo2", "smollm3", "gpt2"};

/// Of every awkward text.
void verifySameTokens(const Tokenizer& original, const Tokenizer& back)
{
    const auto texts = jsonOf(fixture("tokenizers/texts.json"))["texts"];
    TokenizeOptions options;
    options.addSpecial = false;
    std::size_t compared = 0;
    for (const auto& [key, text] : texts.items()) {
        QVERIFY2(back.encode(text.get<std::string>(), options) == original.encode(text.get<std::string>(), options), key.c_str());
        ++compared;
    }
    QVERIFY(compared > 100);
}

} // namespace

class TestGgufContents : public QObject
{
    Q_OBJECT
private slots:
    void translatesBack_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name : models)
            QTest::newRow(name) << name;
    }
    void translatesBack()
    {
        QFETCH(QString, name);
        const std::string model = name.toStdString();
        const fs::path folder = fixture("inference/hf/" + model);
        const auto source = openModel(fixture("inference/gguf/" + model + ".gguf"));
        const FolderContents contents = folderContents(source);
        const auto original = openModel(folder);
        std::map<std::string, const Tensor*> byName;
        for (const Tensor& tensor : original->tensors())
            byName[tensor.name()] = &tensor;
        for (const FolderTensor& tensor : contents.tensors) {
            const auto found = byName.find(tensor.weights.name());
            if (tensor.weights.name() == "lm_head.weight" && found == byName.end())
                continue;
            QVERIFY2(found != byName.end(), tensor.weights.name().c_str());
            QCOMPARE(tensor.weights.shape().dimensions(), found->second->shape().dimensions());
            const auto ours = decoded(tensor.weights);
            const auto theirs = decoded(*found->second);
            for (std::size_t at = 0; at < ours.size(); ++at) // Gemma's norms: (w + 1) - 1
                QVERIFY2(std::fabs(ours[at] - theirs[at]) < 2e-7, tensor.weights.name().c_str());
            // A few rows by themselves are the same as all of them.
            if (tensor.weights.shape().rowCount() > 3) {
                std::vector<float> rows(2 * tensor.weights.shape().rowLength());
                tensor.weights.decodeRows(1, 2, rows.data());
                QVERIFY(std::equal(rows.begin(), rows.end(), ours.begin() + static_cast<std::ptrdiff_t>(tensor.weights.shape().rowLength())));
            }
            byName.erase(found);
        }
        for (const auto& [missing, tensor] : byName)
            QVERIFY2(missing == "lm_head.weight", missing.c_str());

        ScratchFolder scratch;
        writeFolder(contents, scratch.path());
        const auto cases = jsonOf(folder / "expected.json")["cases"];
        QVERIFY(!cases.empty());
        for (const auto& entry : cases) {
            // Phi-3's window is a key that llama.cpp does not heed, but folders have it again.
            const bool isOther = entry.contains("gguf_logits") && !model.starts_with("phi3");
            const auto expected = readFloats(folder / entry[isOther ? "gguf_logits" : "logits"].get<std::string>());
            const auto logits = logitsOf(scratch.path(), entry["tokens"].get<std::vector<TokenId>>());
            QCOMPARE(logits.size(), expected.size());
            const auto [low, high] = std::minmax_element(expected.begin(), expected.end());
            double largest = 0;
            for (std::size_t at = 0; at < logits.size(); ++at)
                largest = std::max(largest, std::fabs(static_cast<double>(logits[at]) - expected[at]));
            QVERIFY2(largest < 1e-3 * (*high - *low), QByteArray::number(largest).constData());
        }
        QVERIFY(contents.config.contains("pad_token_id") && contents.config["pad_token_id"].is_null());
        QVERIFY(std::any_of(contents.notes.begin(), contents.notes.end(), [](const std::string& note) { return note.find("no vocabulary") != std::string::npos; }));
    }

    /// Folder, GGUF, folder: every tensor, every size that the classes read.
    void latentAttention_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("rope");
        const char* yarn = R"({"rope_theta":20000.0,"rope_type":"yarn","factor":40.0,"original_max_position_embeddings":4096,"beta_fast":32.0,"beta_slow":1.0,"mscale":0.707,"mscale_all_dim":0.707})";
        QTest::newRow("V2") << "deepseek_v2" << QString();
        QTest::newRow("V3") << "deepseek_v3" << QString();
        QTest::newRow("V2 YaRN") << "deepseek_v2" << QString(yarn);
    }
    void latentAttention()
    {
        QFETCH(QString, name);
        QFETCH(QString, rope);
        FolderModel files("hf/" + name.toStdString());
        if (!rope.isEmpty())
            files.config["rope_parameters"] = nlohmann::json::parse(rope.toStdString());
        const auto original = openModel(files.write());
        QuantizeRequest request;
        request.model = original;
        request.plan = planFromType(*original, TensorType::F32);
        request.target = files.scratch / "model.gguf";
        runQuantize(request, {});
        const FolderContents contents = folderContents(openModel(request.target));
        QCOMPARE(contents.tensors.size(), original->tensors().size());
        for (const FolderTensor& tensor : contents.tensors) {
            const auto found = original->indexOf(tensor.weights.name());
            QVERIFY2(found.has_value(), tensor.weights.name().c_str());
            const Tensor& before = original->tensors()[*found];
            QCOMPARE(tensor.weights.shape().dimensions(), before.shape().dimensions());
            const auto weights = decoded(before);
            QVERIFY2(decoded(tensor.weights) == weights, tensor.weights.name().c_str());
            // By themselves rows are the same, across the boundaries of heads, too.
            std::vector<float> row(before.shape().rowLength());
            for (std::uint64_t at = 0; at < before.shape().rowCount(); ++at) {
                tensor.weights.decodeRows(at, 1, row.data());
                QVERIFY(std::equal(row.begin(), row.end(), weights.begin() + static_cast<std::ptrdiff_t>(at * row.size())));
            }
        }
        for (const auto& [key, value] : contents.config.items()) {
            if (key == "rope_theta" || key == "rope_scaling" || !files.config.contains(key))
                continue;
            const nlohmann::json ours = nlohmann::json::parse(value.dump());
            QVERIFY2(ours == files.config[key] || key == "torch_dtype", (key + ": " + value.dump()).c_str());
        }
        for (const char* key : {"q_lora_rank", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "first_k_dense_replace", "n_routed_experts",
                                "n_shared_experts", "routed_scaling_factor", "norm_topk_prob", "n_group", "topk_group"})
            QVERIFY2(contents.config.contains(key) && files.config.contains(key), key);
        QCOMPARE(contents.config["model_type"].get<std::string>(), name.toStdString());
        QCOMPARE(contents.config["rope_theta"].get<double>(), rope.isEmpty() ? 10000.0 : 20000.0);
        QCOMPARE(contents.config.contains("rope_scaling"), !rope.isEmpty());
        if (rope.isEmpty())
            return;
        for (const auto& [key, value] : files.config["rope_parameters"].items()) {
            if (key != "rope_theta")
                QVERIFY2(nlohmann::json::parse(contents.config["rope_scaling"][key].dump()) == value, key.c_str());
        }
    }

    void windowsOfOlmo3()
    {
        FolderModel files("inference/hf/olmo2");
        files.config["architectures"] = {"Olmo3ForCausalLM"};
        files.config["sliding_window"] = 16;
        files.config["layer_types"] = {"full_attention", "sliding_attention", "sliding_attention"};
        QuantizeRequest request;
        request.model = openModel(files.write());
        request.plan = planFromType(*request.model, TensorType::F32);
        request.target = files.scratch / "model.gguf";
        runQuantize(request, {});
        const auto config = folderContents(openModel(request.target)).config;
        QCOMPARE(config["model_type"].get<std::string>(), std::string("olmo3"));
        QCOMPARE(config["architectures"][0].get<std::string>(), std::string("Olmo3ForCausalLM"));
        QCOMPARE(config["sliding_window"].get<int>(), 16);
        QVERIFY(config["layer_types"] == nlohmann::ordered_json({"full_attention", "sliding_attention", "sliding_attention"}));
    }

    void latentRefusals()
    {
        ScratchFolder scratch;
        const auto refused = [&](GgufBuilder file, ErrorKind kind, const char* message) {
            writeBytes(scratch / "m.gguf", file.tensor("token_embd.weight", {32, 8}, 0, 1024).file());
            VERIFY_ERROR(folderContents(openModel(scratch / "m.gguf")), kind, message);
        };
        const auto deepseek = [] {
            return GgufBuilder().string("general.architecture", "deepseek2").u32("deepseek2.block_count", 1).u32("deepseek2.embedding_length", 32)
                .u32("deepseek2.attention.head_count", 2).u32("deepseek2.context_length", 64).u32("deepseek2.rope.dimension_count", 8);
        };
        refused(deepseek().tensor("blk.0.attn_k_b.weight", {8, 16, 2}, 0, 1024), ErrorKind::Unsupported, "is there without 'blk.0.attn_v_b.weight'");
        refused(deepseek().tensor("blk.0.attn_k_b.weight", {8, 16, 2}, 0, 1024).tensor("blk.0.attn_v_b.weight", {24, 4, 2}, 0, 768), ErrorKind::Unsupported,
                "does not go with");
        refused(deepseek().u32("deepseek2.attention.key_length_mla", 8), ErrorKind::BadFormat, "heads of 8 dimensions, of which 8 are rotated");
    }

    void refusals()
    {
        ScratchFolder scratch;
        const auto refused = [&](const GgufBuilder& file, ErrorKind kind, const char* message) {
            writeBytes(scratch / "m.gguf", file.file());
            VERIFY_ERROR(folderContents(openModel(scratch / "m.gguf")), kind, message);
        };
        const auto llama = [] {
            return GgufBuilder().string("general.architecture", "llama").u32("llama.block_count", 1).u32("llama.embedding_length", 32)
                .u32("llama.feed_forward_length", 64).u32("llama.attention.head_count", 2).u32("llama.context_length", 64);
        };
        refused(GgufBuilder().string("general.architecture", "bloom").tensor("token_embd.weight", {32, 8}, 0, 1024), ErrorKind::Unsupported,
                "the architecture 'bloom' cannot be translated back");
        refused(llama().tensor("token_embd.weight", {32, 8}, 0, 1024).tensor("blk.0.attn_sinks.weight", {2}, 0, 8), ErrorKind::Unsupported,
                "has no counterpart in a folder");
        refused(llama().tensor("token_embd.weight", {32, 8}, 0, 1024).tensor("blk.0.attn_q.weight", {32, 6}, 0, 768), ErrorKind::Unsupported,
                "its 6 rows are not 2 heads of an even number of rows");
        refused(llama(), ErrorKind::BadFormat, "has no token_embd.weight");
        refused(llama().tensor("token_embd.weight", {32, 8}, 0, 1024).string("llama.rope.scaling.type", "su"), ErrorKind::Unsupported,
                "rope scaling 'su' cannot be translated back");
        refused(llama().tensor("token_embd.weight", {32, 8}, 0, 1024).tensor("rope_freqs.weight", {8}, 0, 32), ErrorKind::Unsupported,
                "are not those of Llama 3.1's scaling");
        refused(llama().tensor("token_embd.weight", {32, 8}, 0, 1024).tensor("blk.0.ffn_gate_exps.weight", {32, 8}, 0, 1024), ErrorKind::Unsupported,
                "is no stack of experts");
        refused(GgufBuilder().string("general.architecture", "qwen2").tensor("token_embd.weight", {32, 8}, 0, 1024), ErrorKind::BadFormat,
                "has no 'qwen2.embedding_length'");
    }

    // A byte-level BPE comes back as tokenizer.json.
    void tokenizerFiles()
    {
        ScratchFolder scratch;
        GgufBuilder file;
        file.string("general.architecture", "llama").u32("llama.block_count", 1).u32("llama.embedding_length", 32).u32("llama.attention.head_count", 2)
            .u32("llama.context_length", 64).string("tokenizer.ggml.model", "gpt2").string("tokenizer.ggml.pre", "llama-bpe")
            .strings("tokenizer.ggml.tokens", {"a", "b", "ab", "<s>", "<e>", "[PAD5]"}).i32s("tokenizer.ggml.token_type", {1, 1, 1, 3, 4, 5})
            .strings("tokenizer.ggml.merges", {"a b"}).u32("tokenizer.ggml.bos_token_id", 3).u32("tokenizer.ggml.eos_token_id", 4)
            .boolean("tokenizer.ggml.add_bos_token", true).string("tokenizer.chat_template", "{{x}}").tensor("token_embd.weight", {32, 6}, 0, 768);
        writeBytes(scratch / "m.gguf", file.file());
        const FolderContents contents = folderContents(openModel(scratch / "m.gguf"));
        const auto tokenizer = nlohmann::json::parse(contents.texts.at("tokenizer.json"));
        QVERIFY(tokenizer["model"]["vocab"] == nlohmann::json({{"a", 0}, {"b", 1}, {"ab", 2}, {"<s>", 3}, {"<e>", 4}}));
        QVERIFY(tokenizer["model"]["merges"] == nlohmann::json({"a b"}));
        QCOMPARE(tokenizer["added_tokens"].size(), 2u);
        QCOMPARE(tokenizer["added_tokens"][0]["special"].get<bool>(), true);
        QCOMPARE(tokenizer["added_tokens"][1]["special"].get<bool>(), false);
        QCOMPARE(tokenizer["post_processor"]["special_tokens"]["<s>"]["ids"][0].get<int>(), 3);
        const auto config = nlohmann::json::parse(contents.texts.at("tokenizer_config.json"));
        QCOMPARE(config["bos_token"].get<std::string>(), std::string("<s>"));
        QCOMPARE(config["chat_template"].get<std::string>(), std::string("{{x}}"));
        QCOMPARE(contents.config["eos_token_id"].get<int>(), 4);
        QVERIFY(contents.notes.empty());
    }

    /// tokenizer.json of a GGUF made from one gives the same tokens.
    void tokenizersOfFamilies_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name : {"deepseek-coder", "deepseek-llm", "deepseek-v3", "gpt-2", "gpt-4o", "llama-bpe", "qwen2", "smollm", "tekken"})
            QTest::newRow(name) << name;
    }
    void tokenizersOfFamilies()
    {
        QFETCH(QString, name);
        const fs::path folder = fixture("tokenizers/own/" + name.toStdString());
        const auto gguf = openModel(folder / "vocab.gguf");
        FolderContents contents;
        addTokenizerFiles(*gguf, contents);
        QVERIFY2(contents.notes.empty(), contents.notes.empty() ? "" : contents.notes.front().c_str());
        ScratchFolder scratch;
        std::ofstream(scratch / "tokenizer.json") << contents.texts.at("tokenizer.json");
        const auto original = loadTokenizer(folder / "tokenizer.json");
        const auto back = loadTokenizer(scratch / "tokenizer.json");
        verifySameTokens(*original, *back);
        if (QTest::currentTestFailed())
            return;
    }

    /// tokenizer.model of a GGUF made from one: the same pieces, the same tokens.
    void sentenceModels_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("BPE") << "spm-bpe";
        QTest::newRow("Gemma's") << "spm-gemma";
    }
    void sentenceModels()
    {
        QFETCH(QString, name);
        const fs::path folder = fixture("tokenizers/own/" + name.toStdString());
        FolderContents contents;
        addTokenizerFiles(*openModel(folder / "vocab.gguf"), contents);
        QVERIFY2(contents.notes.empty(), contents.notes.empty() ? "" : contents.notes.front().c_str());
        ScratchFolder scratch;
        const std::string bytes = contents.texts.at("tokenizer.model");
        std::ofstream(scratch / "tokenizer.model", std::ios::binary) << bytes;
        std::ifstream stored(folder / "tokenizer.model", std::ios::binary);
        const auto wanted = SentencePieceFile::parse(std::string{std::istreambuf_iterator<char>(stored), {}});
        const auto got = SentencePieceFile::parse(bytes);
        QVERIFY(got.texts.size() >= wanted.texts.size()); // added tokens are pieces here
        for (std::size_t piece = 0; piece < wanted.texts.size(); ++piece) {
            QCOMPARE(got.texts[piece], wanted.texts[piece]);
            QCOMPARE(got.scores[piece], wanted.scores[piece]);
            QVERIFY2(got.kinds[piece] == wanted.kinds[piece], got.texts[piece].c_str());
        }
        QVERIFY(got.method == SentencePieceFile::Method::Bpe && got.bos == wanted.bos && got.eos == wanted.eos);
        QCOMPARE(got.hasByteFallback, wanted.hasByteFallback);
        QCOMPARE(got.addsSpacePrefix, wanted.addsSpacePrefix);
        QCOMPARE(got.removesExtraSpaces, wanted.removesExtraSpaces);
        const auto original = loadTokenizer(folder / "tokenizer.model");
        const auto back = loadTokenizer(scratch / "tokenizer.model");
        verifySameTokens(*original, *back);
        if (QTest::currentTestFailed())
            return;
        const auto config = nlohmann::json::parse(contents.texts.at("tokenizer_config.json"));
        QCOMPARE(config["added_tokens_decoder"]["1"]["special"].get<bool>(), true);
        QCOMPARE(config["add_prefix_space"].get<bool>(), wanted.addsSpacePrefix);
    }

    void sentenceModelsThatCannotBe()
    {
        const auto problem = [](std::vector<std::string> tokens, std::vector<std::int32_t> kinds, std::vector<float> scores) {
            Metadata keys;
            keys.append("tokenizer.ggml.tokens", MetadataValue::ofArray(MetadataArray::fromStrings(tokens)));
            keys.append("tokenizer.ggml.token_type", MetadataValue::ofArray(MetadataArray::fromInts(kinds)));
            keys.append("tokenizer.ggml.scores", MetadataValue::ofArray(MetadataArray::fromFloats(scores)));
            const SentenceModelFile file = sentenceModelFile(keys);
            return file.bytes.empty() == file.problem.empty() ? std::string("contradiction") : file.problem;
        };
        QCOMPARE(problem({"<unk>", "a"}, {2, 1}, {0, -1}), std::string());
        QCOMPARE(problem({"<unk>", ""}, {2, 1}, {0, -1}), std::string("token 1 has no text in UTF-8"));
        QCOMPARE(problem({"<unk>", "\xFF"}, {2, 1}, {0, -1}), std::string("token 1 has no text in UTF-8"));
        QCOMPARE(problem({"<unk>", "a", "a"}, {2, 1, 1}, {0, -1, -2}), std::string("the token 'a' is there twice"));
        QCOMPARE(problem({"<unk>", "a"}, {2, 9}, {0, -1}), std::string("the token 'a' is of no kind or has no score"));
        QCOMPARE(problem({"<unk>", "a"}, {2, 1}, {0, INFINITY}), std::string("the token 'a' is of no kind or has no score"));
        QCOMPARE(problem({"b", "a"}, {1, 1}, {0, -1}), std::string("no token stands for what is unknown"));
        QCOMPARE(problem({"b", "a"}, {2, 2}, {0, -1}), std::string("two of its tokens stand for what is unknown"));
        QCOMPARE(problem({"<unk>", "a"}, {2, 1}, {0}), std::string("its tokens have no scores and kinds"));
        QCOMPARE(problem({}, {}, {}), std::string("the file has no vocabulary"));
    }

    void typeThatLosesLeast()
    {
        ScratchFolder scratch;
        for (const auto& [type, bytes, expected] : {std::tuple{0u, 1024u, TensorType::BF16}, {1u, 512u, TensorType::F16}, {30u, 512u, TensorType::BF16},
                                                    {8u, 272u, TensorType::F16}}) {
            GgufBuilder file;
            file.string("general.architecture", "llama").u32("llama.block_count", 1).u32("llama.embedding_length", 32).u32("llama.attention.head_count", 2)
                .u32("llama.context_length", 64).tensor("token_embd.weight", {32, 8}, type, bytes);
            writeBytes(scratch / "m.gguf", file.file());
            QCOMPARE(std::string(name(folderContents(openModel(scratch / "m.gguf")).denseType)), std::string(name(expected)));
        }
    }
};

QTEST_APPLESS_MAIN(TestGgufContents)
#include "tst_gguf_contents.moc"
