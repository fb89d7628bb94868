// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli estimate FILE [--plan recipe.json] --ctx N --kv-type T --device NAME: memory to run a model.
#include "core/memory/estimate.h"
#include "app/cli/invocation.h"
#include "app/cli/plan_options.h"
#include "app/cli/table.h"
#include "core/base/text.h"
#include "core/formats/open.h"

#include <fmt/format.h>
#include <memory>
#include <optional>

namespace quantlathe::cli {

namespace {

constexpr std::uint64_t largestContext = std::uint64_t{1}
                                         << 32; // tokens; GGUF stores context lengths in 32 bits

struct Options
{
    std::string file;
    PlanOptions plan;
    std::uint64_t context = RuntimeSettings{}.contextLength;
    std::string cacheType = "F16";
    std::string valueCacheType;
    std::string device;
    unsigned sequences = 1;
};

TensorType parseCacheType(const std::string& text)
{
    const auto type = tensorTypeFromName(text);
    std::string names;
    for (const TensorType offered : cacheTypes()) {
        if (offered == type)
            return offered;
        names += fmt::format("{}{}", names.empty() ? "" : ", ", name(offered));
    }
    throw UsageError(fmt::format("'{}' is no type for the KV cache; there are {}", printable(text), names));
}

void run(const Invocation& invocation, const Options& options)
{
    options.plan.check(false);
    RuntimeSettings settings;
    settings.contextLength = options.context;
    settings.keyCacheType = parseCacheType(options.cacheType);
    settings.valueCacheType =
        options.valueCacheType.empty() ? settings.keyCacheType : parseCacheType(options.valueCacheType);
    settings.sequences = options.sequences;
    std::optional<Device> device;
    if (!options.device.empty())
        device = parseDevice(options.device);

    const auto model = openModel(options.file);
    const Plan plan = options.plan.planFor(*model);
    const MemoryEstimate estimate = estimateMemory(*model, plan, settings, device ? &*device : nullptr);
    if (invocation.json) {
        print(Json{{"path", model->path().string()},
                   {"contextLength", settings.contextLength},
                   {"keyCacheType", name(settings.keyCacheType)},
                   {"valueCacheType", name(settings.valueCacheType)},
                   {"sequences", settings.sequences},
                   {"fileBytes", estimate.fileBytes},
                   {"isFileExact", estimate.isFileExact},
                   {"weightBytes", estimate.weightBytes},
                   {"hostWeightBytes", estimate.hostWeightBytes},
                   {"kvCacheBytes", estimate.kvCacheBytes},
                   {"totalBytes", estimate.totalBytes},
                   {"device", device ? Json(device->name) : Json(nullptr)},
                   {"deviceBytes", estimate.deviceBytes},
                   {"verdict", name(estimate.verdict)},
                   {"explanation", estimate.explanation},
                   {"notes", estimate.notes}});
        return;
    }
    const auto size = [](std::uint64_t bytes) {
        return std::vector<std::string>{formatBytes(bytes), fmt::format("{}", bytes)};
    };
    Table table({"", ">Size", ">Bytes"});
    const auto add = [&](const std::string& title, std::uint64_t bytes) {
        const auto cells = size(bytes);
        table.add({title, cells[0], cells[1]});
    };
    add(estimate.isFileExact ? "File" : "File (without its header)", estimate.fileBytes);
    add("Weights on the device", estimate.weightBytes);
    add("Weights in host memory", estimate.hostWeightBytes);
    add(fmt::format("KV cache, {} tokens", settings.contextLength), estimate.kvCacheBytes);
    add("Device in all", estimate.totalBytes);
    if (device)
        add(fmt::format("{} has", device->name), estimate.deviceBytes);
    print(table.text());
    if (!estimate.explanation.empty())
        print("\n" + estimate.explanation);
    for (const std::string& note : estimate.notes)
        print("Note: " + note);
}

} // namespace

void addEstimate(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command =
        addCommand(app, invocation, "estimate", "Estimate the memory that running the model takes",
                   [&invocation, options] { run(invocation, *options); });
    command->add_option("FILE", options->file, "GGUF file, safetensors file or Hugging Face folder")
        ->required();
    options->plan.add(command, PlanOptions::Recipe::Allowed);
    addNumber(command, "--ctx", options->context, "Context length in tokens; 0 = the model's own maximum", 0,
              largestContext)
        ->type_name("N");
    command->add_option("--kv-type", options->cacheType, "Type of the KV cache, such as F16 or Q8_0")
        ->type_name("TYPE");
    command
        ->add_option("--value-type", options->valueCacheType, "Another type for the values of the KV cache")
        ->type_name("TYPE");
    command
        ->add_option("--device", options->device,
                     "A device such as 'RTX 4090', or an amount of memory such as 24GiB")
        ->type_name("NAME");
    addNumber(command, "--sequences", options->sequences, "Parallel sequences", 1, 65536)->type_name("N");
}

} // namespace quantlathe::cli
