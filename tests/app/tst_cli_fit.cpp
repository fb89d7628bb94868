// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the real quantlathe-cli: fit, curve and compare-plans on the sample model.
#include "cli_run.h"
#include "support/test_support.h"

#include <fstream>
#include <sstream>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

class TestCliFit : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;
    QString m_model = QString::fromStdString(resource("sample/quantlathe-sample-f16.gguf").string());

    Run cli(const QStringList& arguments) const { return test::cli(arguments, m_folder / "cache"); }
    json fit(const QStringList& arguments) const { return cli(QStringList{"fit", m_model, "--json", "-q"} + arguments).parsed(); }
    QString path(const char* name) const { return QString::fromStdString((m_folder / name).string()); }

private slots:
    // The recipe that fit writes makes a file of exactly the size that fit says, within the budget.
    void sizeIsKeptToTheByte()
    {
        const QString recipe = path("fit.json");
        const auto run = cli({"fit", m_model, "--size", "2MB", "-o", recipe, "--json", "-q"});
        VERIFY_EXIT(run, 0);
        const json result = run.parsed();
        const auto bytes = result["fileBytes"].get<std::uint64_t>();
        QVERIFY(bytes <= 2'000'000);
        QVERIFY(bytes > 1'980'000);
        QVERIFY(result["budget"]["kind"] == "size");
        QVERIFY(result["budget"]["bytes"] == 2'000'000);
        QVERIFY(result["isProxy"] == true);
        QVERIFY(result["isFileExact"] == true);
        QVERIFY(result["gap"].get<double>() < 0.005);
        QVERIFY(result["damage"].get<double>() > 0);
        QVERIFY(result["lowerBound"].get<double>() <= result["damage"].get<double>());
        double damage = 0;
        for (const json& tensor : result["tensors"])
            damage += tensor["damage"].get<double>();
        QVERIFY(std::abs(damage / result["damage"].get<double>() - 1) < 1e-9);
        VERIFY_EXIT(cli({"quantize", m_model, path("fit.gguf"), "--plan", recipe, "-q"}), 0);
        QCOMPARE(std::filesystem::file_size(m_folder / "fit.gguf"), bytes);
    }

    void otherBudgets()
    {
        const json bits = fit({"--bits", "4.5"});
        QVERIFY(bits["bitsPerWeight"].get<double>() <= 4.5);
        QVERIFY(bits["bitsPerWeight"].get<double>() > 4.4);
        const json like = fit({"--like", "q4_k_m"});
        QVERIFY(like["like"]["preset"] == "Q4_K_M");
        QVERIFY(like["fileBytes"].get<double>() <= like["like"]["fileBytes"].get<double>());
        QVERIFY(like["damage"].get<double>() <= like["like"]["damage"].get<double>());
        for (const char* limit : {"5%", "0.05", "26.0206dB"}) {
            const json error = fit({"--error", limit});
            QVERIFY(error["relativeRms"].get<double>() <= 0.0500001);
            QVERIFY(error["relativeRms"].get<double>() > 0.045);
            QVERIFY(error["budget"]["bytes"].is_null());
        }
        const json device = fit({"--device", "1200MiB", "--ctx", "256", "--kv-type-k", "q8_0", "--slots", "2"});
        QVERIFY(device["budget"]["kind"] == "device");
        QVERIFY(device["deviceBytes"].get<double>() <= device["budget"]["bytes"].get<double>());
    }

    void constraints()
    {
        const auto typeOf = [](const json& result, const std::string& name) {
            for (const json& tensor : result["tensors"]) {
                if (tensor["name"] == name)
                    return tensor["type"].get<std::string>();
            }
            return std::string("missing");
        };
        const json result = fit({"--bits", "4.2", "--allow", "q3_k,Q4_K", "--allow", "Q6_K", "--min-role", "attn_v=Q6_K", "--min",
                                 "blk\\.1\\.ffn_down=Q6_K", "--type", "Q8_0", "--lock", "blk\\.2\\.attn_q", "--agree", "qkv", "--no-agree",
                                 "gate-up"});
        QCOMPARE(typeOf(result, "blk.0.attn_v.weight"), std::string("Q6_K"));
        QCOMPARE(typeOf(result, "blk.0.attn_q.weight"), std::string("Q6_K")); // agrees with the value matrix
        QCOMPARE(typeOf(result, "blk.1.ffn_down.weight"), std::string("Q6_K"));
        QCOMPARE(typeOf(result, "blk.2.attn_q.weight"), std::string("Q8_0"));
        for (const json& tensor : result["tensors"]) {
            const auto type = tensor["type"].get<std::string>();
            QVERIFY2(type == "Q3_K" || type == "Q4_K" || type == "Q6_K" || type == "F32" || tensor["name"] == "blk.2.attn_q.weight", type.c_str());
        }
    }

    void whatMakesNoSense_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("message");
        QTest::newRow("no budget") << QStringList{} << 2 << "say one budget";
        QTest::newRow("two budgets") << QStringList{"--bits", "4", "--size", "1G"} << 2 << "say one budget";
        QTest::newRow("bits") << QStringList{"--bits", "many"} << 2 << "is no number of bits";
        QTest::newRow("error") << QStringList{"--error", "-3%"} << 2 << "is no error limit";
        QTest::newRow("preset") << QStringList{"--like", "Q4_K_XXL"} << 2 << "there is no preset";
        QTest::newRow("type") << QStringList{"--bits", "4", "--allow", "Q4_Q"} << 2 << "there is no type 'Q4_Q'";
        QTest::newRow("role") << QStringList{"--bits", "4", "--min-role", "nose=Q4_K"} << 2 << "there is no role 'nose'";
        QTest::newRow("role without type") << QStringList{"--bits", "4", "--min-role", "attn_v"} << 2 << "is no minimum";
        QTest::newRow("regex") << QStringList{"--bits", "4", "--min", "(=Q4_K"} << 2 << "is no regular expression";
        QTest::newRow("lock") << QStringList{"--bits", "4", "--lock", "("} << 2 << "is no regular expression";
        QTest::newRow("group") << QStringList{"--bits", "4", "--no-agree", "norms"} << 2 << "is no group of tensors";
        QTest::newRow("too little") << QStringList{"--size", "1MB"} << 1 << "the smallest possible is 1";
        QTest::newRow("minimum beyond allowed") << QStringList{"--bits", "4", "--allow", "Q4_K", "--min", "ffn=Q6_K"} << 1 << "none of the allowed types";
        QTest::newRow("cache type") << QStringList{"--device", "8GiB", "--kv-type-k", "Q2_K"} << 2 << "no type for the KV cache";
    }
    void whatMakesNoSense()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, exitCode);
        QFETCH(QString, message);
        const auto run = cli(QStringList{"fit", m_model, "-q"} + arguments);
        VERIFY_EXIT(run, exitCode);
        QVERIFY2(QString::fromStdString(run.errors).contains(message), run.errors.c_str());
    }

    void curve()
    {
        const auto run = cli({"curve", m_model, "--json", "-q", "--preset", "Q4_K_M"});
        VERIFY_EXIT(run, 0);
        const json result = run.parsed();
        double before = 1;
        std::size_t solver = 0;
        std::size_t presets = 0;
        std::uint64_t size = 0;
        for (const json& point : result["points"]) {
            QVERIFY(point["fileBytes"].get<std::uint64_t>() >= size);
            size = point["fileBytes"].get<std::uint64_t>();
            if (point["kind"] == "solver") {
                ++solver;
                QVERIFY(point["damage"].get<double>() <= before);
                before = point["damage"].get<double>();
            } else if (point["kind"] == "preset") {
                ++presets;
                if (point["isAllowed"] == true && !point["againstCurve"].is_null())
                    QVERIFY2(point["againstCurve"].get<double>() <= 1, point.dump().c_str());
            } else {
                QVERIFY(point["kind"] == "plan");
                QVERIFY(point["damage"].get<double>() > 0);
            }
        }
        QVERIFY(solver >= 64);
        QVERIFY(presets >= 20);

        const auto csv = cli({"curve", m_model, "--csv", "-q", "--points", "5"});
        VERIFY_EXIT(csv, 0);
        std::istringstream lines(csv.output);
        std::string line;
        QVERIFY(std::getline(lines, line));
        const auto columns = std::count(line.begin(), line.end(), ',');
        int rows = 0;
        while (std::getline(lines, line)) {
            QCOMPARE(std::count(line.begin(), line.end(), ','), columns);
            ++rows;
        }
        QVERIFY(rows > 25);
        VERIFY_EXIT(cli({"curve", m_model, "--csv", "--json"}), 2);
        const auto table = cli({"curve", m_model, "-q"});
        VERIFY_EXIT(table, 0);
        QVERIFY(table.output.find("proxy") != std::string::npos);
    }

    void comparePlans()
    {
        const QString recipe = path("four.json");
        VERIFY_EXIT(cli({"fit", m_model, "--like", "Q4_K_M", "-o", recipe, "-q"}), 0);
        const auto run = cli({"compare-plans", "Q4_K_M", recipe, "--model", m_model, "--json", "-q"});
        VERIFY_EXIT(run, 0);
        const json result = run.parsed();
        QVERIFY(result["up"].get<int>() > 0);
        QVERIFY(result["down"].get<int>() > 0);
        QVERIFY(result["damageAfter"].get<double>() < result["damageBefore"].get<double>());
        QCOMPARE(result["tensors"].size(), result["up"].get<std::size_t>() + result["down"].get<std::size_t>() + result["sideways"].get<std::size_t>());
        std::size_t up = 0;
        for (const json& role : result["roles"])
            up += role["up"].get<std::size_t>();
        QCOMPARE(up, result["up"].get<std::size_t>());
        const json same = cli({"compare-plans", "Q4_K_M", "Q4_K_M", "--model", m_model, "--json", "-q", "--no-error"}).parsed();
        QVERIFY(same["tensors"].empty());
        QVERIFY(same["damageBefore"].is_null());
        VERIFY_EXIT(cli({"compare-plans", "Q4_K_M", path("none.json"), "--model", m_model}), 1);
        const auto table = cli({"compare-plans", "Q4_K_M", recipe, "--model", m_model, "-q"});
        VERIFY_EXIT(table, 0);
        QVERIFY(table.output.find("tensors up") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestCliFit)
#include "tst_cli_fit.moc"
