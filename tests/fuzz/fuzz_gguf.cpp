// SPDX-License-Identifier: GPL-3.0-or-later
// GGUF headers: every input either parses or gives an Error. What parses is used the way the program uses it,
// so that a promise of the reader that does not hold shows here.
#include "core/base/error.h"
#include "core/formats/gguf/gguf_header.h"
#include "core/formats/gguf/gguf_writer.h"
#include "core/model/architecture.h"
#include "core/model/tensor.h"

#include <cstdlib>

using namespace quantlathe;

namespace {

void require(bool holds)
{
    if (!holds)
        std::abort();
}

/// The reader's promises, and all ways to look at metadata.
void use(const gguf::Header& header, std::size_t fileSize)
{
    for (const Metadata::Entry& entry : header.metadata.entries()) {
        require(!entry.value.toText(100).empty() || !entry.value.isArray());
        if (const MetadataArray* array = header.metadata.array(entry.key); array && array->size() > 0) {
            (void)toText(array->at(0));
            (void)toText(array->at(array->size() / 2));
            (void)toText(array->at(array->size() - 1));
        }
    }
    std::vector<TensorPlace> places;
    const std::string architecture = header.metadata.string("general.architecture").value_or("");
    for (const gguf::TensorEntry& tensor : header.tensors) {
        require(header.dataOffset <= fileSize && tensor.offset <= fileSize - header.dataOffset &&
                tensor.sizeBytes <= fileSize - header.dataOffset - tensor.offset);
        require(tensor.offset % header.alignment == 0);
        require(tensorBytes(tensor.type, tensor.shape) == tensor.sizeBytes);
        places.push_back(placeOf(tensor.name, architecture));
    }
    (void)readArchitecture(header.metadata, {}, {});
}

/// Metadata survive writing and reading again, value for value.
void writeAndReadAgain(const gguf::Header& header)
{
    std::vector<gguf::TensorToWrite> tensors;
    for (const gguf::TensorEntry& tensor : header.tensors)
        tensors.push_back({tensor.name, tensor.shape, tensor.type});
    gguf::EncodedHeader encoded;
    try {
        encoded = gguf::encodeHeader(header.metadata, tensors, header.alignment);
    } catch (const Error& error) {
        require(error.kind() == ErrorKind::InvalidArgument); // names that only the reader accepts
        return;
    }
    if (encoded.dataBytes > (std::uint64_t{16} << 20))
        return;
    std::vector<std::byte> file = encoded.bytes;
    file.resize(file.size() + encoded.dataBytes);
    const gguf::Header again = gguf::parseHeader(file, "again", nullptr);
    require(again.metadata.entries().size() == header.metadata.entries().size());
    require(again.tensors.size() == header.tensors.size());
    for (std::size_t index = 0; index < again.metadata.entries().size(); ++index) {
        require(again.metadata.entries()[index].key == header.metadata.entries()[index].key);
        require(again.metadata.entries()[index].value.toText() ==
                header.metadata.entries()[index].value.toText());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
    try {
        const gguf::Header header = gguf::parseHeader(file, "fuzz.gguf", nullptr);
        use(header, size);
        writeAndReadAgain(header);
    } catch (const Error&) {
    }
    return 0;
}
