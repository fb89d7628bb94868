// SPDX-License-Identifier: GPL-3.0-or-later
// Ids of texts against what the reference programs gave, for real vocabularies.
#include "core/formats/open.h"
#include "support/test_support.h"
#include "token_vectors.h"

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

/// GPT-2's vocabulary and merges as a tokenizer.json.
void writeGpt2(const std::filesystem::path& folder, const std::filesystem::path& target)
{
    nlohmann::json merges = nlohmann::json::array();
    std::istringstream lines(fileText(folder / "gpt2_merges.txt"));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("#version") && !line.empty())
            merges.push_back(line);
    }
    const nlohmann::json vocabulary = readJson(folder / "gpt2_vocab.json");
    const nlohmann::json added = nlohmann::json::array(
        {{{"id", vocabulary["<|endoftext|>"]}, {"content", "<|endoftext|>"}, {"special", true}}});
    std::ofstream(target) << nlohmann::json{
        {"added_tokens", added},
        {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
        {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", merges}}}};
}

class TestTokenizerVectors : public QObject
{
    Q_OBJECT

private slots:
    void llamaVocabularies_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("byte-level BPE") << "gpt-2";
        QTest::newRow("SentencePiece BPE") << "llama-spm";
    }

    void llamaVocabularies()
    {
        QFETCH(const QString, name);
        QUANTLATHE_NEED_SHARED_DATA(data);
        const auto file = data / ("models/found/gguf-vocab/ggml-vocab-" + name.toStdString() + ".gguf");
        const auto tokenizer = loadTokenizer(*openModel(file));
        const auto vectors = llamaVectors(file);
        QVERIFY(vectors.size() > 40);
        QCOMPARE(countExact(*tokenizer, vectors, {.addSpecial = false}), vectors.size());
        for (const TokenVector& vector : vectors)
            QCOMPARE(tokenizer->decode(tokenizer->encode(vector.text)), vector.text);
    }

    void folderAndGgufAgree_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QString>("gguf");
        QTest::addColumn<QString>("text");
        QTest::newRow("byte-level BPE") << "derived/prose-llama-6m" << "derived/prose-llama-6m/model-f16.gguf" << "derived/prose-llama-6m/eval.txt";
        QTest::newRow("BPE with byte fallback") << "derived/stories260K-hf" << "derived/stories260K-f32.gguf" << "found/text/tinyshakespeare.txt";
    }

    /// The same tokenizer converted: two readers, one result.
    void folderAndGgufAgree()
    {
        QFETCH(const QString, folder);
        QFETCH(const QString, gguf);
        QFETCH(const QString, text);
        QUANTLATHE_NEED_SHARED_DATA(data);
        const auto models = data / "models";
        const auto fromFolder = loadTokenizer(models / folder.toStdString());
        const auto fromGguf = loadTokenizer(*openModel(models / gguf.toStdString()));
        const std::string words = fileText(models / text.toStdString()).substr(0, 400000);
        QVERIFY(words.size() > 50000);
        QCOMPARE(fromFolder->vocabularySize(), fromGguf->vocabularySize());
        const auto ids = fromFolder->encode(words);
        QVERIFY(ids == fromGguf->encode(words));
        QCOMPARE(fromFolder->decode(ids), words);
    }

    void foreignLibraries_data()
    {
        QTest::addColumn<QString>("name");
        for (const auto& entry : std::filesystem::directory_iterator(fixture("tokenizers/vectors")))
            QTest::newRow(entry.path().stem().c_str()) << QString::fromStdString(entry.path().stem().string());
    }

    void foreignLibraries()
    {
        QFETCH(const QString, name);
        const auto folder = fixture("tokenizers");
        const ForeignVectors vectors = foreignVectors(folder, name.toStdString());
        QVERIFY(vectors.parsed.size() > 100);
        std::filesystem::path path;
        if (vectors.tokenizer.starts_with("own/")) {
            path = folder / vectors.tokenizer;
        } else if (vectors.tokenizer.starts_with("sample/")) {
            path = resource(vectors.tokenizer);
        } else {
            QUANTLATHE_NEED_SHARED_DATA(data);
            path = data / "models" / vectors.tokenizer.substr(7);
        }
        ScratchFolder scratch;
        if (name == "shared-gpt2-json") { // the older form, two files without the rest
            writeGpt2(path, scratch / "tokenizer.json");
            path = scratch / "tokenizer.json";
        }
        if (name == "shared-model2vec-json" || name == "shared-bert-bge-gguf") {
            VERIFY_ERROR(loadTokenizer(path), ErrorKind::Unsupported, name.endsWith("gguf") ? "of the kind 'bert'" : "'WordPiece'");
            return;
        }
        const auto tokenizer = loadTokenizer(path);
        // SentencePiece itself never takes control tokens from a text.
        const bool isModelFile = name.endsWith("-model");
        const std::size_t parsed = countExact(*tokenizer, vectors.parsed, {.addSpecial = false, .parseSpecial = !isModelFile});
        const std::size_t verbatim = countExact(*tokenizer, vectors.verbatim, {.addSpecial = false});
        QCOMPARE(parsed, vectors.parsed.size());
        QCOMPARE(verbatim, vectors.verbatim.size());
        if (isModelFile) // nothing is added by the library, but by what uses it (tokenizer_config.json)
            return;
        auto around = vectors.prefix;
        around.insert(around.end(), vectors.suffix.begin(), vectors.suffix.end());
        QCOMPARE(tokenizer->encode(""), around);
    }
};

} // namespace

QTEST_GUILESS_MAIN(TestTokenizerVectors)
#include "tst_tokenizer_vectors.moc"
