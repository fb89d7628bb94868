// SPDX-License-Identifier: GPL-3.0-or-later
// quantize --to gptq|awq|compressed-tensors|fp8|safetensors: a folder instead of a GGUF file.
#pragma once

#include "app/cli/invocation.h"
#include "app/cli/method_options.h"
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
    /// Writes @p plan's folder and prints what came of it. @throws UsageError, Error
    /// @param calibration how codes that the plan wants calibrated are made, with @p memoryBytes
    void run(const Invocation& invocation, std::shared_ptr<const Model> model, const Plan& plan, const std::string& output, const MethodOptions& calibration,
             unsigned threads, std::uint64_t memoryBytes) const;

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

} // namespace quantlathe::cli
