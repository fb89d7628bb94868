// SPDX-License-Identifier: GPL-3.0-or-later
// Opening time: the sample model, a 141 GB GGUF with a vocabulary of 256,000 tokens (sparse), a folder of 30
// shards (sparse), and name recognition alone.
#include "core/formats/gguf/gguf_writer.h"
#include "core/formats/open.h"
#include "core/model/architecture.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace quantlathe;

namespace fs = std::filesystem;

namespace {

/// A folder that lives as long as the benchmark.
class ScratchFolder
{
public:
    ScratchFolder()
    {
        std::string pattern = (fs::temp_directory_path() / "quantlathe-bench-XXXXXX").string();
        m_path = mkdtemp(pattern.data()) ? pattern : std::string();
    }
    ~ScratchFolder()
    {
        std::error_code ignored;
        fs::remove_all(m_path, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    [[nodiscard]] const fs::path& path() const { return m_path; }

private:
    fs::path m_path;
};

const fs::path& scratch()
{
    static const ScratchFolder folder;
    return folder.path();
}

void writeSparse(const fs::path& file, const std::string& head, std::uint64_t sizeBytes)
{
    std::ofstream(file, std::ios::binary).write(head.data(), static_cast<std::streamsize>(head.size()));
    fs::resize_file(file, sizeBytes);
}

/// The shapes of Llama 3.1 70B in F16, with a vocabulary as large as Gemma's.
fs::path bigGguf()
{
    const fs::path file = scratch() / "big.gguf";
    if (fs::exists(file))
        return file;
    Metadata metadata;
    metadata.append("general.architecture", MetadataValue::ofString("llama"));
    metadata.append("llama.block_count", MetadataValue::ofU32(80));
    metadata.append("llama.embedding_length", MetadataValue::ofU32(8192));
    metadata.append("llama.attention.head_count", MetadataValue::ofU32(64));
    std::vector<std::string> tokens;
    std::vector<std::int32_t> types(256'000, 1);
    for (int token = 0; token < 256'000; ++token)
        tokens.push_back("token" + std::to_string(token));
    metadata.append("tokenizer.ggml.tokens", MetadataValue::ofArray(MetadataArray::fromStrings(tokens)));
    metadata.append("tokenizer.ggml.merges", MetadataValue::ofArray(MetadataArray::fromStrings(tokens)));
    metadata.append("tokenizer.ggml.token_type", MetadataValue::ofArray(MetadataArray::fromInts(types)));
    std::vector<gguf::TensorToWrite> tensors = {{"token_embd.weight", {128256, 8192}, TensorType::F16}};
    for (int layer = 0; layer < 80; ++layer) {
        const std::string prefix = "blk." + std::to_string(layer) + ".";
        tensors.push_back({prefix + "attn_norm.weight", {8192}, TensorType::F32});
        tensors.push_back({prefix + "attn_q.weight", {8192, 8192}, TensorType::F16});
        tensors.push_back({prefix + "attn_k.weight", {1024, 8192}, TensorType::F16});
        tensors.push_back({prefix + "attn_v.weight", {1024, 8192}, TensorType::F16});
        tensors.push_back({prefix + "attn_output.weight", {8192, 8192}, TensorType::F16});
        tensors.push_back({prefix + "ffn_norm.weight", {8192}, TensorType::F32});
        tensors.push_back({prefix + "ffn_gate.weight", {28672, 8192}, TensorType::F16});
        tensors.push_back({prefix + "ffn_up.weight", {28672, 8192}, TensorType::F16});
        tensors.push_back({prefix + "ffn_down.weight", {8192, 28672}, TensorType::F16});
    }
    tensors.push_back({"output_norm.weight", {8192}, TensorType::F32});
    tensors.push_back({"output.weight", {128256, 8192}, TensorType::F16});
    const gguf::EncodedHeader header = gguf::encodeHeader(metadata, tensors);
    writeSparse(file, {reinterpret_cast<const char*>(header.bytes.data()), header.bytes.size()},
                header.bytes.size() + header.dataBytes);
    return file;
}

/// 30 shards of 5 GB with 25 tensors each.
fs::path shardedFolder()
{
    const fs::path folder = scratch() / "sharded";
    if (fs::exists(folder))
        return folder;
    fs::create_directory(folder);
    constexpr std::uint64_t tensorBytes = 25000ULL * 4000 * 2;
    std::string weightMap;
    for (int shard = 0; shard < 30; ++shard) {
        const std::string file = "model-" + std::to_string(10001 + shard) + "-of-10030.safetensors";
        std::string json;
        for (std::uint64_t tensor = 0; tensor < 25; ++tensor) {
            const std::string name = "model.layers." + std::to_string(shard) + ".mlp.experts." +
                                     std::to_string(tensor) + ".up_proj.weight";
            json += (tensor == 0 ? "{\"" : ",\"") + name +
                    "\":{\"dtype\":\"BF16\",\"shape\":[25000,4000],\"data_offsets\":[" +
                    std::to_string(tensor * tensorBytes) + "," + std::to_string((tensor + 1) * tensorBytes) +
                    "]}";
            weightMap += (weightMap.empty() ? "\"" : ",\"") + name + "\":\"" + file + "\"";
        }
        json += "}";
        const std::uint64_t length = json.size();
        writeSparse(folder / file, std::string(reinterpret_cast<const char*>(&length), sizeof length) + json,
                    sizeof length + length + 25 * tensorBytes);
    }
    std::ofstream(folder / "model.safetensors.index.json") << "{\"weight_map\":{" << weightMap << "}}";
    std::ofstream(folder / "config.json") << R"({"model_type":"qwen3_moe","num_hidden_layers":30})";
    return folder;
}

void open(benchmark::State& state, const fs::path& path)
{
    std::shared_ptr<const Model> model;
    for (auto _ : state)
        benchmark::DoNotOptimize(model = openModel(path));
    state.counters["tensors"] = static_cast<double>(model->tensors().size());
    state.counters["GB"] = static_cast<double>(model->fileBytes()) / 1e9;
}

void openSample(benchmark::State& state)
{
    const fs::path folder = fs::path(QUANTLATHE_SOURCE_DIR) / "resources/sample";
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
        if (entry.path().extension() == ".gguf")
            return open(state, entry.path());
    }
    state.SkipWithError("no sample model in resources/sample");
}
void openBigGguf(benchmark::State& state)
{
    open(state, bigGguf());
}
void openShards(benchmark::State& state)
{
    open(state, shardedFolder());
}

void recogniseNames(benchmark::State& state)
{
    for (auto _ : state) {
        benchmark::DoNotOptimize(placeOf("blk.17.ffn_down.weight", "llama"));
        benchmark::DoNotOptimize(placeOf("model.layers.17.mlp.experts.5.down_proj.weight", "qwen3moe"));
    }
    state.SetItemsProcessed(state.iterations() * 2);
}

BENCHMARK(openSample)->Unit(benchmark::kMillisecond);
BENCHMARK(openBigGguf)->Unit(benchmark::kMillisecond);
BENCHMARK(openShards)->Unit(benchmark::kMillisecond);
BENCHMARK(recogniseNames);

} // namespace
