// SPDX-License-Identifier: GPL-3.0-or-later
// The quantizers of a libggml-base opened at run time.
#pragma once

#include "core/types/tensor_type.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace quantlathe::bench {

/// No header of ggml is needed: a few functions with plain arguments. The library stays open until the
/// process ends.
class PeerLibrary
{
public:
    /// @throws std::runtime_error when the file is no libggml-base
    explicit PeerLibrary(const std::string& path);

    [[nodiscard]] const std::string& version() const { return m_version; }
    /// False too for types that are newer than the library.
    [[nodiscard]] bool canEncode(TensorType type, bool hasImportance) const;
    /// Builds the tables of @p type; must precede encode().
    void prepare(TensorType type) const;
    /// @param importance one factor per column, or null
    void encode(TensorType type, const float* weights, const float* importance, std::size_t rows,
                std::size_t columns, std::byte* blocks) const;

private:
    std::size_t (*m_quantize)(int, const float*, void*, std::int64_t, std::int64_t, std::int64_t,
                              const float*) = nullptr;
    void (*m_initialise)(int) = nullptr;
    bool (*m_needsImportance)(int) = nullptr;
    std::string m_version;
    std::array<bool, tensorTypeCount> m_knows{};
};

} // namespace quantlathe::bench
