// SPDX-License-Identifier: GPL-3.0-or-later
// Files that the safetensors library wrote (tests/fixtures/safetensors): every name, dtype, shape, offset and byte.
#include "core/formats/open.h"
#include "core/formats/safetensors/safetensors_header.h"
#include "support/sha256.h"
#include "support/test_support.h"

#include <nlohmann/json.hpp>

#include <fstream>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

nlohmann::json expectedFiles()
{
    std::ifstream stream(fixture("safetensors/expected.json"));
    return nlohmann::json::parse(stream);
}

/// Bytes before the data: the header length and the header.
std::uint64_t dataOffset(std::span<const std::byte> file)
{
    std::uint64_t headerBytes = 0;
    for (std::size_t index = 0; index < sizeof(headerBytes); ++index)
        headerBytes |= std::to_integer<std::uint64_t>(file[index]) << (8 * index);
    return sizeof(headerBytes) + headerBytes;
}

} // namespace

class TestSafetensorsFiles : public QObject
{
    Q_OBJECT
private slots:
    void everyFileIsExpected()
    {
        const nlohmann::json expected = expectedFiles();
        std::size_t files = 0;
        for (const auto& entry : std::filesystem::directory_iterator(fixture("safetensors"))) {
            if (entry.path().extension() != ".safetensors")
                continue;
            QVERIFY2(expected.contains(entry.path().filename().string()), entry.path().c_str());
            ++files;
        }
        QCOMPARE(files, expected.size());
        QVERIFY(files > 0);
    }

    void header_data()
    {
        QTest::addColumn<int>("unused");
        const nlohmann::json expected = expectedFiles();
        for (const auto& [file, contents] : expected.items())
            QTest::newRow(file.c_str()) << 0;
    }

    void header()
    {
        const std::string name = QTest::currentDataTag();
        const nlohmann::json expected = expectedFiles()[name];
        const auto file = MappedFile::open(fixture("safetensors/" + name));
        const safetensors::Header header = safetensors::parseHeader(file->bytes(), file->path());
        QCOMPARE(header.metadata.entries().size(), expected["metadata"].size());
        for (const auto& [key, value] : expected["metadata"].items()) {
            const auto text = header.metadata.string(key);
            QVERIFY2(text.has_value(), key.c_str());
            QCOMPARE(std::string(*text), value.get<std::string>());
        }
        QCOMPARE(header.tensors.size(), expected["tensors"].size());
        std::uint64_t position = dataOffset(file->bytes()); // the tensors tile the data, in file order
        for (const safetensors::TensorEntry& tensor : header.tensors) {
            QVERIFY2(expected["tensors"].contains(tensor.name), tensor.name.c_str());
            const nlohmann::json& other = expected["tensors"][tensor.name];
            QCOMPARE(std::string(info(tensor.type).safetensorsName), other["dtype"].get<std::string>());
            QCOMPARE(tensor.shape.dimensions(), other["shape"].get<std::vector<std::uint64_t>>());
            const auto offsets = other["data_offsets"].get<std::vector<std::uint64_t>>();
            QCOMPARE(tensor.offset, dataOffset(file->bytes()) + offsets.at(0));
            QCOMPARE(tensor.sizeBytes, offsets.at(1) - offsets.at(0));
            QCOMPARE(tensor.offset, position);
            position += tensor.sizeBytes;
        }
        QCOMPARE(position, std::uint64_t{file->bytes().size()});
    }

    void model_data() { header_data(); }
    void model()
    {
        const std::string name = QTest::currentDataTag();
        const nlohmann::json expected = expectedFiles()[name];
        const auto model = openModel(fixture("safetensors/" + name));
        QCOMPARE(model->format(), ModelFormat::Safetensors);
        for (const auto& [key, value] : expected["metadata"].items())
            QCOMPARE(std::string(*model->metadata().string("__metadata__." + key)), value.get<std::string>());
        QCOMPARE(model->tensors().size(), expected["tensors"].size());
        for (const auto& [tensorName, other] : expected["tensors"].items()) {
            const auto index = model->indexOf(tensorName);
            QVERIFY2(index.has_value(), tensorName.c_str());
            const Tensor& tensor = model->tensors()[*index];
            QCOMPARE(std::string(info(tensor.type()).safetensorsName), other["dtype"].get<std::string>());
            QCOMPARE(tensor.shape().dimensions(), other["shape"].get<std::vector<std::uint64_t>>());
            QCOMPARE(sha256(tensor.bytes()), other["sha256"].get<std::string>());
        }
    }
};

QTEST_APPLESS_MAIN(TestSafetensorsFiles)
#include "tst_safetensors_files.moc"
