// SPDX-License-Identifier: GPL-3.0-or-later
// Folders for other engines: what is written opens as what it is and decodes to the rounded weights; nothing appears before it is
// complete; every refusal.
#include "core/formats/open.h"
#include "core/convert/rounded_source.h"
#include "core/jobs/folder_job.h"
#include "support/shard_builder.h"
#include "support/test_support.h"

#include <QDir>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <malloc.h>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

using namespace quantlathe;
using namespace quantlathe::test;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t width = 128;
constexpr std::uint64_t inner = 256;

std::vector<std::byte> bfloats(std::mt19937& random, std::uint64_t count)
{
    std::normal_distribution<float> normal(0, 0.1f);
    ByteBuilder bytes;
    for (std::uint64_t index = 0; index < count; ++index)
        bytes.number(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(normal(random)) >> 16));
    return bytes.bytes();
}

nlohmann::json jsonOf(const fs::path& path)
{
    std::ifstream file(path);
    return nlohmann::json::parse(file);
}

/// A Llama of one layer in bfloat16, with the files that lie beside it.
void writeLlama(const fs::path& folder, std::uint64_t outputs = width)
{
    std::mt19937 random(7);
    ShardBuilder shard;
    const auto add = [&](const std::string& name, const std::vector<std::uint64_t>& shape) {
        std::uint64_t count = 1;
        for (const std::uint64_t extent : shape)
            count *= extent;
        shard.add(name, "BF16", shape, bfloats(random, count));
    };
    const std::string layer = "model.layers.0.";
    add("lm_head.weight", {32, width});
    add("model.embed_tokens.weight", {32, width});
    add(layer + "input_layernorm.weight", {width});
    add(layer + "mlp.down_proj.weight", {width, inner});
    add(layer + "mlp.gate_proj.weight", {inner, width});
    add(layer + "mlp.up_proj.weight", {inner, width});
    add(layer + "post_attention_layernorm.weight", {width});
    add(layer + "self_attn.k_proj.weight", {width, width});
    add(layer + "self_attn.o_proj.weight", {width, width});
    add(layer + "self_attn.q_proj.weight", {outputs, width});
    add(layer + "self_attn.v_proj.weight", {width, width});
    add("model.norm.weight", {width});
    writeBytes(folder / "model.safetensors", shard.file());
    std::ofstream(folder / "config.json")
        << R"({"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":128,"intermediate_size":256,"num_hidden_layers":1,)"
           R"("num_attention_heads":2,"num_key_value_heads":2,"vocab_size":32,"rms_norm_eps":1e-5,"torch_dtype":"bfloat16","x":[1,2]})";
    std::ofstream(folder / "tokenizer.json") << "{}";
    std::ofstream(folder / "generation_config.json") << "{\"a\":1}";
    std::ofstream(folder / "README.md") << "source";
    std::ofstream(folder / "notes.txt") << "private";
}

Choice integers(unsigned bits, std::uint64_t group, bool isSymmetric, TensorType scaleType = TensorType::F16)
{
    Choice choice;
    choice.scheme = GroupScheme{bits, group, isSymmetric, scaleType, false};
    return choice;
}
Choice floats(std::uint64_t rows, std::uint64_t inputs, TensorType scaleType)
{
    Choice choice;
    choice.scheme = FloatScheme{FloatCode::E4M3, rows, inputs, scaleType};
    return choice;
}
Choice fp4(TensorType type)
{
    Choice choice;
    choice.type = type;
    return choice;
}

struct Export
{
    const char* name;
    Target target;
    Choice choice;
    const char* scheme; ///< as the reader calls it
    bool roundsActivations = false;
};

