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
    [[nodiscard]] Plan plan(const FolderContents& contents) const;
    /// Writes @p plan's folder and prints what came of it. @throws UsageError, Error
    /// @param memoryBytes for calibrated methods
    void run(const Invocation& invocation, std::shared_ptr<const Model> model, const Plan& plan, const std::string& output, unsigned threads,
             std::uint64_t memoryBytes) const;

private:
    [[nodiscard]] Choice choice(Target target, TensorType denseType) const;
    /// Null where every weight is rounded for itself.
    [[nodiscard]] std::shared_ptr<QuantizedSource> sourceFor(const Invocation& invocation, const std::shared_ptr<const Model>& model, const Plan& plan,
                                                            unsigned threads, std::uint64_t memoryBytes) const;

    std::string m_to = "gguf";
    std::string m_format;
    std::string m_group;
    std::string m_scales;
    unsigned m_bits = 4;
    bool m_isAsymmetric = false;
    bool m_isGptqV2 = false;
    bool m_roundsActivations = false;
    std::string m_shardSize;
    std::string m_method = "round-to-nearest";
    std::string m_calibration;
    std::uint64_t m_context = 512;
    std::uint64_t m_chunks = 128;
};

} // namespace quantlathe::cli
