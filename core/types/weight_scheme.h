// SPDX-License-Identifier: GPL-3.0-or-later
// How the weights of a matrix [outputs x inputs] become small codes and scales, in the files of engines other than llama.cpp.
#pragma once

#include "core/types/tensor_type.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace quantlathe {

/// Blocks that @p count is cut into, the last one of which may be shorter; @p length 0 = one block.
inline std::uint64_t blocksOf(std::uint64_t count, std::uint64_t length)
{
    return length == 0 ? 1 : count / length + (count % length != 0 ? 1 : 0);
}

/// Unsigned integer codes: weight = scale x (code - zero), a scale and a zero for each group of neighbouring inputs of a row.
struct GroupScheme
{
    unsigned bits = 4;                       ///< 2, 3, 4 or 8
    std::uint64_t groupSize = 128;           ///< inputs in a group, the last one of a row may be shorter; 0 = the whole row
    bool isSymmetric = true;                 ///< every zero is 2^(bits - 1)
    TensorType scaleType = TensorType::F16;  ///< what scales are rounded to: F16, BF16 or F32
    bool isPerTensor = false;                ///< all rows have the same scale and zero; groupSize is 0

    bool operator==(const GroupScheme&) const = default;
    [[nodiscard]] std::uint64_t groupsOf(std::uint64_t inputs) const { return blocksOf(inputs, groupSize); }
    [[nodiscard]] unsigned largestCode() const { return (1u << bits) - 1; }
    [[nodiscard]] unsigned middle() const { return 1u << (bits - 1); }
};

/// Codes that are numbers themselves: a byte each, NF4 an index 0 .. 15 of its table.
enum class FloatCode : std::uint8_t { E4M3, E5M2, Nf4 };
/// Stable id for recipes: "e4m3", "e5m2", "nf4".
std::string_view name(FloatCode code);
std::optional<FloatCode> floatCodeFromName(std::string_view name);

/// Small floats: weight = scale x number(code), a scale for each block of blockRows x blockInputs weights, those at the edges being smaller.
struct FloatScheme
{
    FloatCode code = FloatCode::E4M3;
    std::uint64_t blockRows = 1;   ///< 0 = all rows
    std::uint64_t blockInputs = 0; ///< 0 = the whole row; both 0 = one scale for the matrix, 128 and 128 = DeepSeek's blocks
    TensorType scaleType = TensorType::F32;

    bool operator==(const FloatScheme&) const = default;
    [[nodiscard]] std::uint64_t rowBlocksOf(std::uint64_t outputs) const { return blocksOf(outputs, blockRows); }
    [[nodiscard]] std::uint64_t inputBlocksOf(std::uint64_t inputs) const { return blocksOf(inputs, blockInputs); }
};

/// What is wrong with a scheme, as a sentence without full stop; nothing when it can be used.
std::optional<std::string> problemOf(const GroupScheme& scheme);
std::optional<std::string> problemOf(const FloatScheme& scheme);
/// "INT4, groups of 128, symmetric".
std::string describe(const GroupScheme& scheme);
/// "E4M3, blocks of 128 x 128".
std::string describe(const FloatScheme& scheme);

} // namespace quantlathe
