// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/weight_reader.h"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace quantlathe {

namespace {
/// Tensors up to this size stay mapped after a pass.
constexpr std::uint64_t keepMappedBytes = 256u << 20;
constexpr std::uint64_t rangeWeights = 1u << 20;
} // namespace

std::vector<WeightRange> cutIntoRanges(std::span<const WeightReader> readers)
{
    std::vector<WeightRange> ranges;
    for (std::size_t index = 0; index < readers.size(); ++index) {
        const std::uint64_t weights = readers[index].tensor().shape().weightCount();
        const std::uint64_t length = readers[index].pieceLength(rangeWeights);
        for (std::uint64_t first = 0; first < weights; first += length)
            ranges.push_back({index, first, std::min(length, weights - first)});
    }
    return ranges;
}

void requireDecodable(const Tensor& tensor)
{
    if (!tensor.canDecode())
        throw Error(ErrorKind::Unsupported,
                    fmt::format("weights stored as {} cannot be decoded by this version", name(tensor.type())),
                    {tensor.storage().file()->path(), std::nullopt, tensor.name()});
}

WeightReader::WeightReader(const Tensor& tensor)
    : m_tensor(&tensor)
    , m_codec(&codecFor(tensor.type()))
{
    requireDecodable(tensor);
    const auto bytes = tensor.bytes();
    m_isContiguous = !bytes.empty() && m_codec->canDecode();
    m_granule = m_isContiguous ? info(tensor.type()).weightsPerBlock : std::max<std::uint64_t>(1, tensor.shape().rowLength());
    m_isDirect = m_isContiguous && tensor.type() == TensorType::F32 && std::endian::native == std::endian::little
        && reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(float) == 0;
}

std::uint64_t WeightReader::pieceLength(std::uint64_t weights) const
{
    return std::max<std::uint64_t>(1, weights / m_granule) * m_granule;
}

const float* WeightReader::read(std::uint64_t first, std::size_t count, std::vector<float>& buffer) const
{
    if (m_isDirect)
        return reinterpret_cast<const float*>(m_tensor->bytes().data()) + first;
    if (buffer.size() < count)
        buffer.resize(count);
    if (m_isContiguous)
        m_codec->decode(m_tensor->bytes().data() + first / m_granule * info(m_tensor->type()).bytesPerBlock, buffer.data(), count);
    else
        m_tensor->decodeRows(first / m_granule, count / m_granule, buffer.data());
    return buffer.data();
}

void WeightReader::release(std::uint64_t first, std::uint64_t count) const
{
    if (!m_isContiguous || m_tensor->sizeBytes() <= keepMappedBytes)
        return;
    const std::uint64_t blockBytes = info(m_tensor->type()).bytesPerBlock;
    m_tensor->storage().file()->dontNeed(m_tensor->storage().fileOffset() + first / m_granule * blockBytes,
                                         count / m_granule * blockBytes);
}

} // namespace quantlathe
