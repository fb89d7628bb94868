// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizers of vocab.json and merges.txt: the tokens of the tokenizer.json that was taken apart, in texts and in the GGUF; what is refused.
#include "core/convert/gguf_output.h"
#include "core/formats/huggingface/vocabulary_files.h"
#include "core/formats/open.h"
#include "core/inference/tokenizer/tokenizer.h"
#include "core/plan/presets.h"
#include "support/folder_models.h"

#include <QTest>

#include <fstream>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

json jsonOf(const fs::path& path)
{
    std::ifstream file(path);
    return json::parse(file);
}

/// Takes tokenizer.json of @p name apart. The last of the special tokens stays in vocab.json, as GPT-2's does; others become added tokens.
void writeParts(const std::string& name, const fs::path& folder, bool hasClass)
{
    const json whole = jsonOf(fixture("tokenizers/own/" + name + "/tokenizer.json"));
    json words = whole["model"]["vocab"];
    json decoder = json::object();
    for (const json& token : whole["added_tokens"]) {
        if (token["content"] == "<|endoftext|>")
            words["<|endoftext|>"] = token["id"];
        else
            decoder[std::to_string(token["id"].get<int>())] = {{"content", token["content"]}, {"special", true}};
    }
    std::ofstream(folder / "vocab.json") << words.dump();
    std::ofstream merges(folder / "merges.txt");
    merges << "#version: 0.2\n";
    for (const json& merge : whole["model"]["merges"])
        merges << (merge.is_string() ? merge.get<std::string>() : merge[0].get<std::string>() + " " + merge[1].get<std::string>()) << "\r\n";
    json config{{"added_tokens_decoder", decoder}, {"eos_token", "<|endoftext|>"}};
    if (hasClass)
        config["tokenizer_class"] = name == "qwen2" ? "Qwen2Tokenizer" : "GPT2TokenizerFast";
    std::ofstream(folder / "tokenizer_config.json") << config.dump();
    std::ofstream(folder / "config.json") << json{{"model_type", name == "qwen2" ? "qwen2" : "gpt2"}}.dump();
}

} // namespace

class TestVocabularyFiles : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void sameTokens_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<bool>("hasClass");
        QTest::newRow("GPT-2") << "gpt-2" << true;
        QTest::newRow("GPT-2 by the model's kind") << "gpt-2" << false;
        QTest::newRow("Qwen 2") << "qwen2" << true;
        QTest::newRow("Qwen 2 by the model's kind") << "qwen2" << false;
    }
    void sameTokens()
    {
        QFETCH(QString, name);
        QFETCH(bool, hasClass);
        ScratchFolder folder;
        writeParts(name.toStdString(), folder.path(), hasClass);
        const auto parts = loadTokenizer(folder.path());
        const auto whole = loadTokenizer(fixture("tokenizers/own/" + name.toStdString() + "/tokenizer.json"));
        const json texts = jsonOf(fixture("tokenizers/texts.json"))["texts"];
        std::size_t compared = 0;
        for (const auto& [key, text] : texts.items()) {
            for (const bool parses : {false, true}) {
                TokenizeOptions options;
                options.parseSpecial = parses;
                QVERIFY2(parts->encode(text.get<std::string>(), options) == whole->encode(text.get<std::string>(), options), key.c_str());
            }
            ++compared;
        }
        QVERIFY(compared > 100);
    }

    /// A model's folder with the parts becomes the GGUF that it becomes with tokenizer.json.
    void sameGguf()
    {
        FolderModel whole("inference/hf/gpt2");
        FolderModel parts("inference/hf/gpt2");
        const json tokenizer = whole.tokenizer;
        whole.tokenizer["post_processor"] = {{"type", "ByteLevel"}};
        parts.tokenizer = nullptr;
        parts.tokenizerConfig["tokenizer_class"] = "GPT2Tokenizer";
        parts.tokenizerConfig["added_tokens_decoder"] = {{"59", {{"content", "word with blanks"}, {"special", false}}}};
        std::ofstream(parts.scratch / "vocab.json") << tokenizer["model"]["vocab"].dump();
        std::ofstream(parts.scratch / "merges.txt") << "a b\n";
        const auto metadataOf = [](FolderModel& files) {
            const auto model = openModel(files.write());
            return makeGgufOutput(model, planFromType(*model, TensorType::F16)).metadata;
        };
        const Metadata first = metadataOf(whole);
        const Metadata second = metadataOf(parts);
        std::size_t keys = 0;
        for (const Metadata::Entry& entry : first.entries()) {
            if (!entry.key.starts_with("tokenizer."))
                continue;
            ++keys;
            const MetadataValue* other = second.find(entry.key);
            QVERIFY2(other, entry.key.c_str());
            QVERIFY2(isSame(entry.value, *other), entry.key.c_str());
        }
        QVERIFY(keys >= 8);
        const auto* tokens = second.array("tokenizer.ggml.tokens");
        QCOMPARE(std::get<std::string>(tokens->at(59)), std::string("word with blanks"));
    }

    void firstTokens()
    {
        ScratchFolder folder;
        writeParts("gpt-2", folder.path(), true);
        QVERIFY(!loadTokenizer(folder.path())->addsBos());
        json config = jsonOf(folder / "tokenizer_config.json");
        config["add_bos_token"] = true;
        config["bos_token"] = {{"content", "<|endoftext|>"}};
        std::ofstream(folder / "tokenizer_config.json") << config.dump();
        QCOMPARE(loadTokenizer(folder.path())->encode("a").front(), 700);
    }

    void refusals()
    {
        const auto refused = [](const char* file, const std::string& text, ErrorKind kind, const char* message) {
            ScratchFolder folder;
            writeParts("gpt-2", folder.path(), true);
            std::ofstream(folder / file) << text;
            VERIFY_ERROR(huggingface::readTokenizer(folder.path()), kind, message);
        };
        refused("tokenizer_config.json", R"({"tokenizer_class":"RobertaTokenizer"})", ErrorKind::Unsupported, "the tokenizer class 'RobertaTokenizer', and how that splits texts");
        refused("vocab.json", "[1]", ErrorKind::BadFormat, "holds no JSON object");
        refused("vocab.json", R"({"a":"b"})", ErrorKind::BadFormat, "token 'a' has an id that is no number");
        refused("merges.txt", "#version: 0.2\na b\nabc\n", ErrorKind::BadFormat, "line 3 ('abc') is no pair of tokens");
        refused("merges.txt", "a b c\n", ErrorKind::BadFormat, "line 1 ('a b c')");
        refused("merges.txt", "a \xFF\n", ErrorKind::BadFormat, "is no pair of tokens");
        refused("added_tokens.json", R"({"x":"y"})", ErrorKind::BadFormat, "token 'x' has no id");
        refused("tokenizer_config.json", R"({"tokenizer_class":"GPT2Tokenizer","added_tokens_decoder":{"x":{"content":"a"}}})", ErrorKind::BadFormat,
                "an entry 'x' without id or content");
        ScratchFolder nothing;
        QVERIFY(!huggingface::readTokenizer(nothing.path()));
        std::ofstream(nothing / "vocab.json") << "{}";
        QVERIFY(!huggingface::readTokenizer(nothing.path()));
        std::ofstream(nothing / "merges.txt") << "";
        VERIFY_ERROR(huggingface::readTokenizer(nothing.path()), ErrorKind::Unsupported, "class '(not named)'");
    }
};

QTEST_APPLESS_MAIN(TestVocabularyFiles)
#include "tst_vocabulary_files.moc"
