// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace quantlathe {

namespace {

constexpr std::array<std::string_view, 6> targetNames{"gguf", "gptq", "awq", "compressed-tensors", "fp8", "safetensors"};
constexpr std::array<std::string_view, 4> methodNames{"round-to-nearest", "gptq", "awq", "smoothquant"};

template <typename Enum, std::size_t count>
std::optional<Enum> fromName(const std::array<std::string_view, count>& names, std::string_view name)
{
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? std::nullopt : std::optional(static_cast<Enum>(found - names.begin()));
}

} // namespace

std::string_view name(Target target)
{
    return targetNames[static_cast<std::size_t>(target)];
}

std::string_view name(Method method)
{
    return methodNames[static_cast<std::size_t>(method)];
}

std::optional<Target> targetFromName(std::string_view name)
{
    return fromName<Target>(targetNames, name);
}

std::optional<Method> methodFromName(std::string_view name)
{
    return fromName<Method>(methodNames, name);
}

std::string_view objectiveName(const Encoding& encoding)
{
    return encoding.objective ? name(*encoding.objective) : defaultObjectiveName;
}

void throwUnlessRounded(const Plan& plan)
{
    if (plan.target != Target::Gguf) {
        throw Error(ErrorKind::Unsupported, fmt::format("the plan is for the target '{}', which is not written here", name(plan.target)), {},
                    "Choose the target 'gguf', or write a folder");
    }
    for (const auto& [tensor, choice] : plan.choices()) {
        if (choice == Choice{choice.type})
            continue;
        throw Error(ErrorKind::Unsupported,
                    choice.method == Method::RoundToNearest ? "a scheme of folders is planned, which GGUF files do not have"
                                                            : fmt::format("the method '{}' is planned, which needs a calibrated run", name(choice.method)),
                    {{}, std::nullopt, tensor}, "Choose the method 'round-to-nearest' and one of GGUF's types");
    }
}

std::string_view name(FallbackReason reason)
{
    switch (reason) {
    case FallbackReason::None:
        return "none";
    case FallbackReason::RowLength:
        return "row-length";
    case FallbackReason::KeptUnquantized:
        return "kept-unquantized";
    case FallbackReason::NotDecodable:
        return "not-decodable";
    case FallbackReason::Integer:
        return "integer";
    case FallbackReason::NotInFormat:
        return "not-in-format";
    }
    return "none";
}

std::optional<Choice> Plan::choice(std::string_view tensorName) const
{
    const auto found = m_choices.find(tensorName);
    return found == m_choices.end() ? std::nullopt : std::optional(found->second);
}

void Plan::setChoice(std::string tensorName, std::optional<Choice> choice)
{
    if (choice)
        m_choices.insert_or_assign(std::move(tensorName), *choice);
    else
        m_choices.erase(tensorName);
}

} // namespace quantlathe
