// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints of other engines: what independent packers wrote decodes to the weights they had, bit for bit; every contradiction
// has a crafted folder.
#include "core/formats/open.h"
#include "core/formats/quantized/packed_bits.h"
#include "support/sha256.h"
#include "support/shard_builder.h"
#include "support/test_support.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace quantlathe;
using namespace quantlathe::test;
namespace fs = std::filesystem;

namespace {

nlohmann::json expectedOf(const fs::path& folder)
{
    std::ifstream file(folder / "expected.json");
    return nlohmann::json::parse(file);
}

/// All rows, asked for in pieces of @p step rows.
std::vector<float> decoded(const Tensor& tensor, std::uint64_t step)
{
    std::vector<float> weights(tensor.shape().weightCount());
    const std::uint64_t rows = tensor.shape().rowCount();
    for (std::uint64_t row = 0; row < rows; row += step)
        tensor.decodeRows(row, std::min(step, rows - row), weights.data() + row * tensor.shape().rowLength());
    return weights;
}

void writeText(const fs::path& path, std::string text)
{
    std::replace(text.begin(), text.end(), '\'', '"');
    writeBytes(path, ByteBuilder().text(text).bytes());
}

/// A folder with @p quantization as quantization_config and one file.
void writeFolder(const fs::path& folder, const std::string& quantization, const ShardBuilder& shard)
{
    writeText(folder / "config.json", "{'model_type':'llama','hidden_size':64,'num_hidden_layers':1,'num_attention_heads':2,"
                                      "'quantization_config':" + quantization + "}");
    writeBytes(folder / "model.safetensors", shard.file());
}

const std::string gptq4 = "{'quant_method':'gptq','bits':4,'group_size':32,'sym':true,'desc_act':false}";
const std::string gptqActOrder = "{'quant_method':'gptq','bits':4,'group_size':32,'sym':true,'desc_act':true}";
const std::string awq4 = "{'quant_method':'awq','bits':4,'group_size':32,'zero_point':true,'version':'gemm'}";
const std::string fp8Plain = "{'quant_method':'fp8'}";
const std::string fp8Block = "{'quant_method':'fp8','weight_block_size':[32,32]}";
const std::string nf4 = "{'quant_method':'bitsandbytes','load_in_4bit':true}";
const std::string nf4Double = "{'quant_method':'bitsandbytes','load_in_4bit':true,'bnb_4bit_use_double_quant':true}";
const std::string int8 = "{'quant_method':'bitsandbytes','load_in_8bit':true}";
const std::string mxfp4 = "{'quant_method':'mxfp4'}";
std::string compressed(const std::string& weights, const std::string& more = "'ignore':['lm_head']", const std::string& targets = "'Linear'")
{
    return "{'quant_method':'compressed-tensors','format':'pack-quantized','config_groups':{'group_0':{'targets':[" + targets + "],'weights':{" +
           weights + "}}}," + more + "}";
}
const std::string group4 = "'num_bits':4,'type':'int','strategy':'group','group_size':32,'symmetric':true";
const std::string group4Asymmetric = "'num_bits':4,'type':'int','strategy':'group','group_size':32,'symmetric':false";

ShardBuilder gptqLayer(const std::string& module = "model.layers.0.mlp.up_proj")
{
    return ShardBuilder().add(module + ".qweight", "I32", {8, 64}).add(module + ".qzeros", "I32", {2, 8}).add(module + ".scales", "F16", {2, 64});
}
std::vector<std::byte> shapeBytes(std::int64_t outputs, std::int64_t inputs)
{
    return ByteBuilder().number(outputs).number(inputs).bytes();
}
ShardBuilder packedLayer(std::int64_t outputs = 8, std::int64_t inputs = 64)
{
    return ShardBuilder().add("m.weight_packed", "I32", {8, 8}).add("m.weight_scale", "BF16", {8, 2})
        .add("m.weight_shape", "I64", {2}, shapeBytes(outputs, inputs));
}
ShardBuilder nf4Layer(const std::string& state, std::uint64_t weightBytes = 64, std::uint64_t blocks = 2)
{
    std::string text = state;
    std::replace(text.begin(), text.end(), '\'', '"');
    return ShardBuilder().add("m.weight", "U8", {weightBytes, 1}).add("m.weight.absmax", "F32", {blocks}).add("m.weight.quant_map", "F32", {16})
        .add("m.weight.quant_state.bitsandbytes__nf4", "U8", {text.size()}, ByteBuilder().text(text).bytes());
}
const std::string nf4State = "{'quant_type':'nf4','blocksize':64,'dtype':'float16','shape':[2,64]}";

struct Bad
{
    const char* name;
    std::string config;
    ShardBuilder shard;
    const char* message;
};

} // namespace

