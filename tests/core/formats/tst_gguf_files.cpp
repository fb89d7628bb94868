// SPDX-License-Identifier: GPL-3.0-or-later
// GGUF files of python-gguf and llama-gguf-split (tests/fixtures/gguf): every value and tensor; split models;
// the writer.
#include "core/formats/gguf/gguf_header.h"
#include "core/formats/gguf/gguf_writer.h"
#include "core/formats/open.h"
#include "support/byte_builder.h"
#include "support/sha256.h"
#include "support/test_support.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>

using namespace quantlathe;
using namespace quantlathe::test;

namespace fs = std::filesystem;

namespace {

nlohmann::json expectedJson(const std::string& relative)
{
    std::ifstream stream(fixture(relative));
    return nlohmann::json::parse(stream);
}

nlohmann::json toJson(const MetadataScalar& scalar)
{
    return std::visit([](const auto& value) { return nlohmann::json(value); }, scalar);
}

nlohmann::json toJson(const MetadataValue& value)
{
    if (const auto* scalar = std::get_if<MetadataScalar>(&value.value))
        return toJson(*scalar);
    const auto& array = std::get<MetadataArray>(value.value);
    nlohmann::json list = nlohmann::json::array();
    for (std::uint64_t index = 0; index < array.size(); ++index)
        list.push_back(toJson(array.at(index)));
    return list;
}

/// python-gguf's names of value types.
std::string foreignName(MetadataType type)
{
    static const std::map<MetadataType, std::string> names = {
        {MetadataType::U8, "uint8"},    {MetadataType::I8, "int8"},    {MetadataType::U16, "uint16"},
        {MetadataType::I16, "int16"},   {MetadataType::U32, "uint32"}, {MetadataType::I32, "int32"},
        {MetadataType::F32, "float32"}, {MetadataType::Bool, "bool"},  {MetadataType::String, "string"},
        {MetadataType::Array, "array"}, {MetadataType::U64, "uint64"}, {MetadataType::I64, "int64"},
        {MetadataType::F64, "float64"}};
    return names.at(type);
}

nlohmann::json typesOf(const MetadataValue& value)
{
    nlohmann::json types = {foreignName(value.type)};
    if (const auto* array = std::get_if<MetadataArray>(&value.value))
        types.push_back(foreignName(array->elementType()));
    return types;
}

/// The parts of a small model split into three; @p change may alter each before it is written.
template <typename Change> void writeSplit(const fs::path& folder, Change change)
{
    for (int number = 0; number < 3; ++number) {
        GgufBuilder part;
        if (number == 0)
            part.string("general.architecture", "llama");
        part.tensor("t" + std::to_string(number), {8}, 0, 32);
        std::string name = "m-0000" + std::to_string(number + 1) + "-of-00003.gguf";
        std::uint16_t stated = static_cast<std::uint16_t>(number);
        std::uint16_t count = 3;
        std::int32_t total = 3;
        change(number, part, name, stated, count, total);
        part.u16("split.no", stated).u16("split.count", count).i32("split.tensors.count", total);
        if (!name.empty())
            writeBytes(folder / name, part.file());
    }
}

} // namespace

class TestGgufFiles : public QObject
{
    Q_OBJECT
private slots:
    void filesOfPythonGguf_data()
    {
        QTest::addColumn<int>("unused");
        const nlohmann::json expected = expectedJson("gguf/expected.json");
        for (const auto& [file, contents] : expected.items())
            QTest::newRow(file.c_str()) << 0;
    }

