// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/code_counter.h"

#include <cstring>

namespace quantlathe {

namespace {

/// Separate tables keep equal neighbours from waiting for each other's increment. Four tables of 65,536 counters still
/// fit into a second-level cache of 1 MiB; the codes of real weights use a small part of them.
constexpr std::size_t tableCount = 4;

void countBytes(const std::byte* data, std::size_t codes, std::uint32_t* tables)
{
    constexpr std::size_t stride = 256;
    std::size_t index = 0;
    for (; index + 8 <= codes; index += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, data + index, 8);
        ++tables[word & 0xFF];
        ++tables[stride + ((word >> 8) & 0xFF)];
        ++tables[2 * stride + ((word >> 16) & 0xFF)];
        ++tables[3 * stride + ((word >> 24) & 0xFF)];
        ++tables[(word >> 32) & 0xFF];
        ++tables[stride + ((word >> 40) & 0xFF)];
        ++tables[2 * stride + ((word >> 48) & 0xFF)];
        ++tables[3 * stride + (word >> 56)];
    }
    for (; index < codes; ++index)
        ++tables[std::to_integer<std::size_t>(data[index])];
}

void countShorts(const std::byte* data, std::size_t codes, std::uint32_t* tables)
{
    constexpr std::size_t stride = 65536;
    std::size_t index = 0;
    for (; index + 4 <= codes; index += 4) {
        std::uint64_t word = 0;
        std::memcpy(&word, data + 2 * index, 8);
        ++tables[word & 0xFFFF];
        ++tables[stride + ((word >> 16) & 0xFFFF)];
        ++tables[2 * stride + ((word >> 32) & 0xFFFF)];
        ++tables[3 * stride + (word >> 48)];
    }
    for (; index < codes; ++index) {
        std::uint16_t code = 0;
        std::memcpy(&code, data + 2 * index, 2);
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
        countShorts(bytes.data(), codes, tables->counts.data());
    else
        countBytes(bytes.data(), codes, tables->counts.data());
    tables->counted += codes;

    const std::scoped_lock lock(m_mutex);
    if (tables->counted >= std::uint64_t{1} << 31) // the next piece could overflow a counter
        flush(*tables);
    m_idle.push_back(std::move(tables));
}

void CodeCounter::flush(Tables& tables)
{
    const std::size_t codes = m_totals.size();
    for (std::size_t index = 0; index < tables.counts.size(); ++index) {
        m_totals[index % codes] += tables.counts[index];
        tables.counts[index] = 0;
    }
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
