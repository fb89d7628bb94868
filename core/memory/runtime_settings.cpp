// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/memory/runtime_settings.h"

#include "core/base/text.h"

#include <algorithm>
#include <array>

namespace quantlathe {

namespace {

struct RunnerRow
{
    Runner runner;
    std::string_view id;
    std::string_view label;
    std::array<std::string_view, 3> others; ///< what people call it
};

constexpr std::array<RunnerRow, 5> rows = {{
    {Runner::LlamaServer, "llama-server", "llama.cpp server", {"llama.cpp", "llamacpp", "server"}},
    {Runner::LlamaBench, "llama-bench", "llama.cpp bench", {"bench", "llama-cli", "llama-perplexity"}},
    {Runner::Ollama, "ollama", "Ollama", {"", "", ""}},
    {Runner::Vllm, "vllm", "vLLM", {"", "", ""}},
    {Runner::Transformers, "transformers", "transformers", {"hf", "huggingface", "hugging-face"}},
}};

const RunnerRow& rowOf(Runner runner)
{
    return *std::find_if(rows.begin(), rows.end(), [runner](const RunnerRow& row) { return row.runner == runner; });
}

} // namespace

std::string_view name(Runner runner) { return rowOf(runner).id; }

std::string_view label(Runner runner) { return rowOf(runner).label; }

std::span<const Runner> allRunners()
{
    using enum Runner;
    static constexpr std::array all = {LlamaServer, LlamaBench, Ollama, Vllm, Transformers};
    return all;
}

std::optional<Runner> runnerFromName(std::string_view name)
{
    const std::string wanted = toLower(name);
    for (const RunnerRow& row : rows) {
        if (wanted == row.id || wanted == toLower(row.label)
            || (!wanted.empty() && std::find(row.others.begin(), row.others.end(), wanted) != row.others.end()))
            return row.runner;
    }
    return std::nullopt;
}

RuntimeSettings defaultSettings(Runner runner)
{
    RuntimeSettings settings;
    settings.runner = runner;
    switch (runner) {
    case Runner::LlamaServer:
        settings.sequences = 4; // shared by one cache
        break;
    case Runner::LlamaBench:
        break;
    case Runner::Ollama: // one request at a time, batches of 512
        settings.contextLength = 4096;
        settings.batch = 512;
        break;
    case Runner::Vllm: // steps of 8,192 tokens; how many requests at once follows from the memory
        settings.batch = 8192;
        settings.microBatch = 8192;
        break;
    case Runner::Transformers:
        settings.batch = settings.microBatch = 8192;
        break;
    }
    return settings;
}

} // namespace quantlathe
