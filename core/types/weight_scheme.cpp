// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/types/weight_scheme.h"

#include <array>
#include <fmt/format.h>

namespace quantlathe {

namespace {

/// Beyond any row; keeps sums of group sizes from overflowing.
constexpr std::uint64_t largestGroup = std::uint64_t{1} << 32;

std::optional<std::string> problemOfScales(TensorType type)
{
    if (type == TensorType::F16 || type == TensorType::BF16 || type == TensorType::F32)
        return std::nullopt;
    return fmt::format("scales cannot be {} (only F16, BF16 or F32)", name(type));
}

} // namespace

std::string_view name(FloatCode code)
{
    switch (code) {
    case FloatCode::E4M3:
        return "e4m3";
    case FloatCode::E5M2:
        return "e5m2";
    case FloatCode::Nf4:
        return "nf4";
    }
    return "e4m3";
}

std::optional<FloatCode> floatCodeFromName(std::string_view text)
{
    for (const FloatCode code : {FloatCode::E4M3, FloatCode::E5M2, FloatCode::Nf4}) {
        if (name(code) == text)
            return code;
    }
    return std::nullopt;
}

std::optional<std::string> problemOf(const GroupScheme& scheme)
{
    if (scheme.bits != 2 && scheme.bits != 3 && scheme.bits != 4 && scheme.bits != 8)
        return fmt::format("integers of {} bits are none of 2, 3, 4 and 8", scheme.bits);
    if (scheme.groupSize > largestGroup)
        return fmt::format("groups of {} inputs are too large", scheme.groupSize);
    if (scheme.isPerTensor && scheme.groupSize != 0)
        return "one scale for the tensor goes with no group size";
    return problemOfScales(scheme.scaleType);
}

std::optional<std::string> problemOf(const FloatScheme& scheme)
{
    if (scheme.blockRows > largestGroup || scheme.blockInputs > largestGroup)
        return fmt::format("blocks of {} x {} are too large", scheme.blockRows, scheme.blockInputs);
    return problemOfScales(scheme.scaleType);
}

std::string describe(const GroupScheme& scheme)
{
    const std::string range = scheme.isPerTensor ? "one scale" : scheme.groupSize == 0 ? "whole rows" : fmt::format("groups of {}", scheme.groupSize);
    return fmt::format("INT{}, {}, {}", scheme.bits, range, scheme.isSymmetric ? "symmetric" : "asymmetric");
}

std::string describe(const FloatScheme& scheme)
{
    static constexpr std::array<std::string_view, 3> names{"E4M3", "E5M2", "NF4"};
    const std::string_view code = names[static_cast<std::size_t>(scheme.code)];
    if (scheme.blockRows == 0 && scheme.blockInputs == 0)
        return fmt::format("{}, one scale", code);
    if (scheme.blockInputs == 0 && scheme.blockRows == 1)
        return fmt::format("{}, whole rows", code);
    const auto side = [](std::uint64_t length) { return length == 0 ? std::string("all") : std::to_string(length); };
    return fmt::format("{}, blocks of {} x {}", code, side(scheme.blockRows), side(scheme.blockInputs));
}

} // namespace quantlathe
