// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/possible_types.h"

#include "core/codecs/codec.h"

#include <array>

namespace quantlathe {

std::vector<TensorType> possibleTypes(const Model& model, std::size_t index)
{
    const TensorFacts facts = factsOf(model, index);
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

std::vector<std::vector<TensorType>> possibleTypes(const Model& model)
{
    std::vector<std::vector<TensorType>> types;
    types.reserve(model.tensors().size());
    for (std::size_t index = 0; index < model.tensors().size(); ++index)
        types.push_back(possibleTypes(model, index));
    return types;
}

} // namespace quantlathe
