// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"
#include "support/byte_builder.h"
#include "support/test_support.h"

#include <algorithm>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

/// A file of @p skipped bytes and then 0, 1, 2 ... as floats.
std::shared_ptr<const MappedFile> floatFile(const std::filesystem::path& path, std::size_t skipped, int count)
{
    ByteBuilder bytes;
    bytes.zeros(skipped);
    for (int value = 0; value < count; ++value)
        bytes.number(static_cast<float>(value));
    writeBytes(path, bytes.bytes());
    return MappedFile::open(path);
}

} // namespace

class TestTensor : public QObject
{
    Q_OBJECT
private slots:
    void decodesTheRowsAskedFor()
    {
        ScratchFolder folder;
        // An odd offset, as safetensors files with odd header lengths have it: nothing may rely on alignment.
        const auto file = floatFile(folder / "f", 5, 12);
        const Tensor tensor = Tensor::stored("t", {4, 3}, TensorType::F32, file, 5);
        QCOMPARE(tensor.sizeBytes(), 48u);
        QVERIFY(tensor.canDecode());
        std::vector<float> rows(6, -1);
        tensor.decodeRows(2, 2, rows.data());
        QCOMPARE(rows, (std::vector<float>{6, 7, 8, 9, 10, 11}));
        tensor.decodeRows(4, 0, nullptr);
        QCOMPARE(tensor.storage().fileOffset(), 5u);
        QCOMPARE(tensor.bytes().data(), file->bytes().data() + 5);
    }

    void emptyTensorsAndScalars()
    {
        ScratchFolder folder;
        const auto file = floatFile(folder / "f", 0, 1);
        const Tensor empty = Tensor::stored("e", {0, 7}, TensorType::F32, file, 4);
        QCOMPARE(empty.sizeBytes(), 0u);
        empty.decodeRows(0, 0, nullptr);
        const Tensor scalar = Tensor::stored("s", {}, TensorType::F32, file, 0);
        float value = -1;
        scalar.decodeRows(0, 1, &value);
        QCOMPARE(value, 0.0F);
    }

    void typesThatAreNotDecodedAreNamed()
    {
        ScratchFolder folder;
        writeBytes(folder / "f", ByteBuilder().zeros(2048).bytes());
        const auto file = MappedFile::open(folder / "f");
        for (const TensorTypeInfo& row : allTensorTypes()) {
            const Tensor tensor = Tensor::stored("name", {row.weightsPerBlock}, row.type, file, 0);
            std::vector<float> weights(row.weightsPerBlock);
            if (tensor.canDecode())
                tensor.decodeRows(0, 1, weights.data());
            else
                VERIFY_ERROR(tensor.decodeRows(0, 1, weights.data()), ErrorKind::Unsupported,
                             "tensor 'name': weights of type " + std::string(row.name) +
                                 " cannot be decoded");
        }
    }

    void changedFilesAreNoticed()
    {
        ScratchFolder folder;
        const auto file = floatFile(folder / "f", 0, 4096);
        Model::Contents contents;
        contents.tensors.push_back(Tensor::stored("b", {4096}, TensorType::F32, file, 0));
        contents.tensors.push_back(Tensor::stored("a", {2, 2}, TensorType::F32, file, 0));
        contents.places.resize(2);
        const Model model(std::move(contents));
        QCOMPARE(model.indexOf("a"), std::optional<std::size_t>(1));
        QVERIFY(!model.indexOf("c"));
        QCOMPARE(model.weightCount(), 4100u);
        QCOMPARE(model.tensorBytes(), 4100u * 4);
        QCOMPARE(model.fileBytes(), 4096u * 4); // one file, counted once
        model.throwIfSourceChanged();
        std::filesystem::resize_file(folder / "f", 100);
        std::vector<float> weights(4096);
        model.tensors()[0].decodeRows(0, 1, weights.data()); // must not crash
        VERIFY_ERROR(model.tensors()[0].throwIfSourceChanged(), ErrorKind::SourceChanged, "tensor 'b'");
        VERIFY_ERROR(model.throwIfSourceChanged(), ErrorKind::SourceChanged, "changed by another program");
    }
};

QTEST_APPLESS_MAIN(TestTensor)
#include "tst_tensor.moc"
