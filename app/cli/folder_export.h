// SPDX-License-Identifier: GPL-3.0-or-later
// quantize --to gptq|awq|compressed-tensors|fp8|safetensors: a folder instead of a GGUF file.
#pragma once

#include "app/cli/invocation.h"
#include "core/jobs/folder_job.h"

#include <string>

namespace quantlathe::cli {

class FolderExport
{
public:
    void add(CLI::App* command);
    [[nodiscard]] bool isChosen() const { return m_to != "gguf"; }
    /// The same scheme for every linear layer, as the options say. @throws UsageError
    [[nodiscard]] Plan plan(const FolderContents& contents, Method method) const;
    [[nodiscard]] FolderRequest request(std::shared_ptr<const Model> model, const Plan& plan, const std::string& output, unsigned threads) const;

private:
    [[nodiscard]] Choice choice(Target target, TensorType denseType, Method method) const;

    std::string m_to = "gguf";
    std::string m_format;
    std::string m_group;
    std::string m_scales;
    unsigned m_bits = 4;
    bool m_isAsymmetric = false;
    bool m_isGptqV2 = false;
    bool m_roundsActivations = false;
    std::string m_shardSize;
};

Json toJson(const FolderResult& result);
void printResult(const FolderResult& result);
/// " (28 of the tensors, the first is ...)"; empty for a finding about the whole folder.
std::string concernedText(const LoadFinding& finding);
/// What engines will make of it, on standard error.
void printFindings(const FolderResult& result);

} // namespace quantlathe::cli
