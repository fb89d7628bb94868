// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the real quantlathe-cli: calibrate, sensitivity, and what fit, curve and map make of the figures, on the sample model.
#include "cli_run.h"
#include "support/test_support.h"

#include <QProcess>
#include <QRegularExpression>

#include <cmath>
#include <csignal>
#include <fstream>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

class TestCliCalibrate : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;
    QString m_model = QString::fromStdString(resource("sample/quantlathe-sample-f16.gguf").string());
    QString m_text = QString::fromStdString(resource("sample/heldout.txt").string());
    QString m_figures;

    Run cli(const QStringList& arguments) const { return test::cli(arguments, m_folder / "cache"); }
    /// Starts the command, kills it hard as soon as @p file is there, and tells whether that came before its end.
    bool killOnce(const QStringList& arguments, const std::filesystem::path& file) const
    {
        QProcess process;
        keepIn(process, m_folder / "cache");
        process.start(QUANTLATHE_CLI, arguments);
        if (!process.waitForStarted())
            return false;
        for (int wait = 0; wait < 24'000 && !std::filesystem::exists(file); ++wait) {
            if (process.waitForFinished(10))
                return false;
        }
        process.kill();
        process.waitForFinished();
        return process.exitStatus() == QProcess::CrashExit && std::filesystem::exists(file);
    }
    [[nodiscard]] QString path(const char* name) const { return QString::fromStdString((m_folder / name).string()); }

