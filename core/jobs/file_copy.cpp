// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/file_copy.h"

#include "core/base/error.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <vector>

namespace quantlathe {

namespace {

constexpr std::uint64_t stepBytes = 32u << 20;  ///< prompt to cancel
constexpr std::uint64_t bufferBytes = 4u << 20;

class Descriptor
{
public:
    Descriptor(const std::filesystem::path& path, int flags)
        : m_value(::open(path.c_str(), flags | O_CLOEXEC))
    {
        if (m_value < 0)
            throw systemError(errno, "open", path);
    }
    ~Descriptor() { close(m_value); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    operator int() const { return m_value; }

private:
    int m_value;
};

[[noreturn]] void throwShort(const std::filesystem::path& source, std::uint64_t offset)
{
    throw Error(ErrorKind::SourceChanged, "the file became shorter while it was copied", {source, offset, {}});
}

/// True for failures that only say that the system does not copy between these two files.
bool isRefusal(int failure)
{
    return failure == EXDEV || failure == ENOSYS || failure == EOPNOTSUPP || failure == EINVAL || failure == EBADF;
}

} // namespace

void copyStretch(const std::filesystem::path& source, std::uint64_t sourceOffset, const std::filesystem::path& target,
                 std::uint64_t targetOffset, std::uint64_t size, const std::function<void(std::uint64_t)>& copied)
{
    const Descriptor from(source, O_RDONLY);
    const Descriptor to(target, O_WRONLY);
    std::vector<std::byte> buffer;
    bool isBySystem = true;
    for (std::uint64_t done = 0; done < size;) {
        auto in = static_cast<off_t>(sourceOffset + done);
        auto out = static_cast<off_t>(targetOffset + done);
        ssize_t count = 0;
        if (isBySystem) {
            count = copy_file_range(from, &in, to, &out, static_cast<std::size_t>(std::min(stepBytes, size - done)), 0);
            if (count < 0 && isRefusal(errno)) {
                isBySystem = false;
                continue;
            }
            if (count < 0 && errno != EINTR)
                throw systemError(errno, "copy to", target);
        } else {
            buffer.resize(static_cast<std::size_t>(bufferBytes));
            count = pread(from, buffer.data(), static_cast<std::size_t>(std::min(bufferBytes, size - done)), in);
            if (count < 0 && errno != EINTR)
                throw systemError(errno, "read", source);
            for (ssize_t written = 0; written < count;) {
                const ssize_t now = pwrite(to, buffer.data() + written, static_cast<std::size_t>(count - written), out + written);
                if (now < 0 && errno != EINTR)
                    throw systemError(errno, "write", target);
                written += std::max<ssize_t>(now, 0);
            }
        }
        if (count == 0)
            throwShort(source, sourceOffset + done);
        if (count > 0) {
            done += static_cast<std::uint64_t>(count);
            copied(static_cast<std::uint64_t>(count));
        }
    }
}

} // namespace quantlathe
