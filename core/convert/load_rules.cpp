// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/load_rules.h"

#include "core/base/error.h"
#include "core/convert/export_layouts.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <set>

namespace quantlathe {

namespace {

using E = Engine;

/// Where a tensor belongs to a fused group: 1 queries, keys and values, 2 gate and up; 0 nowhere.
int fusedKind(TensorRole role)
{
    using R = TensorRole;
    switch (role) {
    case R::AttentionQuery:
    case R::AttentionKey:
    case R::AttentionValue:
        return 1;
    case R::FeedForwardGate:
    case R::FeedForwardUp:
        return 2;
    case R::ExpertGate:
    case R::ExpertUp:
        return 3;
    case R::SharedExpertGate:
    case R::SharedExpertUp:
        return 4;
    default:
        return 0;
    }
}

/// @p text as one word of a POSIX shell: in single quotes where it has other characters than names usually have.
std::string shellQuoted(std::string_view text)
{
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+=:@%,";
    if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos)
        return std::string(text);
    std::string quoted = "'";
    for (const char character : text) {
        if (character == '\'')
            quoted += "'\\''";
        else
            quoted += character;
    }
    return quoted + "'";
}

class Checker
{
public:
    Checker(const FolderContents& contents, const Plan& plan, const FolderOptions& options)
        : m_contents(contents), m_plan(plan), m_options(options)
    {
        for (std::size_t index = 0; index < contents.tensors.size(); ++index) {
            if (const Choice* choice = quantizedChoice(contents, plan, index))
                m_quantized.emplace(index, *choice);
        }
    }

    std::vector<LoadFinding> run()
    {
        if (m_plan.target == Target::Safetensors || m_plan.target == Target::Gguf)
            return m_findings;
        if (m_quantized.empty())
            add(LoadVerdict::Impossible, {}, "no layer is quantized: the target 'safetensors' writes such a folder", "Choose plain 16-bit weights", {});
        for (const auto& [index, choice] : m_quantized)
            checkLayer(index, choice);
        addWhere(LoadVerdict::Advice, {}, "the source is quantized already: its errors and the new ones add up, and the original model would give better results", "Open the original model where you have it",
                 [](const Tensor& t, const Choice&) { return info(t.type()).isQuantized(); });
        checkFused();
        checkMixture();
        switch (m_plan.target) {
        case Target::Gptq:
            checkGptq();
            break;
        case Target::Awq:
            checkAwq();
            break;
        case Target::CompressedTensors:
            checkCompressed();
            break;
        case Target::Fp8:
            checkFp8();
            break;
        default:
            break;
        }
        return std::move(m_findings);
    }

private:
    using Test = std::function<bool(const Tensor&, const Choice&)>;

    [[nodiscard]] const Tensor& tensor(std::size_t index) const { return m_contents.tensors[index].weights; }
    void add(LoadVerdict verdict, std::vector<Engine> engines, std::string message, std::string advice, std::vector<std::string> tensors)
    {
        // What is said of one layer is said of the next in most models: one finding names them all.
        const auto same = std::find_if(m_findings.begin(), m_findings.end(), [&](const LoadFinding& known) {
            return !known.tensors.empty() && !tensors.empty() && known.verdict == verdict && known.engines == engines && known.message == message && known.advice == advice;
        });
        if (same != m_findings.end())
            same->tensors.insert(same->tensors.end(), tensors.begin(), tensors.end());
        else
            m_findings.push_back({verdict, std::move(engines), std::move(message), std::move(advice), std::move(tensors)});
    }
    /// One finding for all layers that @p test is true of.
    void addWhere(LoadVerdict verdict, std::vector<Engine> engines, std::string message, std::string advice, const Test& test)
    {
        std::vector<std::string> names;
        for (const auto& [index, choice] : m_quantized) {
            if (test(tensor(index), choice))
                names.push_back(tensor(index).name());
        }
        if (!names.empty())
            add(verdict, std::move(engines), std::move(message), std::move(advice), std::move(names));
    }
    static std::uint64_t inputs(const Tensor& tensor) { return tensor.shape().rowLength(); }
    static std::uint64_t outputs(const Tensor& tensor) { return tensor.shape().rowCount(); }
    static const GroupScheme* integers(const Choice& choice) { return std::get_if<GroupScheme>(&choice.scheme); }

