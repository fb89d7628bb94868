// SPDX-License-Identifier: GPL-3.0-or-later
// The sums behind collect.h: fills them as an observer of the forward pass, adds them up over passes, keeps them as bytes.
#pragma once

#include "core/inference/forward_pass.h"
#include "core/model/importance.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace quantlathe {

/// Sums of squares of what goes into one matrix, or the experts of a stack.
struct ChannelSums
{
    std::uint64_t rowLength = 0;
    std::vector<double> squares; ///< [matrices x rowLength]
    std::vector<std::uint64_t> counts; ///< rows that met each matrix
};

/// By canonical name. A value.
class ImportanceSums
{
public:
    /// Names and sizes, everything 0: all matrices of the layers (and the output).
    ImportanceSums(const Network& network, bool withOutput);

    [[nodiscard]] std::map<std::string, ChannelSums>& entries() { return m_entries; }
    [[nodiscard]] const std::map<std::string, ChannelSums>& entries() const { return m_entries; }
    /// Adds the sums of the same network.
    void add(const ImportanceSums& other);

    /// Little-endian: names, sizes, counts, sums as they are.
    [[nodiscard]] std::vector<std::byte> toBytes() const;
    /// False, and nothing changes, when @p bytes are not those of sums of the same names and sizes.
    bool fromBytes(std::span<const std::byte> bytes);

    /// Entries that were met at all, with sums rounded to single precision.
    [[nodiscard]] std::vector<Importance::Entry> rounded() const;

private:
    std::map<std::string, ChannelSums> m_entries;
};

/// Adds to sums of the matrices it sees; others are ignored. Columns are summed in parallel, each in order of rows.
class ChannelObserver : public ActivationObserver
{
public:
    ChannelObserver(const Network& network, ImportanceSums& sums, unsigned threads);
    void onInputs(std::span<const Linear* const> matrices, const float* inputs, std::uint64_t rows, std::uint64_t columns,
                  std::uint64_t stride) override;

private:
    const Model& m_model;
    ImportanceSums& m_sums;
    unsigned m_threads;
    std::vector<double> m_squares; ///< of one call
};

} // namespace quantlathe
