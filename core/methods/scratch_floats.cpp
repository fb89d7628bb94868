// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/scratch_floats.h"

#include "core/base/error.h"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace quantlathe {

ScratchFloats::ScratchFloats(std::uint64_t count, std::uint64_t memoryBytes, const std::filesystem::path& folder)
{
    if (count <= memoryBytes / sizeof(float)) {
        m_values.resize(count);
        return;
    }
    std::string name = (folder / ".quantlathe-XXXXXX").string();
    const int descriptor = mkostemp(name.data(), O_CLOEXEC);
    if (descriptor < 0)
        throw systemError(errno, "create a file for activations in", folder);
    ::unlink(name.c_str());
    m_bytes = count * sizeof(float);
    // Space is taken now: a full disk must not end the process while it writes to memory.
    if (const int problem = posix_fallocate(descriptor, 0, static_cast<off_t>(m_bytes)); problem != 0) {
        ::close(descriptor);
        throw systemError(problem, "take space for activations in", folder);
    }
    void* const mapped = mmap(nullptr, m_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    const int problem = errno;
    ::close(descriptor);
    if (mapped == MAP_FAILED)
        throw systemError(problem, "map a file for activations in", folder);
    m_mapped = static_cast<float*>(mapped);
}

ScratchFloats::ScratchFloats(ScratchFloats&& other) noexcept
    : m_values(std::move(other.m_values)), m_mapped(std::exchange(other.m_mapped, nullptr)), m_bytes(std::exchange(other.m_bytes, 0))
{
}

ScratchFloats& ScratchFloats::operator=(ScratchFloats&& other) noexcept
{
    std::swap(m_values, other.m_values);
    std::swap(m_mapped, other.m_mapped);
    std::swap(m_bytes, other.m_bytes);
    return *this;
}

ScratchFloats::~ScratchFloats()
{
    if (m_mapped)
        munmap(m_mapped, m_bytes);
}

} // namespace quantlathe
