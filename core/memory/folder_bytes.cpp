// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/memory/folder_bytes.h"

#include "core/memory/saturating.h"

namespace quantlathe {

namespace {

constexpr std::uint64_t shapeBytes = 16; ///< compressed-tensors' weight_shape: two 64-bit integers

std::uint64_t wordsOf(std::uint64_t count, unsigned bits)
{
    return saturatingAlign(saturatingMultiply(count, bits), 32) / 8;
}

std::uint64_t scaleBytes(TensorType type)
{
    return type == TensorType::F32 ? 4 : 2;
}

std::uint64_t integerBytes(Target target, const GroupScheme& scheme, std::uint64_t rows, std::uint64_t inputs)
{
    const std::uint64_t groups = scheme.groupsOf(inputs);
    const std::uint64_t scales = saturatingMultiply(saturatingMultiply(rows, groups), scaleBytes(scheme.scaleType));
    switch (target) {
    case Target::Gptq: // zero points in any case, and the group of every input
        return saturatingAdd(saturatingAdd(saturatingMultiply(rows, wordsOf(inputs, scheme.bits)), scales),
                             saturatingAdd(saturatingMultiply(groups, wordsOf(rows, scheme.bits)), saturatingMultiply(inputs, 4)));
    case Target::Awq:
        return saturatingAdd(saturatingAdd(saturatingMultiply(inputs, wordsOf(rows, scheme.bits)), scales), saturatingMultiply(groups, wordsOf(rows, scheme.bits)));
    default:
        break;
    }
    const std::uint64_t zeros = scheme.isSymmetric ? 0 : saturatingMultiply(groups, wordsOf(rows, scheme.bits));
    return saturatingAdd(saturatingAdd(saturatingMultiply(rows, wordsOf(inputs, scheme.bits)), scales), saturatingAdd(zeros, shapeBytes));
}

} // namespace

std::uint64_t folderTensorBytes(Target target, const Choice* choice, TensorType stored, std::uint64_t rows, std::uint64_t inputs)
{
    const std::uint64_t weights = saturatingMultiply(rows, inputs);
    if (choice && target != Target::Safetensors) {
        if (const auto* integers = std::get_if<GroupScheme>(&choice->scheme))
            return integerBytes(target, *integers, rows, inputs);
        if (const auto* floats = std::get_if<FloatScheme>(&choice->scheme))
            return saturatingAdd(weights, saturatingMultiply(saturatingMultiply(floats->rowBlocksOf(rows), floats->inputBlocksOf(inputs)), scaleBytes(floats->scaleType)));
        if (choice->type == TensorType::NVFP4)
            return saturatingAdd(weights / 2 + weights / 16, 4);
        if (choice->type == TensorType::MXFP4)
            return weights / 2 + weights / 32;
    }
    if (info(stored).family == TypeFamily::Integer)
        return saturatingMultiply(weights, info(stored).bytesPerBlock);
    return saturatingMultiply(weights, 2);
}

} // namespace quantlathe
