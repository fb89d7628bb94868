// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/folder_export.h"

#include "app/cli/model_json.h"
#include "app/cli/plan_options.h"
#include "app/cli/table.h"
#include "core/base/text.h"

#include <fmt/format.h>
#include <map>

namespace quantlathe::cli {

namespace {

Json findingJson(const LoadFinding& finding)
{
    Json engines = Json::array();
    for (const Engine engine : finding.engines)
        engines.push_back(name(engine));
    return {{"verdict", name(finding.verdict)}, {"engines", std::move(engines)}, {"message", finding.message}, {"advice", finding.advice.empty() ? Json(nullptr) : Json(finding.advice)}, {"tensors", finding.tensors}};
}

} // namespace

Json toJson(const FolderResult& result)
{
    Json tensors = Json::array();
    for (const FolderTensorResult& tensor : result.tensors) {
        Json json{{"name", tensor.name},
                  {"sourceType", name(tensor.sourceType)},
                  {"type", name(tensor.type)},
                  {"scheme", tensor.scheme.empty() ? Json(nullptr) : Json(tensor.scheme)},
                  {"bytes", tensor.sizeBytes}};
        if (tensor.error.weights > 0)
            addError(json, tensor.error);
        if (tensor.relativeError)
            json["methodRelativeError"] = number(*tensor.relativeError);
        tensors.push_back(std::move(json));
    }
    Json findings = Json::array();
    for (const LoadFinding& finding : result.findings)
        findings.push_back(findingJson(finding));
    Json total = Json::object();
    addError(total, result.error);
    return {{"folder", result.folder.string()}, {"files", result.files}, {"bytes", result.totalBytes}, {"seconds", number(result.seconds)},
            {"findings", std::move(findings)}, {"notes", result.notes}, {"total", std::move(total)}, {"tensors", std::move(tensors)}};
}

void printResult(const FolderResult& result)
{
    struct Sum
    {
        std::size_t tensors = 0;
        std::uint64_t bytes = 0;
        ErrorSums error;
    };
    std::map<std::string, Sum> kinds;
    for (const FolderTensorResult& tensor : result.tensors) {
        Sum& sum = kinds[tensor.scheme.empty() ? std::string(name(tensor.type)) : tensor.scheme];
        ++sum.tensors;
        sum.bytes += tensor.sizeBytes;
        sum.error.add(tensor.error);
    }
    Table table({"Stored as", ">Tensors", ">Bytes", ">Rel. RMS error"});
    for (const auto& [kind, sum] : kinds)
        table.add({kind, fmt::format("{}", sum.tensors), fmt::format("{}", sum.bytes), sum.error.weights > 0 ? shortNumber(sum.error.relativeRms()) : ""});
    print(table.text());
    print(fmt::format("\n{} ({} bytes) in {:.1f} s, every tensor read back and compared", formatBytes(result.totalBytes), result.totalBytes, result.seconds));
    print(printable(result.folder.string(), longestPath));
}

std::string concernedText(const LoadFinding& finding)
{
    return finding.tensors.empty() ? "" : fmt::format(" ({} of the tensors, the first is {})", finding.tensors.size(), printable(finding.tensors.front()));
}

void printFindings(const FolderResult& result)
{
    for (const LoadFinding& finding : result.findings) {
        std::string engines;
        for (const Engine engine : finding.engines)
            engines += fmt::format("{}{}", engines.empty() ? "" : ", ", label(engine));
        fmt::print(stderr, "{}{}: {}{}{}\n", finding.verdict == LoadVerdict::Advice ? "Note: " : "Warning: ", engines.empty() ? "all engines" : engines, finding.message,
                   concernedText(finding), finding.advice.empty() ? "" : ". " + finding.advice);
    }
    for (const std::string& note : result.notes)
        fmt::print(stderr, "Note: {}\n", note);
}

void FolderExport::add(CLI::App* command)
{
    command->add_option("--to", m_to, "What to write: gguf (a file), or a folder for other engines: gptq, awq, compressed-tensors, fp8, safetensors")
        ->check(CLI::IsMember({"gguf", "gptq", "awq", "compressed-tensors", "fp8", "safetensors"}));
    addNumber(command, "--bits", m_bits, "With --to: bits of the integer codes: 2, 3, 4 or 8; default 4", 2, 8);
    command->add_option("--group", m_group, "With --to: inputs that share a scale, or -1 for whole rows; default 128")->type_name("N");
    command->add_flag("--asymmetric", m_isAsymmetric, "With --to: groups have a zero point of their own");
    command->add_option("--format", m_format, "With --to compressed-tensors: int (default), fp8, nvfp4, mxfp4")->check(CLI::IsMember({"int", "fp8", "nvfp4", "mxfp4"}));
    command->add_option("--scales", m_scales, "Of FP8: one for each block of 128 x 128 (default of --to fp8), channel (default of compressed-tensors) or tensor")
        ->check(CLI::IsMember({"block", "channel", "tensor"}));
    command->add_flag("--w8a8", m_roundsActivations, "With --to compressed-tensors --bits 8: engines round activations to 8 bits too");
    command->add_flag("--gptq-v2", m_isGptqV2, "With --to gptq: zero points as they are (asymmetric codes always)");
    command->add_option("--shard-size", m_shardSize, "With --to: files of at most this size; default 5G")->type_name("SIZE");
}

Choice FolderExport::choice(Target target, TensorType denseType, Method method) const
{
    Choice result;
    result.method = method;
    const std::string format = target == Target::Fp8 ? "fp8" : m_format.empty() ? "int" : m_format;
    if (format != "int" && target != Target::CompressedTensors && target != Target::Fp8)
        throw UsageError(fmt::format("--format {} goes with --to compressed-tensors", format));
    if (format == "nvfp4" || format == "mxfp4") {
        if (result.method != Method::RoundToNearest)
            throw UsageError(fmt::format("--format {} is rounded to nearest only", format));
        result.type = format == "nvfp4" ? TensorType::NVFP4 : TensorType::MXFP4;
        return result;
    }
    if (format == "fp8") {
        const std::string scales = m_scales.empty() ? (target == Target::Fp8 ? "block" : "channel") : m_scales;
        FloatScheme scheme;
        scheme.blockRows = scales == "block" ? 128 : scales == "channel" ? 1 : 0;
        scheme.blockInputs = scales == "block" ? 128 : 0;
        scheme.scaleType = target == Target::Fp8 ? TensorType::F32 : denseType;
        result.scheme = scheme;
        return result;
    }
    GroupScheme scheme;
    scheme.bits = m_bits;
    scheme.isSymmetric = !m_isAsymmetric;
    scheme.scaleType = target == Target::CompressedTensors ? denseType : TensorType::F16;
    const std::string group = m_group.empty() ? (m_roundsActivations ? "-1" : "128") : m_group;
    try {
        scheme.groupSize = group == "-1" || group == "0" ? 0 : parseNumber("--group", group, 8, std::uint64_t{1} << 20);
    } catch (const CLI::ValidationError& error) {
        throw UsageError(error.what());
    }
    if (m_bits == 5 || m_bits == 6 || m_bits == 7)
        throw UsageError("--bits must be 2, 3, 4 or 8");
    result.scheme = scheme;
    return result;
}

Plan FolderExport::plan(const FolderContents& contents, Method method) const
{
    const Target target = targetFromName(m_to).value_or(Target::Safetensors);
    return uniformFolderPlan(contents, target, target == Target::Safetensors ? Choice{} : choice(target, contents.denseType, method));
}

FolderRequest FolderExport::request(std::shared_ptr<const Model> model, const Plan& plan, const std::string& output, unsigned threads) const
{
    FolderRequest request;
    request.model = std::move(model);
    request.plan = plan;
    request.target = output;
    request.threads = threads;
    request.options.roundsActivations = m_roundsActivations;
    request.options.isGptqV2 = m_isGptqV2;
    if (!m_shardSize.empty())
        request.options.shardBytes = parseSize(m_shardSize);
    return request;
}

} // namespace quantlathe::cli
