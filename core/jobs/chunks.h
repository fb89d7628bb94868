// SPDX-License-Identifier: GPL-3.0-or-later
// The export cut into pieces that are computed in parallel, written in order and checked one by one. The cut depends on the
// layout alone - not on threads or memory - so that an interrupted run can be continued with other settings.
#pragma once

#include "core/jobs/export_layout.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace quantlathe {

/// A piece of one output file.
struct Chunk
{
    enum class Kind { Header, Copy, Rows };
    Kind kind = Kind::Header;
    std::size_t file = 0;          ///< index into ExportLayout::files
    std::size_t tensor = 0;        ///< index into GgufOutput::tensors; unused for Header
    std::uint64_t first = 0;       ///< Rows: first output row; otherwise first byte of the header or tensor
    std::uint64_t count = 0;       ///< rows or bytes
    std::uint64_t fileOffset = 0;  ///< where it goes
    std::uint64_t sizeBytes = 0;
    bool isLastOfTensor = false;
};

class ChunkList
{
public:
    /// About 1 MiB of floats: small enough for many in flight and a prompt cancel, large enough to amortise writing.
    static constexpr std::uint64_t weightsPerChunk = 256 * 1024;
    static constexpr std::uint64_t bytesPerCopy = 1024 * 1024;

    explicit ChunkList(const ExportLayout& layout);

    [[nodiscard]] std::uint64_t size() const { return m_size; }
    /// Chunk @p index (< size()) in the order of writing: files in order, in a file by rising offset without overlap.
    [[nodiscard]] Chunk at(std::uint64_t index) const;

    /// The largest row chunk, in weights and in output bytes of any chunk, and the longest row in weights.
    [[nodiscard]] std::uint64_t largestWeights() const { return m_largestWeights; }
    [[nodiscard]] std::uint64_t largestBytes() const { return m_largestBytes; }
    [[nodiscard]] std::uint64_t longestRow() const { return m_longestRow; }

private:
    /// Consecutive chunks of one header or tensor.
    struct Segment
    {
        Chunk::Kind kind;
        std::size_t file;
        std::size_t tensor;
        std::uint64_t firstChunk;
        std::uint64_t units;         ///< rows or bytes in all
        std::uint64_t unitsPerChunk;
        std::uint64_t bytesPerUnit;
        std::uint64_t fileOffset;
    };
    void add(Segment segment);

    std::vector<Segment> m_segments; ///< none is empty
    std::uint64_t m_size = 0;
    std::uint64_t m_largestWeights = 0;
    std::uint64_t m_largestBytes = 0;
    std::uint64_t m_longestRow = 0;
};

} // namespace quantlathe
