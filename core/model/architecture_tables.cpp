// SPDX-License-Identifier: GPL-3.0-or-later
// Facts: llama.cpp's hyperparameter loading (src/llama-model.cpp), GGUF ids from gguf-py.
#include "core/model/architecture_tables.h"

#include <algorithm>
#include <iterator>

namespace quantlathe::architectures {

namespace {

constexpr std::string_view knownNames[] = {
    "llama",        "llama4",    "mistral3",   "qwen",        "qwen2",
    "qwen2moe",     "qwen2vl",   "qwen3",      "qwen3moe",    "qwen3vl",
    "qwen3vlmoe",   "qwen3next", "qwen35",     "qwen35moe",   "gemma",
    "gemma2",       "gemma3",    "gemma3n",    "gemma4",      "gemma-embedding",
    "phi2",         "phi3",      "phimoe",     "gpt2",        "gptj",
    "gptneox",      "gpt-oss",   "falcon",     "falcon-h1",   "bloom",
    "mpt",          "starcoder", "starcoder2", "refact",      "stablelm",
    "baichuan",     "internlm2", "orion",      "minicpm",     "minicpm3",
    "deepseek",     "deepseek2", "chatglm",    "glm4",        "glm4moe",
    "command-r",    "cohere2",   "dbrx",       "grok",        "olmo",
    "olmo2",        "olmoe",     "granite",    "granitemoe",  "granitehybrid",
    "exaone",       "exaone4",   "nemotron",   "nemotron_h",  "smollm3",
    "smallthinker", "arctic",    "jamba",      "lfm2",        "mamba",
    "mamba2",       "rwkv6",     "rwkv7",      "bert",        "nomic-bert",
    "jina-bert-v2", "t5",        "t5encoder",  "kimi-linear",
};

constexpr SlidingWindow slidingWindows[] = {
    {"gemma2", 2, 4096}, {"gemma3", 6, 0},    {"gemma3n", 5, 0}, {"gemma-embedding", 6, 0}, {"gemma4", 6, 0},
    {"gpt-oss", 2, 0},   {"llama4", 4, 8192}, {"cohere2", 4, 0}, {"olmo2", 4, 0},           {"exaone4", 4, 0},
};

struct RecurrenceRow
{
    std::string_view architecture;
    Recurrence kind;
};

constexpr RecurrenceRow recurrences[] = {
    {"mamba", Recurrence::Everywhere},
    {"mamba2", Recurrence::Everywhere},
    {"rwkv6", Recurrence::Everywhere},
    {"rwkv7", Recurrence::Everywhere},
    {"rwkv6qwen2", Recurrence::Everywhere},
    {"arwkv7", Recurrence::Everywhere},
    {"falcon-h1", Recurrence::BesideAttention},
    {"qwen3next", Recurrence::ByInterval},
    {"qwen35", Recurrence::ByInterval},
    {"qwen35moe", Recurrence::ByInterval},
    {"jamba", Recurrence::WithoutHeads},
    {"granitehybrid", Recurrence::WithoutHeads},
    {"lfm2", Recurrence::WithoutHeads},
    {"lfm2moe", Recurrence::WithoutHeads},
    {"plamo2", Recurrence::WithoutHeads},
    {"kimi-linear", Recurrence::WithoutHeads},
    {"nemotron_h", Recurrence::WithoutHeadsAndFeedForward},
    {"nemotron_h_moe", Recurrence::WithoutHeadsAndFeedForward},
};

} // namespace

bool isKnown(std::string_view name)
{
    return std::find(std::begin(knownNames), std::end(knownNames), name) != std::end(knownNames);
}

const SlidingWindow* slidingWindow(std::string_view name)
{
    const auto* row =
        std::find_if(std::begin(slidingWindows), std::end(slidingWindows),
                     [&](const SlidingWindow& candidate) { return candidate.architecture == name; });
    return row == std::end(slidingWindows) ? nullptr : row;
}

Recurrence recurrence(std::string_view name)
{
    const auto* row =
        std::find_if(std::begin(recurrences), std::end(recurrences),
                     [&](const RecurrenceRow& candidate) { return candidate.architecture == name; });
    return row == std::end(recurrences) ? Recurrence::None : row->kind;
}

} // namespace quantlathe::architectures
