// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan.h"

namespace quantlathe {

std::string_view name(Target target)
{
    switch (target) {
    case Target::Gguf:
        return "gguf";
    }
    return "gguf";
}

std::string_view name(Method method)
{
    switch (method) {
    case Method::RoundToNearest:
        return "round-to-nearest";
    }
    return "round-to-nearest";
}

std::string_view objectiveName(const Encoding& encoding)
{
    return encoding.objective ? name(*encoding.objective) : defaultObjectiveName;
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
