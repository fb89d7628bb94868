// SPDX-License-Identifier: GPL-3.0-or-later
// What an encoder minimises and how hard it tries.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace quantlathe {

/// What is minimised where no importance is given. With importance v (one factor per input channel) it is sum v (x - q)^2; for Q2_K under
/// Magnitude sum v sqrt(m + x^2) (x - q)^2, m the mean square of the super-block; under Unbiased see there.
enum class Objective : std::uint8_t {
    Magnitude,    ///< errors weighted by the weight's own size, type by type as llama.cpp weights them
    SquaredError, ///< sum (x - q)^2
    /// As SquaredError, but the scale that super-blocks of Q2_K, Q3_K, IQ1, IQ2 and IQ3 share is such that sum v x q = sum v x^2. The least
    /// error makes weights too small, by its own share: y = W x shrinks with every matrix, the more the fewer the bits. Errors that do not lean
    /// to one side cost the model less (measured: the room's README). With importance Q2_K, IQ1, IQ2 and IQ3 weigh by v^(3/4): importance is an
    /// estimate, from some text; and Q2_K, IQ2_XXS, IQ2_XS and IQ3_XXS by sqrt(m + x^2) besides. For all other types the same as SquaredError.
    Unbiased
};

/// Standard is made to be fast; Best searches until the error is about the smallest that the format can hold.
enum class Effort : std::uint8_t { Standard, Best };

struct EncodeOptions
{
    Objective objective = Objective::Magnitude;
    Effort effort = Effort::Standard;
    bool operator==(const EncodeOptions&) const = default;
};

/// What a person chooses once for all types of a plan; see Codec::options().
struct Encoding
{
    std::optional<Objective> objective; ///< nothing = what serves each type best
    Effort effort = Effort::Standard;
    bool operator==(const Encoding&) const = default;
};

/// Stable ids for recipes and the command line: "magnitude", "squared-error", "unbiased"; "standard", "best".
std::string_view name(Objective objective);
std::string_view name(Effort effort);
std::optional<Objective> objectiveFromName(std::string_view name);
std::optional<Effort> effortFromName(std::string_view name);

} // namespace quantlathe
