// SPDX-License-Identifier: GPL-3.0-or-later
// Distributions and quantization errors of one large tensor in the page cache. bytes_per_second is of stored bytes;
// items_per_second of weights.
#include "core/analysis/distribution.h"
#include "core/analysis/quantization_error.h"
#include "core/codecs/codec.h"

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace {

using namespace quantlathe;

constexpr std::uint64_t rowLength = 4096;

/// A tensor of normally distributed weights in a file that is removed when it is mapped.
Tensor makeTensor(TensorType type, std::uint64_t rows, bool isConstant)
{
    // A few hundred different rows, repeated: encoding more would take longer than measuring.
    constexpr std::uint64_t differentRows = 256;
    std::mt19937 random(1);
    std::normal_distribution<float> normal(0, 0.02f);
    const std::size_t perRow = rowBytes(type, rowLength).value();
    std::vector<std::byte> blocks(differentRows * perRow);
    std::vector<float> row(rowLength, 0.0f);
    for (std::uint64_t index = 0; index < differentRows; ++index) {
        if (!isConstant)
            for (float& weight : row)
                weight = normal(random);
        codecFor(type).encodeRow(row.data(), nullptr, rowLength, codecFor(type).defaults(), blocks.data() + index * perRow);
    }
    std::string pattern = (std::filesystem::temp_directory_path() / "quantlathe-bench-XXXXXX").string();
    if (!mkdtemp(pattern.data()))
        std::abort();
    const std::filesystem::path file = std::filesystem::path(pattern) / "tensor";
    std::ofstream stream(file, std::ios::binary);
    for (std::uint64_t written = 0; written < rows; written += differentRows)
        stream.write(reinterpret_cast<const char*>(blocks.data()), static_cast<std::streamsize>(blocks.size()));
    stream.close();
    Tensor tensor = Tensor::stored("bench", {rows, rowLength}, type, MappedFile::open(file), 0);
    std::filesystem::remove_all(pattern); // the mapping keeps the content
    return tensor;
}

const Tensor& tensorOf(TensorType type, bool isConstant = false)
{
    constexpr std::uint64_t rows = 32768; // 128 Mi weights
    static std::map<std::pair<TensorType, bool>, std::unique_ptr<Tensor>> made;
    auto& tensor = made[{type, isConstant}];
    if (!tensor)
        tensor = std::make_unique<Tensor>(makeTensor(type, rows, isConstant));
    return *tensor;
}

void setRates(benchmark::State& state, const Tensor& tensor)
{
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(tensor.sizeBytes()));
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(tensor.shape().weightCount()));
}

void distribution(benchmark::State& state, TensorType type, unsigned threads, bool isConstant)
{
    const Tensor& tensor = tensorOf(type, isConstant);
    const Tensor* tensors[] = {&tensor};
    for (auto _ : state)
        benchmark::DoNotOptimize(measureDistribution(tensors, {512, threads}, {}).mean);
    setRates(state, tensor);
}

void error(benchmark::State& state, TensorType stored, TensorType type, unsigned threads)
{
    const Tensor& tensor = tensorOf(stored);
    ErrorOptions options;
    options.threads = threads;
    options.maximumWeights = 8u << 20;
    std::int64_t weights = 0;
    for (auto _ : state)
        weights += static_cast<std::int64_t>(measureError(tensor, type, options, {}).total.weights);
    state.SetItemsProcessed(weights);
}

/// The pace of the memory itself: a sum over the mapped bytes.
void readMemory(benchmark::State& state)
{
    const Tensor& tensor = tensorOf(TensorType::F32);
    const auto bytes = tensor.bytes();
    for (auto _ : state) {
        std::uint64_t sum = 0;
        const auto* words = reinterpret_cast<const std::uint64_t*>(bytes.data());
        for (std::size_t index = 0; index < bytes.size() / sizeof(std::uint64_t); ++index)
            sum += words[index];
        benchmark::DoNotOptimize(sum);
    }
    setRates(state, tensor);
}

const int registered = [] {
    // One thread: rates by processor time, so that other work on the machine counts less. Several: by the clock.
    const auto add = [](const std::string& text, auto work) {
        auto* bench = benchmark::RegisterBenchmark(text.c_str(), work)->Unit(benchmark::kMillisecond);
        if (text.find("threads:2") != std::string::npos)
            bench->UseRealTime();
    };
    add("read-memory", readMemory);
    for (const TensorType type :
         {TensorType::F32, TensorType::F16, TensorType::BF16, TensorType::Q8_0, TensorType::Q4_K})
        for (const unsigned threads : {1u, 2u})
            add("distribution/" + std::string(name(type)) + "/threads:" + std::to_string(threads),
                [=](benchmark::State& state) { distribution(state, type, threads, false); });
    for (const TensorType type : {TensorType::F32, TensorType::F16}) // the worst case of counting: one bin takes all
        add("distribution/" + std::string(name(type)) + "-all-zero/threads:1",
            [=](benchmark::State& state) { distribution(state, type, 1, true); });
    for (const TensorType type : {TensorType::F16, TensorType::Q8_0, TensorType::Q4_0, TensorType::Q4_K, TensorType::Q6_K})
        for (const unsigned threads : {1u, 2u})
            add("error/BF16-to-" + std::string(name(type)) + "/threads:" + std::to_string(threads),
                [=](benchmark::State& state) { error(state, TensorType::BF16, type, threads); });
    return 0;
}();

} // namespace
