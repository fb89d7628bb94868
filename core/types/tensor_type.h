// SPDX-License-Identifier: GPL-3.0-or-later
// The registry of stored number formats: one value per format over all file formats, one row of facts each.
#pragma once

#include "core/types/shape.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace quantlathe {

enum class TensorType : std::uint8_t {
    // plain numbers
    F64, F32, F16, BF16, F8_E4M3, F8_E5M2, F8_E8M0, I64, I32, I16, I8, U64, U32, U16, U8, BOOL,
    // GGUF block formats; layouts: ggml-common.h of the ggml project
    Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q8_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, Q8_K,
    IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_NL, IQ4_XS,
    TQ1_0, TQ2_0, Q1_0, Q2_0, MXFP4, NVFP4,
    // codes of other engines, whose scales lie in tensors of their own (GPTQ, AWQ, compressed-tensors, bitsandbytes ...)
    INT2, INT3, INT4, INT8, FP8, FP4, NF4,
    Count
};

inline constexpr std::size_t tensorTypeCount = static_cast<std::size_t>(TensorType::Count);

enum class TypeFamily : std::uint8_t {
    Float,   ///< plain floating point
    Integer, ///< plain integers and booleans: shown, never quantized
    Legacy,  ///< Q4_0 ... Q8_1: one scale (and minimum) per 32 weights
    KQuant,  ///< Q2_K ... Q8_K: super-blocks of 256
    IQuant,  ///< non-linear or lattice codes
    Ternary, ///< TQ1_0, TQ2_0, Q1_0, Q2_0
    Fp4,     ///< MXFP4, NVFP4
    Scaled   ///< codes with scales in other tensors: read from safetensors only, put together by core/formats
};

struct TensorTypeInfo
{
    TensorType type;
    std::string_view name;          ///< "Q4_K", "F8_E4M3"; what people type and files show
    TypeFamily family;
    std::uint32_t weightsPerBlock;  ///< row lengths must be a multiple of it
    std::uint32_t bytesPerBlock;    ///< of the codes alone in the family Scaled
    int ggmlId;                     ///< tensor type number in GGUF; -1 where GGUF has none
    std::string_view safetensorsName; ///< dtype in safetensors; empty where it has none
    bool needsImportance;           ///< llama.cpp refuses to write it without importance data

    /// Stored bits per weight, scales included (but see the family Scaled).
    [[nodiscard]] double bitsPerWeight() const { return 8.0 * bytesPerBlock / weightsPerBlock; }
    [[nodiscard]] bool isQuantized() const { return family != TypeFamily::Float && family != TypeFamily::Integer; }
};

/// Facts of @p type.
const TensorTypeInfo& info(TensorType type);
inline std::string_view name(TensorType type) { return info(type).name; }

/// All rows, in the order of the enum.
std::span<const TensorTypeInfo> allTensorTypes();

/// By name, ignoring case ("q4_k", "Q4_K"); nothing when unknown.
std::optional<TensorType> tensorTypeFromName(std::string_view name);
/// By GGUF tensor type number; nothing for retired or unknown numbers.
std::optional<TensorType> tensorTypeFromGgmlId(std::uint32_t id);
/// True for numbers that older ggml versions used and newer ones refuse (4, 5, 31-33, 36-38).
bool isRetiredGgmlId(std::uint32_t id);
/// By safetensors dtype, exact; nothing when unknown.
std::optional<TensorType> tensorTypeFromSafetensors(std::string_view dtype);

/// True when a row of @p weights weights can be stored in @p type.
bool fitsRow(TensorType type, std::uint64_t weights);
/// Bytes of one row of @p weights weights; nothing when the row does not fit or on overflow.
std::optional<std::uint64_t> rowBytes(TensorType type, std::uint64_t weights);
/// Bytes of a whole tensor, without padding; nothing when its rows do not fit or on overflow.
std::optional<std::uint64_t> tensorBytes(TensorType type, const Shape& shape);

} // namespace quantlathe
