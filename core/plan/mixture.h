// SPDX-License-Identifier: GPL-3.0-or-later
// The decision of one llama-quantize mixture, tensor by tensor. Inside plan/ only.
#pragma once

#include "core/types/tensor_type.h"

#include <cstdint>
#include <string_view>

namespace quantlathe {

/// Values of general.file_type.
enum class FileType : std::uint32_t {
    F32 = 0, F16 = 1, Q4_0 = 2, Q4_1 = 3, Q8_0 = 7, Q5_0 = 8, Q5_1 = 9, Q2_K = 10, Q3_K_S = 11, Q3_K_M = 12, Q3_K_L = 13,
    Q4_K_S = 14, Q4_K_M = 15, Q5_K_S = 16, Q5_K_M = 17, Q6_K = 18, IQ2_XXS = 19, IQ2_XS = 20, Q2_K_S = 21, IQ3_XS = 22,
    IQ3_XXS = 23, IQ1_S = 24, IQ4_NL = 25, IQ3_S = 26, IQ3_M = 27, IQ2_S = 28, IQ2_M = 29, IQ4_XS = 30, IQ1_M = 31,
    BF16 = 32, TQ1_0 = 36, TQ2_0 = 37, MXFP4_MOE = 38, NVFP4 = 39, Q1_0 = 40, Q2_0 = 41
};

enum class MixtureCategory {
    TokenEmbedding, Query, Value, Key, FusedQueryKeyValue, KeyValueB, AttentionOutput, Up, Gate, Down, Output, Other
};

/// By substrings of the canonical name, as llama-quantize sorts them.
MixtureCategory mixtureCategoryOf(std::string_view canonicalName);
/// Value-like: also the fused matrix and MLA's up-projection.
bool isValueLike(MixtureCategory category);

/// What the mixtures depend on.
struct MixtureModel
{
    bool isFalcon = false;
    bool isSeventyB = false;       ///< llama.cpp's model size "70B": value matrices get more bits
    bool isEmbeddingTied = false;
    bool hasImportance = false;
    std::uint64_t expertCount = 0;
    std::uint64_t headsPerKvHead = 1;
    std::int64_t layerCount = 0;
    std::int64_t valueCount = 0;   ///< value-like tensors in the model
};

/// One tensor as next() wants it.
struct MixtureTensor
{
    std::string_view canonicalName;
    std::uint64_t rowLength = 0;
    int layer = -1;
    bool isStacked = false;        ///< three-dimensional (experts)
};

/// Stateful: call next() once per tensor that the mixture decides, by layer and then name. Tensors decided by a rule are
/// left out: llama-quantize's counters do not see them either.
class Mixture
{
public:
    Mixture(FileType fileType, TensorType baseType, const MixtureModel& model);
    TensorType next(const MixtureTensor& tensor);

private:
    [[nodiscard]] TensorType output(std::uint64_t rowLength) const;
    [[nodiscard]] TensorType tokenEmbedding() const;
    [[nodiscard]] TensorType value(std::int64_t position) const;
    [[nodiscard]] TensorType key() const;
    [[nodiscard]] TensorType query() const;
    [[nodiscard]] TensorType attentionOutput() const;
    [[nodiscard]] TensorType down(std::int64_t layer) const;
    [[nodiscard]] TensorType gateOrUp(std::int64_t layer) const;
    [[nodiscard]] std::int64_t layerFor(const MixtureTensor& tensor, std::int64_t counter) const;

    FileType m_fileType;
    TensorType m_base;
    MixtureModel m_model;
    bool m_isTwoBits; ///< the IQ1 and IQ2 family, which has rules of its own
    std::int64_t m_values = 0;
    std::int64_t m_downs = 0;
    std::int64_t m_gates = 0;
    std::int64_t m_ups = 0;
};

} // namespace quantlathe
