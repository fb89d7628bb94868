// SPDX-License-Identifier: GPL-3.0-or-later
// Count, mean and central moments of a set of numbers, in a form that two sets can be joined from (Chan, Golub, LeVeque
// 1979; Pebay 2008, Sandia report SAND2008-6212). No difference of large sums: a large mean costs no digits.
#pragma once

#include <cstdint>

namespace quantlathe {

struct Moments
{
    std::uint64_t count = 0;
    double mean = 0;
    double second = 0; ///< sum (x - mean)^2
    double third = 0;
    double fourth = 0;

    /// Joins another set. Not associative in the last bits: always in a fixed order.
    void add(const Moments& other);
    [[nodiscard]] double standardDeviation() const; ///< of the population
    [[nodiscard]] double excessKurtosis() const;    ///< 0 when the deviation is 0
};

/// A running sum that keeps what rounding loses (Neumaier 1974).
class CompensatedSum
{
public:
    void add(double value);
    [[nodiscard]] double value() const { return m_sum + m_lost; }

private:
    double m_sum = 0;
    double m_lost = 0;
};

} // namespace quantlathe
