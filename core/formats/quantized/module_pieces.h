// SPDX-License-Identifier: GPL-3.0-or-later
// The stored tensors of one quantized layer ("model.layers.0.mlp.up_proj": qweight, qzeros, scales ...).
#pragma once

#include "core/model/tensor.h"

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quantlathe::quantized {

class ModulePieces
{
public:
    explicit ModulePieces(std::string module) : m_module(std::move(module)) {}

    /// @param index of the tensor in the model's list; @param suffix must outlive the object
    void add(std::string_view suffix, std::size_t index, Tensor tensor);

    [[nodiscard]] const std::string& module() const { return m_module; }
    [[nodiscard]] const Tensor* find(std::string_view suffix) const;
    /// @throws Error(BadFormat) naming module and piece
    [[nodiscard]] const Tensor& need(std::string_view suffix) const;
    /// The same, refusing other dtypes than @p types and another number of dimensions than @p rank.
    [[nodiscard]] const Tensor& need(std::string_view suffix, std::initializer_list<TensorType> types, std::size_t rank) const;
    /// As need(), but null when it is not there.
    [[nodiscard]] const Tensor* check(std::string_view suffix, std::initializer_list<TensorType> types, std::size_t rank) const;
    /// Refuses the piece when it has another shape than @p expected. @param why what demands it ("4 bits and 64 inputs")
    void requireShape(std::string_view suffix, const std::vector<std::uint64_t>& expected, std::string_view why) const;

    /// The first of them in the model's list.
    [[nodiscard]] std::size_t place() const;
    /// Indices of all of them in the model's list.
    [[nodiscard]] std::vector<std::size_t> indices() const;
    /// All of them, @p codes first.
    [[nodiscard]] std::vector<StoredPiece> stored(std::string_view codes) const;

    /// The Error for something wrong with this module.
    [[noreturn]] void fail(const std::string& message) const;

private:
    struct Piece
    {
        std::string_view suffix;
        std::size_t index;
        Tensor tensor;
    };

    std::string m_module;
    std::vector<Piece> m_pieces;
};

/// "[256, 8]" as messages show shapes.
std::string shapeText(const std::vector<std::uint64_t>& dimensions);

/// Numbers [first, first + values.size()) of a stored tensor of plain numbers (flat, row-major).
void readNumbers(const Tensor& tensor, std::uint64_t first, std::span<float> values);

/// ceil(a / b), b > 0.
inline std::uint64_t ceilDivide(std::uint64_t a, std::uint64_t b)
{
    return a / b + (a % b != 0 ? 1 : 0);
}

} // namespace quantlathe::quantized