    void checkLayer(std::size_t index, const Choice& choice)
    {
        const Tensor& weights = tensor(index);
        if (weights.shape().rank() != 2 || !weights.name().ends_with(".weight")) {
            add(LoadVerdict::Impossible, {}, "only matrices called '<layer>.weight' can be quantized in a folder", "Leave it in 16 bits", {weights.name()});
            return;
        }
        if (!isLinearWeight(m_contents, index)) {
            add(LoadVerdict::Impossible, {}, "engines need embeddings, the output layer, routers and norms in 16 bits", "Leave it in 16 bits", {weights.name()});
            return;
        }
        try {
            const PackLayout layout = layoutFor(m_plan.target, choice, m_options);
            (void)piecesOf(layout, choice.scheme, outputs(weights), inputs(weights));
        } catch (const Error& error) {
            add(LoadVerdict::Impossible, {}, error.message(), error.advice(), {weights.name()});
            return;
        }
        const auto* scheme = integers(choice);
        if (scheme && scheme->groupSize > 0 && inputs(weights) % scheme->groupSize != 0) {
            add(LoadVerdict::Impossible, {}, fmt::format("groups of {} do not divide {} inputs", scheme->groupSize, inputs(weights)),
                "Choose smaller groups, or one for the whole row", {weights.name()});
        }
    }

    void checkFused()
    {
        const auto groups = fusedGroups(m_contents);
        std::map<std::size_t, std::vector<std::size_t>> members;
        for (std::size_t index = 0; index < groups.size(); ++index)
            members[groups[index]].push_back(index);
        std::vector<std::string> names;
        for (const auto& member : members) {
            const std::vector<std::size_t>& indices = member.second;
            const auto schemeOf = [&](std::size_t index) {
                const auto found = m_quantized.find(index);
                return found == m_quantized.end() ? std::nullopt : std::optional(std::pair(found->second.scheme, found->second.scheme.index() == 0
                                                                                                                     ? std::optional(found->second.type)
                                                                                                                     : std::nullopt));
            };
            const bool isUniform = std::all_of(indices.begin(), indices.end(), [&](std::size_t index) { return schemeOf(index) == schemeOf(indices.front()); });
            if (!isUniform)
                names.push_back(tensor(indices.front()).name());
        }
        if (!names.empty()) {
            add(LoadVerdict::Refused, {E::Vllm, E::Tgi},
                "queries, keys and values, as gate and up, become one matrix in these engines and must share one scheme",
                "Give all of them the same bits", std::move(names));
        }
    }

    /// True when all quantized layers have the same scheme.
    [[nodiscard]] bool isUniform() const
    {
        return std::all_of(m_quantized.begin(), m_quantized.end(), [&](const auto& entry) {
            const Choice& first = m_quantized.begin()->second;
            return entry.second.scheme == first.scheme && (entry.second.scheme.index() != 0 || entry.second.type == first.type);
        });
    }

    void checkMixture()
    {
        if (isUniform())
            return;
        if (m_plan.target == Target::Awq || m_plan.target == Target::Fp8) {
            add(LoadVerdict::Impossible, {}, fmt::format("the layout '{}' has one scheme for all layers; mixed bits need gptq or compressed-tensors", name(m_plan.target)),
                "Choose the same bits for all layers, or another format", {});
            return;
        }
        if (m_plan.target == Target::Gptq)
            add(LoadVerdict::Refused, {E::Tgi, E::LlamaCpp}, "these engines do not read GPTQ's 'dynamic', which gives layers other bits or groups",
                "Choose the same bits for all layers", {});
        else
            add(LoadVerdict::Refused, {E::LlamaCpp}, "llama.cpp's converter reads one scheme for all layers", "Choose the same bits for all layers", {});
    }

    void checkGptq()
    {
        addWhere(LoadVerdict::Refused, {E::Vllm}, "vLLM reads GPTQ with 4 or 8 bits, symmetric only", "Choose 4 or 8 bits, symmetric",
                 [](const Tensor&, const Choice& c) { return integers(c) && (!integers(c)->isSymmetric || (integers(c)->bits != 4 && integers(c)->bits != 8)); });
        addWhere(LoadVerdict::Refused, {E::Vllm, E::Tgi}, "their kernels have groups of 32, 64, 128 or whole rows", "Choose one of these", [](const Tensor&, const Choice& c) {
            const std::uint64_t size = integers(c) ? integers(c)->groupSize : 0;
            return size != 0 && size != 32 && size != 64 && size != 128;
        });
        addWhere(LoadVerdict::Refused, {E::Vllm}, "its fast kernels need outputs in multiples of 64 and inputs in multiples of 128, on every GPU",
                 "Choose compressed-tensors, which vLLM also runs with slower kernels",
                 [](const Tensor& t, const Choice&) { return outputs(t) % 64 != 0 || inputs(t) % 128 != 0; });
        addWhere(LoadVerdict::Refused, {E::LlamaCpp}, "llama.cpp's converter reads GPTQ with 2, 4 and 8 bits", "Choose 4 bits",
                 [](const Tensor&, const Choice& c) { return integers(c) && integers(c)->bits == 3; });
        addWhere(LoadVerdict::Misread, {E::Tgi}, "zero points lie as in GPTQ v2, which TGI takes for v1: every weight would be one step off",
                 "Choose symmetric codes without the v2 layout",
                 [&](const Tensor&, const Choice& c) { return integers(c) && (m_options.isGptqV2 || !integers(c)->isSymmetric); });
        add(LoadVerdict::Advice, {E::Transformers}, "transformers needs the packages optimum and gptqmodel", {}, {});
    }

