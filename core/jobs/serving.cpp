// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/serving.h"

#include <algorithm>

namespace quantlathe {

Runner runnerOf(Engine engine)
{
    switch (engine) {
    case Engine::Vllm:
    case Engine::Tgi: // pages and captured graphs, likewise
        return Runner::Vllm;
    case Engine::Transformers:
        return Runner::Transformers;
    case Engine::LlamaCpp:
        break;
    }
    return Runner::LlamaServer;
}

RuntimeSettings servingSettings(Engine engine, const Model& model, std::uint64_t context)
{
    RuntimeSettings settings = defaultSettings(runnerOf(engine));
    if (engine == Engine::Tgi) // --max-batch-prefill-tokens
        settings.batch = settings.microBatch = 4096;
    if (context > 0)
        settings.contextLength = context;
    if (const std::uint64_t longest = model.architecture().parameters.contextLength; longest > 0)
        settings.contextLength = std::min(settings.contextLength, longest);
    return settings;
}

Serving servingOf(const Model& model, const Plan& plan, const std::filesystem::path& path, const ServingWish& wish)
{
    Serving result;
    result.engine = wish.engine;
    result.settings = wish.settings;
    result.devices = wish.devices;
    result.command = servingCommand(wish.engine, plan.target, path.string(), wish.settings.contextLength);
    // llama.cpp turns folders into a GGUF first; the others load no GGUF here.
    if (!result.command.empty() && (wish.engine == Engine::LlamaCpp) == (plan.target == Target::Gguf))
        result.memory = MemoryModel(model).estimate(plan, wish.settings, wish.devices);
    if (result.memory && wish.engine == Engine::Tgi) {
        const std::string runner(label(wish.settings.runner));
        for (std::string& note : result.memory->notes) {
            if (const auto found = note.find(runner); found != std::string::npos)
                note.replace(found, runner.size(), label(Engine::Tgi));
        }
    }
    return result;
}

} // namespace quantlathe
