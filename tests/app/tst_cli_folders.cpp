// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the real quantlathe-cli on Hugging Face folders: conversion on the way, notes, adapters.
#include "support/folder_models.h"

#include <QProcess>
#include <QTest>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

namespace {

struct Run
{
    int exitCode = -1;
    std::string output;
    std::string errors;
    [[nodiscard]] json parsed() const { return json::parse(output, nullptr, false); }
};

Run cli(const QStringList& arguments)
{
    QProcess process;
    process.start(QUANTLATHE_CLI, arguments);
    if (!process.waitForFinished(120'000))
        process.kill();
    return {process.exitCode(), process.readAllStandardOutput().toStdString(), process.readAllStandardError().toStdString()};
}

QString text(const std::filesystem::path& path)
{
    return QString::fromStdString(path.string());
}

} // namespace

#define VERIFY_EXIT(run, code) QVERIFY2((run).exitCode == (code), ((run).errors + (run).output).substr(0, 2000).c_str())

class TestCliFolders : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void quantizedOnTheWay()
    {
        FolderModel files("inference/hf/mixtral");
        const QString folder = text(files.write());
        const QString target = text(files.scratch / "out.gguf");
        const auto run = cli({"quantize", folder, target, "--preset", "Q8_0", "--json", "-q"});
        VERIFY_EXIT(run, 0);
        QVERIFY(run.parsed()["notes"].empty());
        const auto inspected = cli({"inspect", target, "--json"});
        VERIFY_EXIT(inspected, 0);
        QVERIFY(inspected.output.find("blk.2.ffn_gate_exps.weight") != std::string::npos);
        QVERIFY(inspected.output.find("experts.0") == std::string::npos);
    }

    void notesAreShown()
    {
        FolderModel files("inference/hf/mistral");
        const auto run = cli({"quantize", text(files.write()), text(files.scratch / "out.gguf"), "--type", "Q8_0", "--json", "-q"});
        VERIFY_EXIT(run, 0);
        QCOMPARE(run.parsed()["notes"].size(), std::size_t{1});
        QVERIFY2(run.errors.find("Note: llama.cpp lets every position see all before it") != std::string::npos, run.errors.c_str());
    }

    void adapters()
    {
        FolderModel files("hf/llama");
        const QString folder = text(files.write());
        const QString adapter = text(fixture("adapters/llama"));
        const auto inspected = cli({"inspect", folder, "--lora", adapter + ":0.5", "--json"});
        VERIFY_EXIT(inspected, 0);
        QVERIFY2(inspected.output.find("quantlathe.adapter.0.scale") != std::string::npos, inspected.output.substr(0, 500).c_str());
        for (const char* command : {"plan", "error"})
            VERIFY_EXIT(cli({command, folder, "--type", "Q8_0", "--lora", adapter, "-q"}), 0);
        const QString merged = text(files.scratch / "merged.gguf");
        const QString plain = text(files.scratch / "plain.gguf");
        VERIFY_EXIT(cli({"quantize", folder, merged, "--type", "F32", "--lora", adapter, "--lora", adapter + ":-0.5", "-q"}), 0);
        VERIFY_EXIT(cli({"quantize", folder, plain, "--type", "F32", "-q"}), 0);
        const json compared = cli({"compare", merged, plain, "--json"}).parsed();
        QVERIFY(!compared["isIdentical"].get<bool>());
        QVERIFY(compared["identicalTensors"].get<int>() > 10); // the adapter leaves most as they are
        QVERIFY(cli({"metadata", merged, "--json"}).output.find("quantlathe.adapter.1.scale") != std::string::npos);
        const auto wrong = cli({"quantize", folder, plain, "--type", "F32", "--lora", adapter + ":x", "-q"});
        QVERIFY(wrong.exitCode != 0);
        QVERIFY2(wrong.errors.find("'x' is no scale of an adapter") != std::string::npos, wrong.errors.c_str());
    }
};

QTEST_GUILESS_MAIN(TestCliFolders)
#include "tst_cli_folders.moc"