    void filesOfPythonGguf()
    {
        const std::string name = QTest::currentDataTag();
        const nlohmann::json expected = expectedJson("gguf/expected.json")[name];
        const auto file = MappedFile::open(fixture("gguf/" + name));
        const gguf::Header header = gguf::parseHeader(file->bytes(), file->path(), file);
        QCOMPARE(header.version, expected["version"].get<int>());
        QCOMPARE(header.alignment, expected["alignment"].get<std::uint64_t>());
        QCOMPARE(header.metadata.entries().size(), expected["metadata"].size());
        for (const Metadata::Entry& entry : header.metadata.entries()) {
            const nlohmann::json& value = expected["metadata"][entry.key];
            QVERIFY2(typesOf(entry.value) == value["type"], entry.key.c_str());
            QVERIFY2(toJson(entry.value) == value["value"], entry.key.c_str());
        }
        QCOMPARE(header.tensors.size(), expected["tensors"].size());
        for (std::size_t index = 0; index < header.tensors.size(); ++index) {
            const gguf::TensorEntry& tensor = header.tensors[index];
            const nlohmann::json& other = expected["tensors"][index];
            QCOMPARE(tensor.name, other["name"].get<std::string>());
            QCOMPARE(std::string(quantlathe::name(tensor.type)), other["type"].get<std::string>());
            auto ne = other["ne"].get<std::vector<std::uint64_t>>();
            std::reverse(ne.begin(), ne.end());
            QCOMPARE(tensor.shape.dimensions(), ne);
            QCOMPARE(header.dataOffset + tensor.offset, other["offset"].get<std::uint64_t>());
            QCOMPARE(tensor.sizeBytes, other["bytes"].get<std::uint64_t>());
            QCOMPARE(sha256(file->bytes().subspan(header.dataOffset + tensor.offset, tensor.sizeBytes)),
                     other["sha256"].get<std::string>());
        }
    }

    void refusedFilesOfPythonGguf()
    {
        VERIFY_ERROR(openModel(fixture("gguf/refuse_big_endian.gguf")), ErrorKind::Unsupported, "big-endian");
        VERIFY_ERROR(openModel(fixture("gguf/refuse_version1.gguf")), ErrorKind::Unsupported, "version 1");
    }

    void splitOpensFromAnyPart()
    {
        const auto whole = openModel(fixture("gguf/tiny-llama.gguf"));
        for (const char* part : {"1", "2", "3"}) {
            const fs::path path = fixture(std::string("gguf/tiny-llama-0000") + part + "-of-00003.gguf");
            const auto split = openModel(path);
            QCOMPARE(split->path(), path);
            QCOMPARE(split->files().size(), 3u);
            QCOMPARE(split->tensors().size(), whole->tensors().size());
            QCOMPARE(split->architecture().name, std::string("llama"));
            QCOMPARE(split->architecture().parameters.layerCount, 2u);
            for (const Tensor& tensor : whole->tensors()) {
                const auto index = split->indexOf(tensor.name());
                QVERIFY2(index.has_value(), tensor.name().c_str());
                QVERIFY(std::ranges::equal(split->tensors()[*index].bytes(), tensor.bytes()));
            }
            std::uint64_t sizes = 0;
            for (const fs::path& file : split->files())
                sizes += fs::file_size(file);
            QCOMPARE(split->fileBytes(), sizes);
        }
    }

    void splitWithMissingParts()
    {
        ScratchFolder folder;
        writeSplit(folder.path(), [](int number, auto&, auto& name, auto&, auto&, auto&) {
            if (number == 1)
                name.clear();
        });
        VERIFY_ERROR(openModel(folder / "m-00003-of-00003.gguf"), ErrorKind::NotFound,
                     "1 of the 3 parts of this model are missing beside it: m-00002-of-00003.gguf");
        fs::remove(folder / "m-00001-of-00003.gguf");
        VERIFY_ERROR(openModel(folder / "m-00003-of-00003.gguf"), ErrorKind::NotFound,
                     "m-00001-of-00003.gguf, m-00002-of-00003.gguf");
        fs::rename(folder / "m-00003-of-00003.gguf", folder / "renamed.gguf");
        VERIFY_ERROR(
            openModel(folder / "renamed.gguf"), ErrorKind::BadFormat,
            "part 3 of a model split into 3 files, but its name does not end in '-00003-of-00003.gguf'");
    }

