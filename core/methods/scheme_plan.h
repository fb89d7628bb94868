// SPDX-License-Identifier: GPL-3.0-or-later
// Plans for folders: one scheme for all matrices of the layers, which engines want.
#pragma once

#include "core/plan/plan.h"

namespace quantlathe {

/// Matrices of attention and feed-forward, experts' included, get @p scheme and @p method; embeddings, output, routers and everything else stay
/// as stored. Where a group's length does not divide the rows, the longest of 128, 64 and 32 below it that does is taken, or the whole row.
Plan planFromScheme(const Model& model, Target target, Method method, const Scheme& scheme);

/// @p plan, of GGUF types, with @p method for the matrices of the layers, and the output's, that it quantizes.
Plan withMethod(const Model& model, Plan plan, Method method);

/// @p scheme with groups that rows of @p inputs can be cut into evenly.
GroupScheme fittedTo(GroupScheme scheme, std::uint64_t inputs);

} // namespace quantlathe