    void checkAwq()
    {
        add(LoadVerdict::Refused, {E::LlamaCpp}, "llama.cpp's converter does not read AWQ", "Choose GGUF for llama.cpp", {});
        addWhere(LoadVerdict::Refused, {E::Vllm, E::Tgi}, "their kernels have groups of 32, 64, 128 or whole rows", "Choose one of these", [](const Tensor&, const Choice& c) {
            const std::uint64_t size = integers(c) ? integers(c)->groupSize : 0;
            return size != 0 && size != 32 && size != 64 && size != 128;
        });
        addWhere(LoadVerdict::Refused, {E::Vllm, E::Tgi}, "their kernels need outputs in multiples of 64", "Choose compressed-tensors",
                 [](const Tensor& t, const Choice&) { return outputs(t) % 64 != 0; });
        add(LoadVerdict::Advice, {E::Transformers}, "transformers needs the packages accelerate and gptqmodel", {}, {});
    }

    void checkCompressed()
    {
        addWhere(LoadVerdict::Refused, {E::Tgi}, "TGI reads packed integers symmetric only", "Choose symmetric codes",
                 [](const Tensor&, const Choice& c) { return integers(c) && !integers(c)->isSymmetric; });
        addWhere(LoadVerdict::Refused, {E::Vllm}, "vLLM fails on 8-bit codes with zero points", "Choose symmetric codes",
                 [](const Tensor&, const Choice& c) { return integers(c) && !integers(c)->isSymmetric && integers(c)->bits == 8; });
        addWhere(LoadVerdict::Refused, {E::Vllm, E::Tgi}, "their kernels have 4 and 8 bits", "Choose 4 or 8 bits",
                 [](const Tensor&, const Choice& c) { return integers(c) && integers(c)->bits == 2; });
        addWhere(LoadVerdict::Refused, {E::Tgi, E::LlamaCpp}, "4-bit floats are read by vLLM and transformers only", "Choose 4-bit integers",
                 [](const Tensor&, const Choice& c) { return c.scheme.index() == 0; });
        addWhere(LoadVerdict::Advice, {E::Vllm}, "its fast kernels need outputs in multiples of 64 and inputs in multiples of 128, on every GPU", {},
                 [](const Tensor& t, const Choice& c) { return integers(c) && (outputs(t) % 64 != 0 || inputs(t) % 128 != 0); });
        const bool hasExperts = std::any_of(m_quantized.begin(), m_quantized.end(),
                                            [&](const auto& entry) { return m_contents.tensors[entry.first].place.expert.has_value(); });
        if (hasExperts)
            add(LoadVerdict::Misread, {E::Transformers}, "transformers 5 keeps experts in one tensor and leaves them random instead of reading these",
                "Choose plain 16-bit weights, or another engine", {});
        add(LoadVerdict::Advice, {E::Transformers}, "transformers needs the package compressed-tensors, 0.15 or newer", {}, {});
    }

    void checkFp8()
    {
        addWhere(LoadVerdict::Misread, {E::Transformers},
                 "transformers takes the rows divided by the scales' rows for the block: both sides must be multiples of the block",
                 "Choose FP8 of compressed-tensors", [](const Tensor& t, const Choice& c) {
                     const auto* floats = std::get_if<FloatScheme>(&c.scheme);
                     return floats && floats->blockRows > 1 && (outputs(t) % floats->blockRows != 0 || inputs(t) % std::max<std::uint64_t>(floats->blockInputs, 1) != 0);
                 });
        addWhere(LoadVerdict::Refused, {E::Vllm}, "vLLM's blocks are 128 x 128, and outputs must be a multiple of 128", "Choose FP8 of compressed-tensors", [](const Tensor& t, const Choice& c) {
            const auto* floats = std::get_if<FloatScheme>(&c.scheme);
            return floats && floats->blockRows > 1 && (outputs(t) % 128 != 0 || floats->blockRows != 128 || floats->blockInputs != 128);
        });
        addWhere(LoadVerdict::Misread, {E::Transformers}, "transformers looks for the scale of a whole tensor under another name than vLLM and computes without it",
                 "Choose blocks, or compressed-tensors", [](const Tensor&, const Choice& c) {
                     const auto* floats = std::get_if<FloatScheme>(&c.scheme);
                     return floats && floats->blockRows == 0;
                 });
        add(LoadVerdict::Advice, {E::Transformers}, "transformers needs the package accelerate", {}, {});
    }

