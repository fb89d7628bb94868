// SPDX-License-Identifier: GPL-3.0-or-later
// The weights of a tensor as one long sequence, whatever its rows: a vector of 100 million weights is read in small
// pieces like a matrix.
#pragma once

#include "core/analysis/kernels.h"
#include "core/base/run_control.h"
#include "core/codecs/codec.h"
#include "core/model/tensor.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace quantlathe {

/// Keeps a reference to the tensor. Immutable, thread-safe.
class WeightReader
{
public:
    /// @throws Error(Unsupported) naming the tensor and type when the type is not decoded
    explicit WeightReader(const Tensor& tensor);

    [[nodiscard]] const Tensor& tensor() const { return *m_tensor; }
    /// Where a piece may begin and end: a block of the type, or a whole row where the storage is assembled.
    [[nodiscard]] std::uint64_t granule() const { return m_granule; }
    /// @p weights rounded down to whole granules; at least one granule.
    [[nodiscard]] std::uint64_t pieceLength(std::uint64_t weights) const;

    /// @p count weights from @p first, both multiples of the granule (or up to the end). Points into the file where it
    /// holds aligned F32, otherwise into @p buffer; valid until the next call with that buffer.
    const float* read(std::uint64_t first, std::size_t count, std::vector<float>& buffer) const;

    /// Tells the system that these weights are done with. Does nothing for tensors that fit comfortably into memory:
    /// dropping pages only to map them again costs more than it saves.
    void release(std::uint64_t first, std::uint64_t count) const;

private:
    const Tensor* m_tensor;
    const Codec* m_codec;
    std::uint64_t m_granule = 1;
    bool m_isContiguous = false;
    bool m_isDirect = false; ///< F32 in place
};

/// Calls @p visit(weights, count) for stretches of at most kernels::blockWeights, in order. Looks at the stop token between
/// pieces. @throws Error(Cancelled)
template <typename Visit>
void forEachBlock(const WeightReader& reader, std::uint64_t first, std::uint64_t count, const RunControl& control, Visit&& visit)
{
    std::vector<float> buffer;
    const std::uint64_t piece = reader.pieceLength(kernels::blockWeights);
    for (std::uint64_t at = 0; at < count; at += piece) {
        control.throwIfCancelled();
        const auto weights = static_cast<std::size_t>(std::min(piece, count - at));
        const float* data = reader.read(first + at, weights, buffer);
        for (std::size_t begin = 0; begin < weights; begin += kernels::blockWeights)
            visit(data + begin, std::min(kernels::blockWeights, weights - begin));
    }
}

/// A part of one of several tensors: the unit of parallel work.
struct WeightRange
{
    std::size_t tensor = 0; ///< index into the readers it was cut from
    std::uint64_t first = 0;
    std::uint64_t count = 0;
};

/// All weights of @p readers in ranges of about a million, in order; the same for every thread count.
std::vector<WeightRange> cutIntoRanges(std::span<const WeightReader> readers);

/// @throws Error(Unsupported) naming the tensor and type when the type is not decoded
void requireDecodable(const Tensor& tensor);

} // namespace quantlathe
