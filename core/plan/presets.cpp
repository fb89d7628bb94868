// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/presets.h"

#include "core/base/text.h"
#include "core/plan/mixture.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace quantlathe {

namespace {

using enum TensorType;

constexpr std::uint32_t number(FileType type)
{
    return static_cast<std::uint32_t>(type);
}

constexpr std::array<Preset, 35> presets = {{
    {"Q4_K_M", "4 bits, the usual choice: half of the value and down matrices in 6 bits", number(FileType::Q4_K_M), Q4_K, false},
    {"Q4_K_S", "4 bits, smaller: the first layers a little better", number(FileType::Q4_K_S), Q4_K, false},
    {"IQ4_XS", "4.25 bits, non-linear: smaller than Q4_K_S at about its quality", number(FileType::IQ4_XS), IQ4_XS, false},
    {"IQ4_NL", "4.5 bits, non-linear, for rows that are no multiple of 256", number(FileType::IQ4_NL), IQ4_NL, false},
    {"Q4_0", "4 bits, one scale per 32 weights: fast everywhere", number(FileType::Q4_0), Q4_0, false},
    {"Q4_1", "4 bits, scale and minimum per 32 weights", number(FileType::Q4_1), Q4_1, false},
    {"MXFP4_MOE", "expert matrices as 4-bit floats, all else 8 bits", number(FileType::MXFP4_MOE), MXFP4, false},
    {"Q5_K_M", "5 bits: close to 16 bits, half of the value and down matrices in 6 bits", number(FileType::Q5_K_M), Q5_K, false},
    {"Q5_K_S", "5 bits everywhere", number(FileType::Q5_K_S), Q5_K, false},
    {"Q5_0", "5 bits, one scale per 32 weights", number(FileType::Q5_0), Q5_0, false},
    {"Q5_1", "5 bits, scale and minimum per 32 weights", number(FileType::Q5_1), Q5_1, false},
    {"Q6_K", "6 bits: hardly to be told from 16 bits", number(FileType::Q6_K), Q6_K, false},
    {"Q8_0", "8 bits: practically lossless", number(FileType::Q8_0), Q8_0, false},
    {"Q3_K_M", "3 bits with better value, output and down matrices", number(FileType::Q3_K_M), Q3_K, false},
    {"Q3_K_L", "3 bits with the important matrices in 5 bits", number(FileType::Q3_K_L), Q3_K, false},
    {"Q3_K_S", "3 bits everywhere", number(FileType::Q3_K_S), Q3_K, false},
    {"IQ3_M", "3.4 bits, lattice codes, the important matrices in 4 bits", number(FileType::IQ3_M), IQ3_S, false},
    {"IQ3_S", "3.4 bits, lattice codes", number(FileType::IQ3_S), IQ3_S, false},
    {"IQ3_XS", "3.3 bits, lattice codes", number(FileType::IQ3_XS), IQ3_S, true},
    {"IQ3_XXS", "3.1 bits, lattice codes", number(FileType::IQ3_XXS), IQ3_XXS, true},
    {"Q2_K", "2.6 bits, the important matrices in 3 or 4: a visible loss", number(FileType::Q2_K), Q2_K, false},
    {"Q2_K_S", "2.6 bits", number(FileType::Q2_K_S), Q2_K, true},
    {"IQ2_M", "2.7 bits, lattice codes", number(FileType::IQ2_M), IQ2_S, true},
    {"IQ2_S", "2.5 bits, lattice codes", number(FileType::IQ2_S), IQ2_XS, true},
    {"IQ2_XS", "2.3 bits, lattice codes", number(FileType::IQ2_XS), IQ2_XS, true},
    {"IQ2_XXS", "2.1 bits, lattice codes", number(FileType::IQ2_XXS), IQ2_XXS, true},
    {"IQ1_M", "1.75 bits: for models that fit no other way", number(FileType::IQ1_M), IQ1_M, true},
    {"IQ1_S", "1.6 bits: for models that fit no other way", number(FileType::IQ1_S), IQ1_S, true},
    {"TQ2_0", "2.1 bits, for models trained with ternary weights", number(FileType::TQ2_0), TQ2_0, false},
    {"TQ1_0", "1.7 bits, for models trained with ternary weights", number(FileType::TQ1_0), TQ1_0, false},
    {"Q2_0", "2.25 bits, for models trained with few levels", number(FileType::Q2_0), Q2_0, false},
    {"Q1_0", "1.1 bits, for models trained with binary weights", number(FileType::Q1_0), Q1_0, false},
    {"F16", "16 bits, IEEE half", number(FileType::F16), F16, false},
    {"BF16", "16 bits, the range of 32", number(FileType::BF16), BF16, false},
    {"F32", "32 bits", number(FileType::F32), F32, false},
}};

/// Aliases llama-quantize takes.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> aliases = {
    {{"Q3_K", "Q3_K_M"}, {"Q4_K", "Q4_K_M"}, {"Q5_K", "Q5_K_M"}}};

