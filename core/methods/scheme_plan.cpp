// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/scheme_plan.h"

#include "core/codecs/codec.h"
#include "core/inference/turned_matrix.h"
#include "core/model/stored_orientation.h"

namespace quantlathe {

namespace {

bool isLayerMatrix(TensorRole role)
{
    switch (role) {
    case TensorRole::AttentionQuery:
    case TensorRole::AttentionKey:
    case TensorRole::AttentionValue:
    case TensorRole::AttentionOutput:
    case TensorRole::AttentionQueryKeyValue:
    case TensorRole::FeedForwardGate:
    case TensorRole::FeedForwardUp:
    case TensorRole::FeedForwardDown:
    case TensorRole::FeedForwardGateUp:
    case TensorRole::ExpertGate:
    case TensorRole::ExpertUp:
    case TensorRole::ExpertDown:
    case TensorRole::ExpertGateUp:
    case TensorRole::SharedExpertGate:
    case TensorRole::SharedExpertUp:
    case TensorRole::SharedExpertDown:
        return true;
    default:
        return false;
    }
}

} // namespace

GroupScheme fittedTo(GroupScheme scheme, std::uint64_t inputs)
{
    if (scheme.groupSize == 0 || inputs % scheme.groupSize == 0)
        return scheme;
    for (const std::uint64_t shorter : {128, 64, 32}) {
        if (shorter < scheme.groupSize && inputs % shorter == 0) {
            scheme.groupSize = shorter;
            return scheme;
        }
    }
    scheme.groupSize = 0;
    return scheme;
}

Plan planFromScheme(const Model& model, Target target, Method method, const Scheme& scheme)
{
    Plan plan;
    plan.target = target;
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const Tensor& tensor = model.tensors()[index];
        const TensorPlace& place = model.place(index);
        if (!isLayerMatrix(place.role) || place.isBias || !isQuantizable(tensor, place))
            continue;
        Choice choice{TensorType::F16, method, scheme};
        if (const auto* integers = std::get_if<GroupScheme>(&scheme))
            choice.scheme = fittedTo(*integers, matrixExtents(model, index).inputs);
        plan.setChoice(tensor.name(), choice);
    }
    return plan;
}

Plan withMethod(const Model& model, Plan plan, Method method)
{
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const Tensor& tensor = model.tensors()[index];
        const TensorPlace& place = model.place(index);
        if ((!isLayerMatrix(place.role) && place.role != TensorRole::Output) || place.isBias || !plan.choice(tensor.name()))
            continue;
        // What fits is a matter of the inputs, whichever way the matrix is stored.
        const TensorType written = writtenType(computedFacts(model, index), plan.choice(tensor.name())->type).type;
        if (written != tensor.type() && codecFor(written).canEncode())
            plan.setChoice(tensor.name(), Choice{written, method});
    }
    return plan;
}

} // namespace quantlathe