std::vector<Export> exports()
{
    return {{"gptq 4", Target::Gptq, integers(4, 128, true), "GPTQ 4 bit, one group per row, symmetric"},
            {"gptq 4 groups", Target::Gptq, integers(4, 32, true), "GPTQ 4 bit, groups of 32, symmetric"},
            {"gptq 4 asymmetric", Target::Gptq, integers(4, 64, false), "GPTQ v2 4 bit, groups of 64, asymmetric"},
            {"gptq 2", Target::Gptq, integers(2, 32, false), "GPTQ v2 2 bit, groups of 32, asymmetric"},
            {"gptq 3", Target::Gptq, integers(3, 64, true), "GPTQ 3 bit, groups of 64, symmetric"},
            {"gptq 8", Target::Gptq, integers(8, 0, true), "GPTQ 8 bit, one group per row, symmetric"},
            {"awq", Target::Awq, integers(4, 64, false), "AWQ 4 bit, groups of 64, asymmetric"},
            {"ct w4", Target::CompressedTensors, integers(4, 32, true, TensorType::BF16), "compressed-tensors 4 bit, groups of 32, symmetric"},
            {"ct w4 asymmetric", Target::CompressedTensors, integers(4, 32, false, TensorType::BF16), "compressed-tensors 4 bit, groups of 32, asymmetric"},
            {"ct w8", Target::CompressedTensors, integers(8, 0, true, TensorType::BF16), "compressed-tensors 8 bit, one scale per row, symmetric"},
            {"ct w8a8", Target::CompressedTensors, integers(8, 0, true, TensorType::BF16), "compressed-tensors 8 bit integers, symmetric, one scale per row", true},
            {"ct fp8 channel", Target::CompressedTensors, floats(1, 0, TensorType::BF16), "compressed-tensors FP8 E4M3, one scale per row"},
            {"ct fp8 tensor", Target::CompressedTensors, floats(0, 0, TensorType::BF16), "compressed-tensors FP8 E4M3, one scale"},
            {"ct fp8 block", Target::CompressedTensors, floats(128, 128, TensorType::BF16), "compressed-tensors FP8 E4M3, blocks of 128 x 128"},
            {"ct nvfp4", Target::CompressedTensors, fp4(TensorType::NVFP4), "compressed-tensors NVFP4, groups of 16"},
            {"ct mxfp4", Target::CompressedTensors, fp4(TensorType::MXFP4), "compressed-tensors MXFP4, groups of 32"},
            {"fp8 block", Target::Fp8, floats(128, 128, TensorType::F32), "FP8 E4M3, blocks of 128 x 128"},
            {"fp8 tensor", Target::Fp8, floats(0, 0, TensorType::F32), "FP8 E4M3, one scale"}};
}

FolderRequest requestFor(const fs::path& source, const fs::path& target, const Export& what)
{
    FolderRequest request;
    request.model = openModel(source);
    request.plan = uniformFolderPlan(folderContents(request.model), what.target, what.choice);
    request.target = target;
    request.options.roundsActivations = what.roundsActivations;
    return request;
}

std::vector<float> decoded(const Tensor& tensor)
{
    std::vector<float> weights(tensor.shape().weightCount());
    tensor.decodeRows(0, tensor.shape().rowCount(), weights.data());
    return weights;
}

std::set<std::string> namesIn(const fs::path& folder)
{
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder))
        names.insert(entry.path().filename().string());
    return names;
}

/// Anonymous memory of this process, in bytes.
std::uint64_t memoryInUse()
{
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        std::uint64_t kibibytes = 0;
        if (word == "RssAnon:" && status >> kibibytes)
            return kibibytes * 1024;
    }
    return 0;
}

class MemoryWatch final : public Progress
{
public:
    void report(std::string_view, std::uint64_t, std::uint64_t) override { most = std::max(most, memoryInUse()); }
    std::uint64_t most = 0;
};

/// Gives every matrix scales that the folder cannot hold.
class LyingSource final : public QuantizedSource
{
public:
    QuantizedMatrix quantize(const MatrixRequest& request, const RunControl& control) override
    {
        auto matrix = std::get<GroupQuantized>(RoundedSource().quantize(request, control));
        matrix.scales.front() *= 1.0001f;
        return matrix;
    }
    std::optional<Tensor> replacement(const FolderTensor&) override { return std::nullopt; }
    [[nodiscard]] std::string description() const override { return "lies"; }
};

