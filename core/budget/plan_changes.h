// SPDX-License-Identifier: GPL-3.0-or-later
// Two plans for one model: what went up and what went down, tensor by tensor and by layer and role.
#pragma once

#include "core/budget/damage.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace quantlathe {

/// What one plan makes of some tensors.
struct PlanFigures
{
    std::uint64_t bytes = 0; ///< as written, without padding
    double damage = 0;       ///< of those whose error is known
};

struct TensorChange
{
    std::size_t tensor = 0;
    TensorType before = TensorType::F16; ///< as written
    TensorType after = TensorType::F16;
    PlanFigures figuresBefore;
    PlanFigures figuresAfter;
    bool isDamageKnown = true; ///< of both
    /// More bits per weight than before: 1; fewer: -1; another type of the same width: 0.
    [[nodiscard]] int direction() const;
};

/// All tensors of one role in one layer, changed or not.
struct RoleChange
{
    std::optional<int> layer; ///< nothing outside the layers
    TensorRole role = TensorRole::Other;
    std::size_t up = 0; ///< tensors
    std::size_t down = 0;
    std::size_t sideways = 0;
    PlanFigures before;
    PlanFigures after;
    bool isDamageKnown = true;
};

struct PlanChanges
{
    std::vector<TensorChange> tensors; ///< that are written in another type, in the model's order
    std::vector<RoleChange> roles;     ///< with a change in them; layers first, then the rest
    PlanFigures before;                ///< of the whole model
    PlanFigures after;
    std::size_t unknownDamages = 0;    ///< tensors whose error is not known in one of the plans: not in the damages
    [[nodiscard]] std::size_t count(int direction) const;
};

/// Encodings are not compared. @p errors may be empty: then all damages are unknown.
PlanChanges comparePlans(const Model& model, const Plan& before, const Plan& after, const ErrorTable& errors,
                         const DamageWeights& weights);

} // namespace quantlathe
