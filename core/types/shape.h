// SPDX-License-Identifier: GPL-3.0-or-later
// The extent of a tensor.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace quantlathe {

/// Dimensions, outermost first; row-major, the last dimension is contiguous (as in safetensors, PyTorch and NumPy; GGUF
/// files list them the other way round). A linear layer's weight is [outputs, inputs]. No dimensions = a scalar, one weight.
/// An invariant: the product of all dimensions fits into 63 bits; make() refuses others.
class Shape
{
public:
    Shape() = default;
    /// For literals in code; asserts the invariant. Use make() for numbers from files.
    Shape(std::initializer_list<std::uint64_t> dimensions);
    /// Nothing when the product overflows.
    static std::optional<Shape> make(std::vector<std::uint64_t> dimensions);

    [[nodiscard]] const std::vector<std::uint64_t>& dimensions() const { return m_dimensions; }
    [[nodiscard]] std::size_t rank() const { return m_dimensions.size(); }
    /// Weights in one row: the last dimension, 1 for a scalar.
    [[nodiscard]] std::uint64_t rowLength() const { return m_dimensions.empty() ? 1 : m_dimensions.back(); }
    /// Product of all dimensions but the last; 1 for scalars and vectors.
    [[nodiscard]] std::uint64_t rowCount() const;
    [[nodiscard]] std::uint64_t weightCount() const { return rowLength() * rowCount(); }
    /// "4096 x 14336", outermost first; "scalar" without dimensions.
    [[nodiscard]] std::string toString() const;

    bool operator==(const Shape&) const = default;

private:
    std::vector<std::uint64_t> m_dimensions;
};

} // namespace quantlathe
