// SPDX-License-Identifier: GPL-3.0-or-later
// NaN and infinities among weights that are to be quantized: no format can hold them, and one of them ruins the scale of
// its whole block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace quantlathe {

enum class NonFinite : std::uint8_t {
    Fail, ///< an error that names tensor, row and column
    Clamp ///< replaced, see replaceNonFinite(), and counted
};
/// Stable ids for the command line: "fail", "clamp".
std::string_view name(NonFinite policy);
std::optional<NonFinite> nonFiniteFromName(std::string_view name);

/// What a person can do about an error of Fail.
inline constexpr const char* nonFiniteAdvice =
    "Keep this tensor as it is stored, or let such weights be replaced (non-finite: clamp)";

/// How many weights were replaced.
struct ReplacedWeights
{
    std::uint64_t nan = 0;
    std::uint64_t infinity = 0;

    [[nodiscard]] std::uint64_t total() const { return nan + infinity; }
    void add(const ReplacedWeights& other);
    bool operator==(const ReplacedWeights&) const = default;
};

/// What Clamp does to one row (the weights of one output channel): NaN becomes 0; an infinity becomes the largest finite
/// magnitude of the same row with its own sign, 0 where the row has no finite weight. Other rows have no say, so the
/// result does not depend on how a tensor is cut.
ReplacedWeights replaceNonFinite(float* row, std::size_t count);

} // namespace quantlathe
