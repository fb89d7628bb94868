// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/group_quantized.h"

#include "core/base/checked.h"
#include "core/base/error.h"
#include "core/types/small_floats.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace quantlathe {

namespace {

[[noreturn]] void fail(std::string message)
{
    throw Error(ErrorKind::BadFormat, std::move(message));
}

void checkSize(std::string_view what, std::size_t size, std::uint64_t rows, std::uint64_t columns)
{
    const auto expected = checkedMultiply(rows, columns);
    if (!expected || size != *expected)
        fail(fmt::format("{} {} are not the {} x {} of the matrix", size, what, rows, columns));
}

void checkScales(const std::vector<float>& scales)
{
    const auto bad = std::find_if(scales.begin(), scales.end(), [](float scale) { return !std::isfinite(scale); });
    if (bad != scales.end())
        fail(fmt::format("scale {} is {}", bad - scales.begin(), *bad));
}

void checkLargest(std::string_view what, const std::vector<std::uint8_t>& values, unsigned largest)
{
    const auto bad = std::find_if(values.begin(), values.end(), [&](std::uint8_t value) { return value > largest; });
    if (bad != values.end())
        fail(fmt::format("{} {} is {}, above {}", what, bad - values.begin(), *bad, largest));
}

std::array<float, 256> tableOf(FloatCode code)
{
    std::array<float, 256> table{};
    for (unsigned bits = 0; bits < 256; ++bits)
        table[bits] = valueOf(code, static_cast<std::uint8_t>(bits));
    return table;
}

} // namespace

const float nf4Values[16] = {-1.0f,
                             -0.6961928009986877f,
                             -0.5250730514526367f,
                             -0.39491748809814453f,
                             -0.28444138169288635f,
                             -0.18477343022823334f,
                             -0.09105003625154495f,
                             0.0f,
                             0.07958029955625534f,
                             0.16093020141124725f,
                             0.24611230194568634f,
                             0.33791524171829224f,
                             0.44070982933044434f,
                             0.5626170039176941f,
                             0.7229568362236023f,
                             1.0f};

float valueOf(FloatCode code, std::uint8_t bits)
{
    switch (code) {
    case FloatCode::E4M3:
        return e4m3ToFloat(bits);
    case FloatCode::E5M2:
        return e5m2ToFloat(bits);
    case FloatCode::Nf4:
        return nf4Values[bits & 15];
    }
    return 0;
}

float roundScale(float scale, TensorType type)
{
    if (type == TensorType::F16)
        return halfToFloat(floatToHalf(scale));
    return type == TensorType::BF16 ? bfloat16ToFloat(floatToBfloat16(scale)) : scale;
}

void GroupQuantized::decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const
{
    const std::uint64_t width = groups();
    const std::uint64_t length = scheme.groupSize == 0 ? inputs : scheme.groupSize;
    for (std::uint64_t row = first; row < first + count; ++row, weights += inputs) {
        const std::uint8_t* const code = codes.data() + row * inputs;
        const float* const scale = scales.data() + row * width;
        const std::uint8_t* const zero = zeros.data() + row * width;
        if (!groupOfInput.empty()) {
            for (std::uint64_t input = 0; input < inputs; ++input) {
                const std::uint32_t group = groupOfInput[input];
                weights[input] = scale[group] * static_cast<float>(code[input] - zero[group]);
            }
            continue;
        }
        for (std::uint64_t group = 0; group < width; ++group) {
            const std::uint64_t end = std::min(inputs, (group + 1) * length);
            for (std::uint64_t input = group * length; input < end; ++input)
                weights[input] = scale[group] * static_cast<float>(code[input] - zero[group]);
        }
    }
}

void GroupQuantized::check() const
{
    if (const auto problem = problemOf(scheme))
        fail(*problem);
    checkSize("codes", codes.size(), outputs, inputs);
    checkSize("scales", scales.size(), outputs, groups());
    checkSize("zeros", zeros.size(), outputs, groups());
    checkScales(scales);
    checkLargest("code", codes, scheme.largestCode());
    checkLargest("zero", zeros, scheme.largestCode());
    if (groupOfInput.empty())
        return;
    if (groupOfInput.size() != inputs)
        fail(fmt::format("groups are given for {} of {} inputs", groupOfInput.size(), inputs));
    const auto bad = std::find_if(groupOfInput.begin(), groupOfInput.end(), [&](std::uint32_t group) { return group >= groups(); });
    if (bad != groupOfInput.end())
        fail(fmt::format("input {} is in group {} of {}", bad - groupOfInput.begin(), *bad, groups()));
}

void FloatQuantized::decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const
{
    const std::array<float, 256> table = tableOf(scheme.code);
    const std::uint64_t width = scheme.inputBlocksOf(inputs);
    const std::uint64_t length = scheme.blockInputs == 0 ? inputs : scheme.blockInputs;
    for (std::uint64_t row = first; row < first + count; ++row, weights += inputs) {
        const std::uint8_t* const code = codes.data() + row * inputs;
        const float* const scale = scales.data() + (scheme.blockRows == 0 ? 0 : row / scheme.blockRows) * width;
        for (std::uint64_t block = 0; block < width; ++block) {
            const std::uint64_t end = std::min(inputs, (block + 1) * length);
            for (std::uint64_t input = block * length; input < end; ++input)
                weights[input] = scale[block] * table[code[input]];
        }
    }
}

void FloatQuantized::check() const
{
    if (const auto problem = problemOf(scheme))
        fail(*problem);
    checkSize("codes", codes.size(), outputs, inputs);
    checkSize("scales", scales.size(), scheme.rowBlocksOf(outputs), scheme.inputBlocksOf(inputs));
    checkScales(scales);
    if (scheme.code == FloatCode::Nf4)
        checkLargest("code", codes, 15);
}

} // namespace quantlathe
