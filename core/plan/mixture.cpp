// SPDX-License-Identifier: GPL-3.0-or-later
// The mixtures of llama-quantize 0.7.0, written down as tables: facts of llama.cpp's src/llama-quant.cpp, checked tensor
// by tensor against its --dry-run. Quirks are kept (Q3_K_L loses its attention output bits with 8 experts).
#include "core/plan/mixture.h"

namespace quantlathe {

namespace {

using enum TensorType;

/// The first and last eighth of the layers and every third between.
bool usesMoreBits(std::int64_t layer, std::int64_t count)
{
    return layer < count / 8 || layer >= 7 * count / 8 || (layer - count / 8) % 3 == 2;
}

bool isTwoBitFamily(FileType type)
{
    switch (type) {
    case FileType::IQ1_S:
    case FileType::IQ1_M:
    case FileType::IQ2_XXS:
    case FileType::IQ2_XS:
    case FileType::IQ2_S:
    case FileType::IQ2_M:
        return true;
    default:
        return false;
    }
}

bool isLargerTwoBit(FileType type)
{
    return type == FileType::IQ2_S || type == FileType::IQ2_M;
}

} // namespace

MixtureCategory mixtureCategoryOf(std::string_view canonicalName)
{
    using enum MixtureCategory;
    if (canonicalName == "output.weight")
        return Output;
    if (canonicalName == "token_embd.weight" || canonicalName == "per_layer_token_embd.weight")
        return TokenEmbedding;
    struct Part
    {
        std::string_view text;
        MixtureCategory category;
    };
    static constexpr Part parts[] = {{"attn_qkv.weight", FusedQueryKeyValue},
                                     {"attn_kv_b.weight", KeyValueB},
                                     {"attn_v.weight", Value},
                                     {"attn_k.weight", Key},
                                     {"attn_q.weight", Query},
                                     {"attn_output.weight", AttentionOutput},
                                     {"ffn_up", Up},
                                     {"ffn_gate", Gate},
                                     {"ffn_down", Down}};
    for (const Part& part : parts) {
        if (canonicalName.find(part.text) != std::string_view::npos)
            return part.category;
    }
    return Other;
}

bool isValueLike(MixtureCategory category)
{
    return category == MixtureCategory::Value || category == MixtureCategory::FusedQueryKeyValue
        || category == MixtureCategory::KeyValueB;
}

Mixture::Mixture(FileType fileType, TensorType baseType, const MixtureModel& model)
    : m_fileType(fileType), m_base(baseType), m_model(model), m_isTwoBits(isTwoBitFamily(fileType))
{
}

TensorType Mixture::next(const MixtureTensor& tensor)
{
    const MixtureCategory category = mixtureCategoryOf(tensor.canonicalName);
    if (category == MixtureCategory::Output
        || (category == MixtureCategory::TokenEmbedding && m_model.isEmbeddingTied))
        return output(tensor.rowLength);
    if (m_fileType == FileType::MXFP4_MOE)
        return tensor.isStacked ? MXFP4 : Q8_0;
    switch (category) {
    case MixtureCategory::TokenEmbedding:
        return tokenEmbedding();
    case MixtureCategory::Value:
    case MixtureCategory::FusedQueryKeyValue:
    case MixtureCategory::KeyValueB:
        return value(m_values++);
    case MixtureCategory::Key:
        return key();
    case MixtureCategory::Query:
        return query();
    case MixtureCategory::AttentionOutput:
        return attentionOutput();
    case MixtureCategory::Down:
        // The two-bit family counts tensors even where experts make the count run ahead of the layers.
        return down(m_isTwoBits ? m_downs++ : layerFor(tensor, m_downs++));
    case MixtureCategory::Gate:
        return gateOrUp(layerFor(tensor, m_gates++));
    case MixtureCategory::Up:
        return gateOrUp(layerFor(tensor, m_ups++));
    default:
        return m_base;
    }
}

std::int64_t Mixture::layerFor(const MixtureTensor& tensor, std::int64_t counter) const
{
    return m_model.expertCount > 1 && tensor.layer >= 0 ? tensor.layer : counter;
}

TensorType Mixture::output(std::uint64_t rowLength) const
{
    if (m_fileType == FileType::MXFP4_MOE || m_model.isFalcon || !fitsRow(m_base, rowLength))
        return Q8_0;
    if (m_isTwoBits || m_fileType == FileType::IQ3_XXS)
        return Q5_K;
    return m_base == Q8_0 ? Q8_0 : Q6_K;
}

TensorType Mixture::tokenEmbedding() const
{
    switch (m_fileType) {
    case FileType::IQ1_S:
    case FileType::IQ1_M:
    case FileType::IQ2_XXS:
    case FileType::IQ2_XS:
        return Q2_K;
    case FileType::IQ2_S:
    case FileType::IQ2_M:
    case FileType::IQ3_XXS:
        return IQ3_S;
    case FileType::TQ1_0:
    case FileType::TQ2_0:
    case FileType::Q2_0:
        return Q4_K;
    default:
        return m_base;
    }
}

TensorType Mixture::value(std::int64_t position) const
{
    const bool isShared = m_model.headsPerKvHead >= 4; // so the matrix is small and cheap to keep better
    if (m_isTwoBits) {
        if (isShared || m_model.expertCount >= 4)
            return Q4_K;
        return isLargerTwoBit(m_fileType) ? IQ3_S : Q2_K;
    }
    if (m_model.expertCount == 8)
        return Q8_0;
    TensorType type = m_base;
    switch (m_fileType) {
    case FileType::Q2_K:
        type = isShared ? Q4_K : Q3_K;
        break;
    case FileType::IQ3_XXS:
        type = isShared ? Q4_K : m_model.hasImportance ? IQ3_XXS : IQ3_S;
        break;
    case FileType::Q2_K_S:
    case FileType::IQ3_XS:
    case FileType::IQ3_S:
        type = isShared ? Q4_K : m_base;
        break;
    case FileType::IQ3_M:
        type = Q4_K;
        break;
    case FileType::Q3_K_M:
        type = position < 2 ? Q5_K : Q4_K;
        break;
    case FileType::Q3_K_L:
        type = Q5_K;
        break;
    case FileType::IQ4_NL:
    case FileType::IQ4_XS:
        type = isShared ? Q5_K : m_base;
        break;
    case FileType::Q4_K_M:
    case FileType::Q5_K_M:
        type = usesMoreBits(position, m_model.valueCount) ? Q6_K : m_base;
        break;
    case FileType::Q4_K_S:
        type = position < 4 ? Q5_K : m_base;
        break;
    default:
        break;
    }
    return m_model.isSeventyB && (type == Q3_K || type == Q4_K) ? Q5_K : type;
}

TensorType Mixture::key() const
{
    if (m_model.expertCount == 8)
        return m_isTwoBits ? Q4_K : Q8_0;
    return query();
}

TensorType Mixture::query() const
{
    if (m_fileType == FileType::IQ3_XS)
        return IQ3_XXS;
    return m_fileType == FileType::IQ3_XXS ? IQ2_S : m_base;
}

TensorType Mixture::attentionOutput() const
{
    if (m_model.isFalcon && !m_isTwoBits)
        return m_fileType == FileType::Q3_K_L ? Q4_K : m_base;
    if (m_model.expertCount == 8) {
        switch (m_fileType) {
        case FileType::Q2_K:
        case FileType::Q3_K_S:
        case FileType::Q3_K_M:
        case FileType::Q4_K_S:
        case FileType::Q4_K_M:
        case FileType::IQ3_XXS:
        case FileType::IQ3_XS:
        case FileType::IQ3_S:
        case FileType::IQ3_M:
        case FileType::IQ4_NL:
        case FileType::IQ4_XS:
            return Q5_K;
        default:
            return m_isTwoBits ? Q5_K : m_base;
        }
    }
    switch (m_fileType) {
    case FileType::IQ1_S:
    case FileType::IQ1_M:
        return IQ2_XXS;
    case FileType::IQ2_S:
    case FileType::IQ2_M:
    case FileType::IQ3_XXS:
        return IQ3_S;
    case FileType::Q2_K:
        return Q3_K;
    case FileType::Q3_K_M:
    case FileType::IQ3_M:
        return Q4_K;
    case FileType::Q3_K_L:
        return Q5_K;
    default:
        return m_base;
    }
}

TensorType Mixture::down(std::int64_t layer) const
{
    const std::int64_t count = m_model.layerCount;
    const bool isEarly = layer < count / 8;
    const bool isFirst = layer < count / 16;
    const bool hasMoreBits = usesMoreBits(layer, count);
    switch (m_fileType) {
    case FileType::IQ1_S:
    case FileType::IQ1_M:
    case FileType::IQ2_XXS:
    case FileType::IQ2_XS:
        return isEarly ? Q2_K : m_base;
    case FileType::IQ2_S:
    case FileType::IQ2_M:
        return isEarly ? IQ3_S : m_base;
    case FileType::Q2_K:
        return Q3_K;
    case FileType::Q2_K_S:
        return isEarly ? Q4_K : m_base;
    case FileType::IQ3_XXS:
        return m_model.hasImportance ? m_base : isEarly ? Q4_K : Q3_K;
    case FileType::IQ3_M:
        return isEarly || (m_model.expertCount == 8 && hasMoreBits) ? Q4_K : m_base;
    case FileType::Q3_K_M:
        return isFirst ? Q5_K : !m_model.isFalcon || hasMoreBits ? Q4_K : Q3_K;
    case FileType::Q3_K_L:
        return m_model.isFalcon ? Q4_K : Q5_K;
    case FileType::Q4_K_S:
        return isEarly && !m_model.isFalcon ? Q5_K : m_base;
    case FileType::Q4_K_M:
        if (m_model.isFalcon)
            return isFirst ? Q6_K : hasMoreBits ? Q5_K : Q4_K;
        return hasMoreBits ? Q6_K : m_base;
    case FileType::Q5_K_M:
        return hasMoreBits ? Q6_K : m_base;
    case FileType::IQ4_NL:
    case FileType::IQ4_XS:
        return isEarly && !m_model.hasImportance ? Q5_K : m_base;
    case FileType::Q4_0:
        return isEarly && m_model.hasImportance ? Q4_1 : m_base;
    case FileType::Q5_0:
        return isEarly && m_model.hasImportance ? Q5_1 : m_base;
    default:
        return m_base;
    }
}

TensorType Mixture::gateOrUp(std::int64_t layer) const
{
    const std::int64_t count = m_model.layerCount;
    const bool isMiddle = layer >= count / 8 && layer < 7 * count / 8;
    return m_fileType == FileType::IQ3_XS && isMiddle ? IQ3_XXS : m_base;
}

} // namespace quantlathe
