// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the real quantlathe-cli: findings, metadata and what compare says about metadata.
#include "cli_run.h"
#include "core/jobs/made_model.h"

#include <fstream>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

class TestCliMetadata : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;
    std::filesystem::path m_model;

private slots:
    void initTestCase()
    {
        m_model = m_folder / "in.gguf";
        writeMadeGguf(m_model, madeLlama(3), [](Metadata& metadata) {
            metadata.append("general.name", MetadataValue::ofString("made"));
            metadata.append("llama.block_count", MetadataValue::ofU32(3));
            metadata.append("llama.context_length", MetadataValue::ofU32(4096));
            metadata.append("llama.embedding_length", MetadataValue::ofU32(256));
            metadata.append("llama.feed_forward_length", MetadataValue::ofU32(1280));
            metadata.append("llama.attention.head_count", MetadataValue::ofU32(8));
            metadata.append("tokenizer.ggml.tokens",
                            MetadataValue::ofArray(MetadataArray::fromStrings(std::vector<std::string>(500, "t"))));
        });
    }

    void usage_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("text");
        const QString in = QString::fromStdString(m_model.string());
        QTest::newRow("findings severity") << QStringList{"findings", in, "--fail-on", "sometimes"} << "--fail-on takes";
        QTest::newRow("metadata without a place") << QStringList{"metadata", in, "--set", "general.name=x"} << "-o NEW for a new file";
        QTest::newRow("metadata with two places") << QStringList{"metadata", in, "--set", "general.name=x", "--in-place", "-o", "x.gguf"} << "only one of";
        QTest::newRow("metadata without edits") << QStringList{"metadata", in, "--in-place"} << "nothing to change";
        QTest::newRow("metadata without value") << QStringList{"metadata", in, "--set", "general.name", "-o", "x.gguf"} << "KEY=VALUE";
        QTest::newRow("metadata type") << QStringList{"metadata", in, "--set", "a.b:u128=1", "-o", "x.gguf"} << "no value type 'u128'";
    }

    void usage()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, text);
        const auto run = cli(arguments);
        VERIFY_EXIT(run, 2);
        QVERIFY2(run.errors.find(text.toStdString()) != std::string::npos, run.errors.c_str());
    }

    void findings()
    {
        const QString in = QString::fromStdString(m_model.string());
        auto run = cli({"findings", in, "--json"});
        VERIFY_EXIT(run, 3); // the made model has no tokenizer.ggml.model
        auto result = run.parsed();
        QVERIFY(hasKeys(result, {"path", "isDeep", "problems", "warnings", "hints", "findings"}));
        QVERIFY(result["problems"] > 0 && result["isDeep"] == false);
        QVERIFY(hasKeys(result["findings"][0], {"kind", "severity", "what", "advice", "key", "tensors", "row", "column"}));
        QVERIFY(result["findings"][0]["severity"] == "problem");
        VERIFY_EXIT(cli({"findings", in, "--fail-on", "never"}), 0);
        run = cli({"findings", in, "--deep", "--type", "IQ2_XS", "--fail-on", "never", "-q"});
        VERIFY_EXIT(run, 0);
        QVERIFY(run.output.find("IQ2_XS is meant to be used with importance data") != std::string::npos);
        const auto damaged = m_folder / "damaged.gguf";
        std::filesystem::copy_file(m_model, damaged);
        patchWeight(damaged, "blk.1.attn_q.weight", 2 * 256 + 3, 0x7F800000U);
        result = cli({"findings", QString::fromStdString(damaged.string()), "--deep", "--json"}).parsed();
        const auto found = std::find_if(result["findings"].begin(), result["findings"].end(), [](const json& finding) { return finding["kind"] == "non-finite-weights"; });
        QVERIFY(found != result["findings"].end());
        QVERIFY((*found)["row"] == 2 && (*found)["column"] == 3 && (*found)["tensors"][0] == "blk.1.attn_q.weight");
    }

    void metadata()
    {
        const QString in = QString::fromStdString(m_model.string());
        const QString out = QString::fromStdString((m_folder / "edited.gguf").string());
        const auto text = m_folder / "template.txt";
        std::ofstream(text) << "{% for m in messages %}\n{{ m }}\n{% endfor %}";
        auto run = cli({"metadata", in, "--set", "general.name=a = b", "--set", "new.list:[f32]=[1, 2.5]", "--remove", "llama.attention.head_count",
                        "--set-file", "tokenizer.chat_template=" + QString::fromStdString(text.string()), "-o", out, "--json", "-q"});
        VERIFY_EXIT(run, 0);
        auto result = run.parsed();
        QVERIFY(hasKeys(result, {"files", "isHeaderOnly", "bytes", "seconds", "changes"}));
        QVERIFY(result["isHeaderOnly"] == false && result["changes"].size() == 4);
        QVERIFY(result["changes"][0]["key"] == "general.name" && result["changes"][0]["before"]["value"] == "made");
        result = cli({"metadata", out, "--json"}).parsed()["metadata"];
        QVERIFY(result["general.name"]["value"] == "a = b");
        QVERIFY(result["new.list"]["elementType"] == "f32" && result["new.list"]["value"] == json({1.0, 2.5}));
        QVERIFY(result["tokenizer.chat_template"]["value"].get<std::string>().starts_with("{% for m"));
        QVERIFY(!result.contains("llama.attention.head_count"));
        // The header only: shorter, and into the room that leaves.
        run = cli({"metadata", out, "--remove", "tokenizer.chat_template", "--in-place", "--json"});
        VERIFY_EXIT(run, 0);
        QVERIFY(run.parsed()["isHeaderOnly"] == true);
        run = cli({"metadata", out, "--set", "llama.context_length=x", "--in-place", "--json"});
        VERIFY_EXIT(run, 1);
        QVERIFY(run.errors.find("'x' is not a whole number") != std::string::npos);
        run = cli({"metadata", out, "--set", "general.alignment=64", "--in-place"});
        VERIFY_EXIT(run, 1);
        QVERIFY(run.errors.find("cannot be edited") != std::string::npos);
        run = cli({"metadata", out, "--set", "llama.feed_forward_length=1281", "--in-place"});
        VERIFY_EXIT(run, 0);
        QVERIFY2(run.errors.find("warning: llama.feed_forward_length says 1281") != std::string::npos, run.errors.c_str());
        run = cli({"compare", in, out, "--metadata", "--json", "-q"});
        VERIFY_EXIT(run, 0);
        QVERIFY(run.parsed()["isIdentical"] == true);
        const auto differences = run.parsed()["metadata"];
        QVERIFY(std::any_of(differences.begin(), differences.end(), [](const json& difference) {
            return difference["key"] == "general.name" && difference["kind"] == "changed" && difference["first"]["value"] == "made";
        }));
        QVERIFY(!cli({"compare", in, out, "--json", "-q"}).parsed().contains("metadata"));
        // Exports take edits along.
        const QString exported = QString::fromStdString((m_folder / "exported.gguf").string());
        VERIFY_EXIT(cli({"quantize", in, exported, "--type", "Q8_0", "--set", "general.name=exported", "-q"}), 0);
        QVERIFY(cli({"metadata", exported, "--json"}).parsed()["metadata"]["general.name"]["value"] == "exported");
    }
};

QTEST_GUILESS_MAIN(TestCliMetadata)
#include "tst_cli_metadata.moc"
