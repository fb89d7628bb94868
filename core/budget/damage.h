// SPDX-License-Identifier: GPL-3.0-or-later
// How much the error of each tensor counts. Without importance data this is a proxy, and is to be called one.
#pragma once

#include "core/analysis/error_table.h"
#include "core/analysis/sensitivities.h"
#include "core/model/model.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace quantlathe {

/// How the error of every tensor counts: its share of the total damage is weight x (sum v (w - q)^2 / sum v w^2), where v
/// is the importance, if the errors were measured with it, and otherwise 1.
struct DamageWeights
{
    std::vector<double> weights; ///< one per tensor of the model, >= 0; their sum over quantizable tensors is 1
    bool isProxy = true;         ///< by role and size alone; false when measured on data
    double unit = 0;             ///< of measured ones: the mean KL divergence, in nats, that a damage of 1 stands for; 0 = not known
};

/// The documented default without importance data (budget/README.md tells why, and what it gives in KL divergence): every
/// matrix adds noise relative to its own output, so that matrices count alike whatever their size, times factors by role and place:
/// down matrices 2, the first layer 3, the last 1.5; the output counts as 0.6 and the token embedding as 0.3 of all layers
/// together. A stack of experts counts as one matrix, and experts that are tensors of their own share its weight.
DamageWeights proxyWeights(const Model& model);

/// @p sensitivities measured elsewhere (>= 0, any unit), one per tensor. @throws Error(InvalidArgument) when their number is
/// another, or one is negative or no number
DamageWeights measuredWeights(const Model& model, std::vector<double> sensitivities);
/// Their weights; `unit` tells what a damage stands for, as far as divergences of tensors add up.
DamageWeights measuredWeights(const Model& model, const Sensitivities& sensitivities);

/// Damage of tensor @p index in the type @p written; nothing while it is not known. A tensor copied as it is has none.
std::optional<double> damageOf(const Model& model, const ErrorTable& errors, const DamageWeights& weights, std::size_t index,
                               TensorType written);

/// A total damage as a relative RMS error of the whole model (square root), and back.
double relativeRmsOfDamage(double damage);
double damageOfRelativeRms(double relativeRms);
/// In decibels: -10 log10(damage); infinity when there is none.
double decibelsOfDamage(double damage);
double damageOfDecibels(double decibels);

} // namespace quantlathe