/// A tensor of the finished GGUF: experts that are separate tensors in the source count once.
struct Canonical
{
    std::string_view name;
    int layer = -1; ///< from "blk.N."; -1 for all others, which therefore come first
    std::vector<std::size_t> sources;
};

int blockOf(std::string_view canonicalName)
{
    constexpr std::string_view prefix = "blk.";
    if (!canonicalName.starts_with(prefix))
        return -1;
    const char* const end = canonicalName.data() + canonicalName.size();
    int layer = -1;
    const auto [next, error] = std::from_chars(canonicalName.data() + prefix.size(), end, layer);
    return error == std::errc{} && next != end && *next == '.' && layer >= 0 ? layer : -1;
}

/// By layer, then name: the order in which llama-quantize's counters advance.
std::vector<Canonical> canonicalTensors(const Model& model)
{
    std::map<std::pair<int, std::string_view>, std::vector<std::size_t>> sorted;
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const std::string_view canonicalName = model.place(index).canonicalName;
        sorted[{blockOf(canonicalName), canonicalName}].push_back(index);
    }
    std::vector<Canonical> result;
    result.reserve(sorted.size());
    for (auto& [key, sources] : sorted)
        result.push_back({key.second, key.first, std::move(sources)});
    return result;
}

bool isStacked(const Tensor& tensor, const TensorPlace& place)
{
    const auto& dimensions = tensor.shape().dimensions();
    return place.expert.has_value() || (dimensions.size() >= 3 && dimensions[dimensions.size() - 3] > 1);
}

/// Rows of the first tensor whose canonical name contains @p part; 0 when there is none.
std::uint64_t rowsOf(const Model& model, const std::vector<Canonical>& tensors, std::string_view part)
{
    for (const Canonical& tensor : tensors) {
        if (tensor.name.find(part) != std::string_view::npos)
            return model.tensors()[tensor.sources.front()].shape().rowCount();
    }
    return 0;
}

std::uint64_t headsPerKvHead(const Model& model, const std::vector<Canonical>& tensors)
{
    const Hyperparameters& parameters = model.architecture().parameters;
    if (!parameters.headCount.empty() && !parameters.headCountKv.empty()) // of the first layer, as llama.cpp asks
        return parameters.headCountKv[0] == 0 ? 0 : parameters.headCount[0] / parameters.headCountKv[0];
    // A lone file of weights does not tell: the matrices' shapes do.
    const std::uint64_t keys = rowsOf(model, tensors, "attn_k.weight");
    return keys == 0 ? 1 : std::max<std::uint64_t>(1, rowsOf(model, tensors, "attn_q.weight") / keys);
}

/// The architectures and layer counts that llama.cpp calls "70B".
bool isSeventyB(const Architecture& architecture)
{
    const Hyperparameters& parameters = architecture.parameters;
    const std::uint64_t layers = parameters.layerCount;
    if (architecture.name == "llama")
        return layers == 80 && parameters.expertCount != 8 && parameters.headCount != parameters.headCountKv;
    if (architecture.name == "jais2")
        return layers == 68;
    constexpr std::array<std::string_view, 3> eightyLayers = {"qwen2", "deci", "olmo"};
    return layers == 80 && std::find(eightyLayers.begin(), eightyLayers.end(), architecture.name) != eightyLayers.end();
}

MixtureModel mixtureModelOf(const Model& model, const std::vector<Canonical>& tensors, bool hasImportance)
{
    const Hyperparameters& parameters = model.architecture().parameters;
    MixtureModel facts;
    facts.isFalcon = model.architecture().name == "falcon";
    facts.isSeventyB = isSeventyB(model.architecture());
    facts.isEmbeddingTied = true;
    facts.hasImportance = hasImportance;
    facts.expertCount = parameters.expertCount;
    facts.headsPerKvHead = headsPerKvHead(model, tensors);
    for (const Canonical& tensor : tensors) {
        facts.isEmbeddingTied = facts.isEmbeddingTied && tensor.name != "output.weight";
        facts.valueCount += isValueLike(mixtureCategoryOf(tensor.name)) ? 1 : 0;
        facts.layerCount = std::max<std::int64_t>(facts.layerCount, std::int64_t{tensor.layer} + 1);
        if (parameters.expertCount == 0 && tensor.name.find("_exps.weight") != std::string_view::npos) {
            const Tensor& first = model.tensors()[tensor.sources.front()];
            const std::uint64_t count = tensor.sources.size() > 1  ? tensor.sources.size()
                : first.shape().rank() == 3 ? first.shape().dimensions()[0]
                                            : 1;
            facts.expertCount = std::max(facts.expertCount, count);
        }
    }
    if (parameters.layerCount > 0 && parameters.layerCount < 1u << 20)
        facts.layerCount = static_cast<std::int64_t>(parameters.layerCount);
    return facts;
}

