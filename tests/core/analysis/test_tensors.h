// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors and models made from numbers, for the tests of this room.
#pragma once

#include "core/analysis/quantization_error.h"
#include "core/codecs/codec.h"
#include "core/model/model.h"
#include "support/test_support.h"

#include <atomic>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace quantlathe::test {

/// Reproducible numbers. SplitMix64.
class Random
{
public:
    explicit Random(std::uint64_t seed) : m_state(seed) {}
    std::uint64_t bits()
    {
        std::uint64_t z = (m_state += 0x9E3779B97F4A7C15ull);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }
    double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }
    /// Box-Muller.
    float normal(double mean, double deviation)
    {
        const double radius = std::sqrt(-2 * std::log(1 - uniform()));
        return static_cast<float>(mean + deviation * radius * std::cos(6.283185307179586 * uniform()));
    }

private:
    std::uint64_t m_state;
};

inline std::vector<float> normalWeights(std::size_t count, double mean, double deviation, std::uint64_t seed)
{
    Random random(seed);
    std::vector<float> weights(count);
    for (float& weight : weights)
        weight = random.normal(mean, deviation);
    return weights;
}

/// Bytes of @p weights as @p type, row by row.
inline std::vector<std::byte> encoded(const std::vector<float>& weights, TensorType type, std::uint64_t rowLength)
{
    std::vector<std::byte> bytes;
    if (weights.empty())
        return bytes;
    const std::size_t perRow = rowBytes(type, rowLength).value();
    bytes.resize(weights.size() / rowLength * perRow);
    for (std::size_t row = 0; row < weights.size() / rowLength; ++row) {
        if (type == TensorType::F32) // takes NaN as well
            std::memcpy(bytes.data() + row * perRow, weights.data() + row * rowLength, perRow);
        else
            codecFor(type).encodeRow(weights.data() + row * rowLength, nullptr, rowLength, codecFor(type).defaults(),
                                     bytes.data() + row * perRow);
    }
    return bytes;
}

/// Files in a scratch folder that hold one tensor each.
class TensorFiles
{
public:
    /// @param misalignment bytes before the first weight
    Tensor add(const std::string& name, const Shape& shape, TensorType type, const std::vector<std::byte>& bytes,
               std::size_t misalignment = 0)
    {
        const auto file = m_folder / ("tensor-" + std::to_string(m_count++));
        std::vector<std::byte> content(misalignment);
        content.insert(content.end(), bytes.begin(), bytes.end());
        writeBytes(file, content);
        return Tensor::stored(name, shape, type, MappedFile::open(file), misalignment);
    }
    Tensor add(const std::string& name, const Shape& shape, TensorType type, const std::vector<float>& weights,
               std::size_t misalignment = 0)
    {
        return add(name, shape, type, encoded(weights, type, shape.rowLength()), misalignment);
    }
    [[nodiscard]] std::filesystem::path lastFile() const { return m_folder / ("tensor-" + std::to_string(m_count - 1)); }

private:
    ScratchFolder m_folder;
    int m_count = 0;
};

/// A storage without contiguous bytes, as of formats that spread a matrix over several tensors.
class AssembledStorage final : public TensorStorage
{
public:
    AssembledStorage(std::shared_ptr<const MappedFile> file, std::vector<float> weights, std::uint64_t rowLength)
        : m_file(std::move(file)), m_weights(std::move(weights)), m_rowLength(rowLength)
    {
    }
    [[nodiscard]] bool canDecode() const override { return true; }
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        std::memcpy(weights, m_weights.data() + first * m_rowLength, count * m_rowLength * sizeof(float));
    }
    [[nodiscard]] std::span<const std::byte> bytes() const override { return {}; }
    [[nodiscard]] const std::shared_ptr<const MappedFile>& file() const override { return m_file; }
    [[nodiscard]] std::uint64_t fileOffset() const override { return 0; }

private:
    std::shared_ptr<const MappedFile> m_file;
    std::vector<float> m_weights;
    std::uint64_t m_rowLength;
};

/// Stops after a number of reports.
class StopAfter final : public Progress
{
public:
    explicit StopAfter(int reports) : m_left(reports) {}
    void report(std::string_view, std::uint64_t, std::uint64_t) override
    {
        if (--m_left == 0)
            m_source.request_stop();
    }
    [[nodiscard]] RunControl control() { return {m_source.get_token(), this}; }

private:
    std::stop_source m_source;
    std::atomic<int> m_left;
};

inline bool isEqual(const ErrorSums& a, const ErrorSums& b)
{
    return a.weights == b.weights && a.squaredWeights == b.squaredWeights && a.squaredRebuilt == b.squaredRebuilt
        && a.product == b.product && a.squaredError == b.squaredError && a.maximumError == b.maximumError;
}

} // namespace quantlathe::test
