// SPDX-License-Identifier: GPL-3.0-or-later
// The lattice formats' rows of the registry.
#include "core/codecs/families.h"
#include "core/codecs/lattice_decode.h"
#include "core/codecs/lattice_encode.h"

namespace quantlathe::codecs {

std::span<const Codec> latticeCodecs()
{
    static constexpr Codec codecs[] = {
        {TensorType::IQ1_S, scalar::decodeIQ1_S, encodeIQ1_S, Objective::Unbiased},
        {TensorType::IQ1_M, scalar::decodeIQ1_M, encodeIQ1_M, Objective::Unbiased},
        {TensorType::IQ2_XXS, scalar::decodeIQ2_XXS, encodeIQ2_XXS, Objective::Unbiased},
        {TensorType::IQ2_XS, scalar::decodeIQ2_XS, encodeIQ2_XS, Objective::Unbiased},
        {TensorType::IQ2_S, scalar::decodeIQ2_S, encodeIQ2_S, Objective::Unbiased},
        {TensorType::IQ3_XXS, scalar::decodeIQ3_XXS, encodeIQ3_XXS, Objective::Unbiased},
        {TensorType::IQ3_S, scalar::decodeIQ3_S, encodeIQ3_S, Objective::Unbiased},
    };
    return codecs;
}

} // namespace quantlathe::codecs
