// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the real quantlathe-cli: every subcommand, exit codes, JSON keys, interruption.
#include "cli_run.h"
#include "core/jobs/journal.h"
#include "core/jobs/made_model.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QRandomGenerator>

#include <csignal>
#include <fstream>
#include <set>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;

namespace {

QStringList words(std::initializer_list<std::filesystem::path> arguments)
{
    QStringList list;
    for (const auto& argument : arguments)
        list << QString::fromStdString(argument.string());
    return list;
}

std::set<std::string> filesIn(const std::filesystem::path& folder)
{
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        names.insert(entry.path().filename().string());
    return names;
}

/// Chunks that the journal beside @p target holds; -1 where there is none.
std::int64_t recordsIn(const std::filesystem::path& target)
{
    const auto journal = Journal::peek(target);
    return journal ? static_cast<std::int64_t>(journal->records.size()) : -1;
}

std::filesystem::file_time_type writtenAt(const std::filesystem::path& file)
{
    std::error_code isMissing;
    return std::filesystem::last_write_time(file, isMissing);
}

} // namespace

class TestCli : public QObject
{
    Q_OBJECT
private slots:
    void initTestCase()
    {
        qputenv("XDG_CACHE_HOME", QByteArray::fromStdString((m_folder / "cache").string()));
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

    void helpAndVersion()
    {
        auto run = cli({"--help"});
        VERIFY_EXIT(run, 0);
        for (const char* command : {"inspect", "stats", "error", "plan", "estimate", "quantize", "compare"}) {
            QVERIFY2(run.output.find(command) != std::string::npos, command);
            VERIFY_EXIT(cli({command, "--help"}), 0);
        }
        run = cli({"--version"});
        VERIFY_EXIT(run, 0);
        QVERIFY(run.output.starts_with("quantlathe-cli "));
    }

    void usageErrors_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("text");
        const QString in = QString::fromStdString(m_model.string());
        QTest::newRow("nothing") << QStringList{} << "subcommand";
        QTest::newRow("unknown command") << QStringList{"paint"} << "paint";
        QTest::newRow("no file") << QStringList{"inspect"} << "FILE";
        QTest::newRow("unknown option") << QStringList{"inspect", in, "--colour"} << "--colour";
        QTest::newRow("no types") << QStringList{"quantize", in, "out.gguf"} << "--plan, --preset or --type";
        QTest::newRow("two kinds of types") << QStringList{"quantize", in, "out.gguf", "--type", "Q4_K", "--preset", "Q4_K_M"}
                                            << "give only one of";
        QTest::newRow("unknown type") << QStringList{"quantize", in, "out.gguf", "--type", "Q9_9"} << "no type 'Q9_9'";
        QTest::newRow("preset as type") << QStringList{"quantize", in, "out.gguf", "--type", "Q4_K_M"} << "use --preset Q4_K_M";
        QTest::newRow("type as preset") << QStringList{"plan", in, "--preset", "MXFP4"} << "use --type MXFP4";
        QTest::newRow("rule without type") << QStringList{"plan", in, "--type", "Q4_K", "--tensor-type", "attn_v"} << "--tensor-type";
        QTest::newRow("broken rule") << QStringList{"plan", in, "--type", "Q4_K", "--tensor-type", "a(=Q6_K"} << "--tensor-type";
        QTest::newRow("threads") << QStringList{"quantize", in, "out.gguf", "--type", "Q4_K", "--threads", "-1"} << "--threads";
        QTest::newRow("memory") << QStringList{"quantize", in, "out.gguf", "--type", "Q4_K", "--max-memory", "lots"} << "--max-memory";
        QTest::newRow("split size") << QStringList{"quantize", in, "out.gguf", "--type", "Q4_K", "--split-size", "big"} << "'big' is no size";
        QTest::newRow("negative memory") << QStringList{"quantize", in, "out.gguf", "--type", "Q4_K", "--max-memory", "-18446744073709551615"} << "'-18446744073709551615' is no whole number";
        QTest::newRow("negative context") << QStringList{"estimate", in, "--ctx", "-5"} << "'-5' is no whole number";
        QTest::newRow("context past 64 bits") << QStringList{"estimate", in, "--ctx", "99999999999999999999"} << "--ctx";
        QTest::newRow("context with a unit") << QStringList{"estimate", in, "--ctx", "8k"} << "'8k' is no whole number";
        QTest::newRow("runner") << QStringList{"estimate", in, "--runner", "torch"} << "'torch' is no runner; there are llama-server";
        QTest::newRow("tensor split") << QStringList{"estimate", in, "--tensor-split", "3,one"} << "no list of shares";
        QTest::newRow("layers") << QStringList{"estimate", in, "--gpu-layers", "-1"} << "--gpu-layers";
        QTest::newRow("slots") << QStringList{"estimate", in, "--slots", "0"} << "--slots";
        QTest::newRow("value cache type") << QStringList{"estimate", in, "--kv-type-v", "IQ9"} << "no type for the KV cache";
        QTest::newRow("cache type") << QStringList{"estimate", in, "--kv-type", "Q2_K"} << "no type for the KV cache";
    }

