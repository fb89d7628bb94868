// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/budget/fit_groups.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/codecs/codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace quantlathe {

namespace {

using enum TensorType;

/// What tensors of the same layer have in common when they must agree; a tensor's own name otherwise.
std::string groupKey(const Model& model, std::size_t index, const FitAgreement& agreement)
{
    const TensorPlace& place = model.place(index);
    const auto inLayer = [&place](const char* kind) { return fmt::format("layer {} {}", *place.layer, kind); };
    if (place.layer) {
        switch (place.role) {
        case TensorRole::AttentionQuery:
        case TensorRole::AttentionKey:
        case TensorRole::AttentionValue:
            if (agreement.attentionInputs)
                return inLayer("attention inputs");
            break;
        case TensorRole::FeedForwardGate:
        case TensorRole::FeedForwardUp:
            if (agreement.gateUp)
                return inLayer("gate and up");
            break;
        case TensorRole::SharedExpertGate:
        case TensorRole::SharedExpertUp:
            if (agreement.gateUp)
                return inLayer("shared gate and up");
            break;
        case TensorRole::ExpertGate:
        case TensorRole::ExpertUp:
            if (agreement.experts || agreement.gateUp)
                return inLayer(agreement.experts ? "experts" : "expert gate and up");
            break;
        case TensorRole::ExpertDown:
        case TensorRole::ExpertGateUp:
            if (agreement.experts)
                return inLayer("experts");
            break;
        default:
            break;
        }
    }
    // Experts that are tensors of their own end up in one tensor of the file.
    return place.expert ? "stack " + place.canonicalName : "tensor " + model.tensors()[index].name();
}

bool canWrite(const TensorFacts& facts, TensorType written)
{
    return info(written).ggmlId >= 0 && (written == facts.stored || codecFor(written).canEncode());
}

/// The most demanding of the minimums for a tensor, in bits per weight.
double minimumBits(const TensorPlace& place, const FitConstraints& constraints)
{
    double bits = 0;
    if (const auto found = constraints.minimumByRole.find(place.role); found != constraints.minimumByRole.end())
        bits = info(found->second).bitsPerWeight();
    for (const TypeRule& rule : constraints.minimumByName) {
        if (rule.matches(place.canonicalName))
            bits = std::max(bits, info(rule.type()).bitsPerWeight());
    }
    return bits;
}

/// Parts of a stacked tensor are locked together.
std::set<std::string_view> lockedStacks(const Model& model, const std::set<std::size_t>& locked)
{
    std::set<std::string_view> names;
    for (const std::size_t index : locked) {
        if (index < model.tensors().size() && model.place(index).expert)
            names.insert(model.place(index).canonicalName);
    }
    return names;
}

} // namespace

std::vector<TensorType> defaultFitTypes() { return {Q2_K, Q3_K, IQ4_XS, IQ4_NL, Q4_K, Q5_K, Q6_K, Q8_0, F16, BF16}; }

std::vector<FitGroup> fitGroups(const Model& model, const FitConstraints& constraints)
{
    for (const TensorType type : constraints.allowed) {
        if (!isTargetType(type) || !codecFor(type).canEncode())
            throw Error(ErrorKind::InvalidArgument, fmt::format("tensors cannot be written as {}", name(type)));
    }
    const std::vector<TensorType> allowed = constraints.allowed.empty() ? defaultFitTypes() : constraints.allowed;
    const auto stacks = lockedStacks(model, constraints.locked);

    std::vector<FitGroup> groups;
    std::map<std::string, std::size_t> byKey;
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const TensorFacts facts = factsOf(model, index);
        const TensorPlace& place = model.place(index);
        const bool isLocked = constraints.locked.contains(index) || (place.expert && stacks.contains(place.canonicalName));
        if (isLocked || !facts.isQuantizable || !facts.canDecode)
            continue;
        const auto [position, isNew] = byKey.emplace(groupKey(model, index, constraints.agreement), groups.size());
        if (isNew)
            groups.emplace_back();
        groups[position->second].tensors.push_back(index);
    }

    for (FitGroup& group : groups) {
        std::vector<std::optional<TensorType>> requests;
        if (constraints.allowed.empty())
            requests.emplace_back(); // as stored
        requests.insert(requests.end(), allowed.begin(), allowed.end());
        for (const auto& requested : requests) {
            FitOption option{requested, {}};
            bool isPossible = true;
            bool isCopy = true;
            for (const std::size_t index : group.tensors) {
                const TensorFacts facts = factsOf(model, index);
                const TensorType written = writtenType(facts, requested).type;
                option.written.push_back(written);
                isCopy = isCopy && written == facts.stored;
                // What loses nothing is good enough for any minimum.
                isPossible = isPossible && canWrite(facts, written)
                    && (written == facts.stored || info(written).bitsPerWeight() >= minimumBits(model.place(index), constraints));
            }
            const bool isNew = std::none_of(group.options.begin(), group.options.end(),
                                            [&option](const FitOption& other) { return other.written == option.written; });
            if (!isPossible || !isNew)
                continue;
            if (isCopy)
                option.requested.reset();
            group.options.push_back(std::move(option));
        }
        if (group.options.empty())
            throw Error(ErrorKind::InvalidArgument, "none of the allowed types has the bits that are asked for at least",
                        {{}, {}, model.tensors()[group.tensors.front()].name()}, "Allow more types, or ask for less");
    }
    return groups;
}

} // namespace quantlathe
