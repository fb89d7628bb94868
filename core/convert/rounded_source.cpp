// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/rounded_source.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/methods/integer_rounding.h"
#include "core/types/small_floats.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <mutex>

namespace quantlathe {

namespace {

constexpr std::uint64_t weightsPerChunk = 1u << 18;
constexpr float largestE4m3 = 448;
/// Half floats below this are zero, and a scale of zero would lose the row.
constexpr float smallestScale = 0x1p-24f;

/// Calls @p work(first row, rows, their weights) for consecutive pieces.
void forRows(const Tensor& weights, unsigned threads, const RunControl& control,
             const std::function<void(std::uint64_t, std::uint64_t, const float*)>& work)
{
    const std::uint64_t length = weights.shape().rowLength();
    // Whole tiles: packed checkpoints decode 64 rows at a time.
    const std::uint64_t rows = std::max<std::uint64_t>(64, weightsPerChunk / std::max<std::uint64_t>(length, 1) / 64 * 64);
    parallelFor(weights.shape().rowCount(), rows, threads, control, [&](std::size_t begin, std::size_t end) {
        std::vector<float> values((end - begin) * length);
        weights.decodeRows(begin, end - begin, values.data());
        for (std::size_t index = 0; index < values.size(); ++index) {
            if (!std::isfinite(values[index])) {
                throw Error(ErrorKind::BadFormat,
                            fmt::format("weight {} of row {} is {}", index % length, begin + index / length, values[index]),
                            {weights.storage().file()->path(), std::nullopt, weights.name()});
            }
        }
        work(begin, end - begin, values.data());
    });
}

/// Codes of one group for a given scale and zero point.
void roundGroup(const float* weights, std::uint64_t count, float scale, float zero, unsigned largest, std::uint8_t* codes)
{
    for (std::uint64_t index = 0; index < count; ++index)
        codes[index] = static_cast<std::uint8_t>(std::clamp(std::rint(weights[index] / scale) + zero, 0.0f, static_cast<float>(largest)));
}

GroupQuantized roundIntegers(const MatrixRequest& request, const GroupScheme& scheme, const RunControl& control)
{
    GroupQuantized result;
    result.scheme = scheme;
    result.outputs = request.tensor.weights.shape().rowCount();
    result.inputs = request.tensor.weights.shape().rowLength();
    const std::uint64_t groups = result.groups();
    const std::uint64_t length = scheme.groupSize == 0 ? result.inputs : scheme.groupSize;
    const unsigned largest = scheme.largestCode();
    result.codes.resize(result.outputs * result.inputs);
    result.scales.resize(result.outputs * groups);
    result.zeros.resize(result.outputs * groups);
    if (scheme.isPerTensor)
        throw Error(ErrorKind::Unsupported, "one scale for a matrix of integers is not written", {{}, std::nullopt, request.tensor.weights.name()});
    forRows(request.tensor.weights, request.threads, control, [&](std::uint64_t first, std::uint64_t count, const float* weights) {
        for (std::uint64_t row = 0; row < count; ++row) {
            for (std::uint64_t group = 0; group < groups; ++group) {
                const std::uint64_t begin = group * length;
                const std::uint64_t size = std::min(length, result.inputs - begin);
                const float* values = weights + row * result.inputs + begin;
                const std::uint64_t at = (first + row) * groups + group;
                float scale = 1;
                float zero = 0;
                findGrid(scheme, false, values, size, 1, 1, nullptr, &scale, &zero);
                result.scales[at] = scale;
                result.zeros[at] = static_cast<std::uint8_t>(zero);
                roundGroup(values, size, scale, zero, largest, result.codes.data() + (first + row) * result.inputs + begin);
            }
        }
    });
    return result;
}

/// Nearest E4M3, ties to even, saturating: the bits. Comparing with the 127 numbers that exist keeps the rule plain.
class E4m3Rounding
{
public:
    E4m3Rounding()
    {
        for (unsigned code = 0; code < m_values.size(); ++code)
            m_values[code] = e4m3ToFloat(static_cast<std::uint8_t>(code));
    }
    [[nodiscard]] std::uint8_t operator()(float value) const
    {
        const float magnitude = std::min(std::fabs(value), largestE4m3);
        const auto above = std::lower_bound(m_values.begin(), m_values.end(), magnitude);
        auto code = static_cast<unsigned>(above - m_values.begin());
        if (code > 0) {
            const float up = m_values[code] - magnitude;
            const float down = magnitude - m_values[code - 1];
            if (down < up || (down == up && (code - 1) % 2 == 0))
                --code;
        }
        return static_cast<std::uint8_t>(code | (std::signbit(value) ? 0x80u : 0u));
    }

private:
    std::array<float, 127> m_values{};
};

FloatQuantized roundFloats(const MatrixRequest& request, const FloatScheme& scheme, const RunControl& control)
{
    if (scheme.code != FloatCode::E4M3)
        throw Error(ErrorKind::Unsupported, "no engine's folder with these codes is written", {{}, std::nullopt, request.tensor.weights.name()});
    FloatQuantized result;
    result.scheme = scheme;
    result.outputs = request.tensor.weights.shape().rowCount();
    result.inputs = request.tensor.weights.shape().rowLength();
    const std::uint64_t blocks = scheme.inputBlocksOf(result.inputs);
    const std::uint64_t length = scheme.blockInputs == 0 ? result.inputs : scheme.blockInputs;
    const auto scaleRow = [&](std::uint64_t row) { return scheme.blockRows == 0 ? 0 : row / scheme.blockRows; };
    std::vector<float> largest(scheme.rowBlocksOf(result.outputs) * blocks);
    std::mutex mutex;
    forRows(request.tensor.weights, request.threads, control, [&](std::uint64_t first, std::uint64_t count, const float* weights) {
        for (std::uint64_t row = 0; row < count; ++row) {
            std::vector<float> found(blocks);
            for (std::uint64_t input = 0; input < result.inputs; ++input)
                found[input / length] = std::max(found[input / length], std::fabs(weights[row * result.inputs + input]));
            const std::lock_guard lock(mutex);
            for (std::uint64_t block = 0; block < blocks; ++block) {
                float& known = largest[scaleRow(first + row) * blocks + block];
                known = std::max(known, found[block]);
            }
        }
    });
    result.scales.resize(largest.size());
    for (std::size_t index = 0; index < largest.size(); ++index) {
        const float scale = roundScale(largest[index] / largestE4m3, scheme.scaleType);
        result.scales[index] = largest[index] == 0 ? 1.0f : std::max(scale, smallestScale);
    }
    result.codes.resize(result.outputs * result.inputs);
    const E4m3Rounding rounding;
    forRows(request.tensor.weights, request.threads, control, [&](std::uint64_t first, std::uint64_t count, const float* weights) {
        for (std::uint64_t row = 0; row < count; ++row) {
            const float* scales = result.scales.data() + scaleRow(first + row) * blocks;
            for (std::uint64_t input = 0; input < result.inputs; ++input)
                result.codes[(first + row) * result.inputs + input] = rounding(weights[row * result.inputs + input] / scales[input / length]);
        }
    });
    return result;
}

/// Nearest E2M1, ties to the even code.
std::uint8_t roundFp4(float value)
{
    constexpr std::array<float, 7> middles = {0.25f, 0.75f, 1.25f, 1.75f, 2.5f, 3.5f, 5.0f};
    const float magnitude = std::fabs(value);
    std::uint8_t code = 0;
    for (unsigned index = 0; index < middles.size(); ++index) {
        if (magnitude > middles[index] || (magnitude == middles[index] && index % 2 == 1))
            code = static_cast<std::uint8_t>(index + 1);
    }
    return static_cast<std::uint8_t>(code | (std::signbit(value) ? 8 : 0));
}

Fp4Quantized roundFp4(const MatrixRequest& request, bool isNv, const RunControl& control)
{
    Fp4Quantized result;
    result.isNv = isNv;
    result.outputs = request.tensor.weights.shape().rowCount();
    result.inputs = request.tensor.weights.shape().rowLength();
    if (result.inputs % result.groupSize() != 0)
        throw Error(ErrorKind::Unsupported, fmt::format("groups of {} do not divide {} inputs", result.groupSize(), result.inputs),
                    {{}, std::nullopt, request.tensor.weights.name()});
    const float overall = request.tensorMaximum > 0 ? request.tensorMaximum : 1;
    result.globalScale = largestE4m3 * 6 / overall;
    const std::uint64_t size = result.groupSize();
    const std::uint64_t groups = result.inputs / size;
    result.codes.resize(result.outputs * result.inputs);
    result.scales.resize(result.outputs * groups);
    const E4m3Rounding rounding;
    forRows(request.tensor.weights, request.threads, control, [&](std::uint64_t first, std::uint64_t count, const float* weights) {
        for (std::uint64_t group = 0; group < count * groups; ++group) {
            const float* values = weights + group * size;
            float largest = 0;
            for (std::uint64_t index = 0; index < size; ++index)
                largest = std::max(largest, std::fabs(values[index]));
            std::uint8_t bits = 0;
            if (isNv) {
                bits = rounding(largest / 6 * result.globalScale);
            } else {
                const int exponent = largest > 0 ? std::ilogb(largest) - 2 + 127 : 0;
                bits = static_cast<std::uint8_t>(std::clamp(exponent, 0, 254));
            }
            const float scale = isNv ? e4m3ToFloat(bits) / result.globalScale : e8m0ToFloat(bits);
            result.scales[first * groups + group] = bits;
            std::uint8_t* codes = result.codes.data() + first * result.inputs + group * size;
            for (std::uint64_t index = 0; index < size; ++index)
                codes[index] = scale == 0 ? std::uint8_t{0} : roundFp4(values[index] / scale);
        }
    });
    return result;
}

} // namespace

QuantizedMatrix RoundedSource::quantize(const MatrixRequest& request, const RunControl& control)
{
    if (const auto* integers = std::get_if<GroupScheme>(&request.choice.scheme))
        return roundIntegers(request, *integers, control);
    if (const auto* floats = std::get_if<FloatScheme>(&request.choice.scheme))
        return roundFloats(request, *floats, control);
    return roundFp4(request, request.choice.type == TensorType::NVFP4, control);
}

float largestMagnitude(const Tensor& weights, unsigned threads, const RunControl& control)
{
    std::mutex mutex;
    float largest = 0;
    forRows(weights, threads, control, [&](std::uint64_t, std::uint64_t count, const float* values) {
        float found = 0;
        for (std::uint64_t index = 0; index < count * weights.shape().rowLength(); ++index)
            found = std::max(found, std::fabs(values[index]));
        const std::lock_guard lock(mutex);
        largest = std::max(largest, found);
    });
    return largest;
}

} // namespace quantlathe
