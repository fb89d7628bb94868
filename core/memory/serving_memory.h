// SPDX-License-Identifier: GPL-3.0-or-later
// vLLM, TGI and transformers: from knowledge of their code and reports, not measured; notes say so.
#pragma once

#include "core/memory/estimate.h"

namespace quantlathe {

/// Fills everything but verdicts, explanation and speed.
class ServingMemory
{
public:
    /// @param isFolder the weights are a folder's, which these runners keep as they are; otherwise a GGUF's
    ServingMemory(const MemoryModel& model, const std::vector<MemoryModel::OutputBytes>& bytes, bool isFolder, const RuntimeSettings& settings,
                  std::span<const Device> devices)
        : m_model(model), m_bytes(bytes), m_isFolder(isFolder), m_settings(settings), m_devices(devices)
    {
    }
    void fill(MemoryEstimate& estimate) const;

private:
    /// vLLM and TGI, which serve from pages.
    void fillServer(MemoryEstimate& estimate) const;
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
    const bool m_isFolder;
    const RuntimeSettings& m_settings;
    std::span<const Device> m_devices;
};

} // namespace quantlathe
