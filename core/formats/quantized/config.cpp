// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/quantized/config.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/huggingface/config.h"
#include "core/formats/json/json_file.h"
#include "core/formats/quantized/config_reader.h"

#include <algorithm>
#include <fmt/format.h>
#include <re2/re2.h>
#include <utility>

namespace quantlathe::quantized {

struct NameMatcher::Expression
{
    explicit Expression(const std::string& text) : regex(text, RE2::Quiet) {}
    RE2 regex;
};

NameMatcher::NameMatcher(std::string text, const std::filesystem::path& path) : m_text(std::move(text))
{
    if (!m_text.starts_with("re:"))
        return;
    // Python's match(): anchored at the start, not at the end.
    auto expression = std::make_shared<const Expression>(fmt::format("^(?:{})", m_text.substr(3)));
    if (!expression->regex.ok()) {
        throw Error(ErrorKind::Unsupported,
                    fmt::format("the expression '{}' in quantization_config is not understood: {}", printable(m_text),
                                expression->regex.error()),
                    {path, std::nullopt, {}});
    }
    m_expression = std::move(expression);
}

bool NameMatcher::matches(std::string_view module) const
{
    return m_expression ? RE2::PartialMatch(re2::StringPiece(module.data(), module.size()), m_expression->regex) : module == m_text;
}

const CompressedWeights* CompressedConfig::weightsOf(std::string_view module) const
{
    const CompressedWeights* byClass = nullptr;
    for (const Group& group : groups) {
        for (const NameMatcher& target : group.targets) {
            if (target.matches(module))
                return &group.weights;
            if (target.isClass() && !byClass)
                byClass = &group.weights;
        }
    }
    return byClass;
}

bool CompressedConfig::isIgnored(std::string_view module) const
{
    return std::any_of(ignore.begin(), ignore.end(), [&](const NameMatcher& name) { return name.matches(module); });
}

namespace {

QuantizationConfig readGptq(const ConfigReader& reader)
{
    GptqConfig config;
    const std::uint64_t bits = reader.need(reader.number({"bits", "w_bit"}), "bits");
    config.groupSize = reader.need(reader.groupSize({"group_size", "q_group_size"}), "group_size");
    config.isSymmetric = reader.flag({"sym"}).value_or(true);
    config.isActOrder = reader.flag({"desc_act"}).value_or(false);
    const std::string format = reader.text("checkpoint_format").value_or(reader.text("format").value_or("gptq"));
    if (format != "gptq" && format != "gptq_v2")
        return UndecodedConfig{fmt::format("GPTQ in the checkpoint format '{}'", printable(format, 40))};
    config.isV2 = format == "gptq_v2";
    if (const auto* dynamic = reader.find("dynamic")) {
        if (!dynamic->is_object())
            reader.fail("dynamic", "is no object");
        config.isDynamic = !dynamic->empty();
    }
    if (bits == 5 || bits == 6 || bits == 7)
        return UndecodedConfig{fmt::format("GPTQ with {} bits", bits)};
    if (bits != 2 && bits != 3 && bits != 4 && bits != 8)
        reader.fail("bits", fmt::format("is {}; 2, 3, 4 and 8 exist", bits));
    config.bits = static_cast<unsigned>(bits);
    return config;
}

QuantizationConfig readAwq(const ConfigReader& reader)
{
    const std::string version = toLower(reader.text("version").value_or("gemm"));
    if (version != "gemm")
        return UndecodedConfig{fmt::format("AWQ in the version '{}'", printable(version, 40))};
    const std::uint64_t bits = reader.need(reader.number({"bits", "w_bit"}), "bits");
    if (bits != 4)
        reader.fail("bits", fmt::format("is {}; AWQ's gemm version has 4", bits));
    if (!reader.flag({"zero_point"}).value_or(true))
        return UndecodedConfig{"AWQ without zero points"};
    return AwqConfig{reader.need(reader.groupSize({"group_size", "q_group_size"}), "group_size")};
}

CompressedWeights::Strategy strategyOf(const ConfigReader& reader, const std::optional<std::uint64_t>& groupSize)
{
    using enum CompressedWeights::Strategy;
    const auto stated = reader.text("strategy");
    if (!stated)
        return !groupSize ? Tensor : *groupSize == 0 ? Channel : Group;
    constexpr std::pair<std::string_view, CompressedWeights::Strategy> names[]
        = {{"tensor", Tensor}, {"channel", Channel}, {"group", Group}, {"block", Block}, {"tensor_group", TensorGroup}};
    for (const auto& [name, strategy] : names) {
        if (*stated == name)
            return strategy;
    }
    reader.fail("strategy", fmt::format("is '{}'; for weights tensor, channel, group, block and tensor_group exist", printable(*stated, 40)));
}

bool isActOrder(const ConfigReader& reader)
{
    const auto* value = reader.find("actorder");
    if (!value || (value->is_boolean() && !value->get<bool>()))
        return false;
    if (value->is_boolean())
        return true;
    const std::string text = toLower(value->is_string() ? value->get<std::string>() : "?");
    if (text == "group" || text == "dynamic")
        return true;
    if (text != "weight" && text != "static" && text != "none")
        reader.fail("actorder", "is neither null, \"weight\" nor \"group\"");
    return false;
}

CompressedWeights readWeights(const ConfigReader& reader)
{
    CompressedWeights weights;
    weights.bits = static_cast<unsigned>(std::min<std::uint64_t>(reader.number({"num_bits"}).value_or(8), 99));
    const std::string type = reader.text("type").value_or("int");
    if (type != "int" && type != "float")
        reader.fail("type", "is neither \"int\" nor \"float\"");
    weights.isFloat = type == "float";
    weights.isSymmetric = reader.flag({"symmetric"}).value_or(true);
    const auto groupSize = reader.groupSize({"group_size"});
    weights.strategy = strategyOf(reader, groupSize);
    using enum CompressedWeights::Strategy;
    if (weights.strategy == Group || weights.strategy == TensorGroup) {
        weights.groupSize = groupSize.value_or(0);
        if (weights.groupSize == 0)
            reader.fail("group_size", "must be a number of inputs for the strategies group and tensor_group");
    }
    if (weights.strategy == Block) {
        const auto extent = reader.need(reader.pair("block_structure"), "block_structure");
        weights.blockRows = extent.first;
        weights.blockInputs = extent.second;
    }
    weights.isActOrder = isActOrder(reader);
    return weights;
}

std::vector<NameMatcher> readNames(const ConfigReader& reader, std::string_view key)
{
    std::vector<NameMatcher> names;
    const auto* list = reader.find(key);
    if (!list)
        return names;
    if (!list->is_array())
        reader.fail(key, "is no list");
    for (const auto& name : *list) {
        if (!name.is_string())
            reader.fail(key, "holds something that is no name");
        names.emplace_back(name.get<std::string>(), reader.path());
    }
    return names;
}

std::optional<QuantizationConfig> readCompressed(const ConfigReader& reader)
{
    const std::string format = reader.text("format").value_or("dense");
    constexpr std::string_view known[] = {"pack-quantized",       "int-quantized",         "float-quantized", "naive-quantized",
                                          "nvfp4-pack-quantized", "mxfp4-pack-quantized", "mxfp8-quantized", "mixed-precision"};
    if (format == "dense")
        return std::nullopt;
    if (std::find(std::begin(known), std::end(known), format) == std::end(known))
        return UndecodedConfig{fmt::format("compressed-tensors in the format '{}'", printable(format, 40))};
    if (const auto* sparsity = reader.find("sparsity_config")) {
        const std::string kind = textOf(*sparsity, "format");
        if (!kind.empty() && kind != "dense")
            return UndecodedConfig{fmt::format("compressed-tensors with the sparsity format '{}'", printable(kind, 40))};
    }
    CompressedConfig config;
    config.ignore = readNames(reader, "ignore");
    const auto* groups = reader.find("config_groups");
    if (!groups || !groups->is_object())
        reader.fail("config_groups", "is missing or no object");
    for (const auto& [name, group] : groups->items()) {
        const ConfigReader groupReader(group, reader.path(), printable(name, 40));
        if (const auto* weights = groupReader.find("weights")) {
            config.groups.push_back({readNames(groupReader, "targets"),
                                     readWeights(ConfigReader(*weights, reader.path(), printable(name, 40) + ".weights"))});
        }
    }
    return config;
}

QuantizationConfig readFp8(const ConfigReader& reader)
{
    const std::string format = reader.text("fmt").value_or("e4m3");
    if (format != "e4m3" && format != "float8_e4m3fn")
        return UndecodedConfig{fmt::format("FP8 in the format '{}'", printable(format, 40))};
    const auto block = reader.pair("weight_block_size").value_or(std::pair<std::uint64_t, std::uint64_t>());
    return Fp8Config{block.first, block.second};
}

QuantizationConfig readBitsAndBytes(const ConfigReader& reader)
{
    const bool isFour = reader.flag({"load_in_4bit", "_load_in_4bit"}).value_or(false);
    const bool isEight = reader.flag({"load_in_8bit", "_load_in_8bit"}).value_or(false);
    if (isFour == isEight)
        reader.fail("load_in_4bit", "and 'load_in_8bit' must not be equal");
    return BitsAndBytesConfig{isFour, reader.flag({"bnb_4bit_use_double_quant"}).value_or(false)};
}

std::optional<QuantizationConfig> readByMethod(const ConfigReader& reader)
{
    const std::string method = reader.need(reader.text("quant_method"), "quant_method");
    if (method == "gptq")
        return readGptq(reader);
    if (method == "awq")
        return readAwq(reader);
    if (method == "compressed-tensors")
        return readCompressed(reader);
    if (method == "fp8" || method == "fbgemm_fp8")
        return readFp8(reader);
    if (method == "bitsandbytes")
        return readBitsAndBytes(reader);
    if (method == "mxfp4")
        return Mxfp4Config{};
    return UndecodedConfig{fmt::format("the method '{}'", printable(method, 40))};
}

/// Side files of the first tools; where both are there they must say the same.
void compareSideFile(const nlohmann::json& config, const std::filesystem::path& folder)
{
    const auto side = JsonFile::readIfThere(folder / "quantize_config.json");
    if (!side || textOf(config, "quant_method") != "gptq")
        return;
    for (const char* key : {"bits", "group_size", "desc_act", "sym"}) {
        const auto* here = memberOf(config, key);
        const auto* there = side->find(key);
        if (here && there && *here != *there) {
            side->fail(fmt::format("says {} = {}, but config.json says {}", key, printable(there->dump(), 40),
                                   printable(here->dump(), 40)));
        }
    }
}

} // namespace

std::optional<QuantizationConfig> readQuantizationConfig(const std::filesystem::path& folder)
{
    if (const auto file = JsonFile::readIfThere(folder / huggingface::configName)) {
        for (const char* key : {"quantization_config", "compression_config"}) {
            if (const auto* config = file->find(key)) {
                compareSideFile(*config, folder);
                return readByMethod(ConfigReader(*config, file->path(), key));
            }
        }
    }
    if (const auto file = JsonFile::readIfThere(folder / "quantize_config.json"))
        return readGptq(ConfigReader(file->root(), file->path(), "quantize_config.json"));
    if (const auto file = JsonFile::readIfThere(folder / "quant_config.json"))
        return readAwq(ConfigReader(file->root(), file->path(), "quant_config.json"));
    return std::nullopt;
}

} // namespace quantlathe::quantized