private slots:
    void initTestCase()
    {
        m_figures = path("figures.json");
        const auto run = cli({"sensitivity", m_model, "--text", m_text, "--ctx", "64", "--chunks", "6", "-o", m_figures, "--json", "-q"});
        VERIFY_EXIT(run, 0);
        const json result = run.parsed();
        QVERIFY(result["measured"] == 30);
        QVERIFY(result["estimated"] == 0);
        QVERIFY(result["chunks"] == 6);
        QVERIFY(result["tokens"] == 6 * 31);
        QVERIFY(result["tensors"].size() == 30);
    }

    void calibrateWritesBothFormats()
    {
        for (const char* format : {"gguf", "dat"}) {
            const QString file = path("importance.") + format;
            const auto run = cli({"calibrate", m_model, "--text", m_text, "--ctx", "64", "--chunks", "4", "-o", file, "--json", "-q"});
            VERIFY_EXIT(run, 0);
            const json result = run.parsed();
            QVERIFY(result["format"] == format);
            QVERIFY(result["chunks"] == 4);
            QVERIFY(result["tokens"] == 256);
            QVERIFY(result["entries"] == 28);
            QVERIFY(result["unreached"].empty());
            const auto bytes = readBytes(file.toStdString());
            QCOMPARE(std::string(reinterpret_cast<const char*>(bytes.data()), 4) == "GGUF", std::string(format) == "gguf");
        }
        // --format goes over the ending, and another number of threads changes no byte.
        VERIFY_EXIT(cli({"calibrate", m_model, "--text", m_text, "--ctx", "64", "--chunks", "4", "-o", path("named.dat"), "--format", "GGUF", "-q",
                         "--threads", "1"}),
                    0);
        QCOMPARE(readBytes(m_folder / "named.dat"), readBytes(m_folder / "importance.gguf"));
        VERIFY_EXIT(cli({"calibrate", m_model, "--text", m_text, "--ctx", "64", "--chunks", "4", "-o", path("output.gguf"), "--process-output", "-q"}), 0);
        QVERIFY(std::filesystem::file_size(m_folder / "output.gguf") > std::filesystem::file_size(m_folder / "importance.gguf"));
    }

    void calibrateResumesAfterAKill()
    {
        const QStringList work{"calibrate", m_model, "--text", m_text, "--ctx", "128", "--chunks", "60", "--memory", "1", "-q", "-o"};
        VERIFY_EXIT(cli(work + QStringList{path("unbroken.gguf")}), 0);
        if (!killOnce(work + QStringList{path("broken.gguf")}, m_folder / ".broken.gguf.quantlathe-journal"))
            QSKIP("it was done before it could be killed");
        QVERIFY(!std::filesystem::exists(m_folder / "broken.gguf"));
        const auto run = cli(work + QStringList{path("broken.gguf"), "--resume", "--json"});
        VERIFY_EXIT(run, 0);
        QVERIFY(run.parsed()["resumedPasses"].get<int>() > 0);
        QCOMPARE(readBytes(m_folder / "broken.gguf"), readBytes(m_folder / "unbroken.gguf"));
        QVERIFY(!std::filesystem::exists(m_folder / ".broken.gguf.quantlathe-journal"));
    }

    void sensitivityResumesAfterAKill()
    {
        // Little memory: many walks.
        const QStringList work{"sensitivity", m_model, "--text", m_text, "--ctx", "128", "--chunks", "4", "--memory", "8", "-q", "-o"};
        VERIFY_EXIT(cli(work + QStringList{path("unbroken.json")}), 0);
        if (!killOnce(work + QStringList{path("broken.json")}, m_folder / ".broken.json.quantlathe-journal"))
            QSKIP("it was done before it could be killed");
        QVERIFY(!std::filesystem::exists(m_folder / "broken.json"));
        VERIFY_EXIT(cli(work + QStringList{path("broken.json"), "--resume"}), 0);
        QCOMPARE(readBytes(m_folder / "broken.json"), readBytes(m_folder / "unbroken.json"));
        QVERIFY(!std::filesystem::exists(m_folder / ".broken.json.quantlathe-journal"));
    }

    void sensitivityWithImportance()
    {
        VERIFY_EXIT(cli({"calibrate", m_model, "--text", m_text, "--ctx", "64", "--chunks", "4", "-o", path("own.gguf"), "-q"}), 0);
        const QStringList work{"sensitivity", m_model, "--text", m_text, "--ctx", "64", "--chunks", "6", "--json"};
        const auto run = cli(work + QStringList{"-o", path("weighted.json"), "--imatrix", path("own.gguf")});
        VERIFY_EXIT(run, 0);
        const json plain = json::parse(std::ifstream(m_figures.toStdString()));
        const json weighted = json::parse(std::ifstream(path("weighted.json").toStdString()));
        QVERIFY(plain["importance"] == "");
        QVERIFY(weighted["importance"] == run.parsed()["importance"]["hash"]);
        QVERIFY(run.errors.find("importance: 28 tensors") != std::string::npos);
        QVERIFY(weighted["conditions"] != plain["conditions"]);
        // What was measured without is not gone on from.
        std::filesystem::copy_file(m_figures.toStdString(), m_folder / "resumed.json");
        VERIFY_EXIT(cli(work + QStringList{"-o", path("resumed.json"), "--imatrix", path("own.gguf"), "--resume"}), 0);
        QCOMPARE(readBytes(m_folder / "resumed.json"), readBytes(m_folder / "weighted.json"));

        const QStringList fit{"fit", m_model, "--bits", "4.2", "--json", "-q", "--sensitivity"};
        VERIFY_EXIT(cli(fit + QStringList{path("weighted.json"), "--imatrix", path("own.gguf")}), 0);
        const auto without = cli(fit + QStringList{path("weighted.json")});
        VERIFY_EXIT(without, 1);
        QVERIFY(without.errors.find("with importance data, which are not used here") != std::string::npos);
        for (const char* command : {"fit", "curve"}) {
            const auto other = cli(QStringList{command, m_model, "--sensitivity", m_figures, "--imatrix", path("own.gguf")}
                                   + (std::string(command) == "fit" ? QStringList{"--bits", "4.2"} : QStringList()));
            VERIFY_EXIT(other, 1);
            QVERIFY(other.errors.find("without importance data, which are used here") != std::string::npos);
        }
    }

    void sensitivityOnATimeBudget()
    {
        const QStringList work{"sensitivity", m_model, "--text", m_text, "--ctx", "64", "--chunks", "6", "-o", path("short.json"), "-q"};
        VERIFY_EXIT(cli(work + QStringList{"--time", "0.001s"}), 0);
        const auto table = cli({"map", m_model, "--measure", "sensitivity", "--sensitivity", path("short.json"), "-q"});
        VERIFY_EXIT(table, 0);
        QVERIFY(table.output.find('~') != std::string::npos); // estimated ones
        // More time, and it is as if there had been enough at once.
        VERIFY_EXIT(cli(work + QStringList{"--resume"}), 0);
        QCOMPARE(readBytes(m_folder / "short.json"), readBytes(m_figures.toStdString()));
    }

    void sensitivityAsTableAndCsv()
    {
        const auto csv = cli({"sensitivity", m_model, "--text", m_text, "--ctx", "16", "--chunks", "2", "--unit", "role", "--csv", "-q"});
        VERIFY_EXIT(csv, 0);
        QVERIFY(csv.output.starts_with("tensor,role,layer,probe,kl,"));
        QCOMPARE(std::count(csv.output.begin(), csv.output.end(), '\n'), 31);
        const auto table = cli({"sensitivity", m_model, "--text", m_text, "--ctx", "16", "--chunks", "2", "--probe", "Q4_K", "--unit", "layer", "-q"});
        VERIFY_EXIT(table, 0);
        QVERIFY(table.output.find("30 tensors measured, 0 estimated") != std::string::npos);
    }

    void mapShowsThem()
    {
        const auto run = cli({"map", m_model, "--measure", "sensitivity", "--sensitivity", m_figures, "--json", "-q"});
        VERIFY_EXIT(run, 0);
        const json result = run.parsed();
        QVERIFY(result["measure"] == "sensitivity");
        std::ifstream file(m_figures.toStdString());
        for (const json& tensor : json::parse(file)["tensors"]) {
            for (const json& field : result["fields"]) {
                if (field["tensors"].size() == 1 && field["tensors"][0] == tensor["name"])
                    QCOMPARE(field["value"].get<double>(), tensor["kl"].get<double>());
            }
        }
    }

    void fitAndCurveUseThem()
    {
        const auto run = cli({"fit", m_model, "--bits", "4.2", "--sensitivity", m_figures, "--json", "-q"});
        VERIFY_EXIT(run, 0);
        const json fit = run.parsed();
        QVERIFY(fit["isProxy"] == false);
        QVERIFY(fit["predictedKl"].get<double>() > 0);
        const json proxy = cli({"fit", m_model, "--bits", "4.2", "--json", "-q"}).parsed();
        QVERIFY(proxy["isProxy"] == true);
        QVERIFY(proxy["predictedKl"].is_null());
        const json curve = cli({"curve", m_model, "--points", "8", "--sensitivity", m_figures, "--json", "-q"}).parsed();
        QVERIFY(curve["isProxy"] == false);
        double last = INFINITY;
        for (const json& point : curve["points"]) {
            if (point["kind"] != "solver")
                continue;
            QVERIFY(point["predictedKl"].get<double>() <= last);
            last = point["predictedKl"].get<double>();
        }
        QVERIFY(cli({"curve", m_model, "--points", "8", "--sensitivity", m_figures, "-q"}).output.find("measured sensitivities") != std::string::npos);
    }

    // The best plans are run, and the one that does best is what is saved.
    void fitChecksItsPlans()
    {
        const QString recipe = path("checked.json");
        const QStringList work{"fit", m_model, "--bits", "4.2", "--sensitivity", m_figures, "--check", "4", "--text", m_text, "--text-ctx", "64",
                               "--chunks", "6", "-o", recipe, "-q"};
        const auto run = cli(work + QStringList{"--json"});
        VERIFY_EXIT(run, 0);
        const json check = run.parsed()["check"];
        QVERIFY(check["plans"].size() >= 3);
        double least = INFINITY;
        std::string best;
        for (const json& plan : check["plans"]) {
            QVERIFY(plan["predictedKl"].get<double>() > 0);
            QVERIFY(plan["measuredKl"].get<double>() > 0);
            QVERIFY(plan["measuredKlStandardError"].get<double>() > 0);
            if (plan["measuredKl"].get<double>() < least) {
                least = plan["measuredKl"].get<double>();
                best = plan["name"];
            }
        }
        QCOMPARE(check["best"].get<std::string>(), best);
        QVERIFY(check["plans"][0]["name"] == "measured sensitivities");
        // On the text that they were measured on, what is predicted and what comes out are near.
        QVERIFY(std::abs(std::log(check["plans"][0]["predictedKl"].get<double>() / check["plans"][0]["measuredKl"].get<double>())) < std::log(2));
        const auto text = cli(work);
        VERIFY_EXIT(text, 0);
        const auto line = QRegularExpression("Best: .*: predicted [0-9.e-]+, measured [0-9.e-]+ \\(perplexity");
        QVERIFY2(line.match(QString::fromStdString(text.output)).hasMatch(), text.output.c_str());
        VERIFY_EXIT(cli({"plan", m_model, "--plan", recipe, "-q"}), 0);
    }

    void whatMakesNoSense_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("exitCode");
        QTest::addColumn<QString>("message");
        const QString output = path("none");
        QTest::newRow("format") << QStringList{"calibrate", m_model, "--text", m_text, "-o", output, "--format", "csv"} << 2 << "is no format";
        QTest::newRow("no text") << QStringList{"calibrate", m_model, "--text", path("missing.txt"), "-o", output} << 1 << "missing.txt";
        QTest::newRow("short text") << QStringList{"calibrate", m_model, "--text", m_text, "-o", output, "--ctx", "1000000"} << 1 << "window";
        QTest::newRow("memory") << QStringList{"calibrate", m_model, "--text", m_text, "-o", output, "--ctx", "2048", "--memory", "1"} << 1
                                << "too little";
        QTest::newRow("probe") << QStringList{"sensitivity", m_model, "--text", m_text, "--probe", "Q3"} << 2 << "there is no type";
        QTest::newRow("unit") << QStringList{"sensitivity", m_model, "--text", m_text, "--unit", "head"} << 2 << "there are tensor, role, layer";
        QTest::newRow("time") << QStringList{"sensitivity", m_model, "--text", m_text, "--time", "soon"} << 2 << "is no time";
        QTest::newRow("resume what") << QStringList{"sensitivity", m_model, "--text", m_text, "--resume"} << 2 << "--resume needs -o";
        QTest::newRow("csv and json") << QStringList{"sensitivity", m_model, "--text", m_text, "--csv", "--json"} << 2 << "exclude each other";
        QTest::newRow("map alone") << QStringList{"map", m_model, "--measure", "sensitivity"} << 2 << "go together";
        QTest::newRow("map of another") << QStringList{"map", m_model, "--sensitivity", m_figures} << 2 << "go together";
        QTest::newRow("check without text") << QStringList{"fit", m_model, "--bits", "4", "--check", "2"} << 2 << "--check needs a text";
        QTest::newRow("text without check") << QStringList{"fit", m_model, "--bits", "4", "--text", m_text} << 2 << "--text is for --check";
        QTest::newRow("no figures") << QStringList{"fit", m_model, "--bits", "4", "--sensitivity", m_text} << 1 << "no JSON";
        QTest::newRow("another model's") << QStringList{"fit", QString::fromStdString(fixture("inference/gguf/llama.gguf").string()), "--bits", "9",
                                                        "--sensitivity", m_figures}
                                         << 1 << "those of another model";
    }
    void whatMakesNoSense()
    {
        QFETCH(QStringList, arguments);
        QFETCH(int, exitCode);
        QFETCH(QString, message);
        const auto run = cli(arguments + QStringList{"-q"});
        VERIFY_EXIT(run, exitCode);
        QVERIFY2(run.errors.find(message.toStdString()) != std::string::npos, run.errors.c_str());
        QVERIFY(!std::filesystem::exists(m_folder / "none"));
    }
};

QTEST_GUILESS_MAIN(TestCliCalibrate)
#include "tst_cli_calibrate.moc"
