// SPDX-License-Identifier: GPL-3.0-or-later
// The sizes of a model that is converted, from config.json, checked.
#pragma once

#include "core/convert/architectures.h"
#include "core/convert/model_config.h"

#include <cstdint>

namespace quantlathe {

struct ModelSizes
{
    std::uint64_t layers = 0;
    std::uint64_t vocabulary = 0;   ///< rows of the embedding table
    std::uint64_t context = 0;
    std::uint64_t width = 0;
    std::uint64_t heads = 0;
    std::uint64_t kvHeads = 0;      ///< divides heads
    std::uint64_t headLength = 0;   ///< even
    std::uint64_t ropeLength = 0;   ///< rotated part of a head, even
    std::uint64_t feedForward = 0;
    std::uint64_t experts = 0;      ///< 0 without experts, as what follows
    std::uint64_t expertLength = 0;
    std::uint64_t sharedLength = 0;
    std::uint64_t latentQuery = 0;  ///< 0: queries are not compressed
    std::uint64_t latentRank = 0;   ///< 0 without latent attention, as what follows
    std::uint64_t plainLength = 0;
    std::uint64_t valueLength = 0;

    [[nodiscard]] std::uint64_t of(Extent extent) const;
};

/// @param vocabulary rows of the embedding table
/// @throws Error(BadFormat) naming the key of config.json
ModelSizes readSizes(const ModelConfig& config, const ArchitectureRow& architecture, std::uint64_t vocabulary);

} // namespace quantlathe