    void splitThatContradictsItself()
    {
        ScratchFolder folder;
        writeSplit(folder.path(), [](int number, auto&, auto&, auto& stated, auto&, auto&) {
            if (number == 1)
                stated = 2;
        });
        VERIFY_ERROR(openModel(folder / "m-00001-of-00003.gguf"), ErrorKind::BadFormat,
                     "is named as part 2 of 3, but says it is part 3 of 3");
        writeSplit(folder.path(), [](int number, auto&, auto&, auto& stated, auto&, auto&) {
            if (number == 0)
                stated = 3;
        });
        VERIFY_ERROR(openModel(folder / "m-00001-of-00003.gguf"), ErrorKind::BadFormat,
                     "says it is part 3 (split.no, from 0) of 3");
        writeSplit(folder.path(), [](int, auto&, auto&, auto&, auto&, auto& total) { total = 4; });
        VERIFY_ERROR(openModel(folder / "m-00001-of-00003.gguf"), ErrorKind::BadFormat,
                     "the parts hold 3 tensors together, but split.tensors.count says 4");
        writeSplit(folder.path(), [](int number, auto& part, auto&, auto&, auto&, auto&) {
            if (number == 2)
                part.tensor("t0", {8}, 0, 32);
        });
        VERIFY_ERROR(openModel(folder / "m-00001-of-00003.gguf"), ErrorKind::BadFormat,
                     "tensor 't0': the same tensor is in m-00001-of-00003.gguf, too");
        writeSplit(folder.path(), [](int number, auto& part, auto&, auto&, auto&, auto&) {
            if (number == 1)
                part.dataBytes = 3;
        });
        VERIFY_ERROR(openModel(folder / "m-00001-of-00003.gguf"), ErrorKind::BadFormat,
                     "m-00002-of-00003.gguf");
    }

    void splitOfOneIsAWholeFile()
    {
        ScratchFolder folder;
        writeBytes(folder / "x.gguf",
                   GgufBuilder().u16("split.no", 0).u16("split.count", 1).tensor("t", {8}, 0, 32).file());
        QCOMPARE(openModel(folder / "x.gguf")->tensors().size(), 1u);
    }

    void writerGivesTheSameHeader_data() { filesOfPythonGguf_data(); }
    void writerGivesTheSameHeader()
    {
        // Byte for byte what python-gguf and llama-gguf-split wrote, metadata copied entry by entry.
        const auto file = MappedFile::open(fixture(std::string("gguf/") + QTest::currentDataTag()));
        const gguf::Header header = gguf::parseHeader(file->bytes(), file->path(), file);
        std::vector<gguf::TensorToWrite> tensors;
        for (const gguf::TensorEntry& tensor : header.tensors)
            tensors.push_back({tensor.name, tensor.shape, tensor.type});
        gguf::EncodedHeader encoded = gguf::encodeHeader(header.metadata, tensors, header.alignment);
        if (header.version == 2)
            encoded.bytes[4] = std::byte{2};
        QVERIFY(encoded.bytes.size() <= file->bytes().size() || header.tensors.empty());
        const std::size_t common = std::min(encoded.bytes.size(), file->bytes().size());
        QVERIFY(std::ranges::equal(std::span(encoded.bytes).first(common), file->bytes().first(common)));
        for (std::size_t index = 0; index < tensors.size(); ++index)
            QCOMPARE(encoded.dataOffsets[index], header.tensors[index].offset);
        if (!header.tensors.empty())
            QCOMPARE(encoded.bytes.size() + encoded.dataBytes, file->bytes().size());
    }

