// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/hash64.h"

#include <bit>
#include <cstring>

namespace quantlathe {

namespace {

constexpr std::uint64_t prime1 = 0x9E3779B185EBCA87;
constexpr std::uint64_t prime2 = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t prime3 = 0x165667B19E3779F9;
constexpr std::uint64_t prime4 = 0x85EBCA77C2B2AE63;
constexpr std::uint64_t prime5 = 0x27D4EB2F165667C5;

template <typename Word>
std::uint64_t load(const std::byte* bytes)
{
    static_assert(std::endian::native == std::endian::little);
    Word word;
    std::memcpy(&word, bytes, sizeof word);
    return word;
}

std::uint64_t mixLane(std::uint64_t accumulator, std::uint64_t lane)
{
    return std::rotl(accumulator + lane * prime2, 31) * prime1;
}

std::uint64_t mergeLane(std::uint64_t hash, std::uint64_t accumulator)
{
    return (hash ^ mixLane(0, accumulator)) * prime1 + prime4;
}

} // namespace

std::uint64_t hash64(std::span<const std::byte> bytes, std::uint64_t seed)
{
    const std::byte* position = bytes.data();
    std::size_t left = bytes.size();
    std::uint64_t hash = seed + prime5;
    if (left >= 32) {
        std::uint64_t a = seed + prime1 + prime2;
        std::uint64_t b = seed + prime2;
        std::uint64_t c = seed;
        std::uint64_t d = seed - prime1;
        for (; left >= 32; left -= 32, position += 32) {
            a = mixLane(a, load<std::uint64_t>(position));
            b = mixLane(b, load<std::uint64_t>(position + 8));
            c = mixLane(c, load<std::uint64_t>(position + 16));
            d = mixLane(d, load<std::uint64_t>(position + 24));
        }
        hash = std::rotl(a, 1) + std::rotl(b, 7) + std::rotl(c, 12) + std::rotl(d, 18);
        for (const std::uint64_t accumulator : {a, b, c, d})
            hash = mergeLane(hash, accumulator);
    }
    hash += bytes.size();
    for (; left >= 8; left -= 8, position += 8)
        hash = std::rotl(hash ^ mixLane(0, load<std::uint64_t>(position)), 27) * prime1 + prime4;
    for (; left >= 4; left -= 4, position += 4)
        hash = std::rotl(hash ^ (load<std::uint32_t>(position) * prime1), 23) * prime2 + prime3;
    for (; left > 0; --left, ++position)
        hash = std::rotl(hash ^ (load<std::uint8_t>(position) * prime5), 11) * prime1;
    hash = (hash ^ (hash >> 33)) * prime2;
    hash = (hash ^ (hash >> 29)) * prime3;
    return hash ^ (hash >> 32);
}

} // namespace quantlathe
