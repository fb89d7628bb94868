// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled once per SIMD target by Highway. One lane is one weight.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/codecs/plain_encode.cpp"
#include <hwy/foreach_target.h> // must come before highway.h

#include <hwy/highway.h>

#include "core/codecs/plain_encode.h"
#include "core/codecs/simd_dispatch.h"
#include "core/codecs/simd_parts-inl.h"

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace quantlathe::codecs {
namespace HWY_NAMESPACE {
namespace plain {

/// @p convert(tag, weights) gives the 16 bits in the low half of each lane. @p bytes may lie at an odd
/// address.
template <typename Convert>
HWY_INLINE void encodeSixteenBits(const float* weights, std::size_t count, std::byte* bytes,
                                  Convert&& convert)
{
    const auto run = [&](auto d, std::size_t first) HWY_ATTR {
        const hn::Rebind<std::uint16_t, decltype(d)> narrow;
        const hn::RebindToSigned<decltype(d)> wide;
        const std::size_t lanes = hn::Lanes(d);
        for (; first + lanes <= count; first += lanes) {
            alignas(32) std::uint16_t numbers[16];
            const auto bits = hn::BitCast(wide, convert(d, hn::LoadU(d, weights + first)));
            hn::StoreU(hn::DemoteTo(narrow, bits), narrow, numbers);
            std::memcpy(bytes + 2 * first, numbers, 2 * lanes);
        }
        return first;
    };
    run(hn::CappedTag<float, 1>(), run(floats, 0));
}

} // namespace plain

void encodeF16(const float* weights, std::size_t count, std::byte* bytes)
{
    plain::encodeSixteenBits(weights, count, bytes,
                             [](auto d, auto values) HWY_ATTR { return floatsToHalves(d, values); });
}

void encodeBF16(const float* weights, std::size_t count, std::byte* bytes)
{
    plain::encodeSixteenBits(weights, count, bytes, [](auto d, auto values) HWY_ATTR {
        const hn::RebindToUnsigned<decltype(d)> du;
        const auto bits = hn::BitCast(du, values);
        const auto sign = hn::And(bits, hn::Set(du, 0x80000000u));
        const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1));
        const auto raised = hn::Add(hn::Xor(bits, sign), hn::Add(odd, hn::Set(du, 0x7FFF)));
        const auto rounded = hn::Min(hn::ShiftRight<16>(raised), hn::Set(du, 0x7F7F));
        return hn::Or(rounded, hn::ShiftRight<16>(sign));
    });
}

} // namespace HWY_NAMESPACE
} // namespace quantlathe::codecs
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace quantlathe::codecs {

QUANTLATHE_DISPATCH_DIRECT(encodeF16)
QUANTLATHE_DISPATCH_DIRECT(encodeBF16)

} // namespace quantlathe::codecs
#endif
