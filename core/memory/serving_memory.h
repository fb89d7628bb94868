// SPDX-License-Identifier: GPL-3.0-or-later
// vLLM and transformers: from knowledge of their code and reports, not measured; notes say so.
#pragma once

#include "core/memory/estimate.h"

namespace quantlathe {

/// Fills everything but verdicts, explanation and speed.
class ServingMemory
{
public:
    ServingMemory(const MemoryModel& model, const std::vector<MemoryModel::OutputBytes>& bytes, const RuntimeSettings& settings,
                  std::span<const Device> devices)
        : m_model(model), m_bytes(bytes), m_settings(settings), m_devices(devices)
    {
    }
    void fill(MemoryEstimate& estimate) const;

private:
    void fillVllm(MemoryEstimate& estimate) const;
    void fillTransformers(MemoryEstimate& estimate) const;
    void addFormatNotes(MemoryEstimate& estimate) const;
    /// Of the whole model, token embedding once more when the output is tied only where the runner copies it.
    [[nodiscard]] std::uint64_t allWeights() const;
    [[nodiscard]] std::uint64_t activeWeights() const;
    /// Keys and values of @p tokens tokens of one sequence.
    [[nodiscard]] CacheBytes cacheOf(std::uint64_t tokens, std::uint64_t elementBytes, std::uint64_t block) const;
    [[nodiscard]] std::uint64_t tokens() const;

    const MemoryModel& m_model;
    const std::vector<MemoryModel::OutputBytes>& m_bytes;
    const RuntimeSettings& m_settings;
    std::span<const Device> m_devices;
};

} // namespace quantlathe
