// SPDX-License-Identifier: GPL-3.0-or-later
#include "shape_models.h"

#include "test_support.h"

#include <algorithm>

namespace quantlathe::test {

namespace {

class HollowStorage final : public TensorStorage
{
public:
    HollowStorage(std::shared_ptr<const MappedFile> file, bool canDecode) : m_file(std::move(file)), m_canDecode(canDecode) {}
    [[nodiscard]] bool canDecode() const override { return m_canDecode; }
    void decodeRows(std::uint64_t, std::uint64_t, float*) const override
    {
        throw Error(ErrorKind::Unsupported, "a test model has no weights");
    }
    [[nodiscard]] std::span<const std::byte> bytes() const override { return {}; }
    [[nodiscard]] const std::shared_ptr<const MappedFile>& file() const override { return m_file; }
    [[nodiscard]] std::uint64_t fileOffset() const override { return 0; }

private:
    std::shared_ptr<const MappedFile> m_file;
    bool m_canDecode;
};

} // namespace

std::shared_ptr<const Model> makeShapeModel(const std::filesystem::path& folder, Architecture architecture,
                                            const std::vector<ShapeTensor>& tensors, ModelFormat format,
                                            Metadata metadata)
{
    const std::filesystem::path path = folder / "hollow.bin";
    writeBytes(path, std::vector<std::byte>(64));
    const auto file = MappedFile::open(path);
    Model::Contents contents;
    contents.format = format;
    contents.path = path;
    contents.files = {path};
    contents.formatVersion = 3;
    contents.metadata = std::move(metadata);
    for (const ShapeTensor& tensor : tensors) {
        const auto shape = Shape::make(tensor.dimensions);
        if (!shape)
            throw Error(ErrorKind::InvalidArgument, "a test shape overflows");
        contents.tensors.emplace_back(tensor.name, *shape, tensor.type,
                                      std::make_shared<HollowStorage>(file, tensor.canDecode));
        contents.places.push_back(placeOf(tensor.name, architecture.name));
    }
    contents.architecture = std::move(architecture);
    return std::make_shared<const Model>(std::move(contents));
}

std::vector<ShapeTensor> tensorsOf(const LlamaShape& shape)
{
    constexpr TensorType F32 = TensorType::F32;
    const std::uint64_t embedding = shape.embedding;
    const std::uint64_t kv = embedding / shape.heads * shape.kvHeads;
    std::vector<ShapeTensor> tensors = {{"token_embd.weight", {shape.vocabulary, embedding}},
                                        {"output_norm.weight", {embedding}, F32}};
    if (!shape.isTied)
        tensors.push_back({"output.weight", {shape.vocabulary, embedding}});
    for (std::uint64_t layer = 0; layer < shape.layers; ++layer) {
        const auto add = [&](const char* tensor, std::vector<std::uint64_t> dimensions, TensorType type = TensorType::BF16) {
            tensors.push_back({"blk." + std::to_string(layer) + "." + tensor, std::move(dimensions), type});
        };
        add("attn_norm.weight", {embedding}, F32);
        if (shape.isFused) {
            add("attn_qkv.weight", {embedding + 2 * kv, embedding});
        } else {
            add("attn_q.weight", {embedding, embedding});
            add("attn_k.weight", {kv, embedding});
            add("attn_v.weight", {kv, embedding});
        }
        add("attn_output.weight", {embedding, embedding});
        add("ffn_norm.weight", {embedding}, F32);
        if (shape.hasBias) {
            add("attn_q.bias", {embedding}, F32);
            add("attn_k.bias", {kv}, F32);
            add("attn_v.bias", {kv}, F32);
        }
        if (shape.experts > 0) {
            add("ffn_gate_inp.weight", {shape.experts, embedding}, F32);
            add("ffn_gate_exps.weight", {shape.experts, shape.feedForward, embedding});
            add("ffn_up_exps.weight", {shape.experts, shape.feedForward, embedding});
            add("ffn_down_exps.weight", {shape.experts, embedding, shape.feedForward});
        } else {
            if (!shape.isFused)
                add("ffn_gate.weight", {shape.feedForward, embedding});
            add("ffn_up.weight", {shape.feedForward, embedding});
            add("ffn_down.weight", {embedding, shape.feedForward});
        }
    }
    return tensors;
}

Architecture architectureOf(const LlamaShape& shape)
{
    Architecture architecture;
    architecture.name = shape.architecture;
    architecture.isKnown = true;
    Hyperparameters& parameters = architecture.parameters;
    parameters.layerCount = shape.layers;
    parameters.contextLength = 8192;
    parameters.embeddingLength = shape.embedding;
    parameters.vocabularySize = shape.vocabulary;
    parameters.feedForwardLength.assign(shape.layers, shape.feedForward);
    parameters.headCount.assign(shape.layers, shape.heads);
    parameters.headCountKv.assign(shape.layers, shape.kvHeads);
    parameters.keyLength = parameters.valueLength = shape.embedding / shape.heads;
    parameters.expertCount = shape.experts;
    parameters.expertUsedCount = std::min<std::uint64_t>(2, shape.experts);
    parameters.isEmbeddingTied = shape.isTied;
    return architecture;
}

} // namespace quantlathe::test
