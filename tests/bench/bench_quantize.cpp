// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding and decoding speed of every type, one thread, in weights per second (items) and bytes of float
// weights per second. Weights are normally distributed with deviation 0.02, importance is log-normal.
#include "core/codecs/codec.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

using namespace quantlathe;

namespace {

constexpr std::size_t columns = 4096;
constexpr std::size_t rows = 64; ///< 1 MiB of floats: the second-level cache holds them

struct Data
{
    std::vector<float> weights;
    std::vector<float> importance;
};

const Data& data()
{
    static const Data made = [] {
        std::mt19937 random(1);
        std::normal_distribution<float> normal;
        Data values{std::vector<float>(rows * columns), std::vector<float>(columns)};
        for (float& weight : values.weights)
            weight = 0.02f * normal(random);
        for (float& value : values.importance)
            value = std::exp(normal(random));
        return values;
    }();
    return made;
}

void setRates(benchmark::State& state)
{
    const auto weights = static_cast<std::int64_t>(state.iterations() * rows * columns);
    state.SetItemsProcessed(weights);
    state.SetBytesProcessed(weights * static_cast<std::int64_t>(sizeof(float)));
}

void encode(benchmark::State& state, TensorType type, bool weighted)
{
    const std::size_t bytes = *rowBytes(type, columns);
    std::vector<std::byte> blocks(rows * bytes);
    const float* importance = weighted ? data().importance.data() : nullptr;
    for ([[maybe_unused]] auto iteration : state) {
        for (std::size_t row = 0; row < rows; ++row)
            codecFor(type).encodeRow(&data().weights[row * columns], importance, columns, codecFor(type).defaults(),
                                     &blocks[row * bytes]);
        benchmark::DoNotOptimize(blocks.data());
        benchmark::ClobberMemory();
    }
    setRates(state);
    state.counters["bits"] = info(type).bitsPerWeight();
}

void decode(benchmark::State& state, TensorType type)
{
    const std::size_t bytes = *rowBytes(type, columns);
    std::vector<std::byte> blocks(rows * bytes);
    if (codecFor(type).canEncode()) {
        for (std::size_t row = 0; row < rows; ++row)
            codecFor(type).encodeRow(&data().weights[row * columns], nullptr, columns, codecFor(type).defaults(), &blocks[row * bytes]);
    }
    std::vector<float> weights(columns); // decoded row by row into the cache, as analysis does
    for ([[maybe_unused]] auto iteration : state) {
        for (std::size_t row = 0; row < rows; ++row) {
            codecFor(type).decode(&blocks[row * bytes], weights.data(), columns);
            benchmark::DoNotOptimize(weights.data());
            benchmark::ClobberMemory();
        }
    }
    setRates(state);
    state.counters["bits"] = info(type).bitsPerWeight();
}

/// Types are known at run time only, so the macros of Google Benchmark do not fit.
[[maybe_unused]] const bool registered = [] {
    for (const TensorTypeInfo& facts : allTensorTypes()) {
        const std::string type(facts.name);
        if (codecFor(facts.type).canDecode() && facts.family != TypeFamily::Integer)
            benchmark::RegisterBenchmark(("decode/" + type).c_str(), decode, facts.type);
        if (!codecFor(facts.type).canEncode())
            continue;
        benchmark::RegisterBenchmark(("encode/" + type).c_str(), encode, facts.type, false);
        if (facts.isQuantized() && facts.type != TensorType::Q8_0)
            benchmark::RegisterBenchmark(("encode/" + type + "/importance").c_str(), encode, facts.type,
                                         true);
    }
    return true;
}();

} // namespace
