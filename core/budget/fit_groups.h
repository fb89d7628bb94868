// SPDX-License-Identifier: GPL-3.0-or-later
// What a fit may choose: tensors that go together, and the types for each group that the constraints allow.
#pragma once

#include "core/model/model.h"
#include "core/plan/plan.h"
#include "core/plan/rules.h"

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace quantlathe {

/// The types a fit chooses from when none are named: those that serve well without importance data (Q2_K ... Q6_K, IQ4_NL,
/// IQ4_XS, Q8_0, F16, BF16). Besides, every tensor may stay as stored.
std::vector<TensorType> defaultFitTypes();

/// Which tensors of a layer get the same type. Experts that become one stacked tensor always do.
struct FitAgreement
{
    bool attentionInputs = false; ///< query, key and value
    bool gateUp = true;           ///< gate and up matrices (also of the experts): engines run them as one
    bool experts = false;         ///< gate, up and down matrices of a layer's experts
};

struct FitConstraints
{
    std::vector<TensorType> allowed; ///< empty: defaultFitTypes(); named types are the only ones, "as stored" included
    /// At least as many bits per weight as this type, for tensors whose canonical name matches; all rules that match count.
    std::vector<TypeRule> minimumByName;
    std::map<TensorRole, TensorType> minimumByRole;
    FitAgreement agreement;
    bool hasImportance = false;   ///< presets to compete with are llama-quantize's with importance data
    std::set<std::size_t> locked; ///< tensor indices that keep the base plan's choice
};

/// One way to write a group.
struct FitOption
{
    std::optional<TensorType> requested; ///< nothing: as stored
    std::vector<TensorType> written;     ///< by tensor of the group, after fallbacks
};

struct FitGroup
{
    std::vector<std::size_t> tensors;
    std::vector<FitOption> options; ///< no two write the same
};

/// All that can be chosen in @p model, in the order of its tensors. Locked, unquantizable and undecodable tensors are in no group.
/// @throws Error(InvalidArgument) when a type cannot be written, or naming the tensor for which nothing is left
std::vector<FitGroup> fitGroups(const Model& model, const FitConstraints& constraints);

} // namespace quantlathe
