// SPDX-License-Identifier: GPL-3.0-or-later
// safetensors headers: every input either parses, and then keeps the reader's promises, or gives an Error.
#include "core/base/error.h"
#include "core/formats/safetensors/safetensors_header.h"
#include "core/model/architecture.h"

#include <cstdlib>

using namespace quantlathe;

namespace {

void require(bool holds)
{
    if (!holds)
        std::abort();
}

void use(const safetensors::Header& header, std::size_t fileSize)
{
    std::uint64_t end = header.tensors.empty() ? fileSize : header.tensors.front().offset;
    for (const safetensors::TensorEntry& tensor : header.tensors) {
        require(tensor.offset == end && tensor.sizeBytes <= fileSize - tensor.offset);
        require(tensorBytes(tensor.type, tensor.shape) == tensor.sizeBytes);
        end = tensor.offset + tensor.sizeBytes;
        require(!placeOf(tensor.name).canonicalName.empty());
        require(!placeOf(tensor.name, "gemma2").canonicalName.empty());
    }
    require(end == fileSize);
    for (const Metadata::Entry& entry : header.metadata.entries())
        (void)entry.value.toText();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
    try {
        (void)safetensors::looksLikeSafetensors(file);
        use(safetensors::parseHeader(file, "fuzz.safetensors"), size);
    } catch (const Error&) {
    }
    return 0;
}
