// SPDX-License-Identifier: GPL-3.0-or-later
// Rounding to nearest: every weight for itself.
#pragma once

#include "core/convert/quantized_source.h"

namespace quantlathe {

class RoundedSource final : public QuantizedSource
{
public:
    /// Rows in parallel; the same codes for every thread count. Weights must be finite.
    /// @throws Error(Unsupported) for the scheme NF4; Error(BadFormat) naming row and column of what is not finite
    QuantizedMatrix quantize(const MatrixRequest& request, const RunControl& control) override;
    std::optional<Tensor> replacement(const FolderTensor&) override { return std::nullopt; }
    [[nodiscard]] std::string description() const override { return "round to nearest"; }
};

/// Largest magnitude of @p weights.
float largestMagnitude(const Tensor& weights, unsigned threads, const RunControl& control);

} // namespace quantlathe
