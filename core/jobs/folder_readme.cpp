// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/folder_readme.h"

#include "core/base/text.h"

#include <fmt/format.h>
#include <map>

namespace quantlathe {

namespace {

struct Kind
{
    std::size_t tensors = 0;
    std::uint64_t bytes = 0;
    ErrorSums error;
};

std::string enginesText(const std::vector<Engine>& engines)
{
    std::string text;
    for (const Engine engine : engines)
        text += fmt::format("{}{}", text.empty() ? "" : ", ", label(engine));
    return text.empty() ? "all engines" : text;
}

bool isRefusedBy(const std::vector<LoadFinding>& findings, Engine engine)
{
    for (const LoadFinding& finding : findings) {
        if ((finding.verdict == LoadVerdict::Refused || finding.verdict == LoadVerdict::Misread)
            && std::find(finding.engines.begin(), finding.engines.end(), engine) != finding.engines.end())
            return true;
    }
    return false;
}

} // namespace

std::string folderReadme(const FolderOutput& output, const FolderResult& result, const std::string& name, const std::string& method)
{
    std::map<std::string, Kind> kinds;
    for (const FolderTensorResult& tensor : result.tensors) {
        Kind& kind = kinds[tensor.scheme.empty() ? std::string(quantlathe::name(tensor.type)) : tensor.scheme];
        ++kind.tensors;
        kind.bytes += tensor.sizeBytes;
        kind.error.add(tensor.error);
    }
    std::string text = fmt::format("# {}\n\nMade from `{}` by Quantlathe {}: target `{}`, {}. Every tensor was read back and compared with what was meant.\n\n"
                                   "| stored as | tensors | size | relative RMS error |\n|---|---|---|---|\n",
                                   printable(name), printable(output.contents.model->architecture().displayName), QUANTLATHE_VERSION,
                                   quantlathe::name(output.target), output.target == Target::Safetensors ? "nothing quantized" : method);
    for (const auto& [scheme, kind] : kinds) {
        text += fmt::format("| {} | {} | {} | {} |\n", scheme, kind.tensors, formatBytes(kind.bytes),
                            kind.error.weights > 0 ? fmt::format("{:.4f}", kind.error.relativeRms()) : "");
    }
    text += "\n## Serving\n\n";
    for (const Engine engine : {Engine::Vllm, Engine::Tgi, Engine::Transformers, Engine::LlamaCpp}) {
        const std::string command = servingCommand(engine, output.target, printable(name));
        if (!command.empty() && !isRefusedBy(result.findings, engine))
            text += fmt::format("- {}: `{}`\n", label(engine), command);
    }
    if (!result.findings.empty() || !result.notes.empty())
        text += "\n## Good to know\n\n";
    for (const LoadFinding& finding : result.findings) {
        const std::string concerned = finding.tensors.empty() ? std::string() : fmt::format(" ({} tensors)", finding.tensors.size());
        text += fmt::format("- {}: {}{}\n", enginesText(finding.engines), finding.message, concerned);
    }
    for (const std::string& note : result.notes)
        text += fmt::format("- {}\n", note);
    return text;
}

} // namespace quantlathe