class TestQuantized : public QObject
{
    Q_OBJECT
private slots:
    void decodesEveryScheme_data()
    {
        QTest::addColumn<QString>("folder");
        for (const auto& entry : fs::directory_iterator(fixture("quantized"))) {
            if (entry.is_directory())
                QTest::newRow(entry.path().filename().c_str()) << QString::fromStdString(entry.path().string());
        }
    }
    void decodesEveryScheme()
    {
        QFETCH(QString, folder);
        const fs::path path = folder.toStdString();
        const auto model = openModel(path);
        const auto expected = expectedOf(path);
        QVERIFY(!expected["tensors"].empty());
        for (const auto& [name, facts] : expected["tensors"].items()) {
            const auto index = model->indexOf(name);
            QVERIFY2(index, name.c_str());
            const Tensor& tensor = model->tensors()[*index];
            QVERIFY(tensor.canDecode());
            QVERIFY(tensor.bytes().empty());
            QCOMPARE(tensor.shape().dimensions(), facts["shape"].get<std::vector<std::uint64_t>>());
            QCOMPARE(std::string(quantlathe::name(tensor.type())), facts["type"].get<std::string>());
            QCOMPARE(std::string(tensor.scheme()), facts["scheme"].get<std::string>());
            QCOMPARE(tensor.sizeBytes(), facts["bytes"].get<std::uint64_t>());
            for (const std::uint64_t step : {std::uint64_t{1} << 20, std::uint64_t{7}}) {
                const std::vector<float> weights = decoded(tensor, step);
                QVERIFY2(sha256(std::as_bytes(std::span(weights))) == facts["sha256"].get<std::string>(), name.c_str());
            }
        }
        // Nothing is left over, and the sum of the pieces is what the file holds.
        std::uint64_t bytes = 0;
        for (const Tensor& tensor : model->tensors()) {
            QVERIFY2(expected["tensors"].contains(tensor.name()) || tensor.scheme().empty(), tensor.name().c_str());
            bytes += tensor.sizeBytes();
        }
        std::uint64_t stored = 0;
        for (const auto& file : model->mappings())
            stored += file->identity().sizeBytes - 8 - *reinterpret_cast<const std::uint64_t*>(file->bytes().data());
        QCOMPARE(bytes, stored);
        QVERIFY(model->architecture().notes.empty());
    }

    // Made by other people's tools from one small model; what they rounded is near what it was.
    void checkpointsOfOtherTools()
    {
        QUANTLATHE_NEED_SHARED_DATA(data);
        const fs::path derived = data / "models" / "derived";
        const auto original = openModel(derived / "shakespeare-qwen2-1m-f16-sharded");
        const std::vector<std::tuple<std::string, std::string, double>> checkpoints
            = {{"gptq-4bit-128g", "GPTQ 4 bit, groups of 128, symmetric", 0.2}, // what GPTQ keeps small is the error of the outputs
               {"awq-gemm-4bit-64g", "AWQ 4 bit, groups of 64, asymmetric", 0.12},
               {"ct-w4a16-pack", "compressed-tensors 4 bit, groups of 128, symmetric", 0.13},
               {"ct-fp8-dynamic", "compressed-tensors FP8 E4M3, one scale per row", 0.03}};
        for (const auto& [folder, scheme, limit] : checkpoints) {
            const auto model = openModel(derived / ("shakespeare-qwen2-1m-" + folder));
            std::size_t quantized = 0;
            for (const Tensor& tensor : model->tensors()) {
                if (tensor.scheme().empty())
                    continue;
                ++quantized;
                QCOMPARE(std::string(tensor.scheme()), scheme);
                const auto ours = decoded(tensor, 1u << 20);
                const auto theirs = decoded(original->tensors()[original->indexOf(tensor.name()).value()], 1u << 20);
                double squared = 0;
                double error = 0;
                for (std::size_t at = 0; at < ours.size(); ++at) {
                    squared += std::pow(theirs[at], 2);
                    error += std::pow(ours[at] - theirs[at], 2);
                }
                QVERIFY2(std::sqrt(error / squared) < limit, QByteArray::number(std::sqrt(error / squared)).constData());
            }
            QCOMPARE(quantized, 14u);
        }
    }