    void usageErrors()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, text);
        auto run = cli(arguments);
        VERIFY_EXIT(run, 2);
        QVERIFY2(run.errors.starts_with("error: "), run.errors.c_str());
        QVERIFY2(run.errors.find(text.toStdString()) != std::string::npos, run.errors.c_str());
        QCOMPARE(QString::fromStdString(run.output), QString());
        if (arguments.size() < 2)
            return;
        run = cli(arguments + QStringList{"--json"});
        VERIFY_EXIT(run, 2);
        QVERIFY2(run.parsed()["error"]["kind"] == "usage", run.output.c_str());
    }

    void failuresWithJsonAreJsonEvenWithoutACommand()
    {
        const auto run = cli({"paint", "--json"});
        VERIFY_EXIT(run, 2);
        QVERIFY(run.parsed()["error"]["kind"] == "usage");
    }

    void errorsAreOneLineWhateverTheNameHolds()
    {
        const auto run = cli(words({"inspect", m_folder / "new\nline.gguf", "--json"}));
        VERIFY_EXIT(run, 1);
        QCOMPARE(std::count(run.errors.begin(), run.errors.end(), '\n'), 1);
        QVERIFY2(run.errors.find("new\\x0Aline.gguf") != std::string::npos, run.errors.c_str());
        QVERIFY(run.parsed()["error"]["file"].get<std::string>().ends_with("new\nline.gguf"));
    }

    void aRuleThatMatchesNothingIsSaid()
    {
        auto run = cli(words({"plan", m_model, "--type", "Q4_0", "--tensor-type", "attn_vv=Q8_0", "--tensor-type", "ffn_down=Q8_0", "--json"}));
        VERIFY_EXIT(run, 0);
        QVERIFY2(run.errors.find("1 of 2 tensor-type rules matches no tensor that can be quantized: attn_vv=Q8_0") != std::string::npos,
                 run.errors.c_str());
        QVERIFY(run.parsed().contains("tensors"));
        run = cli(words({"plan", m_model, "--type", "Q4_0", "--tensor-type", "ffn_down=Q8_0"}));
        QCOMPARE(run.errors, std::string());
    }

    void whatF32HoldsExactlyDoesNotDiluteTheTotal()
    {
        const auto tensor = [&](const char* name) {
            const auto run = cli(words({"error", m_model, "--type", "Q4_0", "--tensor-type", "ffn_up=F32", "--tensor", name,
                                        "--tensor", "blk.0.attn_q.weight", "--json"}));
            return run.parsed()["total"];
        };
        QVERIFY(tensor("blk.0.ffn_up.weight").contains("weights"));
        QVERIFY(tensor("blk.0.ffn_up.weight") == tensor("blk.0.attn_norm.weight"));
    }

    void failures()
    {
        auto run = cli(words({"inspect", m_folder / "none.gguf", "--json"}));
        VERIFY_EXIT(run, 1);
        QVERIFY(run.errors.starts_with("error: "));
        QCOMPARE(std::count(run.errors.begin(), run.errors.end(), '\n'), 1);
        QVERIFY(hasKeys(run.parsed()["error"], {"kind", "message", "file"}));
        QVERIFY(run.parsed()["error"]["kind"] == "not-found");

        run = cli(words({"inspect", fixture("gguf/refuse_version1.gguf"), "--json"}));
        VERIFY_EXIT(run, 1);
        QVERIFY(run.parsed()["error"]["kind"] == "unsupported");

        run = cli(words({"stats", m_model, "--tensor", "attn_q"}));
        VERIFY_EXIT(run, 1);
        QVERIFY2(run.errors.find("blk.0.attn_q.weight") != std::string::npos, "names that come near are shown");

        run = cli(words({"estimate", m_model, "--device", "RTX 9999"}));
        VERIFY_EXIT(run, 1);
    }

    void inspect()
    {
        const auto run = cli(words({"inspect", m_model, "--json"}));
        VERIFY_EXIT(run, 0);
        const json result = run.parsed();
        QVERIFY(hasKeys(result, {"format", "formatVersion", "path", "files", "fileBytes", "tensorBytes", "weights", "alignment",
                                 "architecture", "name", "isArchitectureKnown", "notes", "hyperparameters", "metadata", "tensors"}));
        QVERIFY(result["format"] == "gguf");
        QVERIFY(result["architecture"] == "llama");
        QVERIFY(result["hyperparameters"]["layerCount"] == 3);
        QVERIFY(result["hyperparameters"]["headCount"] == 8);
        const json& tokens = result["metadata"]["tokenizer.ggml.tokens"];
        QVERIFY(tokens["size"] == 500 && tokens["isTruncated"] == true && tokens["value"].size() == 16);
        QVERIFY(result["metadata"]["general.name"]["value"] == "made");
        QCOMPARE(result["tensors"].size(), std::size_t{14});
        const json& tensor = result["tensors"][2];
        QVERIFY(hasKeys(tensor, {"name", "shape", "type", "bytes", "offset", "layer", "role"}));
        QVERIFY(tensor["name"] == "blk.0.attn_q.weight");
        QVERIFY((tensor["shape"] == json{256, 256}));
        QVERIFY(tensor["bytes"] == 256 * 256 * 4);
        QVERIFY(tensor["layer"] == 0);
        QVERIFY(tensor["role"] == "attn_q");
        QVERIFY(result["tensors"][0]["layer"].is_null());

        const auto full = cli(words({"inspect", m_model, "--json", "--full"}));
        QVERIFY(full.parsed()["metadata"]["tokenizer.ggml.tokens"]["value"].size() == 500);
        const auto text = cli(words({"inspect", m_model}));
        VERIFY_EXIT(text, 0);
        QVERIFY(text.output.find("blk.2.ffn_down.weight") != std::string::npos);
    }

    // Every option has its effect, and the figures add up.
    void estimatesMemory()
    {
        const auto estimate = [this](const QStringList& options) {
            const auto run = cli(words({"estimate", m_model, "--json"}) + options);
            if (run.exitCode != 0)
                qWarning("%s", run.errors.c_str());
            return run.exitCode == 0 ? run.parsed() : json::object();
        };
        const auto bytes = [](const json& object, const char* key) { return object.at(key).get<std::uint64_t>(); };
        const json plain = estimate({});
        QVERIFY(plain["devices"].size() == 1);
        const json& device = plain["devices"][0];
        QVERIFY(device["name"] == "GPU" && device["capacity"].is_null() && plain["verdict"] == "unknown");
        QVERIFY(plain["runner"] == "llama-server" && plain["sequences"] == 4);
        QCOMPARE(bytes(device, "weights") + bytes(device, "kv") + bytes(device, "compute") + bytes(device, "overhead"), bytes(device, "total"));
        QVERIFY(bytes(device, "overhead_low") < bytes(device, "overhead") && bytes(device, "overhead") < bytes(device, "overhead_high"));
        QVERIFY(bytes(plain["host"], "compute") > 0 && bytes(plain["host"], "kv") == 0);

        const json longer = estimate({"--ctx", "16384"});
        QCOMPARE(bytes(longer["devices"][0], "kv"), 2 * bytes(device, "kv"));
        const json eight = estimate({"--kv-type-k", "q8_0", "--kv-type-v", "f16"});
        // (8.5 + 16) / 32, and what CUDA adds to the last row
        const auto isAbout = [](std::uint64_t ours, std::uint64_t expected) { return ours >= expected && ours < expected + 8192; };
        QVERIFY(isAbout(bytes(eight["devices"][0], "kv"), bytes(device, "kv") * 49 / 64));
        QVERIFY(isAbout(bytes(estimate({"--kv-type", "q8_0"})["devices"][0], "kv"), bytes(device, "kv") * 17 / 32));
        QCOMPARE(bytes(estimate({"--slots", "3", "--split-kv", "--ctx", "10000"})["devices"][0], "kv") * 8192, bytes(device, "kv") * 10752);
        const json host = estimate({"--no-kv-offload"});
        QVERIFY(bytes(host["devices"][0], "kv") == 0 && bytes(host["host"], "kv") == bytes(device, "kv"));
        QVERIFY(bytes(estimate({"--no-flash-attention"})["devices"][0], "compute") >= bytes(device, "compute"));
        QVERIFY(bytes(estimate({"--ubatch", "128"})["devices"][0], "compute") < bytes(device, "compute"));
        QVERIFY(bytes(estimate({"--batch", "64"})["devices"][0], "compute") < bytes(device, "compute"));
        QVERIFY(bytes(estimate({"--outputs", "512", "--slots", "1"})["devices"][0], "compute") > 0);
        QVERIFY(estimate({"--runner", "llama-bench"})["sequences"] == 1);
        const json some = estimate({"--gpu-layers", "2"});
        QVERIFY(some["devices"][0]["layers"] == 1 && some["devices"][0]["output"] == true);
        const json none = estimate({"--gpu-layers", "0", "--no-op-offload"});
        QVERIFY(bytes(none["devices"][0], "weights") == 0 && bytes(none["devices"][0], "compute") == 0);
        QVERIFY(estimate({"--cpu-experts", "1"})["devices"][0] == device); // no experts: no effect

        const json two = estimate({"--device", "RTX 3090", "--device", "24 GiB", "--tensor-split", "1,3", "--what-fits"});
        QVERIFY(two["devices"].size() == 2);
        QVERIFY(two["devices"][0]["name"] == "RTX 3090" && two["devices"][0]["layers"] == 1 && two["devices"][1]["layers"] == 2);
        QVERIFY(two["devices"][1]["capacity"] == (24ull << 30));
        QVERIFY(two["verdict"] == "fits" && two["fits"]["gpuLayers"] == 4 && two["fits"]["cpuExperts"].is_null());
        QVERIFY(estimate({"--device", "300 MB"})["verdict"] == "does-not-fit");
        QVERIFY(estimate({"--device", "420 MiB"})["verdict"] == "tight");
        QVERIFY(estimate({"--device", "1000 MiB"})["verdict"] == "little-room");
        for (const char* const runner : {"ollama", "vllm", "transformers"}) {
            const json other = estimate({"--runner", runner, "--device", "24GiB"});
            QVERIFY2(other["runner"] == runner && bytes(other["devices"][0], "compute") > 0, runner);
        }
        VERIFY_EXIT(cli(words({"estimate", m_model, "--device", "RTX 4090", "--what-fits"})), 0);

        // All options at once, and the keys that scripts rely on.
        const json all = estimate({"--runner", "llama-server", "--ctx", "4096", "--batch", "1024", "--ubatch", "256", "--kv-type-k", "q8_0",
                                   "--kv-type-v", "q4_0", "--slots", "2", "--split-kv", "--gpu-layers", "3", "--cpu-experts", "1", "--outputs",
                                   "2", "--device", "RTX 4090", "--device", "RTX 3090"});
        QVERIFY(hasKeys(all, {"devices", "host", "verdict"}) && all["devices"].size() == 2);
        for (const json& one : all["devices"])
            QVERIFY(hasKeys(one, {"name", "weights", "kv", "compute", "overhead", "total", "capacity"}));
        QVERIFY(hasKeys(all["host"], {"weights", "kv", "compute"}));
    }

    // Before and after, and why four bits are more than four bits.
    void estimateComparesWithSixteenBits()
    {
        auto run = cli(words({"estimate", m_model, "--preset", "Q4_K_M", "--json"}));
        VERIFY_EXIT(run, 0);
        const json estimate = run.parsed();
        QVERIFY(estimate["nominalBits"] == 4 && estimate["largerBits"] == json::array({6}));
        QVERIFY(estimate["before"]["fileBytes"] > estimate["after"]["fileBytes"] && estimate["after"]["fileBytes"] == estimate["fileBytes"]);
        QVERIFY(estimate["before"]["cards"]["count"] == 1 && estimate["before"]["cards"]["name"] == "RTX 4060");
        QVERIFY(estimate["bareBytes"] < estimate["fileBytes"]);
        run = cli(words({"estimate", m_model, "--preset", "Q4_K_M"}));
        VERIFY_EXIT(run, 0);
        for (const char* const part : {" in 16 bits -> ", " % saved); needs 1 x 8 GB -> 1 x 8 GB", "4.0 bits would be ", "; with scales and 6-bit tensors it is "})
            QVERIFY2(run.output.find(part) != std::string::npos, run.output.c_str());
    }

    // Only the header is needed: the data may be a hole.
    void estimatesSparseFiles()
    {
        const auto sparse = m_folder / "sparse.gguf";
        std::filesystem::copy_file(m_model, sparse);
        const auto whole = std::filesystem::file_size(sparse);
        const json info = cli(words({"inspect", m_model, "--json"})).parsed();
        const auto header = info["tensors"][0]["offset"].get<std::uint64_t>();
        std::filesystem::resize_file(sparse, header);
        std::filesystem::resize_file(sparse, whole); // zeros without blocks
        const json full = cli(words({"estimate", m_model, "--json"})).parsed();
        json holed = cli(words({"estimate", sparse, "--json"})).parsed();
        holed["path"] = full["path"];
        QVERIFY(holed == full);
    }

    void inspectsEveryKindOfModel_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("format");
        QTest::newRow("values") << "gguf/values.gguf" << "gguf";
        QTest::newRow("no tensors") << "gguf/no_tensors.gguf" << "gguf";
        QTest::newRow("all types") << "gguf/quantized.gguf" << "gguf";
        QTest::newRow("safetensors") << "safetensors/types.safetensors" << "safetensors";
        QTest::newRow("Hugging Face") << "hf/gpt_oss" << "huggingface";
    }

    void inspectsEveryKindOfModel()
    {
        QFETCH(QString, file);
        QFETCH(QString, format);
        const auto run = cli(words({"inspect", fixture(file.toStdString()), "--json", "--full"}));
        VERIFY_EXIT(run, 0);
        QVERIFY(run.parsed()["format"] == format.toStdString());
        VERIFY_EXIT(cli(words({"inspect", fixture(file.toStdString())})), 0);
    }

    void stats()
    {
        const auto run = cli(words({"stats", m_model, "--json", "--tensor", "blk.1.ffn_up.weight", "--histogram", "32"}));
        VERIFY_EXIT(run, 0);
        const json tensor = run.parsed()["tensors"][0];
        QVERIFY(hasKeys(tensor, {"name", "type", "shape", "weights", "mean", "standardDeviation", "minimum", "maximum",
                                 "excessKurtosis", "outlierShare", "zeros", "nan", "infinities", "histogram"}));
        QCOMPARE(tensor["weights"].get<int>(), 1301 * 256);
        QVERIFY(std::abs(tensor["standardDeviation"].get<double>() - 0.02) < 0.001);
        std::uint64_t sum = 0;
        for (const auto& count : tensor["histogram"]["counts"])
            sum += count.get<std::uint64_t>();
        QCOMPARE(sum, std::uint64_t{1301 * 256});
        const auto all = cli(words({"stats", m_model}));
        VERIFY_EXIT(all, 0);
        QCOMPARE(std::count(all.output.begin(), all.output.end(), '\n'), 15); // titles and 14 tensors
    }

    void error()
    {
        const auto run = cli(words({"error", m_model, "--type", "Q4_0", "--json"}));
        VERIFY_EXIT(run, 0);
        const json result = run.parsed();
        QCOMPARE(result["tensors"].size(), std::size_t{14});
        QVERIFY(hasKeys(result["tensors"][2], {"name", "sourceType", "requestedType", "type", "reason", "bytes", "weights",
                                               "relativeRms", "signalToNoiseDb", "maximumError", "cosine"}));
        const double rms = result["total"]["relativeRms"];
        QVERIFY(rms > 0.05 && rms < 0.15);
        QVERIFY(result["tensors"][1]["isCopy"] == true);
        const auto better = cli(words({"error", m_model, "--type", "Q8_0", "--json"}));
        QVERIFY(better.parsed()["total"]["relativeRms"].get<double>() < rms / 8);
        VERIFY_EXIT(cli(words({"error", m_model, "--type", "Q8_0", "--tensor", "blk.0.attn_q.weight"})), 0);
    }

    void surveyOfEveryTensorAndType()
    {
        Run run = cli(words({"survey", m_model, "--type", "Q4_K", "--type", "Q8_0", "--json"}));
        VERIFY_EXIT(run, 0);
        const json first = run.parsed();
        QVERIFY(hasKeys(first, {"path", "encoding", "tensors"}));
        std::size_t pairs = 0;
        bool isSampled = false;
        for (const json& tensor : first["tensors"]) {
            QVERIFY(hasKeys(tensor, {"name", "role", "layer", "storedType", "weights", "types"}));
            for (const json& type : tensor["types"]) {
                ++pairs;
                isSampled = isSampled || type["quality"] == "sampled";
                QVERIFY(type["relativeRms95"][0] <= type["relativeRms"] && type["relativeRms"] <= type["relativeRms95"][1]);
            }
        }
        QVERIFY(pairs >= 20 && isSampled);
        // A second call has it from the cache, to the last digit; exact figures agree with the error command.
        QCOMPARE(cli(words({"survey", m_model, "--type", "Q4_K", "--type", "Q8_0", "--json"})).output, run.output);
        QVERIFY(!std::filesystem::is_empty(m_folder / "cache" / "quantlathe" / "errors"));
        run = cli(words({"survey", m_model, "--type", "Q4_K", "--tensor", "blk.1.ffn_up.weight", "--exact", "--json"}));
        VERIFY_EXIT(run, 0);
        const json exact = run.parsed()["tensors"][0]["types"][0];
        QVERIFY(exact["quality"] == "exact");
        const json error = cli(words({"error", m_model, "--type", "Q4_K", "--tensor", "blk.1.ffn_up.weight", "--json"})).parsed()["tensors"][0];
        QVERIFY(std::abs(exact["relativeRms"].get<double>() / error["relativeRms"].get<double>() - 1) < 1e-9);
        run = cli(words({"survey", m_model, "--type", "Q4_K", "--csv"}));
        VERIFY_EXIT(run, 0);
        QVERIFY(run.output.starts_with("tensor,role,layer,stored,type,bytes,bits_per_weight,quality,relative_rms"));
        VERIFY_EXIT(cli(words({"survey", m_model, "--csv", "--json"})), 2);
        VERIFY_EXIT(cli(words({"survey", m_model, "--type", "Q9_Z"})), 2);
        VERIFY_EXIT(cli(words({"survey", m_model, "--tensor", "missing"})), 1);
        run = cli(words({"survey", m_model, "--type", "Q4_K", "--no-cache"}));
        VERIFY_EXIT(run, 0);
        QVERIFY(run.output.find("blk.0.attn_q.weight") != std::string::npos);
    }

    void theMapAndTheChannels()
    {
        Run run = cli(words({"map", m_model, "--preset", "Q4_K_M", "--json"}));
        VERIFY_EXIT(run, 0);
        const json map = run.parsed();
        QVERIFY(map["measure"] == "relative-rms");
        std::set<std::string> roles;
        for (const json& field : map["fields"]) {
            QVERIFY(hasKeys(field, {"layer", "role", "quality", "value", "interval95", "tensors"}));
            roles.insert(field["role"].get<std::string>());
        }
        QVERIFY(roles.contains("token_embd") && roles.contains("attn_q") && roles.contains("ffn_down") && !roles.contains("norm"));
        run = cli(words({"map", m_model, "--type", "Q8_0", "--measure", "bits", "--csv"}));
        VERIFY_EXIT(run, 0);
        QVERIFY(run.output.find("\n0,attn_q,bits,8.5,8.5,8.5,exact") != std::string::npos);
        run = cli(words({"map", m_model, "--measure", "kurtosis"}));
        VERIFY_EXIT(run, 0);
        QVERIFY(run.output.find("Layer") != std::string::npos);
        run = cli(words({"map", m_model, "--measure", "beauty"}));
        VERIFY_EXIT(run, 2);
        QVERIFY(run.errors.find("there are relative-rms, weighted-rms, snr-db") != std::string::npos);

        run = cli(words({"channels", m_model, "--tensor", "blk.0.ffn_up.weight", "--type", "Q4_0", "--rows", "8", "--columns", "4", "--json"}));
        VERIFY_EXIT(run, 0);
        const json channels = run.parsed();
        QCOMPARE(channels["minimum"].size(), std::size_t(32));
        QCOMPARE(channels["rmsError"].size(), std::size_t(32));
        QCOMPARE(channels["columnLargest"].size(), channels["tensorColumns"].get<std::size_t>());
        run = cli(words({"channels", m_model, "--tensor", "blk.0.ffn_up.weight", "--csv"}));
        VERIFY_EXIT(run, 0);
        QVERIFY(run.output.starts_with("row_first,row_last,column_first,column_last,minimum,maximum"));
        VERIFY_EXIT(cli(words({"channels", m_model, "--tensor", "blk.0.ffn_up.weight"})), 0);
        VERIFY_EXIT(cli(words({"channels", m_model, "--tensor", "missing"})), 1);
        VERIFY_EXIT(cli(words({"channels", m_model, "--tensor", "blk.0.ffn_up.weight", "--rows", "0"})), 2);
    }

    void recipesAndEstimates()
    {
        const auto recipe = m_folder / "recipe.json";
        const auto rules = m_folder / "types.txt";
        auto run = cli(words({"plan", m_model, "--type", "Q4_0", "--tensor-type", "ffn_down=Q8_0", "-o", recipe,
                              "--write-tensor-types", rules, "--json"}));
        VERIFY_EXIT(run, 0);
        const json planned = run.parsed();
        QVERIFY(hasKeys(planned, {"path", "preset", "fileType", "recipe", "sourceBytes", "bytes", "bitsPerWeight", "tensors"}));
        QVERIFY(planned["tensors"][4]["type"] == "Q8_0");
        QVERIFY(planned["tensors"][3]["type"] == "Q4_0");

        // The recipe, the rules and the options give the same plan.
        run = cli(words({"plan", m_model, "--plan", recipe, "--json"}));
        VERIFY_EXIT(run, 0);
        QVERIFY(run.parsed()["tensors"] == planned["tensors"]);
        run = cli(words({"plan", m_model, "--tensor-type-file", rules, "--json"}));
        VERIFY_EXIT(run, 0);
        QVERIFY(run.parsed()["bytes"] == planned["bytes"]);

        run = cli(words({"estimate", m_model, "--plan", recipe, "--ctx", "4096", "--kv-type", "Q8_0", "--device", "24GiB", "--json"}));
        VERIFY_EXIT(run, 0);
        const json estimate = run.parsed();
        QVERIFY(hasKeys(estimate, {"path", "devices", "host", "contextLength", "keyCacheType", "valueCacheType", "fileBytes",
                                   "weightBytes", "hostWeightBytes", "kvCacheBytes", "totalBytes", "deviceBytes", "verdict",
                                   "explanation", "notes"}));
        QVERIFY(estimate["verdict"] == "fits");
        QVERIFY(estimate["keyCacheType"] == "Q8_0");

        const auto out = m_folder / "recipe.gguf";
        run = cli(words({"quantize", m_model, out, "--plan", recipe, "--json"}));
        VERIFY_EXIT(run, 0);
        QCOMPARE(estimate["fileBytes"].get<std::uint64_t>(), std::filesystem::file_size(out));
        VERIFY_EXIT(cli(words({"estimate", m_model})), 0);

        std::ofstream(recipe) << "{\"format\": \"something else\"}";
        VERIFY_EXIT(cli(words({"plan", m_model, "--plan", recipe})), 1);
        std::ofstream(recipe) << "not JSON";
        run = cli(words({"plan", m_model, "--plan", recipe}));
        VERIFY_EXIT(run, 1);
        QVERIFY2(run.errors.find("no JSON: parse error at line 1") != std::string::npos, run.errors.c_str());
    }

    void quantizeAndCompare()
    {
        const auto out = m_folder / "q.gguf";
        auto run = cli(words({"quantize", m_model, out, "--type", "Q8_0", "--json", "--threads", "1"}));
        VERIFY_EXIT(run, 0);
        const json result = run.parsed();
        QVERIFY(hasKeys(result, {"files", "bytes", "resumedBytes", "seconds", "total", "tensors"}));
        QVERIFY(hasKeys(result["tensors"][2], {"name", "sourceType", "type", "bytes", "isCopy", "relativeRms"}));
        QCOMPARE(result["bytes"].get<std::uint64_t>(), std::filesystem::file_size(out));
        const auto first = readBytes(out);
        for (const char* threads : {"2", "3"}) {
            VERIFY_EXIT(cli(words({"quantize", m_model, out, "--type", "Q8_0", "--threads", threads, "--max-memory", "8"})), 0);
            QVERIFY(readBytes(out) == first);
        }

        run = cli(words({"compare", m_model, out, "--json"}));
        VERIFY_EXIT(run, 0);
        const json compared = run.parsed();
        QVERIFY(hasKeys(compared, {"first", "second", "isIdentical", "identicalTensors", "tensors"}));
        QVERIFY(compared["isIdentical"] == false);
        QVERIFY(compared["tensors"][1]["result"] == "identical");
        QVERIFY(compared["tensors"][2]["result"] == "different");
        const double measured = result["tensors"][2]["relativeRms"];
        QVERIFY(std::abs(compared["tensors"][2]["relativeRms"].get<double>() - measured) < 1e-9);
        run = cli(words({"compare", out, out, "--json"}));
        QVERIFY(run.parsed()["isIdentical"] == true);
        VERIFY_EXIT(cli(words({"compare", m_model, out})), 0);

        run = cli(words({"quantize", m_model, m_folder / "split.gguf", "--type", "Q8_0", "--split-size", "1M", "--json"}));
        VERIFY_EXIT(run, 0);
        const json parts = run.parsed();
        QVERIFY(parts["files"].size() > 2);
        run = cli(words({"compare", out, parts["files"][1].get<std::string>(), "--json"}));
        QVERIFY(run.parsed()["isIdentical"] == true);
    }

    void effortAndObjectiveArePartOfTheRecipe()
    {
        const auto recipe = m_folder / "best.json";
        auto run = cli(words({"plan", m_model, "--type", "Q4_0", "--effort", "best", "--objective", "squared-error", "-o", recipe,
                              "--json"}));
        VERIFY_EXIT(run, 0);
        const json expected{{"effort", "best"}, {"objective", "squared-error"}};
        QVERIFY(run.parsed()["encoding"] == expected);
        run = cli(words({"error", m_model, "--plan", recipe, "--tensor", "blk.0.attn_q.weight", "--json"}));
        VERIFY_EXIT(run, 0);
        QVERIFY(run.parsed()["encoding"] == expected);
        run = cli(words({"quantize", m_model, m_folder / "best.gguf", "--plan", recipe, "--effort", "standard", "--json"}));
        VERIFY_EXIT(run, 0);
        QVERIFY(run.parsed()["encoding"] == (json{{"effort", "standard"}, {"objective", "squared-error"}}));
        run = cli(words({"quantize", m_model, m_folder / "best.gguf", "--plan", recipe}));
        QVERIFY(run.output.find("effort best, objective squared-error") != std::string::npos);
        VERIFY_EXIT(cli(words({"plan", m_model, "--type", "Q4_0", "--effort", "heroic"})), 2);
        VERIFY_EXIT(cli(words({"plan", m_model, "--type", "Q4_0", "--objective", "beauty"})), 2);
    }

    void notFiniteWeightsFailOrAreCounted()
    {
        const auto bad = m_folder / "bad.gguf";
        std::filesystem::copy_file(m_model, bad);
        patchWeight(bad, "blk.1.attn_q.weight", 5 * 256 + 7, std::numeric_limits<float>::quiet_NaN());
        patchWeight(bad, "blk.1.attn_q.weight", 0, std::numeric_limits<float>::infinity());
        const auto out = m_folder / "clamped.gguf";
        auto run = cli(words({"quantize", bad, out, "--type", "Q8_0", "--json"}));
        VERIFY_EXIT(run, 1);
        QVERIFY(run.parsed()["error"]["message"].get<std::string>().find("row 0, column 0 is infinite") != std::string::npos);
        QVERIFY(run.parsed()["error"]["advice"].get<std::string>().find("non-finite") != std::string::npos);
        QVERIFY(!std::filesystem::exists(out));
        for (const char* command : {"quantize", "error"}) {
            auto arguments = words({command, bad, "--type", "Q8_0", "--non-finite", "clamp", "--json"});
            if (command == std::string("quantize"))
                arguments.insert(2, QString::fromStdString(out.string()));
            run = cli(arguments);
            VERIFY_EXIT(run, 0);
            QVERIFY(run.errors.find("tensor 'blk.1.attn_q.weight': 1 NaN and 1 infinite weights were replaced") != std::string::npos);
            const json tensors = run.parsed()["tensors"];
            for (const json& tensor : tensors)
                QCOMPARE(tensor.contains("replaced"), tensor["name"] == "blk.1.attn_q.weight");
        }
        VERIFY_EXIT(cli(words({"quantize", bad, out, "--type", "Q8_0", "--non-finite", "ignore"})), 2);
    }

    void quantizeRefusals()
    {
        auto run = cli(words({"quantize", m_model, m_model, "--type", "Q8_0", "--json"}));
        VERIFY_EXIT(run, 1);
        QVERIFY(run.parsed()["error"]["kind"] == "invalid-argument");
        run = cli(words({"quantize", m_model, m_folder / "iq.gguf", "--type", "Q8_1", "--json"}));
        VERIFY_EXIT(run, 2);
        QVERIFY(run.errors.find("Q8_1") != std::string::npos);
        QVERIFY(!std::filesystem::exists(m_folder / "iq.gguf"));
    }

    void aSignalCancelsAndResumeContinues_data()
    {
        QTest::addColumn<int>("signal");
        QTest::newRow("SIGINT") << SIGINT;
        QTest::newRow("SIGTERM") << SIGTERM;
        QTest::newRow("SIGKILL") << SIGKILL;
        QTest::newRow("SIGKILL in parts") << -SIGKILL;
    }

    void aSignalCancelsAndResumeContinues()
    {
        QFETCH(int, signal);
        ScratchFolder folder;
        const bool isSplit = signal < 0;
        signal = std::abs(signal);
        const auto source = folder / "in.gguf";
        writeMadeGguf(source, madeLlama(4));
        std::filesystem::create_directory(folder / "expected");
        std::filesystem::create_directory(folder / "out");
        const auto arguments = [&](const std::filesystem::path& target) {
            auto list = words({"quantize", source, target, "--type", "Q4_K", "--effort", "best", "--threads", "1", "--json"});
            if (isSplit)
                list << "--split-size" << "3M";
            return list;
        };
        QElapsedTimer timer;
        timer.start();
        VERIFY_EXIT(cli(arguments(folder / "expected" / "x.gguf")), 0);
        const qint64 whole = timer.elapsed();

        const auto target = folder / "out" / "x.gguf";
        std::ofstream(target) << "old";
        int interrupted = 0;
        int continued = 0;
        int longestWait = static_cast<int>(whole / 2); // how fast the machine is now, nobody knows
        QStringList next = arguments(target);
        for (int round = 0; round < 8; ++round) {
            const bool isContinuing = recordsIn(target) > 0;
            QProcess process;
            // A journal written by this run says that it listens to signals. The first one is not sent before something can be continued.
            const auto before = writtenAt(Journal::pathFor(target));
            process.start(QUANTLATHE_CLI, next);
            QVERIFY(process.waitForStarted());
            const auto hasBegun = [&] { return writtenAt(Journal::pathFor(target)) != before && recordsIn(target) >= (round == 0 ? 1 : 0); };
            bool isOver = false;
            timer.restart();
            while (!isOver && !hasBegun() && timer.elapsed() < 300'000)
                isOver = process.waitForFinished(2);
            const int wait = round == 0 ? 0 : QRandomGenerator::global()->bounded(longestWait + 1);
            isOver = isOver || process.waitForFinished(wait);
            if (!isOver)
                ::kill(static_cast<pid_t>(process.processId()), signal);
            timer.restart();
            const Run run = finish(process);
            next = arguments(target) << "--resume";
            if (!run.hasCrashed && run.exitCode == 0) {
                QCOMPARE(run.parsed()["resumedBytes"].get<std::uint64_t>() > 0, isContinuing);
                continued += isContinuing ? 1 : 0;
                longestWait = wait / 2; // done before the signal came: the next round starts afresh, and its signal comes sooner
                continue;
            }
            ++interrupted;
            if (signal != SIGKILL) {
                VERIFY_EXIT(run, 130);
                QVERIFY(run.parsed()["error"]["kind"] == "cancelled");
                // At once; the bound is for machines that others keep busy.
                QVERIFY2(timer.elapsed() < 10000, "cancel takes effect at once");
            }
        }
        const bool isContinuing = recordsIn(target) > 0;
        const auto last = cli(arguments(target) << "--resume");
        VERIFY_EXIT(last, 0);
        QCOMPARE(last.parsed()["resumedBytes"].get<std::uint64_t>() > 0, isContinuing);
        QVERIFY(interrupted > 0);
        QVERIFY(continued > 0 || isContinuing);
        auto names = filesIn(folder / "out");
        if (isSplit)
            names.erase("x.gguf"); // the old file of another name stays
        QVERIFY(names == filesIn(folder / "expected"));
        for (const std::string& name : names)
            QVERIFY2(readBytes(folder / "out" / name) == readBytes(folder / "expected" / name), name.c_str());
    }

    void everySubcommandOnTheSample()
    {
        const auto sample = resource("sample/quantlathe-sample-f16.gguf");
        const auto out = m_folder / "sample.gguf";
        for (const auto& arguments : {words({"inspect", sample}), words({"stats", sample}),
                                      words({"error", sample, "--type", "Q4_K"}), words({"plan", sample, "--preset", "Q4_K_M"}),
                                      words({"estimate", sample, "--preset", "Q4_K_M", "--ctx", "256"}),
                                      words({"quantize", sample, out, "--preset", "Q4_K_M"}), words({"compare", sample, out})}) {
            const auto run = cli(arguments + QStringList{"--json"});
            VERIFY_EXIT(run, 0);
            QVERIFY(!run.parsed().is_discarded());
        }
        VERIFY_EXIT(cli(words({"inspect", out})), 0);
    }

private:
    ScratchFolder m_folder;
    std::filesystem::path m_model;
};

QTEST_GUILESS_MAIN(TestCli)
#include "tst_cli.moc"
