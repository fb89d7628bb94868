// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/chunks.h"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace quantlathe {

ChunkList::ChunkList(const ExportLayout& layout)
{
    for (std::size_t file = 0; file < layout.files.size(); ++file) {
        const ExportFile& part = layout.files[file];
        add({Chunk::Kind::Header, file, 0, 0, part.header.size(), bytesPerCopy, 1, 0});
        for (std::size_t index = 0; index < part.tensors.size(); ++index) {
            const std::size_t tensorIndex = part.tensors[index];
            const OutputTensor& tensor = layout.output.tensors[tensorIndex];
            const std::uint64_t size = tensor.sizeBytes();
            if (size == 0)
                continue;
            if (tensor.isCopy && !tensor.weights.bytes().empty()) {
                add({Chunk::Kind::Copy, file, tensorIndex, 0, size, bytesPerCopy, 1, part.offsets[index]});
                continue;
            }
            const std::uint64_t rows = tensor.shape().rowCount();
            const std::uint64_t rowLength = tensor.shape().rowLength();
            const std::uint64_t rowsPerChunk = std::clamp<std::uint64_t>(weightsPerChunk / rowLength, 1, rows);
            m_longestRow = std::max(m_longestRow, rowLength);
            m_largestWeights = std::max(m_largestWeights, rowsPerChunk * rowLength);
            add({Chunk::Kind::Rows, file, tensorIndex, 0, rows, rowsPerChunk, size / rows, part.offsets[index]});
        }
    }
}

void ChunkList::add(Segment segment)
{
    if (segment.units == 0)
        return;
    segment.firstChunk = m_size;
    m_size += (segment.units - 1) / segment.unitsPerChunk + 1;
    m_largestBytes = std::max(m_largestBytes, std::min(segment.unitsPerChunk, segment.units) * segment.bytesPerUnit);
    m_segments.push_back(segment);
}

Chunk ChunkList::at(std::uint64_t index) const
{
    assert(index < m_size);
    const auto after = std::upper_bound(m_segments.begin(), m_segments.end(), index,
                                        [](std::uint64_t value, const Segment& s) { return value < s.firstChunk; });
    const Segment& segment = *std::prev(after);
    Chunk chunk;
    chunk.kind = segment.kind;
    chunk.file = segment.file;
    chunk.tensor = segment.tensor;
    chunk.first = (index - segment.firstChunk) * segment.unitsPerChunk;
    chunk.count = std::min(segment.unitsPerChunk, segment.units - chunk.first);
    chunk.fileOffset = segment.fileOffset + chunk.first * segment.bytesPerUnit;
    chunk.sizeBytes = chunk.count * segment.bytesPerUnit;
    chunk.isLastOfTensor = segment.kind != Chunk::Kind::Header && chunk.first + chunk.count == segment.units;
    return chunk;
}

} // namespace quantlathe
