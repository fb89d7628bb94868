// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/serving_options.h"

#include "app/cli/folder_export.h"
#include "app/cli/memory_report.h"
#include "core/base/text.h"
#include "core/convert/engine_formats.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe::cli {

void ServingOptions::add(CLI::App* command)
{
    command->add_option("--engine", m_engine, "Whose command line and memory are told at the end: llama.cpp, vllm, tgi or transformers; default: the first that loads OUT")
        ->type_name("E");
    addNumber(command, "--ctx", m_context, "Tokens of context for that; default 8192, at most the model's own", 0, std::uint64_t{1} << 32)->type_name("N");
    command->add_option("--device", m_devices, "Devices for that, such as 'RTX 4090' or 24GiB; once for each")->type_name("NAME")->allow_extra_args(false);
}

void ServingOptions::check() const
{
    if (!m_engine.empty() && !engineFromName(toLower(m_engine)))
        throw UsageError(fmt::format("'{}' is no engine; there are llama.cpp, vllm, tgi, transformers", printable(m_engine)));
    for (const std::string& device : m_devices)
        (void)parseDevice(device);
}

Engine ServingOptions::engine(Target target, const std::vector<LoadFinding>& findings) const
{
    const auto obstacleOf = [&](Engine engine) {
        return std::find_if(findings.begin(), findings.end(), [&](const LoadFinding& finding) { return standsInTheWay(finding, engine); });
    };
    if (!m_engine.empty()) {
        const Engine named = engineFromName(toLower(m_engine)).value();
        if (const auto obstacle = obstacleOf(named); obstacle != findings.end()) {
            throw Error(ErrorKind::Unsupported, fmt::format("{} would not load this as it is meant: {}{}", label(named), obstacle->message, concernedText(*obstacle)), {}, obstacle->advice);
        }
        return named;
    }
    for (const Engine engine : {engineFor(target), Engine::Tgi, Engine::Transformers}) {
        if (obstacleOf(engine) == findings.end())
            return engine;
    }
    return engineFor(target);
}

ServingWish ServingOptions::wish(const Model& model, Target target, const std::vector<LoadFinding>& findings) const
{
    ServingWish wish;
    wish.engine = engine(target, findings);
    wish.settings = servingSettings(wish.engine, model, m_context);
    for (const std::string& device : m_devices)
        wish.devices.push_back(parseDevice(device));
    return wish;
}

Json toJson(const Serving& serving)
{
    return {{"engine", name(serving.engine)},
            {"command", serving.command.empty() ? Json(nullptr) : Json(serving.command)},
            {"memory", serving.memory ? memoryJson(*serving.memory, serving.settings) : Json(nullptr)}};
}

void print(const Serving& serving)
{
    if (serving.command.empty()) {
        print(fmt::format("\n{} does not load this", label(serving.engine)));
        return;
    }
    print(fmt::format("\n{}:\n    {}", label(serving.engine), serving.command));
    if (!serving.memory)
        return;
    print(fmt::format("\nMemory with {} tokens of context:", serving.settings.contextLength));
    print(memoryTable(*serving.memory));
    print("\n" + serving.memory->explanation);
    for (const std::string& note : serving.memory->notes)
        print("Note: " + note);
}

} // namespace quantlathe::cli
