// SPDX-License-Identifier: GPL-3.0-or-later
// What is known of the quantization error of every tensor in every type: the table behind the error map and the solver.
#pragma once

#include "core/types/tensor_type.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace quantlathe {

/// The error of one tensor in one type, for the whole tensor.
struct PairError
{
    enum class Quality : std::uint8_t {
        Unknown, ///< not measured yet
        Failed,  ///< cannot be measured (the type does not fit, NaN ...)
        Sampled, ///< estimated from some of the weights
        Exact    ///< from all weights, or nothing to measure (the stored bytes are copied)
    };
    double squaredError = 0;     ///< sum (w - q)^2 over all weights of the tensor; an estimate when sampled
    double standardError = 0;    ///< of squaredError; 0 when exact
    double relativeSquared = 0;  ///< sum (w - q)^2 / sum w^2 over the same weights; 0 when both sums are 0
    double relativeStandardError = 0; ///< of relativeSquared; 0 when exact
    double maximumError = 0;     ///< max |w - q| among the weights looked at
    double relativeWeighted = 0; ///< sum v (w - q)^2 / sum v w^2 with the importance v; as relativeSquared without
    double relativeWeightedStandardError = 0; ///< of relativeWeighted; 0 when exact
    Quality quality = Quality::Unknown;

    [[nodiscard]] bool isKnown() const { return quality == Quality::Sampled || quality == Quality::Exact; }
    /// sqrt(relativeSquared).
    [[nodiscard]] double relativeRms() const;
    /// -10 log10(relativeSquared); infinity when there is no error.
    [[nodiscard]] double signalToNoiseDb() const;
    /// sqrt(relativeWeighted).
    [[nodiscard]] double weightedRelativeRms() const;
    /// The 95 % confidence interval of the relative RMS error, both ends equal when exact.
    [[nodiscard]] std::array<double, 2> relativeRmsInterval() const;
    [[nodiscard]] std::array<double, 2> weightedRelativeRmsInterval() const;
};

/// Tensors in the model's order, types as written (after fallbacks). A value.
class ErrorTable
{
public:
    ErrorTable() = default;
    explicit ErrorTable(std::size_t tensorCount) : m_pairs(tensorCount * tensorTypeCount) {}

    [[nodiscard]] std::size_t tensorCount() const { return m_pairs.size() / tensorTypeCount; }
    [[nodiscard]] const PairError& at(std::size_t tensor, TensorType written) const { return m_pairs[index(tensor, written)]; }
    void set(std::size_t tensor, TensorType written, const PairError& error) { m_pairs[index(tensor, written)] = error; }

private:
    static std::size_t index(std::size_t tensor, TensorType type)
    {
        return tensor * tensorTypeCount + static_cast<std::size_t>(type);
    }
    std::vector<PairError> m_pairs;
};

} // namespace quantlathe
