// SPDX-License-Identifier: GPL-3.0-or-later
// How a model is run: what a person would give llama-server, Ollama or vLLM on the command line.
#pragma once

#include "core/types/tensor_type.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace quantlathe {

enum class Runner : std::uint8_t { LlamaServer, LlamaBench, Ollama, Vllm, Transformers };
/// Stable ids: "llama-server", "llama-bench", "ollama", "vllm", "transformers".
std::string_view name(Runner runner);
/// For people: "llama.cpp server", "Ollama" ...
std::string_view label(Runner runner);
std::span<const Runner> allRunners();
/// By id or a name people use ("llama.cpp", "server", "hf"), ignoring case; nothing when unknown.
std::optional<Runner> runnerFromName(std::string_view name);

struct RuntimeSettings
{
    std::uint64_t contextLength = 8192; ///< tokens asked for; padded as llama.cpp does; 0 = the model's own maximum
    TensorType keyCacheType = TensorType::F16;
    TensorType valueCacheType = TensorType::F16;
    unsigned sequences = 1;             ///< parallel sequences (llama-server: slots)
    bool isCacheUnified = true;
    bool isSlidingWindowFull = false;   ///< --swa-full
    bool isFlashAttention = true;       ///< without it values are stored transposed, each layer as wide as the widest
    unsigned microBatch = 512;
    Runner runner = Runner::LlamaServer;
    unsigned batch = 2048;              ///< vLLM: tokens per step
    /// Rows of a batch for which logits are computed; nothing: one per slot for servers, all for llama-bench.
    std::optional<std::uint64_t> outputs;
    std::optional<unsigned> gpuLayers;  ///< --gpu-layers: the output is the first one, then the last layers; nothing = all
    unsigned cpuExpertLayers = 0;       ///< --n-cpu-moe: the first layers' experts stay in host memory
    bool isCacheOnHost = false;         ///< --no-kv-offload
    bool isOperationOffload = true;     ///< without --no-op-offload
    bool isPipelined = true;            ///< several devices work on several batches at once (CUDA); false: Vulkan and others
    std::vector<double> tensorSplit;    ///< shares of the devices; empty = by their memory
    double memoryUtilization = 0.9;     ///< vLLM: share of a device it may use
    double hostBandwidthGBs = 60;       ///< main memory, for speeds: two channels of DDR5

    bool operator==(const RuntimeSettings&) const = default;
};

/// @p runner's own defaults: slots, batches, cache.
RuntimeSettings defaultSettings(Runner runner);

} // namespace quantlathe
