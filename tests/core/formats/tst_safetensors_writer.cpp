// SPDX-License-Identifier: GPL-3.0-or-later
// Headers and shards: what the reader makes of them.
#include "core/formats/huggingface/index.h"
#include "core/formats/safetensors/safetensors_header.h"
#include "core/formats/safetensors/safetensors_writer.h"
#include "support/test_support.h"

#include <nlohmann/json.hpp>

using namespace quantlathe;
using namespace quantlathe::safetensors;

namespace {

NewTensor tensor(std::string name, TensorType type, Shape shape)
{
    const std::uint64_t size = tensorBytes(type, shape).value();
    return {std::move(name), type, std::move(shape), size, 0, 0};
}

std::vector<std::byte> fileOf(const NewShard& shard)
{
    std::vector<std::byte> bytes = shard.header;
    bytes.resize(shard.sizeBytes);
    return bytes;
}

} // namespace

class TestSafetensorsWriter : public QObject
{
    Q_OBJECT
private slots:
    void oneFile()
    {
        std::vector<NewTensor> tensors{tensor("a", TensorType::U8, {3}), tensor("b\"\\\xC3\xA9", TensorType::I64, {2}), tensor("c", TensorType::F16, {2, 3}),
                                       tensor("d", TensorType::F32, Shape()), tensor("e", TensorType::F32, {0, 4})};
        const std::vector<std::size_t> groups{0, 1, 2, 3, 4};
        const ShardLayout layout = layoutShards(tensors, groups, 0);
        QCOMPARE(layout.shards.size(), 1u);
        QCOMPARE(layout.shards[0].fileName, std::string("model.safetensors"));
        QVERIFY(layout.index.empty());
        QCOMPARE(layout.totalBytes, layout.shards[0].sizeBytes);
        QCOMPARE(layout.shards[0].header.size() % 8, 0u);
        const Header header = parseHeader(fileOf(layout.shards[0]), "model.safetensors");
        QCOMPARE(header.metadata.string("format"), std::optional<std::string>("pt"));
        QCOMPARE(header.tensors.size(), tensors.size());
        for (const TensorEntry& entry : header.tensors) {
            const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const NewTensor& one) { return one.name == entry.name; });
            QVERIFY(found != tensors.end());
            QCOMPARE(entry.offset, found->offset);
            QCOMPARE(entry.shape.dimensions(), found->shape.dimensions());
            QCOMPARE(entry.type, found->type);
            QCOMPARE(entry.offset % info(entry.type).bytesPerBlock, 0u); // aligned
        }
    }

    void shards()
    {
        std::vector<NewTensor> tensors;
        std::vector<std::size_t> groups;
        for (std::size_t index = 0; index < 6; ++index) {
            tensors.push_back(tensor("t" + std::to_string(index), TensorType::U8, {index == 4 ? 500u : 60u}));
            groups.push_back(index < 2 ? 0 : index); // the first two stay together
        }
        const ShardLayout layout = layoutShards(tensors, groups, 100);
        std::vector<std::size_t> shards;
        for (const NewTensor& one : tensors)
            shards.push_back(one.shard);
        QCOMPARE(shards, (std::vector<std::size_t>{0, 0, 1, 2, 3, 4}));
        QCOMPARE(layout.shards[4].fileName, std::string("model-00005-of-00005.safetensors"));
        const auto bytes = std::as_bytes(std::span(layout.index));
        const huggingface::Index index = huggingface::parseIndex(bytes, "index");
        QCOMPARE(index.size(), 5u);
        QVERIFY(index.at("model-00001-of-00005.safetensors") == (std::set<std::string>{"t0", "t1"}));
        QCOMPARE(nlohmann::json::parse(layout.index)["metadata"]["total_size"].get<int>(), 800);
        for (const NewShard& shard : layout.shards)
            (void)parseHeader(fileOf(shard), shard.fileName);
    }

    void sizesThatOverflow()
    {
        std::vector<NewTensor> tensors{{"a", TensorType::U8, Shape(), 1ull << 63, 0, 0}, {"b", TensorType::U8, Shape(), 1ull << 63, 0, 0}};
        const std::vector<std::size_t> groups{0, 1};
        VERIFY_ERROR(layoutShards(tensors, groups, 0), ErrorKind::InvalidArgument, "more than 2^64 bytes");
        VERIFY_ERROR(layoutShards(tensors, (std::vector<std::size_t>{0, 0}), 10), ErrorKind::InvalidArgument, "more than 2^64 bytes");
    }
};

QTEST_APPLESS_MAIN(TestSafetensorsWriter)
#include "tst_safetensors_writer.moc"
