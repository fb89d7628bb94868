// SPDX-License-Identifier: GPL-3.0-or-later
// Ids of texts against what the reference programs gave, for real vocabularies.
#include "core/formats/open.h"
#include "support/test_support.h"
#include "token_vectors.h"

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

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
};

} // namespace

QTEST_GUILESS_MAIN(TestTokenizerVectors)
#include "tst_tokenizer_vectors.moc"
