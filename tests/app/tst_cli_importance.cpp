// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the real quantlathe-cli with --imatrix: what is written, what is said before, and what is refused.
#include "cli_run.h"
#include "core/calibration/imatrix_file.h"
#include "core/jobs/made_model.h"

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

namespace {

Run cli(std::initializer_list<std::string> arguments)
{
    QStringList list;
    for (const std::string& argument : arguments)
        list << QString::fromStdString(argument);
    return test::cli(list);
}

Importance::Entry entry(const std::string& name, std::size_t rowLength)
{
    std::vector<float> sums(rowLength);
    for (std::size_t channel = 0; channel < rowLength; ++channel)
        sums[channel] = channel % 16 == 0 ? 500.0F : 1.0F + static_cast<float>(channel % 7);
    return {name, rowLength, std::move(sums), {4}};
}

} // namespace

class TestCliImportance : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;
    std::string m_model = (m_folder / "in.gguf").string();
    std::string m_data = (m_folder / "imatrix.gguf").string();

private slots:
    void initTestCase()
    {
        writeMadeGguf(m_model, madeLlama(2));
        Importance::Contents contents;
        contents.chunkCount = 4;
        contents.chunkSize = 512;
        for (const std::string layer : {"blk.0.", "blk.1."}) {
            contents.entries.push_back(entry(layer + "attn_q.weight", 256));
            contents.entries.push_back(entry(layer + "ffn_up.weight", 256));
        }
        contents.entries.push_back(entry("blk.0.ffn_down.weight", 640)); // half of what it should be
        const Importance importance(std::move(contents));
        writeImportance(importance, m_data, ImportanceFormat::Gguf);
        writeImportance(importance, m_folder / "imatrix.dat", ImportanceFormat::Dat);
    }

    void quantizeUsesIt()
    {
        const std::string out = (m_folder / "out.gguf").string();
        const Run run = cli({"quantize", m_model, out, "--type", "Q4_K", "--imatrix", m_data, "--json"});
        QCOMPARE(run.exitCode, 0);
        QVERIFY2(run.errors.find("importance: 4 tensors: encoded with importance") != std::string::npos, run.errors.c_str());
        QVERIFY2(run.errors.find("1 tensor: of another size in the data: encoded without importance (blk.0.ffn_down.weight: importance of 640 channels for rows of 1280 weights)")
                     != std::string::npos, run.errors.c_str());
        const json result = run.parsed();
        QCOMPARE(result["importance"]["entries"].get<int>(), 5);
        QCOMPARE(result["importance"]["uses"].size(), std::size_t(4)); // used, missing, wrong-size, kept
        QCOMPARE(result["importance"]["uses"][0]["use"].get<std::string>(), std::string("used"));
        QVERIFY(result["total"].contains("weightedRelativeRms"));
        const auto model = openModel(out);
        QCOMPARE(model->metadata().string("quantize.imatrix.file"), std::optional<std::string>("imatrix.gguf"));

        // Both formats, any number of threads: the same tensors.
        const std::string again = (m_folder / "again.gguf").string();
        QCOMPARE(cli({"quantize", m_model, again, "--type", "Q4_K", "--imatrix", (m_folder / "imatrix.dat").string(), "--threads", "1", "-q"}).exitCode, 0);
        const auto other = openModel(again);
        for (std::size_t index = 0; index < model->tensors().size(); ++index)
            QVERIFY(std::equal(model->tensors()[index].bytes().begin(), model->tensors()[index].bytes().end(), other->tensors()[index].bytes().begin()));
    }

    void typesThatDemandItAreNotWarnedAbout()
    {
        const auto noted = [&](std::initializer_list<std::string> arguments) { return cli(arguments).errors.find("meant to be used with importance data") != std::string::npos; };
        QVERIFY(noted({"plan", m_model, "--tensor-type", "attn_q=IQ2_XS"}));
        QVERIFY(!noted({"plan", m_model, "--tensor-type", "attn_q=IQ2_XS", "--imatrix", m_data}));
        QVERIFY(noted({"plan", m_model, "--tensor-type", "ffn_down=IQ2_XS", "--imatrix", m_data}));
    }

    void recipesWarn()
    {
        const std::string recipe = (m_folder / "recipe.json").string();
        QCOMPARE(cli({"plan", m_model, "--type", "Q4_K", "--imatrix", m_data, "-o", recipe}).exitCode, 0);
        QVERIFY(cli({"plan", m_model, "--plan", recipe}).errors.find("made with the importance data 'imatrix.gguf'") != std::string::npos);
        QVERIFY(cli({"plan", m_model, "--plan", recipe, "--imatrix", m_data}).errors.find("the recipe was made") == std::string::npos);
    }

    void errorsAreWeighted()
    {
        const json error = cli({"error", m_model, "--type", "Q4_K", "--imatrix", m_data, "--json"}).parsed();
        const json plain = cli({"error", m_model, "--type", "Q4_K", "--json"}).parsed();
        for (std::size_t index = 0; index < error["tensors"].size(); ++index) {
            const json& tensor = error["tensors"][index];
            const bool has = tensor["name"] == "blk.0.attn_q.weight" || tensor["name"] == "blk.1.ffn_up.weight";
            if (has) {
                QVERIFY(tensor["weightedRelativeRms"].get<double>() < plain["tensors"][index]["relativeRms"].get<double>());
                QVERIFY(tensor["relativeRms"].get<double>() > plain["tensors"][index]["relativeRms"].get<double>());
            }
            QVERIFY(!plain["tensors"][index].contains("weightedRelativeRms"));
        }
        const json survey = cli({"survey", m_model, "--type", "Q4_K", "--imatrix", m_data, "--no-cache", "--json"}).parsed();
        int weighted = 0;
        for (const json& tensor : survey["tensors"])
            weighted += !tensor["types"].empty() && tensor["types"][0].contains("weightedRelativeRms");
        QCOMPARE(weighted, 4);
        QCOMPARE(cli({"map", m_model, "--type", "Q4_K", "--imatrix", m_data, "--measure", "weighted-rms", "--no-cache"}).exitCode, 0);
        QCOMPARE(cli({"map", m_model, "--type", "Q4_K", "--measure", "weighted-rms", "--no-cache"}).exitCode, 2);
    }

    void fitWeighsTheErrors()
    {
        const json weighted = cli({"fit", m_model, "--bits", "4.5", "--imatrix", m_data, "--no-cache", "--json"}).parsed();
        const json plain = cli({"fit", m_model, "--bits", "4.5", "--no-cache", "--json"}).parsed();
        QVERIFY(weighted["damage"].get<double>() > 0);
        QVERIFY(weighted["damage"].get<double>() != plain["damage"].get<double>());
        QCOMPARE(cli({"curve", m_model, "--imatrix", m_data, "--no-cache", "--points", "4", "--csv"}).exitCode, 0);
    }

    void refusals()
    {
        Importance::Contents contents;
        contents.entries.push_back(entry("blk.0.conv.weight", 16));
        writeImportance(Importance(std::move(contents)), m_folder / "other.gguf", ImportanceFormat::Gguf);
        const std::string out = (m_folder / "never.gguf").string();
        const Run other = cli({"quantize", m_model, out, "--type", "Q4_K", "--imatrix", (m_folder / "other.gguf").string(), "--json"});
        QCOMPARE(other.exitCode, 1);
        QCOMPARE(other.parsed()["error"]["kind"].get<std::string>(), std::string("invalid-argument"));
        QVERIFY(other.errors.find("none of the 1 tensors in the importance data fits this model") != std::string::npos);
        const Run model = cli({"quantize", m_model, out, "--type", "Q4_K", "--imatrix", m_model});
        QCOMPARE(model.exitCode, 1);
        QVERIFY(model.errors.find("holds no importance data") != std::string::npos);
        QCOMPARE(cli({"error", m_model, "--type", "Q4_K", "--imatrix", (m_folder / "missing").string()}).exitCode, 1);
        QVERIFY(!std::filesystem::exists(out));
    }
};

QTEST_GUILESS_MAIN(TestCliImportance)
#include "tst_cli_importance.moc"
