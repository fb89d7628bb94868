// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizers of folders written into GGUF metadata and read back: the same ids as the foreign libraries give.
#include "core/convert/tokenizer_output.h"

#include "core/base/error.h"
#include "core/inference/token_vectors.h"
#include "core/inference/tokenizer/gguf_tokenizer.h"
#include "support/folder_models.h"

#include <functional>
#include <set>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// Own tokenizers whose GGUF form is known (a vocabulary that libllama has answered for), and which file to take.
struct Form
{
    const char* name;
    std::set<std::string> files;
    std::string expected; ///< vectors/NAME.json
};

const std::vector<Form>& forms()
{
    static const std::vector<Form> list = [] {
        std::vector<Form> all;
        for (const char* name : {"deepseek-coder", "deepseek-llm", "deepseek-v3", "gpt-2", "gpt-4o", "llama-bpe", "qwen2", "smollm", "tekken"})
            all.push_back({name, {"tokenizer.json"}, std::string("own-") + name + "-gguf"});
        for (const char* name : {"spm-bpe", "spm-gemma", "spm-unigram"}) {
            all.push_back({name, {"tokenizer.json"}, std::string("own-") + name + "-gguf"});
            all.push_back({name, {"tokenizer.model"}, std::string("own-") + name + "-gguf"});
            all.push_back({name, {"tokenizer.json", "tokenizer.model"}, std::string("own-") + name + "-gguf"});
        }
        return all;
    }();
    return list;
}

Metadata exported(const fs::path& folder, std::uint64_t rows)
{
    Metadata metadata;
    appendTokenizer(metadata, folder, rows);
    return metadata;
}

std::vector<std::int64_t> numbers(const Metadata& metadata, std::string_view key)
{
    std::vector<std::int64_t> result;
    const MetadataArray* array = metadata.array(key);
    for (std::uint64_t index = 0; array && index < array->size(); ++index)
        result.push_back(std::get<std::int64_t>(array->at(index)));
    return result;
}

std::string textAt(const Metadata& metadata, std::string_view key, std::uint64_t index)
{
    const MetadataArray* array = metadata.array(key);
    return array && index < array->size() ? std::get<std::string>(array->at(index)) : std::string("(none)");
}

json readJson(const fs::path& path)
{
    std::ifstream file(path);
    return json::parse(file);
}

/// A folder with one of the own tokenizers, changed as wanted.
struct TokenizerFolder
{
    ScratchFolder scratch;
    json tokenizer;
    json config = json::object();

    explicit TokenizerFolder(const std::string& name) : tokenizer(readJson(fixture("tokenizers/own/" + name + "/tokenizer.json"))) {}
    Metadata convert(std::uint64_t rows = 1000)
    {
        std::ofstream(scratch / "tokenizer.json") << tokenizer;
        std::ofstream(scratch / "tokenizer_config.json") << config;
        return exported(scratch.path(), rows);
    }
    void put(const char* name, const json& content) { std::ofstream(scratch / name) << content; }
};

} // namespace

