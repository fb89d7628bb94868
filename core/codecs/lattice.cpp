// SPDX-License-Identifier: GPL-3.0-or-later
// The lattice formats' rows of the registry.
#include "core/codecs/families.h"
#include "core/codecs/lattice_decode.h"

namespace quantlathe::codecs {

std::span<const Codec> latticeCodecs()
{
    static constexpr Codec codecs[] = {
        {TensorType::IQ1_S, scalar::decodeIQ1_S, nullptr},
        {TensorType::IQ1_M, scalar::decodeIQ1_M, nullptr},
        {TensorType::IQ2_XXS, scalar::decodeIQ2_XXS, nullptr},
        {TensorType::IQ2_XS, scalar::decodeIQ2_XS, nullptr},
        {TensorType::IQ2_S, scalar::decodeIQ2_S, nullptr},
        {TensorType::IQ3_XXS, scalar::decodeIQ3_XXS, nullptr},
        {TensorType::IQ3_S, scalar::decodeIQ3_S, nullptr},
    };
    return codecs;
}

} // namespace quantlathe::codecs