    const FolderContents& m_contents;
    const Plan& m_plan;
    const FolderOptions& m_options;
    std::map<std::size_t, Choice> m_quantized;
    std::vector<LoadFinding> m_findings;
};

} // namespace

std::string_view name(Engine engine)
{
    constexpr std::array<std::string_view, 4> names{"vllm", "tgi", "transformers", "llama.cpp"};
    return names[static_cast<std::size_t>(engine)];
}

std::string_view label(Engine engine)
{
    constexpr std::array<std::string_view, 4> names{"vLLM", "TGI", "transformers", "llama.cpp"};
    return names[static_cast<std::size_t>(engine)];
}

std::optional<Engine> engineFromName(std::string_view text)
{
    for (const Engine engine : {E::Vllm, E::Tgi, E::Transformers, E::LlamaCpp}) {
        if (text == name(engine))
            return engine;
    }
    return std::nullopt;
}

bool concerns(const LoadFinding& finding, Engine engine)
{
    return finding.engines.empty() || std::find(finding.engines.begin(), finding.engines.end(), engine) != finding.engines.end();
}

bool standsInTheWay(const LoadFinding& finding, Engine engine)
{
    return finding.verdict == LoadVerdict::Impossible || (finding.verdict != LoadVerdict::Advice && concerns(finding, engine));
}

std::string_view name(LoadVerdict verdict)
{
    constexpr std::array<std::string_view, 4> names{"impossible", "refused", "misread", "advice"};
    return names[static_cast<std::size_t>(verdict)];
}

std::vector<LoadFinding> checkLoadRules(const FolderContents& contents, const Plan& plan, const FolderOptions& options)
{
    return Checker(contents, plan, options).run();
}

std::vector<std::size_t> fusedGroups(const FolderContents& contents)
{
    std::map<std::tuple<int, int, int>, std::size_t> known;
    std::vector<std::size_t> groups(contents.tensors.size());
    for (std::size_t index = 0; index < groups.size(); ++index) {
        const TensorPlace& place = contents.tensors[index].place;
        const int kind = fusedKind(place.role);
        groups[index] = index;
        if (kind != 0 && place.layer && !place.isBias && contents.tensors[index].weights.shape().rank() == 2)
            groups[index] = known.try_emplace({kind, *place.layer, place.expert.value_or(-1)}, index).first->second;
    }
    return groups;
}

const Choice* quantizedChoice(const FolderContents& contents, const Plan& plan, std::size_t index)
{
    const auto& choices = plan.choices();
    const auto found = choices.find(contents.model->tensors()[contents.tensors[index].source].name());
    if (found == choices.end())
        return nullptr;
    const Choice& choice = found->second;
    const bool isFp4 = choice.type == TensorType::NVFP4 || choice.type == TensorType::MXFP4;
    return choice.scheme.index() != 0 || isFp4 ? &choice : nullptr;
}

std::string servingCommand(Engine engine, Target target, const std::string& path, std::uint64_t context)
{
    const std::string quoted = shellQuoted(path);
    const auto with = [context](std::string_view option) { return context > 0 ? fmt::format(" {} {}", option, context) : std::string(); };
    if (target == Target::Gguf)
        return engine == Engine::LlamaCpp ? fmt::format("llama-server -m {}{}", quoted, with("-c")) : std::string();
    switch (engine) {
    case Engine::Vllm:
        return fmt::format("vllm serve {}{}", quoted, with("--max-model-len"));
    case Engine::Tgi:
        return fmt::format("text-generation-launcher --model-id {}{}{}", quoted, target == Target::Gptq  ? " --quantize gptq"
                                                                                : target == Target::Awq ? " --quantize awq"
                                                                                : target == Target::Fp8 ? " --quantize fp8"
                                                                                                        : "",
                           with("--max-total-tokens"));
    case Engine::Transformers:
        return fmt::format("transformers serve {}", quoted);
    case Engine::LlamaCpp:
        return target == Target::Safetensors || target == Target::Gptq ? fmt::format("convert_hf_to_gguf.py {}", quoted) : std::string();
    }
    return {};
}

} // namespace quantlathe
