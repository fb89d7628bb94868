// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/code_counter.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace quantlathe {

namespace {

/// Two tables side by side: equal neighbours wait less for each other's increment, and the codes of real F16 weights
/// (some 16,000 different ones) still stay close. Four tables are slower there, measured in tests/bench.
constexpr std::size_t tableCount = 2;
/// Bytes ahead that the next line is asked for: counting is too irregular for the processor to run ahead by itself.
constexpr std::size_t prefetchBytes = 2048;

/// Counts the codes in one word, @p bits each. Stretches of one value (zeros) are added at once.
template <int bits>
inline void countWord(std::uint64_t word, std::uint32_t* tables)
{
    constexpr std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
    constexpr std::size_t stride = std::size_t{1} << bits;
    if (((word ^ (word >> bits)) & (~std::uint64_t{0} >> bits)) == 0) {
        tables[word & mask] += 64 / bits;
        return;
    }
    for (int shift = 0; shift < 64; shift += 2 * bits) {
        ++tables[(word >> shift) & mask];
        ++tables[stride + ((word >> (shift + bits)) & mask)];
    }
}

template <int bits>
void countCodes(const std::byte* data, std::size_t codes, std::uint32_t* tables)
{
    const std::size_t bytes = codes * (bits / 8);
    const auto wordAt = [data](std::size_t at) {
        std::uint64_t word = 0;
        std::memcpy(&word, data + at, sizeof(word));
        if constexpr (std::endian::native == std::endian::big)
            word = __builtin_bswap64(word);
        return word;
    };
    std::size_t at = 0;
    for (; at + 16 <= bytes; at += 16) {
        __builtin_prefetch(data + std::min(at + prefetchBytes, bytes - 1));
        countWord<bits>(wordAt(at), tables);
        countWord<bits>(wordAt(at + 8), tables);
    }
    for (; at < bytes; at += bits / 8) {
        std::size_t code = std::to_integer<std::size_t>(data[at]);
        if constexpr (bits == 16)
            code |= std::to_integer<std::size_t>(data[at + 1]) << 8;
        ++tables[code];
    }
}

} // namespace

bool CodeCounter::handles(TensorType type)
{
    const TensorTypeInfo& facts = info(type);
    return facts.weightsPerBlock == 1 && facts.bytesPerBlock <= 2 && codecFor(type).canDecode();
}

CodeCounter::CodeCounter(TensorType type)
    : m_type(type)
    , m_codeBytes(info(type).bytesPerBlock)
{
    const std::size_t codes = std::size_t{1} << (8 * m_codeBytes);
    m_values.resize(codes);
    std::vector<std::byte> encoded(codes * m_codeBytes);
    for (std::size_t code = 0; code < codes; ++code) {
        encoded[code * m_codeBytes] = static_cast<std::byte>(code & 0xFF); // little-endian, as in files
        if (m_codeBytes == 2)
            encoded[code * 2 + 1] = static_cast<std::byte>(code >> 8);
    }
    codecFor(type).decode(encoded.data(), m_values.data(), codes);
    m_totals.resize(codes);
}

void CodeCounter::count(std::span<const std::byte> bytes)
{
    std::unique_ptr<Tables> tables;
    {
        const std::scoped_lock lock(m_mutex);
        if (!m_idle.empty()) {
            tables = std::move(m_idle.back());
            m_idle.pop_back();
        }
    }
    if (!tables) {
        tables = std::make_unique<Tables>();
        tables->counts.resize(tableCount * m_totals.size());
    }
    const std::size_t codes = bytes.size() / m_codeBytes;
    if (m_codeBytes == 2)
        countCodes<16>(bytes.data(), codes, tables->counts.data());
    else
        countCodes<8>(bytes.data(), codes, tables->counts.data());
    tables->counted += codes;

    const std::scoped_lock lock(m_mutex);
    if (tables->counted >= std::uint64_t{1} << 31) // the next piece could overflow a counter
        flush(*tables);
    m_idle.push_back(std::move(tables));
}

void CodeCounter::flush(Tables& tables)
{
    const std::size_t codes = m_totals.size();
    for (std::size_t table = 0; table < tableCount; ++table) {
        for (std::size_t code = 0; code < codes; ++code)
            m_totals[code] += tables.counts[table * codes + code];
    }
    std::fill(tables.counts.begin(), tables.counts.end(), 0);
    tables.counted = 0;
}

const std::vector<std::uint64_t>& CodeCounter::finish()
{
    const std::scoped_lock lock(m_mutex);
    for (const auto& tables : m_idle)
        flush(*tables);
    return m_totals;
}

} // namespace quantlathe
