// SPDX-License-Identifier: GPL-3.0-or-later
#include "peer_library.h"

#include "core/base/text.h"

#include <dlfcn.h>

#include <stdexcept>

namespace quantlathe::bench {

namespace {

template <typename Function> void find(void* library, const char* name, Function& function)
{
    void* address = dlsym(library, name);
    if (!address)
        throw std::runtime_error(std::string("no libggml-base: ") + dlerror());
    function = reinterpret_cast<Function>(address);
}

/// Where the library has this function it has the type: asking it by a number that it does not know would
/// abort.
std::string quantizerName(std::string_view type)
{
    std::string name = "quantize_" + toLower(type);
    if (name.ends_with("_k"))
        name.back() = 'K';
    return name;
}

} // namespace

PeerLibrary::PeerLibrary(const std::string& path)
{
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library)
        throw std::runtime_error(dlerror());
    find(library, "ggml_quantize_chunk", m_quantize);
    find(library, "ggml_quantize_init", m_initialise);
    find(library, "ggml_quantize_requires_imatrix", m_needsImportance);
    if (void* version = dlsym(library, "ggml_version"))
        m_version = reinterpret_cast<const char* (*)()>(version)();
    for (const TensorTypeInfo& facts : allTensorTypes()) {
        using enum TensorType;
        const bool isPlain = facts.type == F32 || facts.type == F16 || facts.type == BF16;
        m_knows[static_cast<std::size_t>(facts.type)] =
            isPlain || (facts.isQuantized() && dlsym(library, quantizerName(facts.name).c_str()));
    }
}

bool PeerLibrary::canEncode(TensorType type, bool hasImportance) const
{
    return m_knows[static_cast<std::size_t>(type)] &&
           (hasImportance || !m_needsImportance(info(type).ggmlId));
}

void PeerLibrary::prepare(TensorType type) const
{
    m_initialise(info(type).ggmlId);
}

void PeerLibrary::encode(TensorType type, const float* weights, const float* importance, std::size_t rows,
                         std::size_t columns, std::byte* blocks) const
{
    m_quantize(info(type).ggmlId, weights, blocks, 0, static_cast<std::int64_t>(rows),
               static_cast<std::int64_t>(columns), importance);
}

} // namespace quantlathe::bench
