// SPDX-License-Identifier: GPL-3.0-or-later
// What a method made of one tensor of a model, and how it went.
#pragma once

#include "core/inference/weight_source.h"
#include "core/methods/group_quantized.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace quantlathe {

/// Rows in one of GGUF's types, [rows x bytes of a row].
struct EncodedTensor
{
    TensorType type = TensorType::F32;
    std::vector<std::byte> bytes;
    bool operator==(const EncodedTensor&) const = default;
};

/// Weights that stay plain and were changed all the same: norms and biases that scales were folded into.
struct PlainTensor
{
    std::vector<float> values; ///< row-major, all of the tensor
    bool operator==(const PlainTensor&) const = default;
};

/// How one matrix went. A tensor holds several where matrices are fused or stacked.
struct MatrixReport
{
    std::string tensor;          ///< its name in the model
    std::uint32_t part = 0;      ///< which matrix of the tensor: expert, or q, k, v
    Method asked = Method::RoundToNearest;
    Method used = Method::RoundToNearest;
    std::uint64_t tokens = 0;    ///< that went through it; 0 = nothing was measured
    double relativeLoss = 0;     ///< error of the outputs / the outputs, both as sums of squares over the tokens; 0 = not measured
    double relativeError = 0;    ///< of the weights alone
    double damping = 0;
    /// What deserves to be known, a sentence without full stop; empty = all went as asked.
    std::string note;
    bool operator==(const MatrixReport&) const = default;
};

struct QuantizedTensor
{
    std::size_t tensor = 0; ///< index in the model
    /// Not 0: the model stores matrices of that many inputs turned (model/stored_orientation.h), and rows here are outputs all the same, matrix after matrix, as in
    /// a GGUF. Plain values stay as they are stored.
    std::uint64_t turnedInputs = 0;
    std::variant<GroupQuantized, FloatQuantized, EncodedTensor, PlainTensor> values;
    std::vector<MatrixReport> reports;
    bool operator==(const QuantizedTensor&) const = default;
};

/// Rows as they decode. @p rowLength of the tensor as it is stored
std::shared_ptr<const WeightRows> rowsOf(std::shared_ptr<const QuantizedTensor> tensor, std::uint64_t rowLength);

/// For journals of one machine: its byte order, codes packed into bits where they fit evenly.
std::vector<std::byte> toBytes(const QuantizedTensor& tensor);
/// @throws Error(BadFormat) where the bytes contradict themselves
QuantizedTensor quantizedTensorFromBytes(std::span<const std::byte> bytes);

} // namespace quantlathe
