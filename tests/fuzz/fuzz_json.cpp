// SPDX-License-Identifier: GPL-3.0-or-later
// config.json and model.safetensors.index.json: every input either is read or gives an Error. An index that
// is read names files inside its folder only.
#include "core/base/error.h"
#include "core/formats/huggingface/config.h"
#include "core/formats/huggingface/index.h"

#include <cstdlib>

using namespace quantlathe;

namespace {

void require(bool holds)
{
    if (!holds)
        std::abort();
}

template <typename Work> void orError(Work work)
{
    try {
        work();
    } catch (const Error&) {
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::span<const std::byte> text(reinterpret_cast<const std::byte*>(data), size);
    orError([&] { (void)huggingface::kindOfJson(text, "fuzz.json"); });
    orError([&] {
        for (const auto& [file, tensors] : huggingface::parseIndex(text, "fuzz.json")) {
            const std::filesystem::path inside = (std::filesystem::path("/folder") / file).lexically_normal();
            require(inside.string().starts_with("/folder/") && !tensors.empty());
        }
    });
    orError([&] {
        const Metadata config = huggingface::flattenJson(text, "fuzz.json");
        for (const Metadata::Entry& entry : config.entries())
            (void)entry.value.toText();
        const Architecture architecture = readArchitecture(huggingface::ggufKeysOf(config), {}, {});
        const Hyperparameters& p = architecture.parameters;
        require(p.headCountKv.size() <= p.layerCount && p.slidingWindowLayers.size() <= p.layerCount);
    });
    return 0;
}
