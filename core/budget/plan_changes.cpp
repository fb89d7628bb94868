// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/budget/plan_changes.h"

#include <algorithm>
#include <limits>
#include <map>

namespace quantlathe {

int TensorChange::direction() const
{
    const double left = info(before).bitsPerWeight();
    const double right = info(after).bitsPerWeight();
    return right > left ? 1 : right < left ? -1 : 0;
}

std::size_t PlanChanges::count(int direction) const
{
    return static_cast<std::size_t>(std::count_if(tensors.begin(), tensors.end(), [direction](const TensorChange& change) {
        return change.direction() == direction;
    }));
}

PlanChanges comparePlans(const Model& model, const Plan& before, const Plan& after, const ErrorTable& errors,
                         const DamageWeights& weights)
{
    PlanChanges changes;
    std::map<std::pair<int, TensorRole>, RoleChange> roles;
    for (std::size_t tensor = 0; tensor < model.tensors().size(); ++tensor) {
        const EffectiveChoice left = effectiveChoice(model, tensor, before);
        const EffectiveChoice right = effectiveChoice(model, tensor, after);
        const bool isWeighed = isQuantizable(model.tensors()[tensor], model.place(tensor));
        const auto damage = [&](TensorType written) {
            return isWeighed ? damageOf(model, errors, weights, tensor, written) : std::optional(0.0);
        };
        const auto leftDamage = damage(left.type);
        const auto rightDamage = damage(right.type);
        TensorChange change{tensor, left.type, right.type, {left.sizeBytes, 0}, {right.sizeBytes, 0}, leftDamage && rightDamage};
        if (change.isDamageKnown) {
            change.figuresBefore.damage = *leftDamage;
            change.figuresAfter.damage = *rightDamage;
        } else {
            ++changes.unknownDamages;
        }

        const TensorPlace& place = model.place(tensor);
        RoleChange& role = roles[{place.layer.value_or(std::numeric_limits<int>::max()), place.role}];
        role.layer = place.layer;
        role.role = place.role;
        role.isDamageKnown = role.isDamageKnown && change.isDamageKnown;
        const auto add = [](PlanFigures& sum, const PlanFigures& figures) {
            sum.bytes += figures.bytes;
            sum.damage += figures.damage;
        };
        add(role.before, change.figuresBefore);
        add(role.after, change.figuresAfter);
        add(changes.before, change.figuresBefore);
        add(changes.after, change.figuresAfter);
        if (left.type == right.type)
            continue;
        const int direction = change.direction();
        ++(direction > 0 ? role.up : direction < 0 ? role.down : role.sideways);
        changes.tensors.push_back(change);
    }
    for (const auto& [key, role] : roles) {
        if (role.up + role.down + role.sideways > 0)
            changes.roles.push_back(role);
    }
    return changes;
}

} // namespace quantlathe
