// SPDX-License-Identifier: GPL-3.0-or-later
// How much each input channel of a weight matters: what llama.cpp calls an importance matrix (imatrix), as a value. Where it
// comes from and how it is stored: room calibration. What fits which model: importance_match.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

/// Immutable; shared by pointer.
class Importance
{
public:
    /// One weight tensor: sums over the activations that met it.
    struct Entry
    {
        std::string name;            ///< in GGUF style, with suffix: "blk.0.attn_q.weight"
        std::uint64_t rowLength = 0; ///< input channels; of older files of stacked experts all experts' together
        /// Sum of x^2 per input channel, [matrices x rowLength], row-major, one matrix per expert. As the file says: NaN,
        /// infinities and negative values are in it.
        std::vector<float> sumOfSquares;
        /// Activations (tokens; in older files chunks) that met each matrix; finite and >= 0. As many as matrices.
        std::vector<float> counts;

        [[nodiscard]] std::uint64_t matrices() const { return counts.size(); }
    };

    struct Contents
    {
        std::filesystem::path file;        ///< it was read from; empty when measured here
        std::vector<std::string> datasets; ///< names of the texts
        std::uint32_t chunkCount = 0;      ///< pieces of text that were evaluated; 0 = not told
        std::uint32_t chunkSize = 0;       ///< tokens per piece; 0 = not told (older files)
        std::vector<Entry> entries;
    };

    /// @throws Error(InvalidArgument) when the sizes of an entry contradict each other, a count is negative or no number, a
    /// name is empty or appears twice, or there is no entry
    explicit Importance(Contents contents);

    [[nodiscard]] const std::filesystem::path& file() const { return m_contents.file; }
    [[nodiscard]] std::span<const std::string> datasets() const { return m_contents.datasets; }
    [[nodiscard]] std::uint32_t chunkCount() const { return m_contents.chunkCount; }
    [[nodiscard]] std::uint32_t chunkSize() const { return m_contents.chunkSize; }
    [[nodiscard]] std::span<const Entry> entries() const { return m_contents.entries; }
    /// Null when there is none for this canonical name.
    [[nodiscard]] const Entry* find(std::string_view name) const;

    /// Of all that has a bearing on what is encoded: the entries. 32 hexadecimal digits; the same whatever the file and the
    /// order in it.
    [[nodiscard]] const std::string& hash() const { return m_hash; }

private:
    Contents m_contents;
    std::vector<std::size_t> m_byName; ///< sorted by name
    std::string m_hash;
};

/// The importance of one tensor of a model, row by row. A value, cheap to copy; empty where there is none.
/// One factor per input channel: the mean of squares; 1 for all channels of an expert that was never reached, or of which all sums are 0.
class TensorImportance
{
public:
    TensorImportance() = default;
    /// @param entry of @p owner; @param firstMatrix its matrix that belongs to the tensor's first rows
    /// @param matrices of the tensor; @param rowsPerMatrix rows of the tensor that share a matrix, > 0
    TensorImportance(std::shared_ptr<const Importance> owner, const Importance::Entry& entry, std::uint64_t firstMatrix,
                     std::uint64_t matrices, std::uint64_t rowLength, std::uint64_t rowsPerMatrix);
    /// The same factors (>= 0, finite) for all rows.
    static TensorImportance ofChannels(std::span<const float> factors);

    [[nodiscard]] bool isEmpty() const { return !m_entry; }
    [[nodiscard]] bool isReached(std::uint64_t matrix) const { return (*m_isReached)[matrix]; }
    [[nodiscard]] std::uint64_t rowLength() const { return m_rowLength; }
    /// Rows with the same number share their importance; 0 when empty.
    [[nodiscard]] std::uint64_t matrixOf(std::uint64_t row) const { return isEmpty() ? 0 : row / m_rowsPerMatrix; }
    /// Writes the factors of channels [firstChannel, firstChannel + out.size()) of @p row. Not when empty.
    void read(std::uint64_t row, std::uint64_t firstChannel, std::span<float> out) const;

private:
    [[nodiscard]] float countOf(std::uint64_t matrix) const;

    std::shared_ptr<const Importance> m_owner;
    const Importance::Entry* m_entry = nullptr;
    std::uint64_t m_firstMatrix = 0;
    std::uint64_t m_rowLength = 0;
    std::uint64_t m_rowsPerMatrix = 1;
    std::shared_ptr<const std::vector<bool>> m_isReached; ///< by matrix of the tensor
};

/// Whole rows of importance for somebody who walks through a tensor: made anew only where another expert begins. One thread.
class ImportanceRows
{
public:
    explicit ImportanceRows(TensorImportance importance) : m_importance(std::move(importance)) {}
    /// rowLength() factors, valid until the next call; null when the importance is empty.
    [[nodiscard]] const float* of(std::uint64_t row);

private:
    TensorImportance m_importance;
    std::uint64_t m_matrix = 0;
    std::vector<float> m_factors; ///< of m_matrix; empty at first
};

} // namespace quantlathe
