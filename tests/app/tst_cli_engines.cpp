// SPDX-License-Identifier: GPL-3.0-or-later
// Runs the real quantlathe-cli on checkpoints of other engines: listed, judged, run, converted; and writes folders with --to.
#include "core/formats/open.h"
#include "core/jobs/made_model.h"
#include "support/folder_models.h"

#include <QProcess>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace quantlathe;
using namespace quantlathe::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

struct Run
{
    int exitCode = -1;
    std::string output;
    std::string errors;
    [[nodiscard]] json parsed() const { return json::parse(output, nullptr, false); }
};

Run cli(std::initializer_list<std::string> arguments)
{
    QStringList list;
    for (const std::string& argument : arguments)
        list << QString::fromStdString(argument);
    QProcess process;
    process.start(QStringLiteral(QUANTLATHE_CLI), list);
    if (!process.waitForFinished(120'000))
        process.kill();
    return {process.exitCode(), process.readAllStandardOutput().toStdString(), process.readAllStandardError().toStdString()};
}

} // namespace

#define VERIFY_EXIT(run, code) QVERIFY2((run).exitCode == (code), ((run).errors + (run).output).substr(0, 2000).c_str())

class TestCliEngines : public QObject
{
    Q_OBJECT
private slots:
    void checkpointsOfOthersAreOrdinaryModels()
    {
        const std::string folder = fixture("quantized/gptq-4").string();
        const std::string layer = "model.layers.0.mlp.up_proj.weight";
        const Run listed = cli({"inspect", folder});
        VERIFY_EXIT(listed, 0);
        QVERIFY(listed.output.find("GPTQ 4 bit, groups of 32, symmetric") != std::string::npos);
        const Run inspected = cli({"inspect", folder, "--json"});
        VERIFY_EXIT(inspected, 0);
        const json tensors = inspected.parsed()["tensors"];
        const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const json& tensor) { return tensor["name"] == layer; });
        QVERIFY(found != tensors.end());
        QCOMPARE((*found)["scheme"].get<std::string>(), std::string("GPTQ 4 bit, groups of 32, symmetric"));
        QCOMPARE((*found)["type"].get<std::string>(), std::string("INT4"));
        QVERIFY(std::any_of(tensors.begin(), tensors.end(), [](const json& tensor) { return tensor["scheme"].is_null(); }));
        VERIFY_EXIT(cli({"stats", folder, "--tensor", layer, "--json"}), 0);
        const Run error = cli({"error", folder, "--type", "Q8_0", "--json"});
        VERIFY_EXIT(error, 0);
        VERIFY_EXIT(cli({"findings", folder, "--deep", "--json"}), 0);
    }

    void toGguf()
    {
        for (const char* scheme : {"gptq-4-act", "awq", "ct-nvfp4", "fp8-block", "bnb-nf4-double"}) {
            ScratchFolder scratch;
            fs::create_directory(scratch / "model");
            for (const auto& entry : fs::directory_iterator(fixture(std::string("quantized/") + scheme)))
                fs::copy(entry.path(), scratch / "model" / entry.path().filename().string());
            // 48 tokens: the embedding's rows.
            json tokenizer = smallTokenizer();
            for (auto token = tokenizer["model"]["vocab"].begin(); token != tokenizer["model"]["vocab"].end();)
                token = token->get<int>() >= 48 ? tokenizer["model"]["vocab"].erase(token) : std::next(token);
            tokenizer["model"]["merges"] = json::array();
            tokenizer["added_tokens"].erase(std::remove_if(tokenizer["added_tokens"].begin(), tokenizer["added_tokens"].end(),
                                                           [](const json& token) { return token["id"].get<int>() >= 48; }),
                                            tokenizer["added_tokens"].end());
            std::ofstream(scratch / "model" / "tokenizer.json") << tokenizer.dump();
            std::ofstream(scratch / "model" / "tokenizer_config.json") << R"({"bos_token":"<s>","eos_token":"</s>"})";
            const Run written = cli({"quantize", (scratch / "model").string(), (scratch / "out.gguf").string(), "--type", "F32", "-q"});
            VERIFY_EXIT(written, 0);
            const auto source = openModel(fixture(std::string("quantized/") + scheme));
            const auto gguf = openModel(scratch / "out.gguf");
            for (const auto& [ours, theirs] : {std::pair{"blk.0.ffn_up.weight", "mlp.up_proj"}, {"blk.0.ffn_down.weight", "mlp.down_proj"},
                                               {"blk.0.attn_v.weight", "self_attn.v_proj"}}) {
                const Tensor& before = source->tensors()[source->indexOf(std::string("model.layers.0.") + theirs + ".weight").value()];
                const Tensor& after = gguf->tensors()[gguf->indexOf(ours).value()];
                std::vector<float> first(before.shape().weightCount());
                std::vector<float> second(after.shape().weightCount());
                before.decodeRows(0, before.shape().rowCount(), first.data());
                after.decodeRows(0, after.shape().rowCount(), second.data());
                QVERIFY(first == second);
            }
        }
    }

    void everyTarget()
    {
        ScratchFolder scratch;
        const std::string source = fixture("quantized/ct-w8").string();
        const auto schemeOf = [&](const std::string& folder) {
            const json tensors = cli({"inspect", folder, "--json"}).parsed()["tensors"];
            for (const json& tensor : tensors) {
                if (tensor["name"] == "model.layers.0.mlp.up_proj.weight")
                    return tensor["scheme"].is_null() ? std::string("plain") : tensor["scheme"].get<std::string>();
            }
            return std::string("missing");
        };
        int number = 0;
        const auto check = [&](const std::string& scheme, std::vector<std::string> options) {
            const std::string folder = (scratch / std::to_string(number++)).string();
            QStringList list{"quantize", QString::fromStdString(source), QString::fromStdString(folder), "--json"};
            for (const std::string& option : options)
                list << QString::fromStdString(option);
            QProcess process;
            process.start(QStringLiteral(QUANTLATHE_CLI), list);
            QVERIFY(process.waitForFinished(120'000));
            const std::string output = process.readAllStandardOutput().toStdString();
            QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
            const json result = json::parse(output, nullptr, false);
            QVERIFY(result["bytes"].get<std::uint64_t>() > 0 && result["findings"].is_array() && result["tensors"].size() == 12);
            QCOMPARE(schemeOf(folder), scheme);
        };
        check("GPTQ 4 bit, groups of 32, symmetric", {"--to", "gptq", "--group", "32"});
        check("GPTQ v2 2 bit, groups of 32, symmetric", {"--to", "gptq", "--bits", "2", "--group", "32", "--gptq-v2"});
        check("AWQ 4 bit, groups of 32, asymmetric", {"--to", "awq", "--group", "32", "--asymmetric"});
        check("compressed-tensors 4 bit, groups of 32, asymmetric", {"--to", "compressed-tensors", "--group", "32", "--asymmetric"});
        check("compressed-tensors 8 bit integers, symmetric, one scale per row", {"--to", "compressed-tensors", "--bits", "8", "--w8a8"});
        check("compressed-tensors FP8 E4M3, one scale per row", {"--to", "compressed-tensors", "--format", "fp8"});
        check("compressed-tensors NVFP4, groups of 16", {"--to", "compressed-tensors", "--format", "nvfp4"});
        check("FP8 E4M3, one scale", {"--to", "fp8", "--scales", "tensor"});
        check("plain", {"--to", "safetensors"});
    }

    // Codes from calibration: the method's own measure of the outputs is in the report of evaluate; here they are written and read back.
    void calibratedMethods()
    {
        ScratchFolder scratch;
        const fs::path made = scratch / "model";
        fs::create_directory(made);
        for (const auto& entry : fs::directory_iterator(fixture("quantized/ct-w8")))
            fs::copy(entry.path(), made / entry.path().filename().string());
        json tokenizer = smallTokenizer();
        for (auto token = tokenizer["model"]["vocab"].begin(); token != tokenizer["model"]["vocab"].end();)
            token = token->get<int>() >= 48 ? tokenizer["model"]["vocab"].erase(token) : std::next(token);
        tokenizer["model"]["merges"] = json::array();
        auto& added = tokenizer["added_tokens"];
        added.erase(std::remove_if(added.begin(), added.end(), [](const json& token) { return token["id"].get<int>() >= 48; }), added.end());
        std::ofstream(made / "tokenizer.json") << tokenizer.dump();
        std::ofstream(made / "tokenizer_config.json") << R"({"bos_token":"<s>","eos_token":"</s>"})";
        std::string text;
        for (int word = 0; word < 400; ++word)
            text += std::string(1, static_cast<char>('a' + word * 7 % 20)) + static_cast<char>('a' + word * 3 % 17);
        std::ofstream(scratch / "text.txt") << text;
        for (const char* method : {"gptq", "awq"}) {
            const std::string folder = (scratch / method).string();
            const Run written = cli({"quantize", made.string(), folder, "--to", method, "--group", "32", "--asymmetric", "--method", method, "--calibration",
                                     (scratch / "text.txt").string(), "--calibration-ctx", "32", "--calibration-chunks", "8", "--json"});
            VERIFY_EXIT(written, 0);
            const json tensors = written.parsed()["tensors"];
            QVERIFY(std::any_of(tensors.begin(), tensors.end(), [](const json& tensor) { return tensor.contains("methodRelativeError"); }));
            std::ifstream readme(scratch / method / "README.md");
            const std::string words((std::istreambuf_iterator<char>(readme)), {});
            QVERIFY2(words.find(std::string("method ") + method + ", calibrated on 8 windows of 32 tokens") != std::string::npos, words.c_str());
        }
        QCOMPARE(cli({"quantize", made.string(), (scratch / "x").string(), "--to", "compressed-tensors", "--format", "nvfp4", "--method", "gptq"}).exitCode, 2);
    }

    // W8A8 and FP8: what goes into the matrices is rounded, too, and the figures are those of that.
    void inputsRoundedAsEnginesDo()
    {
        ScratchFolder scratch;
        std::string text;
        for (int word = 0; word < 200; ++word)
            text += std::string(1, static_cast<char>('a' + word * 7 % 20)) + static_cast<char>('a' + word * 3 % 17);
        const std::string file = (scratch / "text.txt").string();
        std::ofstream(file) << text;
        const auto made = [&](const char* name) {
            const fs::path folder = scratch / name;
            fs::create_directory(folder);
            for (const auto& entry : fs::directory_iterator(fixture(std::string("quantized/") + name)))
                fs::copy(entry.path(), folder / entry.path().filename().string());
            json tokenizer = smallTokenizer();
            for (auto token = tokenizer["model"]["vocab"].begin(); token != tokenizer["model"]["vocab"].end();)
                token = token->get<int>() >= 48 ? tokenizer["model"]["vocab"].erase(token) : std::next(token);
            tokenizer["model"]["merges"] = json::array();
            tokenizer["added_tokens"].erase(2);
            std::ofstream(folder / "tokenizer.json") << tokenizer.dump();
            return folder.string();
        };
        const std::string integers = made("ct-int8");
        const std::string weightsOnly = made("ct-w8");
        const auto evaluated = [&](const std::string& model, const std::vector<std::string>& options) {
            QStringList list{"evaluate", QString::fromStdString(model), "--text", QString::fromStdString(file), "--ctx", "32", "--json", "-q"};
            for (const std::string& option : options)
                list << QString::fromStdString(option);
            QProcess process;
            process.start(QStringLiteral(QUANTLATHE_CLI), list);
            process.waitForFinished(120'000);
            return json::parse(process.readAllStandardOutput().toStdString(), nullptr, false);
        };
        const json asEngines = evaluated(integers, {});
        const json exact = evaluated(integers, {"--exact-inputs"});
        QVERIFY(asEngines["rounded_inputs"] == json({{"int8-per-token", 7}}));
        QVERIFY(exact["rounded_inputs"] == json::object());
        QVERIFY(asEngines["perplexity"] != exact["perplexity"]);
        QVERIFY(evaluated(weightsOnly, {})["rounded_inputs"] == json::object());
        const json planned = evaluated(weightsOnly, {"--method", "round-to-nearest", "--bits", "8", "--group", "0", "--w8a8"});
        QVERIFY(planned["rounded_inputs"] == json({{"int8-per-token", 7}}));
        QVERIFY(evaluated(weightsOnly, {"--method", "round-to-nearest", "--bits", "8", "--group", "0"})["rounded_inputs"] == json::object());
        QVERIFY(evaluated(weightsOnly, {"--method", "round-to-nearest", "--float", "e4m3", "--group", "0"})["rounded_inputs"] == json({{"fp8-per-token", 7}}));
        const Run words = cli({"evaluate", integers, "--text", file, "--ctx", "32", "-q"});
        QVERIFY2(words.output.find("The inputs of 7 matrices are rounded to 8-bit integers, a scale for each token, as engines do") != std::string::npos, words.output.c_str());
        // Against an original that is such a model itself, with its rounding: nothing differs.
        const json same = evaluated(integers, {"--against", integers});
        QVERIFY2(same["kl_mean"].get<double>() == 0.0, same.dump().substr(0, 500).c_str());
        const Run refused = cli({"evaluate", weightsOnly, "--text", file, "--ctx", "32", "--w8a8"});
        VERIFY_EXIT(refused, 2);
        QVERIFY(refused.errors.find("--w8a8 goes with --method METHOD --bits 8 --group 0") != std::string::npos);
    }

    void endsWithTheCommandThatServesIt()
    {
        ScratchFolder scratch;
        const std::string source = fixture("quantized/ct-w8").string();
        const std::string folder = (scratch / "with space").string();
        const Run written = cli({"quantize", source, folder, "--to", "safetensors", "--ctx", "64", "--device", "RTX 4090", "--json", "-q"});
        VERIFY_EXIT(written, 0);
        const json serving = written.parsed()["serving"];
        QCOMPARE(serving["engine"].get<std::string>(), std::string("vllm")); // the first that loads folders
        QCOMPARE(serving["command"].get<std::string>(), "vllm serve '" + folder + "' --max-model-len 64");
        const json memory = serving["memory"];
        QCOMPARE(memory["contextLength"].get<int>(), 64);
        QCOMPARE(memory["runner"].get<std::string>(), std::string("vllm"));
        QCOMPARE(memory["devices"][0]["name"].get<std::string>(), std::string("RTX 4090"));
        QVERIFY(memory["weightBytes"].get<std::uint64_t>() > 0 && memory["totalBytes"].get<std::uint64_t>() > memory["weightBytes"].get<std::uint64_t>());

        const auto commandOf = [&](const std::string& engine, const char* target) {
            const std::string out = (scratch / (engine + target)).string();
            const Run run = cli({"quantize", source, out, "--to", target, "--group", "32", "--engine", engine, "--json", "-q"});
            const json command = run.parsed()["serving"]["command"];
            return command.is_string() ? command.get<std::string>().substr(0, command.get<std::string>().find(scratch.path().string())) : std::string("none");
        };
        QCOMPARE(commandOf("tgi", "gptq"), std::string("text-generation-launcher --model-id "));
        QCOMPARE(commandOf("transformers", "awq"), std::string("transformers serve "));
        const std::string refused = (scratch / "refused").string();
        for (const auto& [engine, target, bits, reason] : {std::tuple{"llama.cpp", "awq", "4", "llama.cpp would not load this as it is meant: llama.cpp's converter does not read AWQ"},
                                                           std::tuple{"vllm", "gptq", "3", "vLLM would not load this as it is meant: vLLM reads GPTQ with 4 or 8 bits"}}) {
            const Run run = cli({"quantize", source, refused, "--to", target, "--bits", bits, "--group", "32", "--engine", engine, "--json"});
            VERIFY_EXIT(run, 1);
            QVERIFY2(run.parsed()["error"]["message"].get<std::string>().find(reason) != std::string::npos, run.output.c_str());
            QVERIFY(!run.parsed()["error"]["advice"].get<std::string>().empty());
            QVERIFY(!fs::exists(refused));
        }
        const Run chosen = cli({"quantize", source, refused, "--to", "gptq", "--bits", "3", "--group", "32", "--json"});
        VERIFY_EXIT(chosen, 0);
        QCOMPARE(chosen.parsed()["serving"]["engine"].get<std::string>(), std::string("tgi"));
        const json findings = chosen.parsed()["findings"];
        QVERIFY(!findings.empty());
        for (const json& finding : findings)
            QVERIFY(finding.contains("advice"));
        QCOMPARE(commandOf("llama.cpp", "gptq"), std::string("convert_hf_to_gguf.py "));

        const std::string file = (scratch / "out.gguf").string();
        const Run gguf = cli({"quantize", fixture("inference/gguf/llama.gguf").string(), file, "--type", "Q8_0"});
        VERIFY_EXIT(gguf, 0);
        for (const char* part : {"llama.cpp:", "llama-server -m ", "tokens of context", "KV cache", "Main memory", "Compute"})
            QVERIFY2(gguf.output.find(part) != std::string::npos, gguf.output.c_str());
        const Run other = cli({"quantize", fixture("inference/gguf/llama.gguf").string(), file, "--type", "Q8_0", "--engine", "vllm"});
        VERIFY_EXIT(other, 0);
        QVERIFY2(other.output.find("vLLM does not load this") != std::string::npos, other.output.c_str());
        QCOMPARE(cli({"quantize", source, (scratch / "y").string(), "--to", "gptq", "--engine", "onnx"}).exitCode, 2);
        QCOMPARE(cli({"quantize", source, (scratch / "y").string(), "--to", "gptq", "--device", "no such card"}).exitCode, 1);
        QVERIFY(!fs::exists(scratch / "y"));
    }

    void ggufToFolder()
    {
        ScratchFolder scratch;
        const Run written = cli({"quantize", fixture("inference/gguf/llama.gguf").string(), (scratch / "out").string(), "--to", "safetensors", "--json"});
        VERIFY_EXIT(written, 0);
        QVERIFY(written.errors.find("no tokenizer was written") != std::string::npos);
        const Run compared = cli({"compare", fixture("inference/hf/llama").string(), (scratch / "out").string(), "--json", "-q"});
        VERIFY_EXIT(compared, 0);
    }

    void refusals()
    {
        ScratchFolder scratch;
        const std::string source = fixture("quantized/ct-w8").string();
        const std::string target = (scratch / "out").string();
        const auto refused = [&](const Run& run, int code, const char* text) {
            VERIFY_EXIT(run, code);
            QVERIFY2(run.errors.find(text) != std::string::npos, run.errors.c_str());
            QVERIFY(!fs::exists(scratch / "out"));
        };
        refused(cli({"quantize", source, target, "--to", "onnx"}), 2, "--to");
        refused(cli({"quantize", source, target, "--to", "gptq", "--type", "Q8_0"}), 2, "--to goes with --bits");
        refused(cli({"quantize", source, target, "--to", "gptq", "--bits", "5"}), 2, "--bits must be 2, 3, 4 or 8");
        refused(cli({"quantize", source, target, "--to", "gptq", "--group", "x"}), 2, "--group");
        refused(cli({"quantize", source, target, "--to", "gptq", "--format", "nvfp4"}), 2, "goes with --to compressed-tensors");
        refused(cli({"quantize", source, target, "--to", "awq", "--group", "40"}), 1, "groups of 40 do not divide 96 inputs");
        refused(cli({"quantize", fixture("quantized").string(), target, "--to", "awq"}), 1, "holds no weights");
    }
};

QTEST_GUILESS_MAIN(TestCliEngines)
#include "tst_cli_engines.moc"