class TestTokenizerOutput : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sameIds_data()
    {
        QTest::addColumn<int>("index");
        for (std::size_t index = 0; index < forms().size(); ++index) {
            std::string title = forms()[index].name;
            for (const std::string& file : forms()[index].files)
                title += " " + file;
            QTest::addRow("%s", title.c_str()) << static_cast<int>(index);
        }
    }

    void sameIds()
    {
        QFETCH(int, index);
        const Form& form = forms()[static_cast<std::size_t>(index)];
        ScratchFolder folder;
        for (const std::string& file : form.files)
            fs::copy_file(fixture(std::string("tokenizers/own/") + form.name + "/" + file), folder / file);
        const Metadata metadata = exported(folder.path(), 1000);
        const auto tokenizer = tokenizerFromMetadata(metadata, "x.gguf");
        QCOMPARE(tokenizer->vocabularySize(), std::size_t{1000});
        ForeignVectors vectors = foreignVectors(fixture("tokenizers"), form.expected);
        QVERIFY(vectors.parsed.size() > 100);
        // A mark of chats becomes a control token, which libllama's vocabulary did not make of it: as text it is text.
        std::erase_if(vectors.verbatim, [](const TokenVector& vector) { return vector.text.find("<|user|>") != std::string::npos; });
        QCOMPARE(countExact(*tokenizer, vectors.parsed, {.addSpecial = false, .parseSpecial = true}), vectors.parsed.size());
        QCOMPARE(countExact(*tokenizer, vectors.verbatim, {.addSpecial = false}), vectors.verbatim.size());
        if (form.files.contains("tokenizer.json")) { // a model file says nothing of what is put around texts
            auto around = vectors.prefix;
            around.insert(around.end(), vectors.suffix.begin(), vectors.suffix.end());
            QCOMPARE(tokenizer->encode(""), around);
        }
    }

    void sharedFolders_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QString>("expected");
        QTest::newRow("stories260K") << "derived/stories260K-hf" << "shared-stories260K-json";
        QTest::newRow("phi-3-mini") << "found/tokenizers/phi-3-mini" << "shared-phi-3-mini-json";
        QTest::newRow("prose") << "derived/prose-llama-6m" << "shared-prose-llama-6m-json";
        QTest::newRow("shakespeare") << "derived/shakespeare-qwen2-1m" << "shared-shakespeare-qwen2-json";
    }

    /// Real vocabularies: ids of the tokenizers library.
    void sharedFolders()
    {
        QFETCH(QString, folder);
        QFETCH(QString, expected);
        QUANTLATHE_NEED_SHARED_DATA(data);
        Metadata metadata = exported(data / "models" / folder.toStdString(), 40000);
        metadata.append("general.name", MetadataValue::ofString(folder.toStdString())); // engines know Phi-3's marks by it
        const auto tokenizer = tokenizerFromMetadata(metadata, "x.gguf");
        ForeignVectors vectors = foreignVectors(fixture("tokenizers"), expected.toStdString());
        // Phi-3 looks for </s> in every text; llama.cpp knows it for an end, which is looked for on wish only.
        std::erase_if(vectors.verbatim, [&](const TokenVector& vector) { return folder.contains("phi-3") && vector.text.find("</s>") != std::string::npos; });
        QVERIFY(vectors.parsed.size() > 100);
        QCOMPARE(countExact(*tokenizer, vectors.verbatim, {.addSpecial = false}), vectors.verbatim.size());
        QCOMPARE(countExact(*tokenizer, vectors.parsed, {.addSpecial = false, .parseSpecial = true}), vectors.parsed.size());
    }

    void kindsOfSentencePieceTokens()
    {
        const Metadata metadata = TokenizerFolder("spm-bpe").convert(562);
        const auto kinds = numbers(metadata, "tokenizer.ggml.token_type");
        QCOMPARE(kinds[0], 2); // <unk>
        QCOMPARE(kinds[1], 3);
        QCOMPARE(kinds[3], 4); // [INST], found in every text
        QCOMPARE(kinds[4], 3); // <|user|> looks like a mark of chats
        QCOMPARE(kinds[5], 6); // <0x00>
        QCOMPARE(kinds[561], 5);
        QCOMPARE(textAt(metadata, "tokenizer.ggml.tokens", 561), std::string("[PAD561]"));
        QCOMPARE(metadata.unsignedInteger("tokenizer.ggml.unknown_token_id"), std::optional<std::uint64_t>(0));
        QCOMPARE(metadata.boolean("tokenizer.ggml.add_bos_token"), std::optional(true));
        QCOMPARE(metadata.boolean("tokenizer.ggml.add_space_prefix"), std::optional(true));
        QCOMPARE(TokenizerFolder("spm-gemma").convert().boolean("tokenizer.ggml.add_space_prefix"), std::optional(false));
    }

    void addedTokensFromAllFiles()
    {
        TokenizerFolder folder("spm-bpe");
        folder.put("added_tokens.json", {{"from added", 600}, {"<|lost|>", 601}});
        folder.config["added_tokens_decoder"] = {{"601", {{"content", "from\xE2\x96\x81" "config"}, {"special", false}}}, {"5000", {{"content", "beyond"}}}};
        const Metadata metadata = folder.convert();
        QCOMPARE(textAt(metadata, "tokenizer.ggml.tokens", 600), std::string("from added"));
        QCOMPARE(textAt(metadata, "tokenizer.ggml.tokens", 601), std::string("from config"));
        QCOMPARE(numbers(metadata, "tokenizer.ggml.token_type")[601], 4);
    }

    void specialIdsFromAllFiles()
    {
        TokenizerFolder folder("qwen2");
        folder.config = {{"eos_token", "<|im_end|>"}};
        folder.put("special_tokens_map.json", {{"pad_token", {{"content", "<|endoftext|>"}}}});
        folder.put("config.json", {{"bos_token_id", 701}, {"text_config", {{"unk_token_id", 3}}}});
        folder.put("generation_config.json", {{"eos_token_id", {702, 700}}});
        const Metadata metadata = folder.convert();
        const auto id = [&](const char* name) { return metadata.unsignedInteger(std::string("tokenizer.ggml.") + name).value_or(9999); };
        QCOMPARE(id("eos_token_id"), 702u);
        QCOMPARE(id("padding_token_id"), 700u);
        QCOMPARE(id("bos_token_id"), 701u);
        QCOMPARE(id("unknown_token_id"), 3u);
        QCOMPARE(id("eot_token_id"), 700u);
        QCOMPARE(metadata.boolean("tokenizer.ggml.normalizer.nfc"), std::optional(true));
        QCOMPARE(metadata.boolean("tokenizer.ggml.add_bos_token"), std::optional(false));
    }

    /// The model's configuration may speak of another vocabulary; what is put before texts is known.
    void postProcessorBeforeNumbers()
    {
        TokenizerFolder folder("llama-bpe");
        folder.put("config.json", {{"bos_token_id", 1}});
        const Metadata metadata = folder.convert();
        QCOMPARE(metadata.unsignedInteger("tokenizer.ggml.bos_token_id"), std::optional<std::uint64_t>(704));
        QCOMPARE(metadata.boolean("tokenizer.ggml.add_bos_token"), std::optional(true));
    }

    void modelFileAloneAddsBosByClass()
    {
        ScratchFolder folder;
        fs::copy_file(fixture("tokenizers/own/spm-bpe/tokenizer.model"), folder / "tokenizer.model");
        QCOMPARE(exported(folder.path(), 600).boolean("tokenizer.ggml.add_bos_token"), std::optional(false));
        std::ofstream(folder / "tokenizer_config.json") << json{{"tokenizer_class", "LlamaTokenizer"}};
        const Metadata metadata = exported(folder.path(), 600);
        QCOMPARE(metadata.boolean("tokenizer.ggml.add_bos_token"), std::optional(true));
        QCOMPARE(metadata.unsignedInteger("tokenizer.ggml.bos_token_id"), std::optional<std::uint64_t>(1));
        QCOMPARE(metadata.unsignedInteger("tokenizer.ggml.eos_token_id"), std::optional<std::uint64_t>(2));
    }

    void chatTemplatesOfFolders()
    {
        TokenizerFolder folder("qwen2");
        folder.config["chat_template"] = "config";
        fs::create_directory(folder.scratch / "additional_chat_templates");
        std::ofstream(folder.scratch / "additional_chat_templates" / "tools.jinja") << "with tools";
        QCOMPARE(folder.convert().string("tokenizer.chat_template"), std::optional<std::string>("config"));
        folder.put("chat_template.json", {{"chat_template", "json"}});
        QCOMPARE(folder.convert().string("tokenizer.chat_template"), std::optional<std::string>("json"));
        std::ofstream(folder.scratch / "chat_template.jinja") << "jinja";
        const Metadata metadata = folder.convert();
        QCOMPARE(metadata.string("tokenizer.chat_template"), std::optional<std::string>("jinja"));
        QCOMPARE(metadata.string("tokenizer.chat_template.tools"), std::optional<std::string>("with tools"));
        QCOMPARE(textAt(metadata, "tokenizer.chat_templates", 0), std::string("tools"));
    }

    void refusals_data()
    {
        using Change = std::function<void(TokenizerFolder&)>;
        QTest::addColumn<QString>("name");
        QTest::addColumn<Change>("change");
        QTest::addColumn<ErrorKind>("kind");
        QTest::addColumn<QString>("text");
        const auto row = [](const char* title, const char* name, Change change, ErrorKind kind, const char* text) {
            QTest::newRow(title) << name << change << kind << QString(text);
        };
        const auto unsupported = ErrorKind::Unsupported;
        const auto bad = ErrorKind::BadFormat;
        row("WordPiece", "gpt-2", [](auto& f) { f.tokenizer["model"]["type"] = "WordPiece"; }, unsupported, "the tokenizer is 'WordPiece'");
        row("affix", "gpt-2", [](auto& f) { f.tokenizer["model"]["end_of_word_suffix"] = "</w>"; }, unsupported, "a BPE with 'end_of_word_suffix'");
        row("normalizer", "added-flags", [](auto&) {}, unsupported, "the normalizer 'Sequence'");
        row("vocabulary", "gpt-2", [](auto& f) { f.tokenizer["model"]["vocab"] = 3; }, bad, "'model.vocab' is no object");
        row("id of another kind", "gpt-2", [](auto& f) { f.tokenizer["model"]["vocab"]["zz"] = "1"; }, bad, "token 'zz' has an id that is no number");
        row("added without id", "gpt-2", [](auto& f) { f.tokenizer["added_tokens"] = json::array({{{"content", "x"}}}); }, bad, "an added token has no content or id");
        row("added twice", "gpt-2", [](auto& f) { f.tokenizer["added_tokens"][0]["id"] = 5; }, bad, "have the same id 5");
        row("added list", "gpt-2", [](auto& f) { f.tokenizer["added_tokens"] = 1; }, bad, "'added_tokens' is no list");
        row("decoder entry", "gpt-2", [](auto& f) { f.config["added_tokens_decoder"] = {{"x", {{"content", "y"}}}}; }, bad, "an entry 'x' without id or content");
        row("added file", "gpt-2", [](auto& f) { f.put("added_tokens.json", {{"x", "y"}}); }, bad, "token 'x' has no id");
        row("added file list", "gpt-2", [](auto& f) { f.put("added_tokens.json", json::array()); }, bad, "holds no JSON object");
        row("no merges", "gpt-2", [](auto& f) { f.tokenizer["model"].erase("merges"); }, bad, "'model.merges' is no list");
        row("frame", "spm-unigram", [](auto& f) { f.tokenizer["post_processor"]["single"][1]["SpecialToken"]["id"] = "<pad>"; f.config["eos_token"] = "</s>"; }, unsupported,
            "puts '<pad>' after every text");
        row("roberta", "gpt-2", [](auto& f) { f.tokenizer["post_processor"] = {{"type", "RobertaProcessing"}, {"cls", {"<|endoftext|>", 700}}, {"sep", {"!", 0}}}; f.config = {{"bos_token", "<|endoftext|>"}, {"eos_token", "<|endoftext|>"}}; },
            unsupported, "puts '!' after every text");
        row("prepend", "spm-bpe", [](auto& f) { f.tokenizer["normalizer"]["normalizers"][0]["prepend"] = "x"; }, unsupported, "the normalizer 'Prepend'");
        row("lowercase", "spm-gemma", [](auto& f) { f.tokenizer["normalizer"] = {{"type", "Lowercase"}}; }, unsupported, "the normalizer 'Lowercase'");
        row("metaspace splits", "spm-gemma", [](auto& f) { f.tokenizer["pre_tokenizer"] = {{"type", "Metaspace"}, {"split", true}}; }, unsupported, "the pre-tokenizer 'Metaspace'");
        row("digits", "spm-gemma", [](auto& f) { f.tokenizer["pre_tokenizer"] = {{"type", "Digits"}}; }, unsupported, "the pre-tokenizer 'Digits'");
        row("merge left out", "spm-gemma", [](auto& f) { f.tokenizer["model"]["merges"].erase(3); }, unsupported, "no merge joins them");
        row("merge in two places", "spm-bpe", [](auto& f) { f.tokenizer["model"]["merges"].push_back(f.tokenizer["model"]["merges"][0]); }, unsupported, "by merges in two places");
        row("merge of one", "spm-bpe", [](auto& f) { f.tokenizer["model"]["merges"][0] = "x"; }, bad, "merge 0 is no pair of tokens");
        row("merge of strangers", "spm-bpe", [](auto& f) { f.tokenizer["model"]["merges"][0] = "qq zz"; }, bad, "which is not in the vocabulary");
        row("no merges of a sentence", "spm-bpe", [](auto& f) { f.tokenizer["model"]["merges"] = nullptr; }, bad, "'model.merges' is no list");
        row("sentence vocabulary", "spm-bpe", [](auto& f) { f.tokenizer["model"]["vocab"] = json::array(); }, bad, "'model.vocab' is no object");
        row("sentence ids", "spm-bpe", [](auto& f) { f.tokenizer["model"]["vocab"]["zz"] = -1; }, bad, "no id that a vocabulary can have");
        row("sentence id twice", "spm-bpe", [](auto& f) { f.tokenizer["model"]["vocab"]["zz"] = 7; }, bad, "have the same id 7");
        row("unigram bytes", "spm-unigram", [](auto& f) { f.tokenizer["model"]["byte_fallback"] = true; }, unsupported, "unigram model with byte fallback");
        row("unigram vocabulary", "spm-unigram", [](auto& f) { f.tokenizer["model"]["vocab"] = 1; }, bad, "'model.vocab' is no list");
        row("unigram entry", "spm-unigram", [](auto& f) { f.tokenizer["model"]["vocab"][2] = "x"; }, bad, "token 2 of 'model.vocab' is no pair");
        row("unigram unknown", "spm-unigram", [](auto& f) { f.tokenizer["model"]["unk_id"] = 4000; }, bad, "'model.unk_id' is no token");
        row("too many pieces", "spm-unigram", [](auto& f) { for (int n = 0; n < 700; ++n) f.tokenizer["model"]["vocab"].push_back({"piece " + std::to_string(n), -1.0}); }, bad,
            "but the embedding has 1000 rows");
    }

    void refusals()
    {
        using Change = std::function<void(TokenizerFolder&)>;
        QFETCH(QString, name);
        QFETCH(Change, change);
        QFETCH(ErrorKind, kind);
        QFETCH(QString, text);
        TokenizerFolder folder(name.toStdString());
        change(folder);
        VERIFY_ERROR(folder.convert(), kind, text.toStdString());
    }

    void noTokenizer()
    {
        ScratchFolder folder;
        VERIFY_ERROR(exported(folder.path(), 10), ErrorKind::NotFound, "there is no tokenizer");
    }

    void modelFilesThatNoGgufCanSay()
    {
        ScratchFolder folder;
        std::ofstream(folder / "tokenizer.model") << "no protobuf at all, but text";
        VERIFY_ERROR(exported(folder.path(), 10), ErrorKind::BadFormat, "tokenizer.model");
        // Trainer: type 3 (words); then a BPE that puts spaces behind words, and one that removes spaces.
        const auto write = [&](const std::string& trainer, const std::string& normalizer) {
            std::string bytes = "\x0A\x09\x0A\x05<unk>\x18\x02";
            bytes += std::string("\x12") + static_cast<char>(trainer.size()) + trainer;
            bytes += std::string("\x1A") + static_cast<char>(normalizer.size()) + normalizer;
            std::ofstream(folder / "tokenizer.model", std::ios::binary) << bytes;
        };
        write("\x18\x03", "");
        VERIFY_ERROR(exported(folder.path(), 10), ErrorKind::Unsupported, "by words or characters");
        write("\x18\x02\xC0\x01\x01", "");
        VERIFY_ERROR(exported(folder.path(), 10), ErrorKind::Unsupported, "puts spaces behind words");
        write("\x18\x02", "\x20\x01");
        VERIFY_ERROR(exported(folder.path(), 10), ErrorKind::Unsupported, "removes spaces, which engines do not do for BPE");
        write("\x18\x01\x98\x02\x01", "");
        VERIFY_ERROR(exported(folder.path(), 10), ErrorKind::Unsupported, "unigram model with byte fallback");
    }
};

QTEST_GUILESS_MAIN(TestTokenizerOutput)
#include "tst_tokenizer_output.moc"
