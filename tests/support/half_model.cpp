// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/half_model.h"

#include "support/byte_builder.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

namespace quantlathe::test {

namespace {

struct Spec
{
    std::string name;
    std::vector<std::uint64_t> ne; ///< as in the file: contiguous dimension first
    bool isHalf = true;            ///< else F32, all ones: a norm

    [[nodiscard]] std::uint64_t weights() const
    {
        std::uint64_t product = 1;
        for (const std::uint64_t dimension : ne)
            product *= dimension;
        return product;
    }
};

std::vector<Spec> tensorsOf(const HalfModelShape& shape)
{
    std::vector<Spec> specs{{"token_embd.weight", {shape.embedding, shape.vocabulary}}};
    for (int layer = 0; layer < shape.layers; ++layer) {
        const std::string prefix = "blk." + std::to_string(layer) + '.';
        specs.push_back({prefix + "attn_norm.weight", {shape.embedding}, false});
        specs.push_back({prefix + "attn_q.weight", {shape.embedding, shape.queryRows}});
        specs.push_back({prefix + "attn_k.weight", {shape.embedding, shape.keyRows}});
        specs.push_back({prefix + "attn_v.weight", {shape.embedding, shape.keyRows}});
        specs.push_back({prefix + "attn_output.weight", {shape.queryRows, shape.embedding}});
        if (shape.hasGate) {
            specs.push_back({prefix + "ffn_norm.weight", {shape.embedding}, false});
            specs.push_back({prefix + "ffn_gate.weight", {shape.embedding, shape.feedForward}});
        }
        specs.push_back({prefix + "ffn_up.weight", {shape.embedding, shape.feedForward}});
        specs.push_back({prefix + "ffn_down.weight", {shape.feedForward, shape.embedding}});
    }
    specs.push_back({"output_norm.weight", {shape.embedding}, false});
    if (shape.hasOutput)
        specs.push_back({"output.weight", {shape.embedding, shape.vocabulary}});
    return specs;
}

template <typename Number> void write(std::ofstream& file, const std::vector<Number>& numbers)
{
    file.write(reinterpret_cast<const char*>(numbers.data()), static_cast<std::streamsize>(numbers.size() * sizeof(Number)));
}

} // namespace

void writeHalfModel(const std::filesystem::path& path, const HalfModelShape& shape)
{
    GgufBuilder builder;
    builder.string("general.architecture", "llama").string("general.name", "Half floats");
    builder.u32("llama.block_count", static_cast<std::uint32_t>(shape.layers)).u32("llama.context_length", 4096);
    builder.u32("llama.embedding_length", static_cast<std::uint32_t>(shape.embedding));
    builder.u32("llama.feed_forward_length", static_cast<std::uint32_t>(shape.feedForward));
    builder.u32("llama.attention.head_count", static_cast<std::uint32_t>(shape.queryRows / shape.headSize));
    builder.u32("llama.attention.head_count_kv", static_cast<std::uint32_t>(shape.keyRows / shape.headSize));
    builder.u32("llama.attention.key_length", static_cast<std::uint32_t>(shape.headSize));
    builder.u32("llama.attention.value_length", static_cast<std::uint32_t>(shape.headSize));
    builder.f32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    std::vector<std::string> tokens;
    for (std::uint64_t token = 0; token < shape.vocabulary; ++token)
        tokens.push_back("token" + std::to_string(token));
    builder.string("tokenizer.ggml.model", "llama").strings("tokenizer.ggml.tokens", tokens);
    const std::vector<Spec> specs = tensorsOf(shape);
    for (const Spec& spec : specs)
        builder.tensor(spec.name, spec.ne, spec.isHalf ? 1 : 0, spec.weights() * (spec.isHalf ? 2 : 4));
    std::vector<std::byte> header = builder.header();
    header.resize((header.size() + 31) / 32 * 32);
    std::ofstream file(path, std::ios::binary);
    write(file, header);
    std::uint32_t state = 1;
    constexpr std::uint64_t most = 1 << 20; // at once
    for (const Spec& spec : specs) {
        if (!spec.isHalf) {
            write(file, std::vector<float>(spec.weights(), 1.0f));
            continue;
        }
        for (std::uint64_t done = 0; done < spec.weights(); done += most) {
            std::vector<std::uint16_t> halves(std::min(most, spec.weights() - done));
            for (std::uint16_t& half : halves) {
                state = state * 1664525u + 1013904223u;
                half = static_cast<std::uint16_t>((state >> 16 & 0x83FFu) | (9u + (state >> 8 & 3u)) << 10);
            }
            write(file, halves);
        }
    }
}

} // namespace quantlathe::test
