// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli estimate FILE --runner R --ctx N --device NAME ...: memory to run a model, per device and host.
#include "core/memory/estimate.h"
#include "app/cli/invocation.h"
#include "app/cli/memory_report.h"
#include "app/cli/plan_options.h"
#include "core/base/text.h"
#include "core/formats/open.h"

#include <fmt/format.h>
#include <charconv>
#include <memory>
#include <optional>

namespace quantlathe::cli {

namespace {

constexpr std::uint64_t largestContext = std::uint64_t{1}
                                         << 32; // tokens; GGUF stores context lengths in 32 bits
constexpr std::uint64_t mostRows = 1 << 24;

/// What was given; the rest is the runner's default.
struct Options
{
    std::string file;
    PlanOptions plan;
    std::string runner = "llama-server";
    std::optional<std::uint64_t> context, batch, microBatch, slots, gpuLayers, outputs;
    std::uint64_t cpuExperts = 0;
    std::string cacheType, keyType, valueType;
    bool isSplit = false, isWithoutFlashAttention = false, isWindowFull = false, isCacheOnHost = false,
         isWithoutOffload = false, isInverse = false;
    std::string tensorSplit;
    std::optional<double> utilization, hostBandwidth;
    std::vector<std::string> devices;
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

std::vector<double> parseSplit(const std::string& text)
{
    std::vector<double> shares;
    std::size_t start = 0;
    while (!text.empty() && start <= text.size()) {
        const std::size_t end = std::min(text.find_first_of(",:/", start), text.size());
        double share = 0;
        const auto [next, error] = std::from_chars(text.data() + start, text.data() + end, share);
        if (error != std::errc{} || next != text.data() + end || !(share >= 0 && share < 1e12))
            throw UsageError(fmt::format("--tensor-split: '{}' is no list of shares such as 3,1", printable(text)));
        shares.push_back(share);
        start = end + 1;
    }
    return shares;
}

RuntimeSettings settingsOf(const Options& options)
{
    const auto runner = runnerFromName(options.runner);
    if (!runner) {
        std::string names;
        for (const Runner offered : allRunners())
            names += fmt::format("{}{}", names.empty() ? "" : ", ", name(offered));
        throw UsageError(fmt::format("'{}' is no runner; there are {}", printable(options.runner), names));
    }
    RuntimeSettings settings = defaultSettings(*runner);
    settings.contextLength = options.context.value_or(settings.contextLength);
    settings.batch = static_cast<unsigned>(options.batch.value_or(settings.batch));
    settings.microBatch = static_cast<unsigned>(options.microBatch.value_or(settings.microBatch));
    settings.sequences = static_cast<unsigned>(options.slots.value_or(settings.sequences));
    settings.outputs = options.outputs;
    if (options.gpuLayers)
        settings.gpuLayers = static_cast<unsigned>(*options.gpuLayers);
    settings.cpuExpertLayers = static_cast<unsigned>(options.cpuExperts);
    const std::string& common = options.cacheType;
    if (const std::string& key = options.keyType.empty() ? common : options.keyType; !key.empty())
        settings.keyCacheType = parseCacheType(key);
    if (const std::string& value = options.valueType.empty() ? common : options.valueType; !value.empty())
        settings.valueCacheType = parseCacheType(value);
    settings.isCacheUnified = settings.isCacheUnified && !options.isSplit;
    settings.isFlashAttention = !options.isWithoutFlashAttention;
    settings.isSlidingWindowFull = options.isWindowFull;
    settings.isCacheOnHost = options.isCacheOnHost;
    settings.isOperationOffload = !options.isWithoutOffload;
    settings.tensorSplit = parseSplit(options.tensorSplit);
    settings.memoryUtilization = options.utilization.value_or(settings.memoryUtilization);
    settings.hostBandwidthGBs = options.hostBandwidth.value_or(settings.hostBandwidthGBs);
    return settings;
}

template <typename Value> Json optionalJson(const std::optional<Value>& value)
{
    return value ? Json(*value) : Json(nullptr);
}

/// Decimal, as disks and people count: 42.5 GB.
std::string gigabytes(std::uint64_t bytes)
{
    return fmt::format("{:.1f} {}", static_cast<double>(bytes) / (bytes < 1'000'000'000 ? 1e6 : 1e9),
                       bytes < 1'000'000'000 ? "MB" : "GB");
}

std::string fleetText(const std::optional<Fleet>& fleet)
{
    return fleet ? fmt::format("{} x {:.0f} GB", fleet->count, static_cast<double>(fleet->device.totalBytes) / 0x1p30)
                 : std::string("none of the common cards");
}

Json fleetJson(const std::optional<Fleet>& fleet)
{
    return fleet ? Json{{"count", fleet->count}, {"name", fleet->device.name}, {"capacity", fleet->device.usableBytes}}
                 : Json(nullptr);
}

/// "4.0 bits would be 35.3 GB; with scales and 6-bit tensors it is 42.5 GB"
std::string bareBitsText(const MemoryEstimate& estimate)
{
    std::string larger;
    for (std::size_t index = 0; index < estimate.largerBits.size(); ++index)
        larger += fmt::format("{}{}", index == 0 ? " and " : index + 1 < estimate.largerBits.size() ? "-, " : "- and ",
                              estimate.largerBits[index]);
    return fmt::format("{:.1f} bits would be {}; with scales{}{} it is {}", estimate.nominalBits,
                       gigabytes(estimate.bareBytes), larger, larger.empty() ? "" : "-bit tensors",
                       gigabytes(estimate.fileBytes));
}

void printJson(const Model& model, const MemoryModel& memory, const RuntimeSettings& settings,
               const MemoryEstimate& estimate, const MemoryAnswers& answers, bool isInverse)
{
    Json json = memoryJson(estimate, settings);
    json.update({{"path", model.path().string()},
              {"fileBytes", estimate.fileBytes},
              {"isFileExact", estimate.isFileExact},
              {"sixteenBitBytes", memory.sixteenBitBytes()},
              {"before", {{"fileBytes", answers.sixteenBitFileBytes}, {"cards", fleetJson(answers.before)}}},
              {"after", {{"fileBytes", estimate.fileBytes}, {"cards", fleetJson(answers.after)}}},
              {"nominalBits", estimate.nominalBits},
              {"bareBytes", estimate.bareBytes},
              {"largerBits", estimate.largerBits},
              {"tokensPerSecond",
               estimate.decodeSpeed.low > 0
                   ? Json{{"low", number(estimate.decodeSpeed.low)}, {"high", number(estimate.decodeSpeed.high)}}
                   : Json(nullptr)}});
    if (isInverse)
        json["fits"] = {{"context", optionalJson(answers.largestContext)},
                        {"gpuLayers", optionalJson(answers.mostGpuLayers)},
                        {"cpuExperts", optionalJson(answers.fewestCpuExpertLayers)}};
    print(json);
}

void printText(const MemoryModel& memory, const RuntimeSettings& settings, const MemoryEstimate& estimate,
               const MemoryAnswers& answers, bool isInverse)
{
    print(memoryTable(estimate));
    print(fmt::format("\n{}, {} tokens of context, keys {}, values {}, {} slot{}", label(settings.runner),
                      settings.contextLength, name(settings.keyCacheType), name(settings.valueCacheType),
                      settings.sequences, settings.sequences == 1 ? "" : "s"));
    for (const DeviceMemory& device : estimate.devices)
        print(fmt::format("{}: {} of {} layers{}; compute buffer fullest with the {}", device.name, device.layers,
                          memory.layerCount(), device.hasOutput ? " and the output" : "", label(device.computePhase)));
    print(fmt::format("{}: {} ({} bytes)", estimate.isFileExact ? "File" : "File without its header",
                      formatBytes(estimate.fileBytes), estimate.fileBytes));
    std::string saved;
    if (estimate.fileBytes < answers.sixteenBitFileBytes)
        saved = fmt::format(" ({:.0f} % saved)", 100 - 100 * static_cast<double>(estimate.fileBytes)
                                                           / static_cast<double>(answers.sixteenBitFileBytes));
    print(fmt::format("{} in 16 bits -> {}{}; needs {} -> {}", gigabytes(answers.sixteenBitFileBytes),
                      gigabytes(estimate.fileBytes), saved, fleetText(answers.before), fleetText(answers.after)));
    if (estimate.nominalBits > 0)
        print(bareBitsText(estimate));
    if (estimate.decodeSpeed.low > 0)
        print(fmt::format("Estimated from bandwidths: {:.1f} to {:.1f} tokens per second", estimate.decodeSpeed.low,
                          estimate.decodeSpeed.high));
    if (isInverse) {
        const auto text = [](const auto& value) { return value ? fmt::format("{}", *value) : std::string("none"); };
        print(fmt::format("What fits: {} tokens of context; {} layers on the devices", text(answers.largestContext),
                          text(answers.mostGpuLayers)));
        if (memory.hasExperts())
            print(fmt::format("With all layers on the devices, the experts of so many layers must stay in main memory: {}",
                              text(answers.fewestCpuExpertLayers)));
    }
    print("\n" + estimate.explanation);
    for (const std::string& note : estimate.notes)
        print("Note: " + note);
}

void run(const Invocation& invocation, const Options& options)
{
    options.plan.check(false);
    const RuntimeSettings settings = settingsOf(options);
    std::vector<Device> devices;
    for (const std::string& device : options.devices)
        devices.push_back(parseDevice(device));

    const auto model = openModel(options.file);
    const Plan plan = options.plan.planFor(*model);
    const MemoryModel memory(*model);
    const MemoryEstimate estimate = memory.estimate(plan, settings, devices);
    const MemoryAnswers answers = memory.answers(plan, settings, devices);
    if (invocation.json)
        printJson(*model, memory, settings, estimate, answers, options.isInverse);
    else
        printText(memory, settings, estimate, answers, options.isInverse);
}

/// A whole number that may be left out.
void addOptional(CLI::App* command, const std::string& option, std::optional<std::uint64_t>& value,
                 const std::string& description, std::uint64_t low, std::uint64_t high)
{
    const std::string first = option.substr(0, option.find(','));
    command
        ->add_option_function<std::string>(
            option, [&value, first, low, high](const std::string& text) { value = parseNumber(first, text, low, high); },
            description)
        ->type_name("N");
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
    command
        ->add_option("--runner", options->runner, "llama-server, llama-bench, ollama, vllm or transformers")
        ->type_name("R");
    addOptional(command, "--ctx", options->context, "Context length in tokens; 0 = the model's own maximum", 0,
                largestContext);
    addOptional(command, "--batch", options->batch, "Tokens per batch; vllm: per step", 1, mostRows);
    addOptional(command, "--ubatch", options->microBatch, "Tokens per micro-batch", 1, mostRows);
    command->add_option("--kv-type-k", options->keyType, "Type of the cached keys, such as F16 or Q8_0")->type_name("T");
    command->add_option("--kv-type-v,--value-type", options->valueType, "Type of the cached values")->type_name("T");
    command->add_option("--kv-type", options->cacheType, "Type of both")->type_name("T");
    addOptional(command, "--slots,--sequences", options->slots, "Parallel sequences", 1, 65536);
    command->add_flag("--split-kv", options->isSplit, "A cache of its own for each slot, not one for all");
    command->add_flag("--no-flash-attention", options->isWithoutFlashAttention, "Without flash attention");
    command->add_flag("--swa-full", options->isWindowFull, "Windowed layers keep the whole context");
    command->add_flag("--no-kv-offload", options->isCacheOnHost, "The KV cache stays in main memory");
    command->add_flag("--no-op-offload", options->isWithoutOffload,
                      "Weights in main memory are not copied to a device for large batches");
    addOptional(command, "--gpu-layers", options->gpuLayers,
                "Layers on the devices, the output first, then from the last layer on; all by default", 0, 1 << 20);
    addNumber(command, "--cpu-experts", options->cpuExperts, "The experts of the first N layers stay in main memory", 0,
              1 << 20)
        ->type_name("N");
    command->add_option("--tensor-split", options->tensorSplit, "Shares of several devices; by their memory otherwise")
        ->type_name("A,B,...");
    addOptional(command, "--outputs", options->outputs, "Rows of logits per micro-batch; 0 = for every token", 0, mostRows);
    command
        ->add_option("--device", options->devices,
                     "A device such as 'RTX 4090', or an amount of memory such as 24GiB; once for each. Without: one of "
                     "unknown size")
        ->type_name("NAME")
        ->allow_extra_args(false);
    command->add_option("--memory-utilization", options->utilization, "vllm: share of a device it may use (0.9)")
        ->check(CLI::Range(0.05, 1.0))
        ->type_name("X");
    command->add_option("--host-bandwidth", options->hostBandwidth, "Of main memory in GB/s, for the speed (60)")
        ->check(CLI::Range(1.0, 10000.0))
        ->type_name("X");
    command->add_flag("--what-fits", options->isInverse, "Also the largest context and the most layers that fit");
    command->footer(
        "Defaults by runner:\n"
        "  llama-server  8192 tokens, batch 2048, ubatch 512, 4 slots that share one cache, logits of one row per slot\n"
        "  llama-bench   8192 tokens, batch 2048, ubatch 512, 1 slot, logits for every token of the micro-batch\n"
        "  ollama        4096 tokens, batch 512, ubatch 512, 1 slot\n"
        "  vllm          8192 tokens, 8192 tokens per step, 90 % of each device, tensor parallel over the devices\n"
        "  transformers  8192 tokens, weights in 16 bits, layers spread over the devices\n"
        "Keys and values in F16, flash attention on, everything on the devices.\n"
        "\"total\" is weights + kv + compute + overhead, overhead the middle of its band (overhead_low, overhead_high).");
}

} // namespace quantlathe::cli
