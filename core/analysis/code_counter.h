// SPDX-License-Identifier: GPL-3.0-or-later
// Types whose weights are single codes of 8 or 16 bits: counting the codes once gives every statistic exactly.
#pragma once

#include "core/codecs/codec.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace quantlathe {

/// Counts the codes of one type from many threads. The sums are integers: the order does not matter.
class CodeCounter
{
public:
    /// True for decodable types with one weight per block of one or two bytes (F16, BF16, F8_E4M3, I8, ...).
    static bool handles(TensorType type);

    explicit CodeCounter(TensorType type);

    [[nodiscard]] TensorType type() const { return m_type; }
    /// Counts the codes in @p bytes (a multiple of the code's size). Thread-safe. Call with pieces of at most 2^31 codes.
    void count(std::span<const std::byte> bytes);
    /// How often each code occurred. After all count() calls have returned.
    [[nodiscard]] const std::vector<std::uint64_t>& finish();
    /// The value of each code.
    [[nodiscard]] const std::vector<float>& values() const { return m_values; }

private:
    /// 32-bit counters, several tables side by side (see kernels::countTables).
    struct Tables
    {
        std::vector<std::uint32_t> counts;
        std::uint64_t counted = 0;
    };
    void flush(Tables& tables);

    TensorType m_type;
    std::size_t m_codeBytes;
    std::vector<float> m_values;
    std::mutex m_mutex; ///< guards what follows
    std::vector<std::uint64_t> m_totals;
    std::vector<std::unique_ptr<Tables>> m_idle; ///< at most one set of tables per thread is ever made
};

} // namespace quantlathe
