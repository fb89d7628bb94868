// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/moments.h"

#include <cmath>

namespace quantlathe {

void Moments::add(const Moments& other)
{
    if (other.count == 0)
        return;
    if (count == 0) {
        *this = other;
        return;
    }
    const double a = static_cast<double>(count);
    const double b = static_cast<double>(other.count);
    const double n = a + b;
    const double delta = other.mean - mean;
    const double step = delta / n;
    const double spread = delta * step * a * b; // delta^2 ab/n

    fourth += other.fourth + spread * step * step * (a * a - a * b + b * b)
        + 6 * step * step * (a * a * other.second + b * b * second) + 4 * step * (a * other.third - b * third);
    third += other.third + spread * step * (a - b) + 3 * step * (a * other.second - b * second);
    second += other.second + spread;
    mean += step * b;
    count += other.count;
}

double Moments::standardDeviation() const
{
    return count == 0 ? 0 : std::sqrt(second / static_cast<double>(count));
}

double Moments::excessKurtosis() const
{
    // In units of the deviation, so that squares of very small or large moments stay in range.
    const double variance = count == 0 ? 0 : second / static_cast<double>(count);
    if (!(variance > 0))
        return 0;
    return fourth / variance / variance / static_cast<double>(count) - 3;
}

void CompensatedSum::add(double value)
{
    const double sum = m_sum + value;
    m_lost += std::abs(m_sum) >= std::abs(value) ? (m_sum - sum) + value : (value - sum) + m_sum;
    m_sum = sum;
}

} // namespace quantlathe
