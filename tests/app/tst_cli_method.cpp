// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the real quantlathe-cli: quantize --method gptq on the sample model, what the file does to the predictions, going on after a kill, and what is refused.
#include "cli_run.h"
#include "support/test_support.h"

#include <QProcess>
#include <QtTest>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

namespace {

QStringList listOf(const std::vector<std::string>& arguments)
{
    QStringList list;
    for (const std::string& argument : arguments)
        list << QString::fromStdString(argument);
    return list;
}

Run run(const std::vector<std::string>& arguments)
{
    return cli(listOf(arguments));
}

} // namespace

class TestCliMethod : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;
    std::string m_model = resource("sample/quantlathe-sample-f16.gguf").string();
    std::string m_calibration = (m_folder / "calibration.txt").string();
    std::string m_text = resource("sample/heldout.txt").string();

    std::vector<std::string> command(const std::string& target, std::vector<std::string> more = {}) const
    {
        std::vector<std::string> all{"quantize", m_model, target, "--type", "Q3_K", "--tensor-type", "token_embd=Q8_0", "--json"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    double divergenceOf(const std::string& file) const
    {
        const Run result = run({"evaluate", file, "--against", m_model, "--text", m_text, "--ctx", "256", "--chunks", "8", "--json", "-q"});
        return result.exitCode == 0 ? result.parsed()["kl_mean"].get<double>() : -1;
    }

private slots:
    void initTestCase()
    {
        // The second half of the text to calibrate, the first windows to judge.
        std::ifstream text(m_text);
        const std::string all{std::istreambuf_iterator<char>(text), {}};
        std::ofstream(m_calibration) << all.substr(all.find('\n', all.size() / 2));
    }

    void aCalibratedFilePredictsBetter()
    {
        const std::string plain = (m_folder / "plain.gguf").string();
        const std::string calibrated = (m_folder / "gptq.gguf").string();
        QCOMPARE(run(command(plain)).exitCode, 0);
        const Run result = run(command(calibrated, {"--method", "gptq", "--calibration", m_calibration, "--calibration-ctx", "128", "--calibration-chunks", "40"}));
        QVERIFY2(result.exitCode == 0, result.errors.c_str());
        QCOMPARE(std::filesystem::file_size(calibrated), std::filesystem::file_size(plain));
        std::size_t count = 0;
        const json tensors = result.parsed()["tensors"];
        for (const json& tensor : tensors)
            count += tensor["isCalibrated"].get<bool>() ? 1 : 0;
        QVERIFY(count > 10);
        QVERIFY(result.errors.find("layer 1 of") != std::string::npos);
        QVERIFY(!std::filesystem::exists(calibrated + ".layers"));
        const double before = divergenceOf(plain);
        const double after = divergenceOf(calibrated);
        QVERIFY2(after > 0 && after < 0.8 * before, qPrintable(QString("%1 before, %2 after").arg(before).arg(after)));
    }

    void aKilledRunGoesOn()
    {
        const std::string whole = (m_folder / "whole.gguf").string();
        const std::string target = (m_folder / "killed.gguf").string();
        const std::vector<std::string> options{"--method", "gptq", "--calibration", m_calibration, "--calibration-ctx", "128", "--calibration-chunks", "40", "--threads", "1"};
        QCOMPARE(run(command(whole, options)).exitCode, 0);
        QProcess process;
        process.start(QStringLiteral(QUANTLATHE_CLI), listOf(command(target, options)));
        // Killed once the first layer stands in the journal.
        const std::string layers = target + ".layers";
        QTRY_VERIFY_WITH_TIMEOUT(process.state() == QProcess::NotRunning || (std::filesystem::exists(layers) && std::filesystem::file_size(layers) > 1000), 120'000);
        if (process.state() != QProcess::NotRunning)
            ::kill(static_cast<pid_t>(process.processId()), SIGKILL);
        finish(process);
        auto again = options;
        again.push_back("--resume");
        QCOMPARE(run(command(target, again)).exitCode, 0);
        QVERIFY(readBytes(target) == readBytes(whole));
    }

    std::vector<std::string> folderCommand(const std::string& target, std::vector<std::string> more = {}) const
    {
        std::vector<std::string> all{"quantize", m_model, target, "--to", "awq", "--method", "awq", "--asymmetric", "--group", "64", "--calibration", m_calibration, "--calibration-ctx",
                                     "128", "--calibration-chunks", "40", "--threads", "1", "--json"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    void verifySameFolders(const std::string& one, const std::string& other)
    {
        std::size_t files = 0;
        for (const auto& entry : std::filesystem::directory_iterator(one)) {
            // README.md names the folder.
            if (entry.path().filename() != "README.md")
                QVERIFY2(readBytes(entry.path()) == readBytes(std::filesystem::path(other) / entry.path().filename()), entry.path().c_str());
            ++files;
        }
        QVERIFY(files >= 4);
    }

    // From a GGUF: the folder opens, predicts well, and a run that was killed goes on to the same bytes.
    void aFolderOfAGguf()
    {
        const std::string whole = (m_folder / "whole-awq").string();
        const std::string target = (m_folder / "killed-awq").string();
        const Run first = run(folderCommand(whole));
        QVERIFY2(first.exitCode == 0, (first.errors + first.output).c_str());
        QVERIFY(!std::filesystem::exists(whole + ".layers"));
        const double divergence = divergenceOf(whole);
        QVERIFY2(divergence > 0 && divergence < 0.0006, qPrintable(QString::number(divergence)));

        QProcess process;
        process.start(QStringLiteral(QUANTLATHE_CLI), listOf(folderCommand(target)));
        const std::string layers = target + ".layers";
        // Killed once it says that the first layer is done, and so stands in the journal.
        QByteArray said;
        QTRY_VERIFY_WITH_TIMEOUT(process.state() == QProcess::NotRunning || said.append(process.readAllStandardError()).contains("layer 1 of 4: largest error"), 120'000);
        if (process.state() != QProcess::NotRunning)
            ::kill(static_cast<pid_t>(process.processId()), SIGKILL);
        finish(process);
        QVERIFY(!std::filesystem::exists(target));
        const Run again = run(folderCommand(target, {"--resume"}));
        QVERIFY2(again.exitCode == 0, (again.errors + again.output).c_str());
        QVERIFY2(again.errors.find("layer 1 of") == std::string::npos, again.errors.c_str()); // it was taken over
        QVERIFY(!std::filesystem::exists(layers));
        verifySameFolders(whole, target);

        // What stands in the way is said before anything is worked on.
        const Run refused = run(folderCommand(whole));
        QCOMPARE(refused.exitCode, 1);
        QVERIFY2(refused.parsed()["error"]["message"].get<std::string>().find("not empty") != std::string::npos, refused.output.c_str());
        QVERIFY(!std::filesystem::exists(whole + ".layers"));
    }

    void refusals()
    {
        const std::string target = (m_folder / "refused.gguf").string();
        Run result = run(command(target, {"--method", "awq"}));
        QCOMPARE(result.exitCode, 2);
        QVERIFY2(result.errors.find("'awq' makes no GGUF") != std::string::npos || result.output.find("makes no GGUF") != std::string::npos, result.errors.c_str());
        result = run(command(target, {"--method", "magic"}));
        QCOMPARE(result.exitCode, 2);
        std::ofstream(m_folder / "short.txt") << "too short";
        result = run(command(target, {"--method", "gptq", "--calibration", (m_folder / "short.txt").string()}));
        QCOMPARE(result.exitCode, 1);
        QVERIFY2(result.parsed()["error"]["message"].get<std::string>().find("window") != std::string::npos, result.output.c_str());
        QVERIFY(!std::filesystem::exists(target));
    }
};

QTEST_GUILESS_MAIN(TestCliMethod)
#include "tst_cli_method.moc"
