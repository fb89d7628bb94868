// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the real quantlathe-cli: evaluate on the sample model.
#include "cli_run.h"
#include "support/test_support.h"

#include <cmath>
#include <fstream>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

class TestCliEvaluate : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;
    QString m_model = QString::fromStdString(resource("sample/quantlathe-sample-f16.gguf").string());
    QString m_text = QString::fromStdString(resource("sample/heldout.txt").string());

    Run cli(const QStringList& arguments) const { return test::cli(arguments, m_folder / "cache"); }
    QString path(const char* name) const { return QString::fromStdString((m_folder / name).string()); }
    QString write(const char* name, const std::string& text) const
    {
        std::ofstream(m_folder / name, std::ios::binary) << text;
        return path(name);
    }

private slots:
    void perplexityAlone()
    {
        const auto run = cli({"evaluate", m_model, "--text", m_text, "--ctx", "128", "--chunks", "4", "--json", "-q"});
        VERIFY_EXIT(run, 0);
        const json result = run.parsed();
        for (const char* key : {"path", "text", "ctx", "chunks", "chunks_available", "tokens", "perplexity", "perplexity_stderr", "perplexity_95", "nll_mean",
                                "first_scored", "chunk_figures"})
            QVERIFY2(result.contains(key), key);
        QVERIFY(!result.contains("kl_mean"));
        QVERIFY(result["against"].is_null());
        QVERIFY(result["chunks"] == 4 && result["tokens"] == 4 * 63 && result["first_scored"] == 64);
        QVERIFY(result["perplexity"].get<double>() > 1.1 && result["perplexity"].get<double>() < 1.8);
        QVERIFY(result["chunk_figures"].size() == 4);
        QVERIFY(std::abs(std::exp(result["nll_mean"].get<double>()) / result["perplexity"].get<double>() - 1) < 1e-12);
    }

    // A plan that is applied on the fly is the file that an export of it makes.
    void aPlanIsWhatItsExportIs()
    {
        const auto planned = cli({"evaluate", m_model, "--type", "Q4_0", "--kl", "--text", m_text, "--ctx", "128", "--chunks", "4", "--json", "-q", "--resume"});
        VERIFY_EXIT(planned, 0);
        const json result = planned.parsed();
        for (const char* key : {"original_perplexity", "ln_perplexity_ratio", "ln_perplexity_ratio_stderr", "kl_mean", "kl_mean_stderr", "kl_mean_95", "kl_median",
                                "kl_90", "kl_95", "kl_99", "kl_999", "kl_max", "same_top", "same_top_stderr", "dp_mean", "dp_rms", "dp_spread", "kl_by_position",
                                "layer_errors", "verdict"})
            QVERIFY2(result.contains(key), key);
        QVERIFY(result["kl_mean"].get<double>() > 0);
        QVERIFY(result["same_top"].get<double>() > 0.5 && result["same_top"].get<double>() <= 1);
        QVERIFY(result["kl_by_position"].size() == 63 && result["layer_errors"].size() == 4);
        QVERIFY(result["verdict"]["sentence"].get<std::string>().find("the 1 % line") != std::string::npos);
        QVERIFY(result["verdict"]["is_rough"] == true);

        VERIFY_EXIT(cli({"quantize", m_model, path("q4.gguf"), "--type", "Q4_0", "-q"}), 0);
        const auto exported = cli({"evaluate", path("q4.gguf"), "--against", m_model, "--text", m_text, "--ctx", "128", "--chunks", "4", "--json", "-q"});
        VERIFY_EXIT(exported, 0);
        for (const char* key : {"perplexity", "original_perplexity", "kl_mean", "kl_max", "same_top", "dp_rms"})
            QVERIFY2(std::abs(exported.parsed()[key].get<double>() - result[key].get<double>()) < 1e-6, key);
    }

    void forPeople()
    {
        const auto run = cli({"evaluate", m_model, "--preset", "Q4_K_M", "--kl", "--ctx", "64", "--chunks", "2", "-q"}); // on the built-in text
        VERIFY_EXIT(run, 0);
        for (const char* words : {"62 tokens scored, in 2 of ", "Perplexity ", "KL divergence ", "Same top token ", "the 1 % line"})
            QVERIFY2(run.output.find(words) != std::string::npos, run.output.c_str());
    }

    void whatMakesNoSense_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("message");
        QTest::newRow("nothing to compare with") << QStringList{"--kl"} << 2 << "give a plan";
        QTest::newRow("context") << QStringList{"--ctx", "3"} << 2 << "from 4 to";
        QTest::newRow("type") << QStringList{"--type", "Q4_Q"} << 2 << "there is no type 'Q4_Q'";
        QTest::newRow("missing text") << QStringList{"--text", path("nowhere.txt")} << 1 << "nowhere.txt";
        QTest::newRow("empty text") << QStringList{"--text", write("empty.txt", "")} << 1 << "the text is empty";
        QTest::newRow("short text") << QStringList{"--text", write("short.txt", "Once upon a time")} << 1 << "one window takes 512";
        QTest::newRow("not UTF-8") << QStringList{"--text", write("latin.txt", "caf\xE9 au lait")} << 1 << "byte 0xE9 in line 1";
        QTest::newRow("no such original") << QStringList{"--against", path("nowhere.gguf")} << 1 << "nowhere.gguf";
    }
    void whatMakesNoSense()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, exitCode);
        QFETCH(QString, message);
        const auto run = cli(QStringList{"evaluate", m_model, "--json", "-q"} + arguments);
        VERIFY_EXIT(run, exitCode);
        QVERIFY2(run.errors.find(message.toStdString()) != std::string::npos, run.errors.c_str());
        QVERIFY(run.parsed().contains("error"));
    }
};

QTEST_GUILESS_MAIN(TestCliEvaluate)
#include "tst_cli_evaluate.moc"
