// SPDX-License-Identifier: GPL-3.0-or-later
// Decoding and encoding of stored number formats, row by row.
#pragma once

#include "core/codecs/encode_options.h"
#include "core/types/tensor_type.h"

#include <cstddef>

namespace quantlathe {

/// What a type can do. Function pointers are null where this version cannot: a type may be recognised, named
/// and sized without being decoded (see canDecode).
///
/// Both functions are pure, thread-safe and give the same bytes on every SIMD target.
struct Codec
{
    TensorType type{};

    /// Decodes @p count weights (a multiple of the type's block) from @p blocks into @p weights.
    /// Bit for bit what ggml's to_float gives.
    void (*decode)(const std::byte* blocks, float* weights, std::size_t count) = nullptr;

    /// Encodes one row of @p count weights (a multiple of the type's block) into @p blocks.
    /// @param importance one non-negative factor per weight of the row (input channel), or null. What is
    /// minimised: see Objective, and beside each encoder. Weights must be finite: callers check (see analysis/),
    /// encoders do not.
    void (*encodeRow)(const float* weights, const float* importance, std::size_t count,
                      const EncodeOptions& options, std::byte* blocks) = nullptr;

    /// The objective that serves real models best; measured, see the room's README.
    Objective defaultObjective = Objective::Magnitude;

    [[nodiscard]] EncodeOptions defaults() const { return {defaultObjective, Effort::Standard}; }
    [[nodiscard]] EncodeOptions options(const Encoding& chosen) const
    {
        return {chosen.objective.value_or(defaultObjective), chosen.effort};
    }

    [[nodiscard]] bool canDecode() const { return decode != nullptr; }
    [[nodiscard]] bool canEncode() const { return encodeRow != nullptr; }
};

/// The codec of @p type; one exists for every type.
const Codec& codecFor(TensorType type);

} // namespace quantlathe
