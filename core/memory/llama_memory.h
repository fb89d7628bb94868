// SPDX-License-Identifier: GPL-3.0-or-later
// Where llama.cpp puts weights, caches and compute buffers.
#pragma once

#include "core/memory/estimate.h"

namespace quantlathe {

/// Layers to devices, by llama.cpp's rule of 2026: --gpu-layers 1 is the output alone, 2 adds the last layer.
struct Placement
{
    std::vector<int> layers;      ///< of each layer; the host is the number of devices
    int output = 0;
    bool isAllOffloaded = true;
    bool isAnyOffloaded = true;
};
/// @param devices not empty
Placement placeLayers(std::size_t layerCount, const RuntimeSettings& settings, std::span<const Device> devices);

/// Fills everything but verdicts, explanation and speed.
class LlamaMemory
{
public:
    LlamaMemory(const MemoryModel& model, const std::vector<MemoryModel::OutputBytes>& bytes, const RuntimeSettings& settings,
                std::span<const Device> devices);
    void fill(MemoryEstimate& estimate) const;

private:
    void placeWeights(MemoryEstimate& estimate) const;
    void placeCache(MemoryEstimate& estimate) const;
    void placeBuffers(MemoryEstimate& estimate) const;

    const MemoryModel& m_model;
    const std::vector<MemoryModel::OutputBytes>& m_bytes;
    const RuntimeSettings& m_settings;
    std::span<const Device> m_devices;
    Placement m_placement;
};

} // namespace quantlathe
