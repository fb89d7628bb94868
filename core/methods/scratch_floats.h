// SPDX-License-Identifier: GPL-3.0-or-later
// A large array of floats, in memory or, where it is larger than allowed, in a file without a name that the system pages in and out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace quantlathe {

class ScratchFloats
{
public:
    ScratchFloats() = default;
    /// Zeros. @param memoryBytes larger ones go into a file in @p folder
    /// @throws Error(DiskFull, Io, AccessDenied, NotFound)
    ScratchFloats(std::uint64_t count, std::uint64_t memoryBytes, const std::filesystem::path& folder);
    ScratchFloats(ScratchFloats&& other) noexcept;
    ScratchFloats& operator=(ScratchFloats&& other) noexcept;
    ~ScratchFloats();

    [[nodiscard]] float* data() { return m_mapped ? m_mapped : m_values.data(); }
    [[nodiscard]] bool isInFile() const { return m_mapped != nullptr; }

private:
    std::vector<float> m_values;
    float* m_mapped = nullptr;
    std::size_t m_bytes = 0;
};

} // namespace quantlathe
