// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/small_llama.h"

#include "support/folder_models.h"
#include "support/shard_builder.h"
#include "support/test_support.h"

#include <bit>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace quantlathe::test {

namespace fs = std::filesystem;

fs::path writeSmallLlama(const fs::path& folder, std::uint64_t inner)
{
    constexpr std::uint64_t width = 128;
    constexpr std::uint64_t tokens = 60;
    fs::create_directories(folder);
    std::mt19937 random(11);
    ShardBuilder shard;
    const auto add = [&](const std::string& name, const std::vector<std::uint64_t>& shape) {
        std::uint64_t count = 1;
        for (const std::uint64_t extent : shape)
            count *= extent;
        std::normal_distribution<float> normal(shape.size() == 1 ? 1.0f : 0.0f, 0.08f);
        ByteBuilder bytes;
        for (std::uint64_t index = 0; index < count; ++index)
            bytes.number(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(normal(random)) >> 16));
        shard.add(name, "BF16", shape, bytes.bytes());
    };
    add("lm_head.weight", {tokens, width});
    add("model.embed_tokens.weight", {tokens, width});
    for (int number = 0; number < 2; ++number) {
        const std::string layer = "model.layers." + std::to_string(number) + ".";
        add(layer + "input_layernorm.weight", {width});
        add(layer + "mlp.down_proj.weight", {width, inner});
        add(layer + "mlp.gate_proj.weight", {inner, width});
        add(layer + "mlp.up_proj.weight", {inner, width});
        add(layer + "post_attention_layernorm.weight", {width});
        for (const char* name : {"k_proj", "o_proj", "q_proj", "v_proj"})
            add(layer + "self_attn." + name + ".weight", {width, width});
    }
    add("model.norm.weight", {width});
    writeBytes(folder / "model.safetensors", shard.file());
    const nlohmann::json config{{"architectures", {"LlamaForCausalLM"}}, {"model_type", "llama"}, {"hidden_size", width}, {"intermediate_size", inner}, {"num_hidden_layers", 2},
                                {"num_attention_heads", 2}, {"num_key_value_heads", 2}, {"vocab_size", tokens}, {"rms_norm_eps", 1e-5}, {"rope_theta", 10000.0},
                                {"max_position_embeddings", 256}, {"tie_word_embeddings", false}, {"hidden_act", "silu"}, {"torch_dtype", "bfloat16"}};
    std::ofstream(folder / "config.json") << config.dump();
    std::ofstream(folder / "tokenizer.json") << smallTokenizer().dump();
    std::ofstream(folder / "tokenizer_config.json") << R"({"bos_token":"<s>","eos_token":"</s>"})";
    return folder;
}

fs::path writeSmallText(const fs::path& file)
{
    std::string text;
    for (int pair = 0; pair < 2000; ++pair) {
        text += static_cast<char>('a' + pair * 7 % 20);
        text += static_cast<char>('a' + pair * 3 % 17);
    }
    std::ofstream(file) << text;
    return file;
}

} // namespace quantlathe::test
