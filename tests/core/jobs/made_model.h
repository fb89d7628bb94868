// SPDX-License-Identifier: GPL-3.0-or-later
// GGUF files made from random numbers, and a progress sink that reacts, for the tests of exports.
#pragma once

#include "core/base/run_control.h"
#include "core/codecs/codec.h"
#include "core/formats/gguf/gguf_writer.h"
#include "core/formats/open.h"
#include "support/test_support.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace quantlathe::test {

struct MadeTensor
{
    std::string name;
    Shape shape;
    TensorType type = TensorType::F32;
    std::vector<float> weights;
};

/// Normally distributed weights of the size trained models have.
inline MadeTensor madeTensor(const std::string& name, const Shape& shape, TensorType type, std::uint32_t seed)
{
    MadeTensor tensor{name, shape, type, std::vector<float>(shape.weightCount())};
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0.0F, 0.02F);
    for (float& weight : tensor.weights)
        weight = normal(random);
    return tensor;
}

inline std::vector<std::byte> encodedBytes(const std::vector<float>& weights, std::uint64_t rowLength, TensorType type)
{
    const std::size_t row = rowBytes(type, rowLength).value();
    std::vector<std::byte> bytes(weights.size() / rowLength * row);
    for (std::size_t index = 0; index < weights.size() / rowLength; ++index)
        codecFor(type).encodeRow(weights.data() + index * rowLength, nullptr, rowLength, codecFor(type).defaults(), bytes.data() + index * row);
    return bytes;
}

inline void writeMadeGguf(const std::filesystem::path& path, const std::vector<MadeTensor>& tensors,
                          const std::function<void(Metadata&)>& addKeys = {})
{
    Metadata metadata;
    metadata.append("general.architecture", MetadataValue::ofString("llama"));
    if (addKeys)
        addKeys(metadata);
    std::vector<gguf::TensorToWrite> table;
    for (const MadeTensor& tensor : tensors)
        table.push_back({tensor.name, tensor.shape, tensor.type});
    const auto header = gguf::encodeHeader(metadata, table);
    std::vector<std::byte> file = header.bytes;
    file.resize(header.bytes.size() + header.dataBytes);
    for (std::size_t index = 0; index < tensors.size(); ++index) {
        const auto bytes = encodedBytes(tensors[index].weights, tensors[index].shape.rowLength(), tensors[index].type);
        std::copy(bytes.begin(), bytes.end(),
                  file.begin() + static_cast<std::ptrdiff_t>(header.bytes.size() + header.dataOffsets[index]));
    }
    writeBytes(path, file);
}

/// Overwrites weight @p index of tensor @p name with the bits of a number of the stored type, whatever they mean.
template <typename Bits> void patchWeight(const std::filesystem::path& file, std::string_view name, std::uint64_t index, Bits bits)
{
    auto bytes = readBytes(file);
    const auto model = openModel(file);
    const Tensor& tensor = model->tensors()[*model->indexOf(name)];
    std::memcpy(bytes.data() + tensor.storage().fileOffset() + index * sizeof bits, &bits, sizeof bits);
    writeBytes(file, bytes);
}

/// A little Llama of @p layers layers with rows of 256, about 0.75 M weights each.
inline std::vector<MadeTensor> madeLlama(int layers, TensorType type = TensorType::F32)
{
    std::uint32_t seed = 1;
    std::vector<MadeTensor> tensors;
    tensors.push_back(madeTensor("token_embd.weight", {500, 256}, type, seed++));
    for (int layer = 0; layer < layers; ++layer) {
        const auto name = [&](const char* part) { return "blk." + std::to_string(layer) + "." + part; };
        tensors.push_back(madeTensor(name("attn_norm.weight"), {256}, TensorType::F32, seed++));
        tensors.push_back(madeTensor(name("attn_q.weight"), {256, 256}, type, seed++));
        tensors.push_back(madeTensor(name("ffn_up.weight"), {1301, 256}, type, seed++));
        tensors.push_back(madeTensor(name("ffn_down.weight"), {256, 1280}, type, seed++));
    }
    tensors.push_back(madeTensor("output_norm.weight", {256}, TensorType::F32, seed++));
    return tensors;
}

/// Calls a function with every report.
class Watcher : public Progress
{
public:
    using Function = std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)>;
    explicit Watcher(Function function)
        : m_function(std::move(function))
    {
    }
    void report(std::string_view stage, std::uint64_t done, std::uint64_t total) override { m_function(stage, done, total); }

private:
    Function m_function;
};

} // namespace quantlathe::test
