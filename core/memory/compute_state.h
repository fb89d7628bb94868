// SPDX-License-Identifier: GPL-3.0-or-later
// Recurrent layers: Mamba, Mamba 2, gated delta nets, short convolutions.
#pragma once

#include "core/memory/compute_layers.h"

namespace quantlathe::compute {

class StateBuilder : public LayerBuilder
{
public:
    using LayerBuilder::LayerBuilder;

protected:
    /// The current layer's recurrent part from its normed input; its output has the width of the model.
    Id recurrentLayer(Id x);

private:
    Id stateCache(std::uint64_t width);
    Id fetched(Id cache, std::uint64_t width);
    Id convolved(Id tail, Id transposed, std::uint64_t channels, Id tailCache);
    Id mamba(Id x);
    Id secondMamba(Id x);
    Id deltaNet(Id x);
    Id shortConvolution(Id x);
    Id unknownState(Id x);
};

} // namespace quantlathe::compute
