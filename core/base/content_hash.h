// SPDX-License-Identifier: GPL-3.0-or-later
// A fast 128-bit hash to name content by. Not for secrets: whoever wants to can make collisions.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace quantlathe {

/// Value type; bytes in any portions give the same hash only when the portions are the same.
class ContentHash
{
public:
    void add(std::uint64_t number)
    {
        m_lanes[0] = std::rotl(m_lanes[0] ^ number, 29) * 0x9e3779b97f4a7c15u;
        m_lanes[1] = std::rotl(m_lanes[1] + number, 31) * 0xbf58476d1ce4e5b9u;
    }
    void add(std::span<const std::byte> bytes)
    {
        add(bytes.size());
        for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
            std::uint64_t word = 0;
            std::memcpy(&word, bytes.data() + at, std::min(sizeof word, bytes.size() - at));
            add(word);
        }
    }
    void add(std::string_view text) { add(std::as_bytes(std::span(text))); }

    [[nodiscard]] std::array<std::uint64_t, 2> value() const { return {finished(m_lanes[0]), finished(m_lanes[1] ^ m_lanes[0])}; }
    /// 32 hexadecimal digits.
    [[nodiscard]] std::string text() const;

    /// Spreads consecutive numbers over 64 bits (the finaliser of SplitMix64: Steele, Lea, Flood 2014).
    static std::uint64_t finished(std::uint64_t number)
    {
        number += 0x9e3779b97f4a7c15u;
        number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9u;
        number = (number ^ (number >> 27)) * 0x94d049bb133111ebu;
        return number ^ (number >> 31);
    }

private:
    std::array<std::uint64_t, 2> m_lanes{0x243f6a8885a308d3u, 0x13198a2e03707344u};
};

} // namespace quantlathe
