// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/gguf_output.h"

#include "core/formats/open.h"
#include "core/plan/presets.h"
#include "support/test_support.h"

#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

namespace {

/// A byte-level BPE of 60 tokens: two specials, 56 letters, one merged token, one added word; the embedding has 64 rows.
json smallTokenizer()
{
    json vocab{{"<s>", 0}, {"</s>", 1}};
    for (int index = 0; index < 56; ++index)
        vocab[std::string(1, static_cast<char>('A' + index))] = index + 2;
    vocab["ab"] = 58;
    json added = json::array();
    added.push_back({{"id", 0}, {"content", "<s>"}, {"special", true}});
    added.push_back({{"id", 1}, {"content", "</s>"}, {"special", true}});
    added.push_back({{"id", 59}, {"content", "word with blanks"}, {"special", false}});
    return {{"added_tokens", added},
            {"normalizer", nullptr},
            {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
            {"post_processor",
             {{"type", "TemplateProcessing"},
              {"single", json::array({{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
                                      {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}})}}},
            {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", json::array({"a b"})}}}};
}

/// The fixture model in a folder of its own, with that tokenizer, each file changed as wanted.
struct Folder
{
    ScratchFolder scratch;
    json config;
    json tokenizer = smallTokenizer();
    json tokenizerConfig{{"bos_token", "<s>"}, {"eos_token", {{"content", "</s>"}}}};

    explicit Folder(const std::string& model = "llama")
    {
        std::ifstream(fixture("hf/" + model + "/config.json")) >> config;
        std::filesystem::copy_file(fixture("hf/" + model + "/model.safetensors"), scratch / "model.safetensors");
    }
    GgufOutput convert(const std::optional<TensorType>& type = std::nullopt)
    {
        std::ofstream(scratch / "config.json") << config;
        std::ofstream(scratch / "tokenizer.json") << tokenizer;
        std::ofstream(scratch / "tokenizer_config.json") << tokenizerConfig;
        const auto model = openModel(scratch.path());
        return makeGgufOutput(model, type ? planFromType(*model, *type) : Plan());
    }
};

std::vector<std::string> strings(const Metadata& metadata, std::string_view key)
{
    std::vector<std::string> result;
    const MetadataArray* array = metadata.array(key);
    for (std::uint64_t index = 0; array && index < array->size(); ++index)
        result.push_back(std::get<std::string>(array->at(index)));
    return result;
}

std::vector<std::int64_t> numbers(const Metadata& metadata, std::string_view key)
{
    std::vector<std::int64_t> result;
    const MetadataArray* array = metadata.array(key);
    for (std::uint64_t index = 0; array && index < array->size(); ++index)
        result.push_back(std::get<std::int64_t>(array->at(index)));
    return result;
}

/// Bytes of an output tensor that is written as it is stored, rows reordered.
std::vector<std::byte> copiedBytes(const GgufOutput& output, const OutputTensor& tensor)
{
    const auto source = output.source->tensors()[tensor.sourceIndex].bytes();
    const std::uint64_t rows = tensor.shape.rowCount();
    const std::size_t row = source.size() / rows;
    std::vector<std::byte> bytes(source.size());
    for (std::uint64_t index = 0; index < rows; ++index)
        std::memcpy(bytes.data() + index * row, source.data() + tensor.sourceRow(index) * row, row);
    return bytes;
}

/// Each key of @p foreign that @p ours has too has the same type and value; names of keys that are missing are returned.
std::vector<std::string> compareKeys(const Metadata& foreign, const Metadata& ours)
{
    std::vector<std::string> missing;
    for (const auto& entry : foreign.entries()) {
        const MetadataValue* value = ours.find(entry.key);
        if (!value) {
            missing.push_back(entry.key);
            continue;
        }
        if (entry.key == "general.name")
            continue;
        const auto same = [&] {
            if (value->type != entry.value.type || value->isArray() != entry.value.isArray())
                return false;
            if (!value->isArray())
                return std::get<MetadataScalar>(value->value) == std::get<MetadataScalar>(entry.value.value);
            const auto& a = std::get<MetadataArray>(value->value);
            const auto& b = std::get<MetadataArray>(entry.value.value);
            return a.elementType() == b.elementType()
                && std::equal(a.encoded().begin(), a.encoded().end(), b.encoded().begin(), b.encoded().end());
        };
        if (!same())
            missing.push_back("(different) " + entry.key);
    }
    return missing;
}

void compareWithForeign(const std::filesystem::path& folder, const std::filesystem::path& foreignFile)
{
    const auto model = openModel(folder);
    const GgufOutput output = makeGgufOutput(model, planFromType(*model, TensorType::F16));
    const auto foreign = openModel(foreignFile);
    const auto missing = compareKeys(foreign->metadata(), output.metadata);
    for (const std::string& key : missing) // what no file of the folder says
        QVERIFY2(key == "general.size_label" || key == "general.license", key.c_str());
    QCOMPARE(output.tensors.size(), foreign->tensors().size());
    for (const OutputTensor& tensor : output.tensors) {
        const auto index = foreign->indexOf(tensor.name);
        QVERIFY2(index.has_value(), tensor.name.c_str());
        const Tensor& theirs = foreign->tensors()[*index];
        QCOMPARE(tensor.type, theirs.type());
        QCOMPARE(tensor.shape, theirs.shape());
        if (tensor.isCopy) {
            const auto bytes = copiedBytes(output, tensor);
            QVERIFY2(std::equal(bytes.begin(), bytes.end(), theirs.bytes().begin(), theirs.bytes().end()), tensor.name.c_str());
        } else {
            QCOMPARE(tensor.type, TensorType::F32); // norms
        }
    }
}

} // namespace

class TestGgufOutput : public QObject
{
    Q_OBJECT
private slots:
    void ggufPassesThrough()
    {
        const auto model = openModel(fixture("gguf/values.gguf"));
        const auto output = makeGgufOutput(model, {});
        const auto& before = model->metadata().entries();
        const auto& after = output.metadata.entries();
        QCOMPARE(after.size(), before.size() + 2);
        for (std::size_t index = 0; index < before.size(); ++index) {
            QCOMPARE(after[index].key, before[index].key);
            QCOMPARE(after[index].value.type, before[index].value.type);
        }
        QCOMPARE(compareKeys(model->metadata(), output.metadata).size(), std::size_t{0});
        QCOMPARE(output.metadata.unsignedInteger("general.quantization_version"), std::optional<std::uint64_t>(2));
        for (std::size_t index = 0; index < output.tensors.size(); ++index) {
            QCOMPARE(output.tensors[index].name, model->tensors()[index].name());
            QVERIFY(output.tensors[index].isCopy);
            QCOMPARE(output.tensors[index].sizeBytes(), model->tensors()[index].sizeBytes());
        }
    }

    void keysAreSetWhereTheyStand()
    {
        const auto model = openModel(fixture("gguf/tiny-llama.gguf"));
        const auto output = makeGgufOutput(model, planFromType(*model, TensorType::Q8_0));
        std::size_t fileTypes = 0;
        for (const auto& entry : output.metadata.entries())
            fileTypes += entry.key == "general.file_type" ? 1 : 0;
        QCOMPARE(fileTypes, std::size_t{1});
        QCOMPARE(output.metadata.unsignedInteger("general.file_type"), std::optional<std::uint64_t>(7));
    }

    void alignmentIsKept()
    {
        const auto output = makeGgufOutput(openModel(fixture("gguf/alignment64.gguf")), {});
        QCOMPARE(output.alignment, 64u);
        QCOMPARE(output.metadata.unsignedInteger("general.alignment"), std::optional<std::uint64_t>(64));
    }

    void splitKeysAreDropped()
    {
        const auto model = openModel(fixture("gguf/tiny-llama-00002-of-00003.gguf"));
        QVERIFY(model->metadata().find("split.count"));
        const auto output = makeGgufOutput(model, {});
        for (const auto& entry : output.metadata.entries())
            QVERIFY2(!entry.key.starts_with("split."), entry.key.c_str());
    }

    void ropeRowsAreReordered()
    {
        OutputTensor tensor;
        tensor.shape = Shape({16, 4});
        tensor.ropeHeads = 2; // 8 rows per head: 0 4 1 5 2 6 3 7
        const std::vector<std::uint64_t> expected{0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15};
        for (std::uint64_t row = 0; row < 16; ++row)
            QCOMPARE(tensor.sourceRow(row), expected[row]);
        tensor.shape = Shape({8});
        tensor.ropeHeads = 1; // a bias: its weights are what the rows are elsewhere
        QCOMPARE(tensor.sourceRow(1), 4u);
        tensor.ropeHeads = 0;
        QCOMPARE(tensor.sourceRow(1), 1u);
    }

    void aLlamaFolder()
    {
        Folder folder;
        const auto output = folder.convert();
        const Metadata& m = output.metadata;
        QCOMPARE(m.string("general.architecture"), std::optional<std::string>("llama"));
        QCOMPARE(m.unsignedInteger("llama.block_count"), std::optional<std::uint64_t>(2));
        QCOMPARE(m.unsignedInteger("llama.embedding_length"), std::optional<std::uint64_t>(32));
        QCOMPARE(m.unsignedInteger("llama.vocab_size"), std::optional<std::uint64_t>(64));
        QCOMPARE(m.string("tokenizer.ggml.model"), std::optional<std::string>("gpt2"));
        QCOMPARE(m.string("tokenizer.ggml.pre"), std::optional<std::string>("gpt-2"));
        QCOMPARE(m.boolean("tokenizer.ggml.add_bos_token"), std::optional(true));
        QCOMPARE(m.boolean("tokenizer.ggml.add_eos_token"), std::optional(false));
        QCOMPARE(m.unsignedInteger("tokenizer.ggml.bos_token_id"), std::optional<std::uint64_t>(0));
        QCOMPARE(m.unsignedInteger("tokenizer.ggml.eos_token_id"), std::optional<std::uint64_t>(1));
        const auto tokens = strings(m, "tokenizer.ggml.tokens");
        const auto types = numbers(m, "tokenizer.ggml.token_type");
        QCOMPARE(tokens.size(), std::size_t{64});
        QCOMPARE(types.size(), std::size_t{64});
        QCOMPARE(tokens[58], std::string("ab"));
        QCOMPARE(tokens[63], std::string("[PAD63]"));
        QCOMPARE(types[0], 3);
        QCOMPARE(types[58], 1);
        QCOMPARE(types[59], 4);
        QCOMPARE(types[60], 5);
        QCOMPARE(strings(m, "tokenizer.ggml.merges"), std::vector<std::string>{"a b"});
        std::map<std::string, OutputTensor> tensors;
        for (const OutputTensor& tensor : output.tensors)
            tensors[tensor.name] = tensor;
        QCOMPARE(tensors.size(), output.source->tensors().size());
        const std::uint64_t heads = folder.config["num_attention_heads"];
        const std::uint64_t kvHeads = folder.config["num_key_value_heads"];
        QCOMPARE(tensors.at("blk.1.attn_q.weight").ropeHeads, heads);
        QCOMPARE(tensors.at("blk.1.attn_k.weight").ropeHeads, kvHeads);
        QCOMPARE(tensors.at("blk.1.attn_v.weight").ropeHeads, 0u);
        QCOMPARE(tensors.at("blk.1.attn_norm.weight").type, TensorType::F32);
        QCOMPARE(tensors.at("blk.1.ffn_down.weight").type, TensorType::BF16);
    }

    void mergesAsPairsAreTheSame()
    {
        Folder folder;
        folder.tokenizer["model"]["merges"] = json::array({json::array({"a", "b"})});
        QCOMPARE(strings(folder.convert().metadata, "tokenizer.ggml.merges"), std::vector<std::string>{"a b"});
    }

    void mistralIsALlama()
    {
        Folder folder("mistral");
        folder.tokenizer["post_processor"] = nullptr;
        folder.tokenizerConfig["add_bos_token"] = true;
        folder.tokenizerConfig["chat_template"] = "{{ messages }}";
        const auto metadata = folder.convert().metadata;
        QCOMPARE(metadata.boolean("tokenizer.ggml.add_bos_token"), std::optional(true));
        QCOMPARE(metadata.string("tokenizer.chat_template"), std::optional<std::string>("{{ messages }}"));
    }

    void severalChatTemplates()
    {
        Folder folder;
        folder.tokenizerConfig["chat_template"] = json::array(
            {{{"name", "default"}, {"template", "A"}}, {{"name", "tool_use"}, {"template", "B"}}});
        auto metadata = folder.convert().metadata;
        QCOMPARE(metadata.string("tokenizer.chat_template"), std::optional<std::string>("A"));
        QCOMPARE(metadata.string("tokenizer.chat_template.tool_use"), std::optional<std::string>("B"));
        QCOMPARE(strings(metadata, "tokenizer.chat_templates"), std::vector<std::string>{"tool_use"});
        std::ofstream(folder.scratch / "chat_template.jinja") << "from the file";
        metadata = folder.convert().metadata;
        QCOMPARE(metadata.string("tokenizer.chat_template"), std::optional<std::string>("from the file"));
    }

    void tiedOutputIsLeftOut()
    {
        Folder folder;
        folder.config["tie_word_embeddings"] = true;
        for (const OutputTensor& tensor : folder.convert().tensors)
            QVERIFY(tensor.name != "output.weight");
    }

    void refusals_data()
    {
        using Change = std::function<void(Folder&)>;
        QTest::addColumn<Change>("change");
        QTest::addColumn<ErrorKind>("kind");
        QTest::addColumn<QString>("text");
        const auto row = [](const char* title, Change change, ErrorKind kind, const char* text) {
            QTest::newRow(title) << change << kind << QString(text);
        };
        const auto unsupported = ErrorKind::Unsupported;
        const auto bad = ErrorKind::BadFormat;
        row("architecture", [](Folder& f) { f.config["architectures"] = {"FalconForCausalLM"}; }, unsupported,
            "'FalconForCausalLM' cannot be exported");
        row("quantized", [](Folder& f) { f.config["quantization_config"] = {{"quant_method", "gptq"}}; }, unsupported,
            "already quantized");
        row("activation", [](Folder& f) { f.config["hidden_act"] = "relu"; }, unsupported, "'relu'");
        row("rope", [](Folder& f) { f.config["rope_scaling"] = {{"rope_type", "llama3"}, {"factor", 8.0}}; }, unsupported,
            "rope scaling 'llama3'");
        row("partial rope", [](Folder& f) { f.config["partial_rotary_factor"] = 0.5; }, unsupported, "partial rotary");
        row("hidden size", [](Folder& f) { f.config["hidden_size"] = 48; }, bad, "no embedding of 48");
        row("absurd heads", [](Folder& f) { f.config["num_attention_heads"] = 4294967295u; f.config["head_dim"] = 4294967294u; f.config["num_key_value_heads"] = 1; }, bad,
            "config.json asks for");
        row("zero heads", [](Folder& f) { f.config["num_attention_heads"] = 0; }, bad, "'num_attention_heads' is missing");
        row("negative layers", [](Folder& f) { f.config["num_hidden_layers"] = -1; }, bad, "num_hidden_layers");
        row("missing layer", [](Folder& f) { f.config["num_hidden_layers"] = 3; }, bad, "'blk.2.attn_norm.weight' is missing");
        row("left-over layer", [](Folder& f) { f.config["num_hidden_layers"] = 1; }, unsupported, "is no part of a Llama model");
        row("no tokenizer", [](Folder& f) { f.tokenizer = json::object(); }, bad, "has no 'model'");
        row("Unigram", [](Folder& f) { f.tokenizer["model"]["type"] = "Unigram"; }, unsupported, "the tokenizer is 'Unigram'");
        row("byte fallback", [](Folder& f) { f.tokenizer["model"]["byte_fallback"] = true; }, unsupported,
            "SentencePiece BPE with byte fallback");
        row("normalizer", [](Folder& f) { f.tokenizer["normalizer"] = {{"type", "Lowercase"}}; }, unsupported,
            "normalizer 'Lowercase'");
        row("id beyond rows", [](Folder& f) { f.tokenizer["model"]["vocab"]["zz"] = 64; }, bad, "'zz' has the id 64");
        row("id twice", [](Folder& f) { f.tokenizer["model"]["vocab"]["zz"] = 58; }, bad, "have the same id 58");
        row("merge of strangers", [](Folder& f) { f.tokenizer["model"]["merges"] = {"a q"}; }, bad, "merge 0 ('a q')");
        row("merge of one", [](Folder& f) { f.tokenizer["model"]["merges"] = {"a"}; }, bad, "merge 0 is no pair");
        row("strange frame",
            [](Folder& f) { f.tokenizer["post_processor"]["single"][0]["SpecialToken"]["id"] = "</s>"; }, unsupported,
            "puts '</s>' before every text");
    }

    void refusals()
    {
        using Change = std::function<void(Folder&)>;
        QFETCH(Change, change);
        QFETCH(ErrorKind, kind);
        QFETCH(QString, text);
        Folder folder;
        change(folder);
        VERIFY_ERROR(folder.convert(), kind, text.toStdString());
    }

    void aBareSafetensorsFileIsRefused()
    {
        ScratchFolder folder;
        std::filesystem::copy_file(fixture("hf/llama/model.safetensors"), folder / "model.safetensors");
        const auto model = openModel(folder / "model.safetensors");
        VERIFY_ERROR(makeGgufOutput(model, {}), ErrorKind::Unsupported, "no config.json beside it");
    }

    void otherArchitecturesAreRefusedByName_data()
    {
        QTest::addColumn<QString>("folder");
        for (const char* folder : {"deepseek_v2", "falcon", "gemma2", "gpt2", "gpt_oss", "mixtral", "phi3", "qwen2", "qwen3"})
            QTest::newRow(folder) << folder;
    }

    void otherArchitecturesAreRefusedByName()
    {
        QFETCH(QString, folder);
        VERIFY_ERROR(makeGgufOutput(openModel(fixture("hf/" + folder.toStdString())), {}), ErrorKind::Unsupported,
                     "cannot be exported to GGUF yet");
    }

    void equalsForeignConversionOfTheSample()
    {
        const auto folder = resource("sample");
        const auto file = resource("sample/quantlathe-sample-f16.gguf");
        compareWithForeign(folder, file);
    }

    void equalsForeignConversionOfProse()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        const auto folder = data / "models" / "derived" / "prose-llama-6m";
        compareWithForeign(folder, folder / "model-f16.gguf");
    }

    void sentencePieceFoldersAreRefused()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        VERIFY_ERROR(makeGgufOutput(openModel(data / "models" / "derived" / "stories260K-hf"), {}), ErrorKind::Unsupported,
                     "the tokenizer is a SentencePiece BPE with byte fallback");
    }
};


QTEST_GUILESS_MAIN(TestGgufOutput)
#include "tst_gguf_output.moc"