const TypeRule* firstMatch(std::span<const TypeRule> rules, std::string_view canonicalName)
{
    const auto found = std::find_if(rules.begin(), rules.end(),
                                    [canonicalName](const TypeRule& rule) { return rule.matches(canonicalName); });
    return found == rules.end() ? nullptr : &*found;
}

/// Calls @p decide for every tensor that can be quantized and no rule takes, in llama-quantize's order.
template <typename Decide>
Plan planBy(const Model& model, const std::vector<Canonical>& tensors, std::span<const TypeRule> rules,
            const Decide& decide)
{
    Plan plan;
    for (const Canonical& canonical : tensors) {
        const Tensor& first = model.tensors()[canonical.sources.front()];
        const TensorPlace& place = model.place(canonical.sources.front());
        if (!isQuantizable(first, place))
            continue;
        const TypeRule* const rule = firstMatch(rules, canonical.name);
        const Choice choice{rule ? rule->type()
                                 : decide(MixtureTensor{canonical.name, first.shape().rowLength(), canonical.layer,
                                                        isStacked(first, place)})};
        for (const std::size_t index : canonical.sources)
            plan.setChoice(model.tensors()[index].name(), choice);
    }
    return plan;
}

} // namespace

std::span<const Preset> allPresets()
{
    return presets;
}

const Preset* findPreset(std::string_view id)
{
    std::string upper = toUpper(id);
    for (const auto& [alias, real] : aliases) {
        if (upper == alias)
            upper = real;
    }
    const auto found = std::find_if(presets.begin(), presets.end(),
                                    [&upper](const Preset& preset) { return preset.id == upper; });
    return found == presets.end() ? nullptr : &*found;
}

Plan planFromPreset(const Model& model, const Preset& preset, const PresetOptions& options)
{
    const std::vector<Canonical> tensors = canonicalTensors(model);
    Mixture mixture(static_cast<FileType>(preset.fileType), preset.baseType,
                    mixtureModelOf(model, tensors, options.hasImportance));
    const bool isPure = options.pure || !info(preset.baseType).isQuantized();
    Plan plan = planBy(model, tensors, options.rules, [&](const MixtureTensor& tensor) {
        return isPure ? preset.baseType : mixture.next(tensor);
    });
    plan.preset = preset.id;
    return plan;
}

Plan planFromType(const Model& model, TensorType type, std::span<const TypeRule> rules)
{
    return planBy(model, canonicalTensors(model), rules, [type](const MixtureTensor&) { return type; });
}

std::uint32_t fileTypeOf(const Model& model, const Plan& plan)
{
    if (const Preset* const preset = findPreset(plan.preset))
        return preset->fileType;
    if (plan.choices().empty() && model.format() == ModelFormat::Gguf) {
        const auto stored = model.metadata().unsignedInteger("general.file_type");
        if (stored && *stored <= UINT32_MAX)
            return static_cast<std::uint32_t>(*stored);
    }
    std::array<std::uint64_t, tensorTypeCount> weights{};
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const Tensor& tensor = model.tensors()[index];
        if (!isQuantizable(tensor, model.place(index)))
            continue;
        const auto choice = plan.choice(tensor.name());
        const WrittenType written
            = writtenType(factsOf(model, index), choice ? std::optional(choice->type) : std::nullopt);
        weights[static_cast<std::size_t>(written.type)] += tensor.shape().weightCount();
    }
    const auto most = std::max_element(weights.begin(), weights.end());
    const auto type = *most == 0 ? F32 : static_cast<TensorType>(most - weights.begin());
    if (type == NVFP4)
        return number(FileType::NVFP4);
    if (type == MXFP4)
        return number(FileType::MXFP4_MOE);
    const Preset* const preset = findPreset(name(type)); // Q4_K is an alias of Q4_K_M
    return preset ? preset->fileType : number(FileType::F32);
}

} // namespace quantlathe
