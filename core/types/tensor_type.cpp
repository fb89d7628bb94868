// SPDX-License-Identifier: GPL-3.0-or-later
// Ids, block and byte sizes: ggml's type table (ggml.c); dtype names: the safetensors format description.
#include "core/types/tensor_type.h"

#include "core/base/checked.h"
#include "core/base/text.h"

#include <array>
#include <cassert>

namespace quantlathe {

namespace {

using enum TensorType;
using F = TypeFamily;

constexpr std::array<TensorTypeInfo, tensorTypeCount> rows = {{
    {F64, "F64", F::Float, 1, 8, 28, "F64", false},
    {F32, "F32", F::Float, 1, 4, 0, "F32", false},
    {F16, "F16", F::Float, 1, 2, 1, "F16", false},
    {BF16, "BF16", F::Float, 1, 2, 30, "BF16", false},
    {F8_E4M3, "F8_E4M3", F::Float, 1, 1, -1, "F8_E4M3", false},
    {F8_E5M2, "F8_E5M2", F::Float, 1, 1, -1, "F8_E5M2", false},
    {F8_E8M0, "F8_E8M0", F::Float, 1, 1, -1, "F8_E8M0", false},
    {I64, "I64", F::Integer, 1, 8, 27, "I64", false},
    {I32, "I32", F::Integer, 1, 4, 26, "I32", false},
    {I16, "I16", F::Integer, 1, 2, 25, "I16", false},
    {I8, "I8", F::Integer, 1, 1, 24, "I8", false},
    {U64, "U64", F::Integer, 1, 8, -1, "U64", false},
    {U32, "U32", F::Integer, 1, 4, -1, "U32", false},
    {U16, "U16", F::Integer, 1, 2, -1, "U16", false},
    {U8, "U8", F::Integer, 1, 1, -1, "U8", false},
    {BOOL, "BOOL", F::Integer, 1, 1, -1, "BOOL", false},
    {Q4_0, "Q4_0", F::Legacy, 32, 18, 2, "", false},
    {Q4_1, "Q4_1", F::Legacy, 32, 20, 3, "", false},
    {Q5_0, "Q5_0", F::Legacy, 32, 22, 6, "", false},
    {Q5_1, "Q5_1", F::Legacy, 32, 24, 7, "", false},
    {Q8_0, "Q8_0", F::Legacy, 32, 34, 8, "", false},
    {Q8_1, "Q8_1", F::Legacy, 32, 36, 9, "", false},
    {Q2_K, "Q2_K", F::KQuant, 256, 84, 10, "", false},
    {Q3_K, "Q3_K", F::KQuant, 256, 110, 11, "", false},
    {Q4_K, "Q4_K", F::KQuant, 256, 144, 12, "", false},
    {Q5_K, "Q5_K", F::KQuant, 256, 176, 13, "", false},
    {Q6_K, "Q6_K", F::KQuant, 256, 210, 14, "", false},
    {Q8_K, "Q8_K", F::KQuant, 256, 292, 15, "", false},
    {IQ1_S, "IQ1_S", F::IQuant, 256, 50, 19, "", true},
    {IQ1_M, "IQ1_M", F::IQuant, 256, 56, 29, "", true},
    {IQ2_XXS, "IQ2_XXS", F::IQuant, 256, 66, 16, "", true},
    {IQ2_XS, "IQ2_XS", F::IQuant, 256, 74, 17, "", true},
    {IQ2_S, "IQ2_S", F::IQuant, 256, 82, 22, "", true},
    {IQ3_XXS, "IQ3_XXS", F::IQuant, 256, 98, 18, "", true},
    {IQ3_S, "IQ3_S", F::IQuant, 256, 110, 21, "", false},
    {IQ4_NL, "IQ4_NL", F::IQuant, 32, 18, 20, "", false},
    {IQ4_XS, "IQ4_XS", F::IQuant, 256, 136, 23, "", false},
    {TQ1_0, "TQ1_0", F::Ternary, 256, 54, 34, "", false},
    {TQ2_0, "TQ2_0", F::Ternary, 256, 66, 35, "", false},
    {Q1_0, "Q1_0", F::Ternary, 128, 18, 41, "", false},
    {Q2_0, "Q2_0", F::Ternary, 64, 18, 42, "", false},
    {MXFP4, "MXFP4", F::Fp4, 32, 17, 39, "", false},
    {NVFP4, "NVFP4", F::Fp4, 64, 36, 40, "", false},
    {INT2, "INT2", F::Scaled, 4, 1, -1, "", false},
    {INT3, "INT3", F::Scaled, 8, 3, -1, "", false},
    {INT4, "INT4", F::Scaled, 2, 1, -1, "", false},
    {INT8, "INT8", F::Scaled, 1, 1, -1, "", false},
    {FP8, "FP8", F::Scaled, 1, 1, -1, "", false},
    {FP4, "FP4", F::Scaled, 2, 1, -1, "", false},
    {NF4, "NF4", F::Scaled, 2, 1, -1, "", false},
}};

constexpr bool isInEnumOrder()
{
    for (std::size_t index = 0; index < rows.size(); ++index) {
        if (static_cast<std::size_t>(rows[index].type) != index)
            return false;
    }
    return true;
}
static_assert(isInEnumOrder(), "the registry's rows follow the enum");

} // namespace

const TensorTypeInfo& info(TensorType type)
{
    const auto index = static_cast<std::size_t>(type);
    assert(index < rows.size());
    return rows[index];
}

std::span<const TensorTypeInfo> allTensorTypes()
{
    return rows;
}

std::optional<TensorType> tensorTypeFromName(std::string_view name)
{
    const std::string upper = toUpper(name);
    for (const TensorTypeInfo& row : rows) {
        if (upper == row.name)
            return row.type;
    }
    return std::nullopt;
}

std::optional<TensorType> tensorTypeFromGgmlId(std::uint32_t id)
{
    for (const TensorTypeInfo& row : rows) {
        if (row.ggmlId >= 0 && static_cast<std::uint32_t>(row.ggmlId) == id)
            return row.type;
    }
    return std::nullopt;
}

bool isRetiredGgmlId(std::uint32_t id)
{
    return id == 4 || id == 5 || (id >= 31 && id <= 33) || (id >= 36 && id <= 38);
}

std::optional<TensorType> tensorTypeFromSafetensors(std::string_view dtype)
{
    for (const TensorTypeInfo& row : rows) {
        if (!row.safetensorsName.empty() && row.safetensorsName == dtype)
            return row.type;
    }
    return std::nullopt;
}

bool fitsRow(TensorType type, std::uint64_t weights)
{
    return weights % info(type).weightsPerBlock == 0;
}

std::optional<std::uint64_t> rowBytes(TensorType type, std::uint64_t weights)
{
    if (!fitsRow(type, weights))
        return std::nullopt;
    const TensorTypeInfo& facts = info(type);
    return checkedMultiply(weights / facts.weightsPerBlock, facts.bytesPerBlock);
}

std::optional<std::uint64_t> tensorBytes(TensorType type, const Shape& shape)
{
    const auto row = rowBytes(type, shape.rowLength());
    return row ? checkedMultiply(*row, shape.rowCount()) : std::nullopt;
}

} // namespace quantlathe
