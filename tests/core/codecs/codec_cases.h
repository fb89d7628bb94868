// SPDX-License-Identifier: GPL-3.0-or-later
// What the encoder tests share: rows to encode, and the errors that the encoders minimise.
#pragma once

#include "core/codecs/codec.h"
#include "core/types/small_floats.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace quantlathe::test {

inline std::vector<TensorType> encodedTypes()
{
    std::vector<TensorType> types;
    for (const TensorTypeInfo& facts : allTensorTypes()) {
        if (codecFor(facts.type).canEncode())
            types.push_back(facts.type);
    }
    return types;
}

/// Rows one after the other, each encoded on its own.
inline std::vector<std::byte> encodeRows(TensorType type, const std::vector<float>& weights,
                                         std::size_t columns, const float* importance,
                                         const EncodeOptions& options = {})
{
    const std::size_t bytes = *rowBytes(type, columns);
    std::vector<std::byte> blocks(weights.size() / columns * bytes);
    for (std::size_t row = 0; row < weights.size() / columns; ++row)
        codecFor(type).encodeRow(&weights[row * columns], importance, columns, options, &blocks[row * bytes]);
    return blocks;
}

inline std::vector<float> decodeAll(TensorType type, const std::vector<std::byte>& blocks)
{
    std::vector<float> weights(blocks.size() / info(type).bytesPerBlock * info(type).weightsPerBlock);
    codecFor(type).decode(blocks.data(), weights.data(), weights.size());
    return weights;
}

/// sum v (x - q)^2, v = 1 without importance (one value per column).
inline double squaredError(const std::vector<float>& x, const std::vector<float>& q,
                           const std::vector<float>& importance = {})
{
    double sum = 0;
    for (std::size_t index = 0; index < x.size(); ++index) {
        const double error = double(x[index]) - q[index];
        sum += (importance.empty() ? 1.0 : double(importance[index % importance.size()])) * error * error;
    }
    return sum;
}

/// The error an encoder minimises, as its file states it: with importance (one value per column) sum v e^2, otherwise by
/// the objective.
inline double ownObjective(TensorType type, const std::vector<float>& x, const std::vector<float>& q,
                           const std::vector<float>& importance, Objective objective = Objective::Magnitude)
{
    using enum TensorType;
    if (!importance.empty() || objective == Objective::SquaredError)
        return squaredError(x, q, importance);
    const auto meanSquare = [&](std::size_t first, std::size_t count) {
        double sum = 0;
        for (std::size_t index = first; index < first + count; ++index)
            sum += double(x[index]) * x[index];
        return sum / static_cast<double>(count);
    };
    double sum = 0;
    for (std::size_t index = 0; index < x.size(); ++index) {
        const double value = x[index];
        const double error = value - q[index];
        double weight = 1;
        if (type == Q3_K || type == Q6_K || type == IQ4_NL || type == IQ4_XS)
            weight = value * value;
        else if (type == Q4_K || type == Q5_K)
            weight = std::sqrt(meanSquare(index / 32 * 32, 32)) + std::fabs(value);
        else if (type == Q2_K)
            weight = std::fabs(value);
        sum += weight * error * error;
    }
    return sum;
}

/// Normally distributed numbers, the same on every machine: SplitMix64 and Box-Muller in double.
class Normal
{
public:
    explicit Normal(std::uint64_t seed) : m_state(seed) {}

    double operator()()
    {
        if (m_hasSpare) {
            m_hasSpare = false;
            return m_spare;
        }
        const double radius = std::sqrt(-2 * std::log(uniform()));
        const double angle = 2 * 3.14159265358979323846 * uniform();
        m_spare = radius * std::sin(angle);
        m_hasSpare = true;
        return radius * std::cos(angle);
    }

    std::vector<float> values(std::size_t count, double deviation = 1)
    {
        std::vector<float> values(count);
        for (float& value : values)
            value = static_cast<float>(deviation * (*this)());
        return values;
    }

private:
    /// in (0, 1]
    double uniform()
    {
        std::uint64_t bits = m_state += 0x9E3779B97F4A7C15u;
        bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9u;
        bits = (bits ^ bits >> 27) * 0x94D049BB133111EBu;
        bits ^= bits >> 31;
        return (static_cast<double>(bits >> 11) + 1) * 0x1p-53;
    }

    std::uint64_t m_state;
    double m_spare = 0;
    bool m_hasSpare = false;
};

/// The weights of @p count blocks of random bytes, their halves set to ordinary values.
inline std::vector<float> randomBlocks(TensorType type, std::size_t count)
{
    using enum TensorType;
    const TensorTypeInfo& facts = info(type);
    std::vector<std::byte> blocks(count * facts.bytesPerBlock);
    std::uint32_t state = 12345;
    for (std::byte& byte : blocks)
        byte = static_cast<std::byte>((state = state * 1664525u + 1013904223u) >> 24);
    std::vector<std::pair<std::size_t, float>> halves = {{0, 0.013f}};
    if (type == Q2_K)
        halves = {{80, 0.013f}, {82, 0.011f}};
    else if (type == Q4_K || type == Q5_K)
        halves = {{0, 0.0013f}, {2, 0.0031f}};
    else if (type == Q4_1 || type == Q5_1)
        halves = {{0, 0.013f}, {2, -0.17f}};
    else if (type == Q3_K)
        halves = {{108, -0.017f}};
    else if (type == Q6_K)
        halves = {{208, 0.0007f}};
    for (std::size_t first = 0; first < blocks.size(); first += facts.bytesPerBlock) {
        for (const auto& [at, value] : halves) {
            const std::uint16_t bits = floatToHalf(value);
            std::memcpy(&blocks[first + at], &bits, sizeof bits);
        }
    }
    return decodeAll(type, blocks);
}

} // namespace quantlathe::test