    void standsWhereItsPiecesStood()
    {
        ScratchFolder scratch;
        ShardBuilder shard;
        shard.add("a", "F16", {2}).add("m.scales", "F16", {2, 64}).add("b", "F16", {2}).add("m.qweight", "I32", {8, 64}).add("m.qzeros", "I32", {2, 8});
        writeFolder(scratch.path(), gptq4, shard.add("c", "F16", {2}));
        const auto model = openModel(scratch.path());
        std::vector<std::string> names;
        for (const Tensor& tensor : model->tensors())
            names.push_back(tensor.name());
        QCOMPARE(names, (std::vector<std::string>{"a", "m.weight", "b", "c"}));
        QCOMPARE(model->tensors()[1].storage().pieces().size(), 3u);
        QCOMPARE(model->tensors()[1].storage().pieces().front().name, std::string("m.qweight"));
    }

    void sideFilesCount()
    {
        ScratchFolder scratch;
        writeFolder(scratch.path(), "null", gptqLayer());
        QVERIFY2(openModel(scratch.path())->indexOf("model.layers.0.mlp.up_proj.qweight"), "nothing says how it is quantized");
        writeText(scratch / "quantize_config.json", "{'bits':4,'group_size':32,'sym':true,'desc_act':false}");
        QCOMPARE(std::string(openModel(scratch.path())->tensors().front().scheme()), std::string("GPTQ 4 bit, groups of 32, symmetric"));
        fs::remove(scratch / "quantize_config.json");
        writeText(scratch / "quant_config.json", "{'zero_point':true,'q_group_size':32,'w_bit':4,'version':'GEMM'}");
        writeBytes(scratch / "model.safetensors", ShardBuilder().add("m.qweight", "I32", {64, 8}).add("m.qzeros", "I32", {2, 8})
                                                      .add("m.scales", "F16", {2, 64}).file());
        QCOMPARE(std::string(openModel(scratch.path())->tensors().front().scheme()), std::string("AWQ 4 bit, groups of 32, asymmetric"));
        writeFolder(scratch.path(), gptq4, gptqLayer());
        writeText(scratch / "quantize_config.json", "{'bits':4,'group_size':128}");
        VERIFY_ERROR(openModel(scratch.path()), ErrorKind::BadFormat, "says group_size = 128, but config.json says 32");
    }

    // The configuration may give single layers other widths; their shapes tell.
    void dynamicWidths()
    {
        ScratchFolder scratch;
        ShardBuilder shard = gptqLayer("four");
        shard.add("four.g_idx", "I32", {64}).add("eight.qweight", "I32", {16, 64}).add("eight.qzeros", "I32", {1, 16})
            .add("eight.scales", "F16", {1, 64}).add("eight.g_idx", "I32", {64}, std::vector<std::byte>(256));
        writeFolder(scratch.path(), "{'quant_method':'gptq','bits':4,'group_size':32,'dynamic':{'+:eight':{'bits':8}}}", shard);
        const auto model = openModel(scratch.path());
        QCOMPARE(std::string(model->tensors()[*model->indexOf("eight.weight")].scheme()), std::string("GPTQ 8 bit, one group per row, symmetric"));
        QCOMPARE(std::string(model->tensors()[*model->indexOf("four.weight")].scheme()), std::string("GPTQ 4 bit, groups of 32, symmetric"));
        shard.add("odd.qweight", "I32", {10, 64}).add("odd.qzeros", "I32", {1, 16}).add("odd.scales", "F16", {1, 64}).add("odd.g_idx", "I32", {64});
        writeFolder(scratch.path(), "{'quant_method':'gptq','bits':4,'group_size':32,'dynamic':{'+:eight':{'bits':8}}}", shard);
        VERIFY_ERROR(openModel(scratch.path()), ErrorKind::BadFormat, "no width of 2, 3, 4 or 8 bits gives for 64 inputs");
    }