    void writerRefusesWhatLlamaCppWould()
    {
        const auto encode = [](std::string name, Shape shape, TensorType type, std::uint64_t alignment = 32) {
            const gguf::TensorToWrite tensors[] = {{std::move(name), std::move(shape), type}};
            return gguf::encodeHeader(Metadata(), tensors, alignment);
        };
        const auto f32 = TensorType::F32;
        QCOMPARE(encode(std::string(63, 'n'), {4}, f32).dataBytes, 32u);
        VERIFY_ERROR(encode("", {4}, f32), ErrorKind::InvalidArgument, "has no name");
        VERIFY_ERROR(encode(std::string(64, 'n'), {4}, f32), ErrorKind::InvalidArgument,
                     "64 bytes; llama.cpp reads at most 63");
        VERIFY_ERROR(encode("t", {1, 1, 1, 1, 1}, f32), ErrorKind::InvalidArgument,
                     "at most 4 dimensions, not 5");
        VERIFY_ERROR(encode("t", {4}, TensorType::F8_E4M3), ErrorKind::InvalidArgument,
                     "GGUF has no type F8_E4M3");
        VERIFY_ERROR(encode("t", {48}, TensorType::Q4_0), ErrorKind::InvalidArgument,
                     "rows of 48 weights cannot be stored as Q4_0");
        VERIFY_ERROR(encode("t", {4}, f32, 24), ErrorKind::InvalidArgument, "no power of two");
        VERIFY_ERROR(encode("t", {4}, f32, 0), ErrorKind::InvalidArgument, "no power of two");
        VERIFY_ERROR(encode("t", {4}, f32, 64), ErrorKind::InvalidArgument, "general.alignment says 32");
        const gguf::TensorToWrite twice[] = {{"t", {4}, f32}, {"t", {4}, f32}};
        VERIFY_ERROR(gguf::encodeHeader(Metadata(), twice), ErrorKind::InvalidArgument,
                     "the name appears twice");
        const gguf::TensorToWrite huge[] = {{"a", {1ULL << 60}, TensorType::F64},
                                            {"b", {1ULL << 60}, TensorType::F64}};
        VERIFY_ERROR(gguf::encodeHeader(Metadata(), huge), ErrorKind::InvalidArgument, "larger than 2^64");
        Metadata metadata;
        metadata.append("", MetadataValue::ofU32(1));
        VERIFY_ERROR(gguf::encodeHeader(metadata, {}), ErrorKind::InvalidArgument, "a metadata key is empty");
        Metadata repeated;
        repeated.append("a", MetadataValue::ofU32(1));
        repeated.append("a", MetadataValue::ofU32(1));
        VERIFY_ERROR(gguf::encodeHeader(repeated, {}), ErrorKind::InvalidArgument, "'a' appears twice");
    }

    void writtenFilesAreRead()
    {
        Metadata metadata;
        metadata.append("general.alignment", MetadataValue::ofU32(64));
        metadata.append("s", MetadataValue::ofString("x"));
        metadata.append("i64", MetadataValue::ofI64(-1));
        metadata.append("list", MetadataValue::ofArray(MetadataArray::fromStrings({"a", "bc"})));
        const gguf::TensorToWrite tensors[] = {{"a", {3, 32}, TensorType::Q8_0},
                                               {"scalar", {}, TensorType::F16},
                                               {"b", {2, 2}, TensorType::BF16}};
        const gguf::EncodedHeader encoded = gguf::encodeHeader(metadata, tensors, 64);
        QCOMPARE(encoded.bytes.size() % 64, 0u);
        QCOMPARE(encoded.dataOffsets, (std::vector<std::uint64_t>{0, 128, 192}));
        QCOMPARE(encoded.dataBytes, 256u);
        std::vector<std::byte> file = encoded.bytes;
        file.resize(file.size() + encoded.dataBytes);
        const gguf::Header header = gguf::parseHeader(file, "written.gguf", nullptr);
        QCOMPARE(header.tensors[0].shape, Shape({3, 32}));
        QCOMPARE(header.dataOffset, encoded.bytes.size());
        QCOMPARE(std::get<std::string>(header.metadata.array("list")->at(1)), std::string("bc"));
    }
};

QTEST_APPLESS_MAIN(TestGgufFiles)
#include "tst_gguf_files.moc"