/// Stops the export when the first tensor is written.
class Stopper final : public Progress
{
public:
    void report(std::string_view stage, std::uint64_t, std::uint64_t) override
    {
        if (stage.find(m_at) != std::string_view::npos)
            stop.request_stop();
    }
    explicit Stopper(std::string at) : m_at(std::move(at)) {}
    std::stop_source stop;

private:
    std::string m_at;
};

} // namespace

class TestFolderJob : public QObject
{
    Q_OBJECT
private slots:
    // Whatever the model holds: a matrix and some rows at a time.
    void memoryIsThatOfAMatrix()
    {
        const ScratchFolder scratch;
        constexpr std::uint64_t side = 512;
        constexpr int layers = 24;
        fs::create_directory(scratch / "model");
        {
            ShardBuilder shard;
            const std::vector<std::byte> matrix = std::vector<std::byte>(side * side * 2, std::byte{0x3c});
            for (int layer = 0; layer < layers; ++layer) {
                for (const char* name : {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"})
                    shard.add("model.layers." + std::to_string(layer) + "." + name + ".weight", "BF16", {side, side}, matrix);
            }
            writeBytes(scratch / "model" / "model.safetensors", shard.file());
        }
        std::ofstream(scratch / "model" / "config.json")
            << R"({"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":512,"intermediate_size":512,"num_hidden_layers":24,)"
               R"("num_attention_heads":8,"num_key_value_heads":8,"vocab_size":32,"rms_norm_eps":1e-5,"torch_dtype":"bfloat16"})";
        malloc_trim(0); // what the file was made of
        FolderRequest request;
        request.model = openModel(scratch / "model");
        request.plan = uniformFolderPlan(folderContents(request.model), Target::Gptq, integers(4, 128, true));
        request.target = scratch / "out";
        request.threads = 2;
        MemoryWatch watch;
        const std::uint64_t before = memoryInUse();
        (void)runFolderExport(request, {{}, &watch});
        QVERIFY(before > 0 && watch.most >= before);
        const std::uint64_t weights = side * side * 7 * layers;
        // Not a byte for each weight of the model, by far.
        QVERIFY2(watch.most - before < weights / 3, qPrintable(QString("%1 bytes for %2 weights").arg(watch.most - before).arg(weights)));
    }

    void everyLayout_data()
    {
        QTest::addColumn<int>("index");
        const auto all = exports();
        for (std::size_t index = 0; index < all.size(); ++index)
            QTest::newRow(all[index].name) << static_cast<int>(index);
    }
    void everyLayout()
    {
        QFETCH(int, index);
        const Export what = exports()[static_cast<std::size_t>(index)];
        ScratchFolder scratch;
        fs::create_directory(scratch / "in");
        writeLlama(scratch / "in");
        auto request = requestFor(scratch / "in", scratch / "out", what);
        const FolderResult result = runFolderExport(request, {});
        const auto written = openModel(scratch / "out");
        QCOMPARE(written->tensors().size(), request.model->tensors().size());
        QVERIFY(written->architecture().notes.empty());
        std::size_t quantized = 0;
        for (const Tensor& source : request.model->tensors()) {
            const Tensor& tensor = written->tensors()[written->indexOf(source.name()).value()];
            const bool isLinear = source.name().find("_proj.") != std::string::npos;
            if (!isLinear) {
                const bool isHalf = what.target == Target::Gptq || what.target == Target::Awq;
                QCOMPARE(std::string(name(tensor.type())), std::string(isHalf ? "F16" : "BF16"));
                if (!isHalf)
                    QVERIFY(decoded(tensor) == decoded(source));
                continue;
            }
            ++quantized;
            QVERIFY2(tensor.scheme() == what.scheme || source.name().find("down_proj") != std::string::npos, std::string(tensor.scheme()).c_str());
            // Rounding again gives the same: the error of the best possible code is what separates the two.
            const auto before = decoded(source);
            const auto after = decoded(tensor);
            double squared = 0;
            double error = 0;
            for (std::size_t at = 0; at < before.size(); ++at) {
                squared += std::pow(before[at], 2);
                error += std::pow(before[at] - after[at], 2);
            }
            const auto* scheme = std::get_if<GroupScheme>(&what.choice.scheme);
            const double bits = scheme ? scheme->bits : what.choice.scheme.index() == 0 ? 3.2 : 5;
            QVERIFY2(std::sqrt(error / squared) < 2.2 * std::pow(2, -bits), QByteArray::number(std::sqrt(error / squared)).constData());
            QVERIFY(error > 0);
        }
        QCOMPARE(quantized, 7u);
        // The files around it.
        const auto config = jsonOf(scratch / "out" / "config.json");
        QVERIFY(config["x"] == nlohmann::json({1, 2}));
        QCOMPARE(config["torch_dtype"].get<std::string>(), std::string(what.target == Target::Gptq || what.target == Target::Awq ? "float16" : "bfloat16"));
        QVERIFY(config["quantization_config"].contains("quant_method"));
        const auto names = namesIn(scratch / "out");
        QVERIFY(names.contains("tokenizer.json") && names.contains("generation_config.json") && names.contains("README.md"));
        QVERIFY(!names.contains("notes.txt"));
        QCOMPARE(names.contains("quantize_config.json"), what.target == Target::Gptq);
        QCOMPARE(QDir(QString::fromStdString(scratch.path().string())).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot).size(), 2);
        QVERIFY(result.error.relativeRms() > 0);
        std::ifstream readme(scratch / "out" / "README.md");
        const std::string text((std::istreambuf_iterator<char>(readme)), {});
        QVERIFY2(text.find(what.scheme) != std::string::npos, text.c_str());
    }

    void sameBytesForEveryThreadCount()
    {
        ScratchFolder scratch;
        fs::create_directory(scratch / "in");
        writeLlama(scratch / "in");
        for (const unsigned threads : {1u, 4u}) {
            auto request = requestFor(scratch / "in", scratch / ("out" + std::to_string(threads)), exports()[2]);
            request.threads = threads;
            request.options.shardBytes = 100'000;
            (void)runFolderExport(request, {});
        }
        const auto names = namesIn(scratch / "out1");
        QVERIFY(names.contains("model.safetensors.index.json"));
        QCOMPARE(names, namesIn(scratch / "out4"));
        for (const std::string& name : names) {
            if (name != "README.md") // names the folder
                QVERIFY2(readBytes(scratch / "out1" / name) == readBytes(scratch / "out4" / name), name.c_str());
        }
        const auto index = jsonOf(scratch / "out1" / "model.safetensors.index.json");
        std::uint64_t total = 0;
        for (const auto& [name, file] : index["weight_map"].items())
            QVERIFY(names.contains(file.get<std::string>()));
        for (const Tensor& tensor : openModel(scratch / "out1")->tensors())
            total += tensor.sizeBytes();
        QCOMPARE(index["metadata"]["total_size"].get<std::uint64_t>(), total);
    }

    // Layers by layer: other bits where the layout allows it.
    void mixedBits()
    {
        ScratchFolder scratch;
        fs::create_directory(scratch / "in");
        writeLlama(scratch / "in");
        for (const Target target : {Target::Gptq, Target::CompressedTensors}) {
            const TensorType scales = target == Target::Gptq ? TensorType::F16 : TensorType::BF16;
            auto request = requestFor(scratch / "in", scratch / std::string(name(target)), {"", target, integers(4, 32, true, scales), ""});
            request.plan.setChoice("model.layers.0.mlp.down_proj.weight", integers(8, 64, true, scales));
            request.plan.setChoice("model.layers.0.self_attn.o_proj.weight", std::nullopt);
            (void)runFolderExport(request, {});
            const auto written = openModel(request.target);
            const auto schemeOf = [&](const std::string& layer) {
                return std::string(written->tensors()[written->indexOf("model.layers.0." + layer + ".weight").value()].scheme());
            };
            QVERIFY2(schemeOf("mlp.down_proj").find("8 bit, groups of 64") != std::string::npos, schemeOf("mlp.down_proj").c_str());
            QVERIFY2(schemeOf("mlp.up_proj").find("4 bit, groups of 32") != std::string::npos, schemeOf("mlp.up_proj").c_str());
            QCOMPARE(schemeOf("self_attn.o_proj"), std::string());
        }
        const auto gptq = jsonOf(scratch / "gptq" / "config.json")["quantization_config"];
        QVERIFY(gptq["dynamic"]["+:^model\\.layers\\.0\\.mlp\\.down_proj$"] == nlohmann::json({{"bits", 8}, {"group_size", 64}, {"sym", true}}));
        QVERIFY(gptq["dynamic"].contains("-:^model\\.layers\\.0\\.self_attn\\.o_proj$"));
        const auto compressed = jsonOf(scratch / "compressed-tensors" / "config.json")["quantization_config"];
        QCOMPARE(compressed["config_groups"].size(), 2u);
        QVERIFY(compressed["config_groups"]["group_1"]["targets"] == nlohmann::json({"model.layers.0.mlp.down_proj"}));
        QVERIFY(compressed["ignore"] == nlohmann::json({"lm_head", "model.layers.0.self_attn.o_proj"}));
    }

    // A quantized folder of another engine becomes 16 bits again.
    void dequantises()
    {
        ScratchFolder scratch;
        FolderRequest request;
        request.model = openModel(fixture("quantized/gptq-4-act"));
        request.plan.target = Target::Safetensors;
        request.target = scratch / "out";
        (void)runFolderExport(request, {});
        const auto written = openModel(scratch / "out");
        QVERIFY(!jsonOf(scratch / "out" / "config.json").contains("quantization_config"));
        for (const Tensor& tensor : written->tensors())
            QCOMPARE(std::string(name(tensor.type())), std::string("BF16"));
        const auto& source = request.model->tensors()[request.model->indexOf("model.layers.0.mlp.up_proj.weight").value()];
        const auto before = decoded(source);
        const auto after = decoded(written->tensors()[written->indexOf(source.name()).value()]);
        for (std::size_t at = 0; at < before.size(); ++at)
            QVERIFY(std::fabs(before[at] - after[at]) <= std::fabs(before[at]) / 256);
    }

    void nothingIsLeftBehind()
    {
        ScratchFolder scratch;
        fs::create_directory(scratch / "in");
        writeLlama(scratch / "in");
        auto request = requestFor(scratch / "in", scratch / "out", exports()[0]);
        request.source = std::make_shared<LyingSource>();
        VERIFY_ERROR(runFolderExport(request, {}), ErrorKind::Io, "differs from what was written when read back");
        QCOMPARE(namesIn(scratch.path()), (std::set<std::string>{"in"}));
        request.source = nullptr;
        for (const char* stage : {"up_proj", "verifying"}) {
            Stopper stopper(stage);
            VERIFY_ERROR(runFolderExport(request, {stopper.stop.get_token(), &stopper}), ErrorKind::Cancelled, "cancelled");
            QCOMPARE(namesIn(scratch.path()), (std::set<std::string>{"in"}));
        }
        // What a killed run left is replaced.
        fs::create_directory(scratch / ".out.quantlathe-part");
        std::ofstream(scratch / ".out.quantlathe-part" / "model.safetensors") << "half";
        std::ofstream(scratch / ".out.quantlathe-part" / "other") << "half";
        (void)runFolderExport(request, {});
        QCOMPARE(namesIn(scratch.path()), (std::set<std::string>{"in", "out"}));
        QVERIFY(!namesIn(scratch / "out").contains("other"));
    }

    void refusals()
    {
        ScratchFolder scratch;
        fs::create_directory(scratch / "in");
        writeLlama(scratch / "in");
        auto request = requestFor(scratch / "in", scratch / "out", exports()[0]);
        const auto refused = [&](const fs::path& target, ErrorKind kind, const char* message) {
            request.target = target;
            VERIFY_ERROR(runFolderExport(request, {}), kind, message);
        };
        refused(scratch / "in", ErrorKind::InvalidArgument, "is the model that is being read");
        refused(scratch / "in" / "config.json", ErrorKind::InvalidArgument, "is there already and no folder");
        fs::create_directories(scratch / "full" / "x");
        refused(scratch / "full", ErrorKind::InvalidArgument, "is there already and not empty");
        refused(scratch / "nowhere" / "out", ErrorKind::NotFound, "write into the folder");
        refused("/", ErrorKind::InvalidArgument, "is no name for a new folder");
        fs::create_directory(scratch / "empty");
        request.target = scratch / "empty";
        (void)runFolderExport(request, {});
        QVERIFY(namesIn(scratch / "empty").contains("config.json"));
        request.plan.target = Target::Gguf;
        refused(scratch / "out", ErrorKind::InvalidArgument, "a plan for a GGUF file writes no folder");
    }

    void impossiblePlans()
    {
        ScratchFolder scratch;
        fs::create_directory(scratch / "in");
        writeLlama(scratch / "in", 136);
        const auto refused = [&](Target target, const Choice& choice, const char* message) {
            auto request = requestFor(scratch / "in", scratch / "out", {"", target, choice, ""});
            VERIFY_ERROR(runFolderExport(request, {}), ErrorKind::Unsupported, message);
        };
        refused(Target::Gptq, integers(4, 32, true), "GPTQ packs 32 inputs and 32 outputs at a time: 136 x 128 does not fit");
        refused(Target::Gptq, integers(4, 48, true), "groups of 48 do not divide");
        refused(Target::Gptq, floats(1, 0, TensorType::F32), "GPTQ's layout holds integers");
        refused(Target::Awq, integers(8, 32, true), "AWQ's gemm layout has 4 bits, not 8");
        refused(Target::Awq, integers(4, 48, true), "groups of 48 do not divide 256 inputs");
        refused(Target::Awq, floats(1, 0, TensorType::F32), "AWQ's layout holds integers");
        refused(Target::CompressedTensors, integers(3, 32, true), "packs 3 bits in two ways");
        refused(Target::Fp8, floats(1, 0, TensorType::F32), "scales for rows need compressed-tensors");
        refused(Target::Fp8, integers(8, 0, true), "the layout fp8 holds 8-bit floats");
        auto request = requestFor(scratch / "in", scratch / "out", {"", Target::Awq, integers(4, 32, false), ""});
        request.plan.setChoice("model.embed_tokens.weight", integers(4, 32, false));
        VERIFY_ERROR(runFolderExport(request, {}), ErrorKind::Unsupported, "engines need embeddings, the output layer, routers and norms in 16 bits");
        request.plan = {};
        request.plan.target = Target::Awq;
        VERIFY_ERROR(runFolderExport(request, {}), ErrorKind::Unsupported, "no layer is quantized");
    }

    // Half floats end at 65504.
    void valuesThatHalfFloatsDoNotHold()
    {
        ScratchFolder scratch;
        fs::create_directory(scratch / "in");
        writeLlama(scratch / "in");
        auto bytes = readBytes(scratch / "in" / "model.safetensors");
        const auto model = openModel(scratch / "in");
        const auto offset = model->tensors()[model->indexOf("model.norm.weight").value()].storage().fileOffset();
        bytes[offset + 3] = std::byte{0x7F}; // 2^127 and more
        writeBytes(scratch / "in" / "model.safetensors", bytes);
        VERIFY_ERROR(runFolderExport(requestFor(scratch / "in", scratch / "out", exports()[0]), {}), ErrorKind::BadFormat, "which 16 bits do not hold");
        (void)runFolderExport(requestFor(scratch / "in", scratch / "out", exports()[7]), {});
    }
};

QTEST_APPLESS_MAIN(TestFolderJob)
#include "tst_folder_job.moc"