    void groupsOfCompressedTensors()
    {
        ScratchFolder scratch;
        const std::string config = "{'quant_method':'compressed-tensors','format':'mixed-precision','config_groups':{"
            "'a':{'targets':['Linear'],'weights':{'num_bits':8,'type':'int','strategy':'channel'}},"
            "'b':{'targets':['re:.*up$'],'weights':{" + group4 + "}},"
            "'c':{'targets':['x'],'weights':null}},'ignore':['re:.*head']}";
        ShardBuilder shard;
        shard.add("layer.up.weight_packed", "I32", {8, 8}).add("layer.up.weight_scale", "BF16", {8, 2})
            .add("layer.up.weight_shape", "I64", {2}, shapeBytes(8, 64))
            .add("layer.down.weight", "I8", {8, 64}).add("layer.down.weight_scale", "BF16", {8, 1});
        writeFolder(scratch.path(), config, shard);
        const auto model = openModel(scratch.path());
        QCOMPARE(std::string(model->tensors()[0].scheme()), std::string("compressed-tensors 4 bit, groups of 32, symmetric"));
        QCOMPARE(std::string(model->tensors()[1].scheme()), std::string("compressed-tensors 8 bit integers, symmetric, one scale per row"));
        shard.add("head.weight", "I8", {8, 64}).add("head.weight_scale", "BF16", {8, 1});
        writeFolder(scratch.path(), config, shard);
        VERIFY_ERROR(openModel(scratch.path()), ErrorKind::BadFormat, "lists it under 'ignore', but it is stored quantized");
        writeFolder(scratch.path(), compressed(group4, "'ignore':['re:(?!x)y']"), packedLayer());
        VERIFY_ERROR(openModel(scratch.path()), ErrorKind::Unsupported, "the expression 're:(?!x)y' in quantization_config is not understood");
    }

    void undecodedLayoutsAreListed_data()
    {
        QTest::addColumn<QString>("config");
        QTest::addColumn<QString>("note");
        const auto row = [](const char* name, const std::string& config, const char* note) {
            QTest::newRow(name) << QString::fromStdString(config) << note;
        };
        row("gemv", "{'quant_method':'awq','bits':4,'group_size':32,'version':'gemv'}", "AWQ in the version 'gemv'");
        row("awq symmetric", "{'quant_method':'awq','bits':4,'group_size':32,'zero_point':false}", "AWQ without zero points");
        row("marlin", "{'quant_method':'gptq','bits':4,'group_size':32,'checkpoint_format':'marlin'}", "GPTQ in the checkpoint format 'marlin'");
        row("planar", "{'quant_method':'gptq','bits':5,'group_size':32}", "GPTQ with 5 bits");
        row("sparse", "{'quant_method':'compressed-tensors','format':'marlin-24'}", "compressed-tensors in the format 'marlin-24'");
        row("sparsity", compressed(group4, "'sparsity_config':{'format':'sparse-24-bitmask'}"), "sparsity format 'sparse-24-bitmask'");
        row("e5m2", "{'quant_method':'fp8','fmt':'e5m2'}", "FP8 in the format 'e5m2'");
        row("hqq", "{'quant_method':'hqq'}", "the method 'hqq'");
    }
    void undecodedLayoutsAreListed()
    {
        QFETCH(QString, config);
        QFETCH(QString, note);
        ScratchFolder scratch;
        writeFolder(scratch.path(), config.toStdString(), gptqLayer());
        const auto model = openModel(scratch.path());
        QCOMPARE(model->tensors().size(), 3u);
        QCOMPARE(model->architecture().notes.size(), 1u);
        QVERIFY2(QString::fromStdString(model->architecture().notes[0]).contains(note), model->architecture().notes[0].c_str());
    }

    // Three bits are packed in two ways by two versions of the library.
    void layersThatCannotBeDecodedAreListed()
    {
        ScratchFolder scratch;
        ShardBuilder shard = packedLayer();
        shard.add("n.weight_packed", "I32", {8, 6}).add("n.weight_scale", "BF16", {8, 2}).add("n.weight_shape", "I64", {2}, shapeBytes(8, 64));
        writeFolder(scratch.path(), compressed("'num_bits':3,'strategy':'group','group_size':32"), shard);
        const auto model = openModel(scratch.path());
        QCOMPARE(model->tensors().size(), 6u);
        QVERIFY2(model->architecture().notes.at(0).starts_with("the stored tensors of 'm' are listed as they are: compressed-tensors packs 3 bits"),
                 model->architecture().notes.at(0).c_str());
        QCOMPARE(model->architecture().notes.at(1), std::string("so are those of 1 more layers"));
    }

