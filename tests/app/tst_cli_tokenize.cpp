// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the real quantlathe-cli tokenize.
#include "cli_run.h"
#include "support/test_support.h"

#include <fstream>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

class TestCliTokenize : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;
    QString m_model = QString::fromStdString(fixture("tokenizers/own/spm-bpe/vocab.gguf").string());

private slots:
    void idsAndPieces()
    {
        const auto run = cli({"tokenize", m_model, "--prompt", "Hello\n", "--json"});
        VERIFY_EXIT(run, 0);
        const json result = run.parsed();
        QCOMPARE(result["path"].get<std::string>(), m_model.toStdString());
        QVERIFY(result["tokenizer"].get<std::string>().starts_with("SentencePiece BPE, "));
        QCOMPARE(result["bytes"].get<int>(), 6);
        QCOMPARE(result["addsBos"].get<bool>(), true);
        QCOMPARE(result["addsEos"].get<bool>(), false);
        QCOMPARE(result["ids"].size(), result["count"].get<std::size_t>());
        QCOMPARE(result["pieces"].size(), result["ids"].size());
        QCOMPARE(result["ids"][0].get<int>(), result["bos"].get<int>());
        QCOMPARE(result["pieces"][0].get<std::string>(), std::string("<s>"));
        std::string text;
        for (const auto& piece : result["pieces"])
            text += piece.get<std::string>();
        QCOMPARE(text, std::string("<s> Hello\n"));
        for (const char* key : {"vocabulary", "eos", "unknown"})
            QVERIFY2(result.contains(key), key);
    }

    void fileAndStandardInputAreTheSame()
    {
        const QByteArray text = "Two words \xFF and a broken byte";
        std::ofstream(m_folder / "text.txt", std::ios::binary) << text.toStdString();
        const auto fromFile = cli({"tokenize", m_model, "--text", QString::fromStdString((m_folder / "text.txt").string()), "--json"});
        const auto fromInput = cli({"tokenize", m_model, "--text", "-", "--json"}, {}, text);
        VERIFY_EXIT(fromFile, 0);
        QCOMPARE(fromFile.output, fromInput.output);
        QCOMPARE(fromFile.parsed()["bytes"].get<int>(), static_cast<int>(text.size()));
    }

    void specialTokens()
    {
        const auto ids = [&](const QStringList& options) {
            return cli(QStringList{"tokenize", m_model, "--prompt", "a</s>", "--json"} + options).parsed()["ids"].get<std::vector<int>>();
        };
        const auto plain = ids({});
        const auto bare = ids({"--no-special"});
        QCOMPARE(std::vector<int>(plain.begin() + 1, plain.end()), bare);
        QCOMPARE(plain.front(), 1);
        QVERIFY(bare.back() != 2);
        QCOMPARE(ids({"--parse-special"}).back(), 2);
    }

    void table()
    {
        const auto run = cli({"tokenize", m_model, "--prompt", "Hello"});
        VERIFY_EXIT(run, 0);
        QVERIFY2(run.output.find("      1  '<s>'\n") != std::string::npos, run.output.c_str());
        QVERIFY2(run.output.find(" tokens for 5 bytes; SentencePiece BPE") != std::string::npos, run.output.c_str());
    }

    void failures()
    {
        VERIFY_EXIT(cli({"tokenize", m_model}), 2);
        VERIFY_EXIT(cli({"tokenize", m_model, "--prompt", "a", "--text", "b"}), 2);
        const auto missingText = cli({"tokenize", m_model, "--text", "no-such-file", "--json"});
        VERIFY_EXIT(missingText, 1);
        QCOMPARE(missingText.parsed()["error"]["kind"].get<std::string>(), std::string("not-found"));
        const auto folder = cli({"tokenize", m_model, "--text", QString::fromStdString(m_folder.path().string())});
        VERIFY_EXIT(folder, 1);
        const auto none = cli({"tokenize", QString::fromStdString(m_folder.path().string()), "--prompt", "a", "--json"});
        VERIFY_EXIT(none, 1);
        QCOMPARE(none.parsed()["error"]["kind"].get<std::string>(), std::string("not-found"));
        QVERIFY(none.errors.find("tokenizer.json") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestCliTokenize)
#include "tst_cli_tokenize.moc"
