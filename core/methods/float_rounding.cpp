// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/float_rounding.h"

#include "core/base/error.h"
#include "core/base/parallel.h"

#include <algorithm>
#include <cmath>

namespace quantlathe {

namespace {

struct FloatFormat
{
    int mantissaBits;
    int bias;
    unsigned largestCode;
    float largest;
};

FloatFormat formatOf(FloatCode code)
{
    return code == FloatCode::E4M3 ? FloatFormat{3, 7, 0x7e, 448} : FloatFormat{2, 15, 0x7b, 57344};
}

float largestOf(FloatCode code)
{
    return code == FloatCode::Nf4 ? 1 : formatOf(code).largest;
}

} // namespace

std::uint8_t nearestCode(FloatCode code, float value)
{
    if (code == FloatCode::Nf4) {
        unsigned below = 0;
        while (below < 15 && value > (double{nf4Values[below]} + nf4Values[below + 1]) / 2)
            ++below;
        return static_cast<std::uint8_t>(below);
    }
    const FloatFormat format = formatOf(code);
    const float size = std::abs(value);
    unsigned bits = format.largestCode;
    if (size == 0) {
        bits = 0;
    } else if (size < format.largest) {
        // Subnormal numbers have the step of the smallest normal ones; a mantissa that is rounded up carries into the exponent.
        const int exponent = std::max(std::ilogb(size), 1 - format.bias);
        const auto steps = static_cast<unsigned>(std::nearbyint(std::ldexp(size, format.mantissaBits - exponent)));
        bits = std::min((static_cast<unsigned>(exponent + format.bias - 1) << format.mantissaBits) + steps, format.largestCode);
    }
    return static_cast<std::uint8_t>(bits | (std::signbit(value) ? 0x80u : 0u));
}

FloatQuantized roundToFloats(const FloatScheme& scheme, const float* weights, std::uint64_t outputs, std::uint64_t inputs, unsigned threads,
                             const RunControl& control)
{
    if (const auto problem = problemOf(scheme))
        throw Error(ErrorKind::InvalidArgument, *problem);
    const std::uint64_t columns = scheme.inputBlocksOf(inputs);
    const std::uint64_t height = scheme.blockRows == 0 ? outputs : scheme.blockRows;
    const std::uint64_t width = scheme.blockInputs == 0 ? inputs : scheme.blockInputs;
    FloatQuantized result{scheme, outputs, inputs, std::vector<std::uint8_t>(outputs * inputs), std::vector<float>(scheme.rowBlocksOf(outputs) * columns)};
    parallelFor(scheme.rowBlocksOf(outputs) * columns, 1, threads, control, [&](std::size_t begin, std::size_t end) {
        for (std::size_t block = begin; block < end; ++block) {
            const std::uint64_t top = block / columns * height;
            const std::uint64_t left = block % columns * width;
            const std::uint64_t bottom = std::min(outputs, top + height);
            const std::uint64_t right = std::min(inputs, left + width);
            float largest = 0;
            for (std::uint64_t row = top; row < bottom; ++row) {
                for (std::uint64_t input = left; input < right; ++input)
                    largest = std::max(largest, std::abs(weights[row * inputs + input]));
            }
            const float rounded = roundScale(largest / largestOf(scheme.code), scheme.scaleType);
            const float scale = rounded > 0 && std::isfinite(rounded) ? rounded : 1;
            result.scales[block] = scale;
            for (std::uint64_t row = top; row < bottom; ++row) {
                for (std::uint64_t input = left; input < right; ++input)
                    result.codes[row * inputs + input] = nearestCode(scheme.code, weights[row * inputs + input] / scale);
            }
        }
    });
    return result;
}

} // namespace quantlathe
