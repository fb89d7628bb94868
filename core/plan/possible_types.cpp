// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/possible_types.h"

#include "core/codecs/codec.h"

#include <array>
#include <map>
#include <tuple>

namespace quantlathe {

namespace {

std::vector<TensorType> possibleTypes(const TensorFacts& facts)
{
    std::array<bool, tensorTypeCount> reached{};
    for (const TensorTypeInfo& target : allTensorTypes()) {
        if (isTargetType(target.type))
            reached[static_cast<std::size_t>(writtenType(facts, target.type).type)] = true;
    }
    std::vector<TensorType> types;
    for (const TensorTypeInfo& type : allTensorTypes()) {
        const Codec& codec = codecFor(type.type);
        const bool isCopy = type.type == facts.stored;
        if (reached[static_cast<std::size_t>(type.type)] && (isCopy || (codec.canEncode() && codec.canDecode())))
            types.push_back(type.type);
    }
    return types;
}

} // namespace

std::vector<TensorType> possibleTypes(const Model& model, std::size_t index) { return possibleTypes(factsOf(model, index)); }

std::vector<std::vector<TensorType>> possibleTypes(const Model& model)
{
    // Thousands of tensors differ in a handful of ways.
    std::map<std::tuple<TensorType, std::uint64_t, bool, bool, bool>, std::vector<TensorType>> known;
    std::vector<std::vector<TensorType>> types;
    types.reserve(model.tensors().size());
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const TensorFacts facts = factsOf(model, index);
        const auto [found, isNew] = known.try_emplace({facts.stored, facts.rowLength, facts.isQuantizable, facts.canDecode, facts.isGgufSource});
        if (isNew)
            found->second = possibleTypes(facts);
        types.push_back(found->second);
    }
    return types;
}

} // namespace quantlathe