    // A shard opened by itself may lack pieces that are elsewhere.
    void singleShards()
    {
        ScratchFolder scratch;
        ShardBuilder shard = gptqLayer("whole");
        writeFolder(scratch.path(), gptq4, shard.add("half.qweight", "I32", {8, 64}));
        VERIFY_ERROR(openModel(scratch.path()), ErrorKind::BadFormat, "has no 'qzeros'");
        const auto model = openModel(scratch / "model.safetensors");
        QVERIFY(model->indexOf("whole.weight"));
        QVERIFY(model->indexOf("half.qweight"));
        QCOMPARE(model->architecture().notes.size(), 1u);
        QVERIFY2(model->architecture().notes[0].find("'half'") != std::string::npos, model->architecture().notes[0].c_str());
        writeFolder(scratch.path(), "{'quant_method':'gptq'}", shard);
        QVERIFY(openModel(scratch / "model.safetensors")->architecture().notes.at(0).starts_with("quantized tensors are listed as they are stored"));
    }

    void groupNumbersAreCheckedWhenDecoding()
    {
        ScratchFolder scratch;
        for (const std::int32_t group : {2, -1}) {
            ByteBuilder groups;
            for (int input = 0; input < 64; ++input)
                groups.number(input == 40 ? group : 1);
            ShardBuilder shard = gptqLayer();
            writeFolder(scratch.path(), gptqActOrder, shard.add("model.layers.0.mlp.up_proj.g_idx", "I32", {64}, groups.bytes()));
            const auto model = openModel(scratch.path());
            std::vector<float> weights(64 * 64);
            VERIFY_ERROR(model->tensors()[0].decodeRows(0, 64, weights.data()), ErrorKind::BadFormat,
                         "puts input 40 into group " + std::to_string(group) + ", but there are 2 groups");
        }
    }

    void refusesContradictions_data()
    {
        QTest::addColumn<int>("index");
        const auto cases = contradictions();
        for (std::size_t index = 0; index < cases.size(); ++index)
            QTest::newRow(cases[index].name) << static_cast<int>(index);
    }
    void refusesContradictions()
    {
        QFETCH(int, index);
        const Bad bad = contradictions()[static_cast<std::size_t>(index)];
        ScratchFolder scratch;
        writeFolder(scratch.path(), bad.config, bad.shard);
        VERIFY_ERROR(openModel(scratch.path()), ErrorKind::BadFormat, bad.message);
    }

