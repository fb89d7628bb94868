// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/export_pack.h"

#include "core/base/error.h"
#include "core/codecs/codec.h"
#include "core/types/small_floats.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <fmt/format.h>
#include <numeric>
#include <span>

namespace quantlathe {

namespace {

using Bytes = std::vector<std::byte>;
using enum TensorType;

constexpr std::array<float, 16> fp4Values = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};

[[noreturn]] void refuse(std::string what)
{
    throw Error(ErrorKind::Unsupported, std::move(what));
}

const GroupScheme& groupScheme(const Scheme& scheme)
{
    const auto* group = std::get_if<GroupScheme>(&scheme);
    if (!group)
        refuse("this layout holds integer codes only");
    return *group;
}

const FloatScheme& floatScheme(const Scheme& scheme)
{
    const auto* floats = std::get_if<FloatScheme>(&scheme);
    if (!floats || floats->code != FloatCode::E4M3)
        refuse("this layout holds 8-bit floats (E4M3) only");
    return *floats;
}

std::uint64_t words(std::uint64_t codes, unsigned bits)
{
    return (codes * bits + 31) / 32;
}

/// Writes codes into a bit stream of little-endian words, the first in the lowest bits. @p wordAt(n) gives word n, zeroed before.
template <typename Code, typename WordAt> void packStream(std::uint64_t count, unsigned bits, Code code, WordAt wordAt)
{
    std::uint64_t buffer = 0;
    unsigned filled = 0;
    std::uint64_t word = 0;
    for (std::uint64_t index = 0; index < count; ++index) {
        buffer |= static_cast<std::uint64_t>(code(index)) << filled;
        filled += bits;
        if (filled >= 32) {
            wordAt(word++) = static_cast<std::uint32_t>(buffer);
            buffer >>= 32;
            filled -= 32;
        }
    }
    if (filled > 0)
        wordAt(word) = static_cast<std::uint32_t>(buffer);
}

Bytes bytesOf(const std::vector<std::uint32_t>& words)
{
    const auto bytes = std::as_bytes(std::span(words));
    return {bytes.begin(), bytes.end()};
}

/// @p numbers in @p type, which holds them exactly.
Bytes encoded(TensorType type, const std::vector<float>& numbers)
{
    const Codec& codec = codecFor(type);
    Bytes bytes(numbers.size() * info(type).bytesPerBlock);
    codec.encodeRow(numbers.data(), nullptr, numbers.size(), codec.defaults(), bytes.data());
    return bytes;
}

std::vector<float> turned(const std::vector<float>& values, std::uint64_t rows, std::uint64_t columns)
{
    std::vector<float> result(values.size());
    for (std::uint64_t row = 0; row < rows; ++row) {
        for (std::uint64_t column = 0; column < columns; ++column)
            result[column * rows + row] = values[row * columns + column];
    }
    return result;
}

std::vector<std::uint32_t> groupsOf(const GroupQuantized& matrix)
{
    if (!matrix.groupOfInput.empty())
        return matrix.groupOfInput;
    std::vector<std::uint32_t> groups(matrix.inputs);
    if (matrix.scheme.groupSize > 0) {
        for (std::uint64_t input = 0; input < matrix.inputs; ++input)
            groups[input] = static_cast<std::uint32_t>(input / matrix.scheme.groupSize);
    }
    return groups;
}

std::vector<Bytes> packGptq(const GroupQuantized& matrix, bool isV1)
{
    const unsigned bits = matrix.scheme.bits;
    const std::uint64_t groups = matrix.groups();
    std::vector<std::uint32_t> codes(words(matrix.inputs, bits) * matrix.outputs);
    for (std::uint64_t output = 0; output < matrix.outputs; ++output) {
        packStream(matrix.inputs, bits, [&](std::uint64_t input) { return matrix.codes[output * matrix.inputs + input]; },
                   [&](std::uint64_t word) -> std::uint32_t& { return codes[word * matrix.outputs + output]; });
    }
    const std::uint64_t zeroWords = words(matrix.outputs, bits);
    std::vector<std::uint32_t> zeros(groups * zeroWords);
    for (std::uint64_t group = 0; group < groups; ++group) {
        packStream(matrix.outputs, bits,
                   [&](std::uint64_t output) {
                       const unsigned zero = matrix.zeros[output * groups + group];
                       if (isV1 && zero == 0)
                           refuse(fmt::format("output {} has the zero point 0 in group {}, which GPTQ v1 cannot store", output, group));
                       return isV1 ? zero - 1 : zero;
                   },
                   [&](std::uint64_t word) -> std::uint32_t& { return zeros[group * zeroWords + word]; });
    }
    return {bytesOf(codes), bytesOf(zeros), encoded(matrix.scheme.scaleType, turned(matrix.scales, matrix.outputs, groups)),
            bytesOf(groupsOf(matrix))};
}

/// Output 8c + awqOrder[i] lies in nibble i of word c.
constexpr std::array<unsigned, 8> awqOrder = {0, 2, 4, 6, 1, 3, 5, 7};

template <typename Code> std::uint32_t awqWord(Code code)
{
    std::uint32_t word = 0;
    for (unsigned nibble = 0; nibble < 8; ++nibble)
        word |= static_cast<std::uint32_t>(code(awqOrder[nibble])) << (4 * nibble);
    return word;
}

/// Only GPTQ's layout says which input belongs to which group.
void requireNeighbours(const GroupQuantized& matrix)
{
    for (std::uint64_t input = 0; input < matrix.groupOfInput.size(); ++input) {
        if (matrix.scheme.groupSize > 0 && matrix.groupOfInput[input] != input / matrix.scheme.groupSize)
            refuse("groups of inputs that do not lie side by side are stored by GPTQ's layout only");
    }
}

std::vector<Bytes> packAwq(const GroupQuantized& matrix)
{
    requireNeighbours(matrix);
    const std::uint64_t columns = matrix.outputs / 8;
    const std::uint64_t groups = matrix.groups();
    std::vector<std::uint32_t> codes(matrix.inputs * columns);
    std::vector<std::uint32_t> zeros(groups * columns);
    for (std::uint64_t column = 0; column < columns; ++column) {
        for (std::uint64_t input = 0; input < matrix.inputs; ++input)
            codes[input * columns + column] = awqWord([&](unsigned at) { return matrix.codes[(8 * column + at) * matrix.inputs + input]; });
        for (std::uint64_t group = 0; group < groups; ++group)
            zeros[group * columns + column] = awqWord([&](unsigned at) { return matrix.zeros[(8 * column + at) * groups + group]; });
    }
    return {bytesOf(codes), bytesOf(zeros), encoded(matrix.scheme.scaleType, turned(matrix.scales, matrix.outputs, groups))};
}

std::vector<Bytes> packCompressed(const GroupQuantized& matrix)
{
    requireNeighbours(matrix);
    const unsigned bits = matrix.scheme.bits;
    const std::uint64_t groups = matrix.groups();
    const std::uint64_t rowWords = words(matrix.inputs, bits);
    std::vector<std::uint32_t> codes(matrix.outputs * rowWords);
    for (std::uint64_t output = 0; output < matrix.outputs; ++output) {
        packStream(matrix.inputs, bits, [&](std::uint64_t input) { return matrix.codes[output * matrix.inputs + input]; },
                   [&](std::uint64_t word) -> std::uint32_t& { return codes[output * rowWords + word]; });
    }
    const std::array<std::int64_t, 2> shape = {static_cast<std::int64_t>(matrix.outputs), static_cast<std::int64_t>(matrix.inputs)};
    const auto shapeBytes = std::as_bytes(std::span(shape));
    std::vector<Bytes> pieces{bytesOf(codes), encoded(matrix.scheme.scaleType, matrix.scales), {shapeBytes.begin(), shapeBytes.end()}};
    if (!matrix.scheme.isSymmetric) {
        std::vector<std::uint32_t> zeros(words(matrix.outputs, bits) * groups);
        for (std::uint64_t group = 0; group < groups; ++group) {
            packStream(matrix.outputs, bits, [&](std::uint64_t output) { return matrix.zeros[output * groups + group]; },
                       [&](std::uint64_t word) -> std::uint32_t& { return zeros[word * groups + group]; });
        }
        pieces.push_back(bytesOf(zeros));
    }
    return pieces;
}

std::vector<Bytes> packInt8(const GroupQuantized& matrix)
{
    Bytes codes(matrix.codes.size());
    std::transform(matrix.codes.begin(), matrix.codes.end(), codes.begin(), [](std::uint8_t code) { return static_cast<std::byte>(code ^ 0x80); });
    return {std::move(codes), encoded(matrix.scheme.scaleType, matrix.scales)};
}

std::vector<Bytes> packFloat8(const FloatQuantized& matrix)
{
    const auto isNan = [](std::uint8_t code) { return (code & 0x7F) == 0x7F; };
    if (std::any_of(matrix.codes.begin(), matrix.codes.end(), isNan))
        refuse("a weight is not a number, which engines do not expect in 8-bit floats");
    const auto codes = std::as_bytes(std::span(matrix.codes));
    return {{codes.begin(), codes.end()}, encoded(matrix.scheme.scaleType, matrix.scales)};
}

std::vector<Bytes> packFp4(const Fp4Quantized& matrix)
{
    Bytes codes(matrix.codes.size() / 2);
    for (std::size_t index = 0; index < codes.size(); ++index)
        codes[index] = static_cast<std::byte>(matrix.codes[2 * index] | matrix.codes[2 * index + 1] << 4);
    const auto scales = std::as_bytes(std::span(matrix.scales));
    std::vector<Bytes> pieces{std::move(codes), {scales.begin(), scales.end()}};
    if (matrix.isNv)
        pieces.push_back(encoded(F32, {matrix.globalScale}));
    return pieces;
}

std::vector<PieceLayout> gptqPieces(const GroupScheme& scheme, std::uint64_t outputs, std::uint64_t inputs)
{
    if (inputs % 32 != 0 || outputs % 32 != 0)
        refuse(fmt::format("GPTQ packs 32 inputs and 32 outputs at a time: {} x {} does not fit", outputs, inputs));
    const std::uint64_t groups = scheme.groupsOf(inputs);
    return {{"qweight", I32, Shape({words(inputs, scheme.bits), outputs})},
            {"qzeros", I32, Shape({groups, words(outputs, scheme.bits)})},
            {"scales", scheme.scaleType, Shape({groups, outputs})},
            {"g_idx", I32, Shape({inputs})}};
}

std::vector<PieceLayout> awqPieces(const GroupScheme& scheme, std::uint64_t outputs, std::uint64_t inputs)
{
    if (scheme.bits != 4)
        refuse(fmt::format("AWQ's gemm layout has 4 bits, not {}", scheme.bits));
    if (outputs % 8 != 0)
        refuse(fmt::format("AWQ packs 8 outputs at a time: {} do not fit", outputs));
    const std::uint64_t groups = scheme.groupsOf(inputs);
    if (scheme.groupSize > 0 && inputs % scheme.groupSize != 0)
        refuse(fmt::format("groups of {} do not divide {} inputs", scheme.groupSize, inputs));
    return {{"qweight", I32, Shape({inputs, outputs / 8})}, {"qzeros", I32, Shape({groups, outputs / 8})},
            {"scales", scheme.scaleType, Shape({groups, outputs})}};
}

std::vector<PieceLayout> compressedPieces(const GroupScheme& scheme, std::uint64_t outputs, std::uint64_t inputs)
{
    if (scheme.bits == 3)
        refuse("compressed-tensors packs 3 bits in two ways that readers cannot tell apart");
    if (scheme.isPerTensor)
        refuse("packed integers have a scale for each row or group");
    const std::uint64_t groups = scheme.groupsOf(inputs);
    std::vector<PieceLayout> pieces{{"weight_packed", I32, Shape({outputs, words(inputs, scheme.bits)})},
                                    {"weight_scale", scheme.scaleType, Shape({outputs, groups})},
                                    {"weight_shape", I64, Shape({2})}};
    if (!scheme.isSymmetric)
        pieces.push_back({"weight_zero_point", I32, Shape({words(outputs, scheme.bits), groups})});
    return pieces;
}

std::vector<PieceLayout> int8Pieces(const GroupScheme& scheme, std::uint64_t outputs, std::uint64_t inputs)
{
    if (scheme.bits != 8 || !scheme.isSymmetric || scheme.groupSize != 0 || scheme.isPerTensor)
        refuse("8-bit integers with 8-bit activations are symmetric with one scale for each row");
    return {{"weight", I8, Shape({outputs, inputs})}, {"weight_scale", scheme.scaleType, Shape({outputs, 1})}};
}

Shape scaleShape(const FloatScheme& scheme, std::uint64_t outputs, std::uint64_t inputs)
{
    const bool isSingle = scheme.blockRows == 0 && scheme.blockInputs == 0;
    return isSingle ? Shape({1}) : Shape({scheme.rowBlocksOf(outputs), scheme.inputBlocksOf(inputs)});
}

std::vector<PieceLayout> float8Pieces(PackLayout layout, const FloatScheme& scheme, std::uint64_t outputs, std::uint64_t inputs)
{
    const bool isSingle = scheme.blockRows == 0 && scheme.blockInputs == 0;
    const bool isBlock = scheme.blockRows > 1 && scheme.blockInputs > 1;
    if (layout == PackLayout::Fp8 && !isSingle && !isBlock)
        refuse("the method fp8 has one scale for the matrix or one for each block; scales for rows need compressed-tensors");
    return {{"weight", F8_E4M3, Shape({outputs, inputs})},
            {layout == PackLayout::Fp8 && isBlock ? "weight_scale_inv" : "weight_scale", scheme.scaleType, scaleShape(scheme, outputs, inputs)}};
}

std::vector<PieceLayout> fp4Pieces(bool isNv, std::uint64_t outputs, std::uint64_t inputs)
{
    const std::uint64_t group = isNv ? 16 : 32;
    if (inputs % group != 0)
        refuse(fmt::format("groups of {} do not divide {} inputs", group, inputs));
    std::vector<PieceLayout> pieces{{"weight_packed", U8, Shape({outputs, inputs / 2})},
                                    {"weight_scale", isNv ? F8_E4M3 : U8, Shape({outputs, inputs / group})}};
    if (isNv)
        pieces.push_back({"weight_global_scale", F32, Shape({1})});
    return pieces;
}

} // namespace

