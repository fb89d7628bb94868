// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/gguf_output.h"

#include "core/formats/open.h"
#include "core/plan/presets.h"
#include "support/folder_models.h"

#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

namespace {

/// A folder of fixtures/hf, each file changed as wanted.
struct Folder : FolderModel
{
    explicit Folder(const std::string& model = "llama") : FolderModel("hf/" + model) {}
    GgufOutput convert(const std::optional<TensorType>& type = std::nullopt)
    {
        const auto model = openModel(write());
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

std::vector<float> decoded(const Tensor& tensor)
{
    std::vector<float> weights(tensor.shape().weightCount());
    tensor.decodeRows(0, tensor.shape().rowCount(), weights.data());
    return weights;
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
        const auto index = foreign->indexOf(tensor.name());
        QVERIFY2(index.has_value(), tensor.name().c_str());
        const Tensor& theirs = foreign->tensors()[*index];
        QCOMPARE(tensor.type, theirs.type());
        QCOMPARE(tensor.shape(), theirs.shape());
        QVERIFY2(decoded(tensor.weights) == decoded(theirs), tensor.name().c_str());
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
            QCOMPARE(output.tensors[index].name(), model->tensors()[index].name());
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
            tensors.emplace(tensor.name(), tensor);
        QCOMPARE(tensors.size(), output.source->tensors().size());
        const std::uint64_t heads = folder.config["num_attention_heads"];
        const std::uint64_t kvHeads = folder.config["num_key_value_heads"];
        const std::uint64_t headLength = tensors.at("blk.1.attn_q.weight").shape().rowCount() / heads;
        QCOMPARE(tensors.at("blk.1.attn_q.weight").rows, RowMap::rotated(headLength));
        QCOMPARE(tensors.at("blk.1.attn_k.weight").rows, RowMap::rotated(tensors.at("blk.1.attn_k.weight").shape().rowCount() / kvHeads));
        QCOMPARE(tensors.at("blk.1.attn_v.weight").rows, RowMap{});
        QVERIFY(tensors.at("blk.1.attn_v.weight").weights.bytes().data() != nullptr);
        const auto origin = tensors.at("blk.1.attn_q.weight").origin(1);
        QVERIFY(origin.has_value());
        QCOMPARE(origin->row, headLength / 2);
        QCOMPARE(output.source->tensors()[origin->tensor].name(), std::string("model.layers.1.self_attn.q_proj.weight"));
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
            QVERIFY(tensor.name() != "output.weight");
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
        row("quantized", [](Folder& f) { f.config["quantization_config"] = {{"quant_method", "exl9"}}; f.config["num_hidden_layers"] = 3; }, bad,
            "already quantized by 'exl9'");
        row("activation", [](Folder& f) { f.config["hidden_act"] = "relu"; }, unsupported, "'relu'");
        row("rope", [](Folder& f) { f.config["rope_scaling"] = {{"rope_type", "longrope"}, {"factor", 8.0}}; f.config.erase("rope_parameters"); }, unsupported,
            "rope scaling 'longrope'");
        row("partial rope", [](Folder& f) { f.config["partial_rotary_factor"] = 0.5; }, unsupported, "partial rotary");
        row("hidden size", [](Folder& f) { f.config["hidden_size"] = 48; }, bad, "no embedding of 48");
        row("absurd heads", [](Folder& f) { f.config["num_attention_heads"] = 4294967295u; }, bad, "'num_attention_heads' is missing or not between 1 and");
        row("other heads", [](Folder& f) { f.config["head_dim"] = 64; }, bad, "config.json asks for");
        row("zero heads", [](Folder& f) { f.config["num_attention_heads"] = 0; }, bad, "'num_attention_heads' is missing");
        row("negative layers", [](Folder& f) { f.config["num_hidden_layers"] = -1; }, bad, "num_hidden_layers");
        row("missing layer", [](Folder& f) { f.config["num_hidden_layers"] = 3; }, bad, "'blk.2.attn_norm.weight' is missing");
        row("left-over layer", [](Folder& f) { f.config["num_hidden_layers"] = 1; }, unsupported, "is no part of a llama model");
        row("no tokenizer", [](Folder& f) { f.tokenizer = json::object(); }, bad, "has no 'model'");
        row("WordPiece", [](Folder& f) { f.tokenizer["model"]["type"] = "WordPiece"; }, unsupported, "the tokenizer is 'WordPiece'");
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

    void otherArchitecturesAreRefusedByName()
    {
        VERIFY_ERROR(makeGgufOutput(openModel(fixture("hf/falcon")), {}), ErrorKind::Unsupported, "'FalconForCausalLM' cannot be exported to GGUF yet");
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

    void equalsForeignConversionOfStories()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        const auto derived = data / "models" / "derived";
        const auto model = openModel(derived / "stories260K-hf");
        const GgufOutput output = makeGgufOutput(model, planFromType(*model, TensorType::F32));
        const auto foreign = openModel(derived / "stories260K-f32.gguf");
        for (const auto& entry : foreign->metadata().entries()) {
            if (entry.key.starts_with("tokenizer.ggml.") && !output.metadata.find(entry.key))
                QFAIL(entry.key.c_str());
        }
        for (const OutputTensor& tensor : output.tensors) {
            const auto index = foreign->indexOf(tensor.name());
            QVERIFY2(index.has_value(), tensor.name().c_str());
            QVERIFY2(decoded(tensor.weights) == decoded(foreign->tensors()[*index]), tensor.name().c_str());
        }
    }
};


QTEST_GUILESS_MAIN(TestGgufOutput)
#include "tst_gguf_output.moc"