    // Straddling codes: 32 of three bits fill three words.
    void unpacksThreeBits()
    {
        const std::uint32_t words[3] = {0x88C6FA88u, 0x6FA88C6Fu, 0xFA88C6FAu};
        std::uint8_t codes[32];
        quantized::unpack32(3, words, codes);
        for (unsigned index = 0; index < 32; ++index) {
            unsigned code = 0;
            for (unsigned bit = 0; bit < 3; ++bit)
                code |= (words[(3 * index + bit) / 32] >> (3 * index + bit) % 32 & 1u) << bit;
            QCOMPARE(unsigned{codes[index]}, code);
            QCOMPARE(quantized::codeAt(index, 3, [&](std::uint64_t word) { return words[word]; }), code);
        }
    }

private:
    static std::vector<Bad> contradictions()
    {
        const auto with = [](ShardBuilder shard, auto... arguments) { return shard.add(arguments...); };
        const auto extents = [](std::initializer_list<std::uint64_t> values) { return std::vector<std::uint64_t>(values); };
        const auto bytes = [] { return ShardBuilder().add("m.weight", "F8_E4M3", {64, 64}); };
        return {
            // configurations
            {"no object", "5", gptqLayer(), "'quantization_config' is no object"},
            {"no method", "{'bits':4}", gptqLayer(), "'quant_method' in quantization_config is missing"},
            {"method no text", "{'quant_method':4}", gptqLayer(), "'quant_method' in quantization_config is no text"},
            {"no bits", "{'quant_method':'gptq','group_size':32}", gptqLayer(), "'bits' in quantization_config is missing"},
            {"bits real", "{'quant_method':'gptq','bits':4.5,'group_size':32}", gptqLayer(), "is no whole number of at least 0"},
            {"bits unknown", "{'quant_method':'gptq','bits':9,'group_size':32}", gptqLayer(), "'bits' in quantization_config is 9; 2, 3, 4 and 8 exist"},
            {"group size", "{'quant_method':'gptq','bits':4,'group_size':-2}", gptqLayer(), "is neither a number of inputs nor -1"},
            {"sym", "{'quant_method':'gptq','bits':4,'group_size':32,'sym':1}", gptqLayer(), "'sym' in quantization_config is neither true nor false"},
            {"dynamic", "{'quant_method':'gptq','bits':4,'group_size':32,'dynamic':[]}", gptqLayer(), "'dynamic' in quantization_config is no object"},
            {"awq bits", "{'quant_method':'awq','bits':8,'group_size':32}", gptqLayer(), "is 8; AWQ's gemm version has 4"},
            {"bnb neither", "{'quant_method':'bitsandbytes'}", nf4Layer(nf4State), "and 'load_in_8bit' must not be equal"},
            {"fp8 block", "{'quant_method':'fp8','weight_block_size':[128]}", bytes(), "is no list of two positive numbers"},
            {"no groups", "{'quant_method':'compressed-tensors','format':'pack-quantized'}", packedLayer(), "'config_groups' in quantization_config is missing or no object"},
            {"type", compressed("'type':'fixed'"), packedLayer(), "'type' in group_0.weights is neither"},
            {"strategy", compressed("'strategy':'row'"), packedLayer(), "'strategy' in group_0.weights is 'row'"},
            {"group without size", compressed("'strategy':'group'"), packedLayer(), "must be a number of inputs for the strategies"},
            {"block without extents", compressed("'strategy':'block'"), packedLayer(), "'block_structure' in group_0.weights is missing"},
            {"actorder", compressed(group4 + ",'actorder':'random'"), packedLayer(), "'actorder' in group_0.weights is neither"},
            {"ignore no list", compressed(group4, "'ignore':'lm_head'"), packedLayer(), "'ignore' in quantization_config is no list"},
            {"ignore no names", compressed(group4, "'ignore':[1]"), packedLayer(), "'ignore' in quantization_config holds something that is no name"},
            // GPTQ and AWQ
            {"no scales", gptq4, ShardBuilder().add("m.qweight", "I32", {8, 64}).add("m.qzeros", "I32", {2, 8}), "has no 'scales'"},
            {"codes dtype", gptq4, ShardBuilder().add("m.qweight", "F16", {8, 64}).add("m.qzeros", "I32", {2, 8}).add("m.scales", "F16", {2, 64}),
             "its 'qweight' is F16, but must be I32"},
            {"codes rank", gptq4, ShardBuilder().add("m.qweight", "I32", {512}).add("m.qzeros", "I32", {2, 8}).add("m.scales", "F16", {2, 64}),
             "its 'qweight' has the shape [512], but must have 2 dimensions"},
            {"other bits", "{'quant_method':'gptq','bits':8,'group_size':32}", gptqLayer(),
             "its 'scales' has the shape [2, 64], but 8 bits, 64 outputs, 32 inputs and one group per row ask for [1, 64]"},
            {"three bits", "{'quant_method':'gptq','bits':3,'group_size':32}", gptqLayer(), "its 'qweight' has 8 rows, but 3 bits pack 32 inputs into 3"},
            {"other groups", "{'quant_method':'gptq','bits':4,'group_size':64}", gptqLayer(), "ask for [1, 64]"},
            {"outputs", gptq4, ShardBuilder().add("m.qweight", "I32", {8, 48}).add("m.qzeros", "I32", {2, 6}).add("m.scales", "F16", {2, 48}),
             "it has 48 outputs and 64 inputs; both must be multiples of 32"},
            {"zeros", gptq4, ShardBuilder().add("m.qweight", "I32", {8, 64}).add("m.qzeros", "I32", {2, 64}).add("m.scales", "F16", {2, 64}),
             "its 'qzeros' has the shape [2, 64]"},
            {"g_idx", gptq4, with(gptqLayer("m"), "m.g_idx", "I32", extents({32})), "its 'g_idx' has the shape [32]"},
            {"no g_idx", gptqActOrder, gptqLayer(), "is quantized with act-order (desc_act), but has no 'g_idx'"},
            {"twice", gptq4, with(gptqLayer("m"), "m.weight", "F16", extents({64, 64})), "is stored both quantized and as it is"},
            {"awq groups", "{'quant_method':'awq','bits':4,'group_size':48}",
             ShardBuilder().add("m.qweight", "I32", {64, 8}).add("m.qzeros", "I32", {2, 8}).add("m.scales", "F16", {2, 64}), "it has 64 inputs, which groups of 48 do not divide"},
            {"awq zeros", awq4, ShardBuilder().add("m.qweight", "I32", {64, 8}).add("m.qzeros", "I32", {1, 8}).add("m.scales", "F16", {2, 64}),
             "its 'qzeros' has the shape [1, 8]"},
            {"awq empty", awq4, ShardBuilder().add("m.qweight", "I32", {64, 0}).add("m.qzeros", "I32", {2, 0}).add("m.scales", "F16", {2, 0}),
             "its 'qweight' has the shape [64, 0]"},
            // compressed-tensors
            {"no shape", compressed(group4), ShardBuilder().add("m.weight_packed", "I32", {8, 8}).add("m.weight_scale", "BF16", {8, 2}), "has no 'weight_shape'"},
            {"negative shape", compressed(group4), packedLayer(-8, 64), "its 'weight_shape' says -8"},
            {"huge shape", compressed(group4), packedLayer(std::int64_t{1} << 40, std::int64_t{1} << 40), "more than 2^63"},
            {"other shape", compressed(group4), packedLayer(8, 128), "its 'weight_packed' has the shape [8, 8], but 4 bits and 8 x 128 weights ask for [8, 16]"},
            {"scale shape", compressed("'num_bits':4,'strategy':'group','group_size':64"), packedLayer(), "its 'weight_scale' has the shape [8, 2]"},
            {"channel scale", compressed("'num_bits':4,'strategy':'channel'"), packedLayer(), "but 8 outputs with a scale each ask for [8, 1]"},
            {"tensor scale", compressed("'num_bits':4,'strategy':'tensor'"), packedLayer(), "but the configuration says one scale for the tensor"},
            {"symmetric with zeros", compressed(group4), with(packedLayer(), "m.weight_zero_point", "I32", extents({1, 2})), "says symmetric, but there is a 'weight_zero_point'"},
            {"asymmetric without", compressed(group4Asymmetric), packedLayer(), "has no 'weight_zero_point'"},
            {"zeros along the inputs", compressed(group4Asymmetric), with(packedLayer(), "m.weight_zero_point", "I32", extents({8, 1})),
             "its 'weight_zero_point' has the shape [8, 1]"},
            {"order without groups", compressed(group4 + ",'actorder':'group'"), packedLayer(), "says actorder \"group\", but there is no 'weight_g_idx'"},
            {"float config", compressed("'num_bits':4,'type':'float','strategy':'group','group_size':32"), packedLayer(),
             "the configuration says float 4 bit, but its weights are stored as packed integers"},
            {"no group names it", compressed(group4, "'ignore':[]", "'re:x'"), packedLayer(), "no config_group of the configuration names it"},
            {"both", compressed(group4), with(packedLayer(), "m.weight", "I8", extents({8, 64})), "it has both 'weight' and 'weight_packed'"},
            {"bytes as four", compressed(group4), ShardBuilder().add("m.weight", "I8", {8, 64}).add("m.weight_scale", "BF16", {8, 2}),
             "the configuration says int 4 bit, but its weights are stored as 8-bit integers"},
            {"nvfp4 groups", compressed("'num_bits':4,'type':'float','strategy':'group','group_size':32"),
             ShardBuilder().add("m.weight_packed", "U8", {8, 32}).add("m.weight_scale", "F8_E4M3", {8, 4}).add("m.weight_global_scale", "F32", {1}),
             "says groups of 32, but NVFP4 has 16"},
            {"nvfp4 global", compressed("'num_bits':4,'type':'float','strategy':'tensor_group','group_size':16"),
             ShardBuilder().add("m.weight_packed", "U8", {8, 32}).add("m.weight_scale", "F8_E4M3", {8, 4}).add("m.weight_global_scale", "F32", {2}),
             "its 'weight_global_scale' is no single F32 number"},
            // FP8
            {"no scale", fp8Plain, bytes(), "has no 'weight_scale'"},
            {"no codes", fp8Plain, ShardBuilder().add("m.weight_scale", "F32", {1}), "has no 'weight'"},
            {"grid", fp8Block, bytes().add("m.weight_scale_inv", "F32", {2, 3}), "but 64 x 64 weights and blocks of 32 x 32 ask for [2, 2]"},
            {"grid without blocks", fp8Plain, bytes().add("m.weight_scale", "F32", {2, 2}), "its 'weight_scale' has the shape [2, 2]"},
            {"both scales", fp8Block, bytes().add("m.weight_scale", "F32", {2, 2}).add("m.weight_scale_inv", "F32", {2, 2}), "it has both"},
            {"scale dtype", fp8Plain, bytes().add("m.weight_scale", "I32", {1}), "its 'weight_scale' is I32, but must be F32 or BF16 or F16"},
            // bitsandbytes
            {"state no JSON", nf4, nf4Layer("{"), "is no description of a quantized matrix"},
            {"state without shape", nf4, nf4Layer("{'quant_type':'nf4','blocksize':64}"), "is no description of a quantized matrix"},
            {"state without blocks", nf4, nf4Layer("{'quant_type':'nf4','blocksize':0,'shape':[2,64]}"), "is no description of a quantized matrix"},
            {"state of another", nf4, nf4Layer("{'quant_type':'fp4','blocksize':64,'shape':[2,64]}"), "its description says 'fp4', its name nf4"},
            {"state too large", nf4, nf4Layer("{'quant_type':'nf4','blocksize':64,'shape':[4294967296,4294967296]}"), "more than 2^63"},
            {"bytes", nf4, nf4Layer(nf4State, 63), "its 'weight' has 63 bytes, but 2 x 64 weights of 4 bits take 64"},
            {"blocks", nf4, nf4Layer(nf4State, 64, 3), "its 'weight.absmax' has the shape [3], but 128 weights in blocks of 64 ask for [2]"},
            {"double", nf4Double, nf4Layer(nf4State), "its scales are not quantized, but bnb_4bit_use_double_quant says the opposite"},
            {"nested left over", nf4, with(nf4Layer(nf4State), "m.weight.nested_absmax", "F32", extents({1})), "it has nested scales, but its description knows of none"},
            {"no state", nf4, ShardBuilder().add("m.weight", "U8", {64, 1}).add("m.weight.absmax", "F32", {2}), "has no 'weight.quant_state.bitsandbytes__fp4'"},
            {"eight as four", nf4, ShardBuilder().add("m.weight", "I8", {8, 64}).add("m.SCB", "F32", {8}), "the configuration says 4 bits, but it is stored with 8"},
            {"row format", int8, ShardBuilder().add("m.weight", "I8", {8, 64}).add("m.SCB", "F32", {8}).add("m.weight_format", "U8", {1}, {std::byte{2}}),
             "its 'weight_format' is not 0"},
            {"row scales", int8, ShardBuilder().add("m.weight", "I8", {8, 64}).add("m.SCB", "F32", {9}), "but 8 outputs with a scale each ask for [8]"},
            // gpt-oss
            {"no scales of blocks", mxfp4, ShardBuilder().add("m_blocks", "U8", {2, 4, 1, 16}), "has no 'scales'"},
            {"block length", mxfp4, ShardBuilder().add("m_blocks", "U8", {2, 4, 1, 8}).add("m_scales", "U8", {2, 4, 1}), "its blocks have 8 bytes; MXFP4 has 16"},
            {"scales of blocks", mxfp4, ShardBuilder().add("m_blocks", "U8", {2, 4, 1, 16}).add("m_scales", "U8", {2, 4, 2}), "its 'scales' has the shape [2, 4, 2]"},
        };
    }
};

QTEST_APPLESS_MAIN(TestQuantized)
#include "tst_quantized.moc"