void Fp4Quantized::decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const
{
    const std::uint64_t groups = inputs / groupSize();
    for (std::uint64_t row = first; row < first + count; ++row) {
        for (std::uint64_t input = 0; input < inputs; ++input) {
            const std::uint8_t bits = scales[row * groups + input / groupSize()];
            const float scale = isNv ? e4m3ToFloat(bits) / globalScale : e8m0ToFloat(bits);
            *weights++ = scale * fp4Values[codes[row * inputs + input]];
        }
    }
}

void decodeRows(const QuantizedMatrix& matrix, std::uint64_t first, std::uint64_t count, float* weights)
{
    std::visit([&](const auto& codes) { codes.decodeRows(first, count, weights); }, matrix);
}

std::vector<PieceLayout> piecesOf(PackLayout layout, const Scheme& scheme, std::uint64_t outputs, std::uint64_t inputs)
{
    switch (layout) {
    case PackLayout::GptqV1:
    case PackLayout::GptqV2:
        return gptqPieces(groupScheme(scheme), outputs, inputs);
    case PackLayout::AwqGemm:
        return awqPieces(groupScheme(scheme), outputs, inputs);
    case PackLayout::CompressedPacked:
        return compressedPieces(groupScheme(scheme), outputs, inputs);
    case PackLayout::CompressedInt8:
        return int8Pieces(groupScheme(scheme), outputs, inputs);
    case PackLayout::CompressedFloat8:
    case PackLayout::Fp8:
        return float8Pieces(layout, floatScheme(scheme), outputs, inputs);
    case PackLayout::Nvfp4:
    case PackLayout::Mxfp4:
        return fp4Pieces(layout == PackLayout::Nvfp4, outputs, inputs);
    }
    return {};
}

std::vector<std::vector<std::byte>> pack(PackLayout layout, const QuantizedMatrix& matrix)
{
    switch (layout) {
    case PackLayout::GptqV1:
    case PackLayout::GptqV2:
        return packGptq(std::get<GroupQuantized>(matrix), layout == PackLayout::GptqV1);
    case PackLayout::AwqGemm:
        return packAwq(std::get<GroupQuantized>(matrix));
    case PackLayout::CompressedPacked:
        return packCompressed(std::get<GroupQuantized>(matrix));
    case PackLayout::CompressedInt8:
        return packInt8(std::get<GroupQuantized>(matrix));
    case PackLayout::CompressedFloat8:
    case PackLayout::Fp8:
        return packFloat8(std::get<FloatQuantized>(matrix));
    case PackLayout::Nvfp4:
    case PackLayout::Mxfp4:
        return packFp4(std::get<Fp4Quantized>(matrix));
    }
    return {};
}

} // namespace quantlathe
