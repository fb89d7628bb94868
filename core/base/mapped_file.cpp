// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/mapped_file.h"

#include "core/base/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace quantlathe {

namespace {

// Mappings known to the SIGBUS handler. Fixed size and lock-free, because the handler may only touch atomics. A mapping
// that finds no slot still works, without protection against shrinking.
struct GuardSlot
{
    std::atomic<bool> used{false};
    std::atomic<std::uintptr_t> begin{0};
    std::atomic<std::uintptr_t> end{0};
    std::atomic<bool> faulted{false};
};

constexpr int guardSlots = 4096;
std::array<GuardSlot, guardSlots> guards;
std::uintptr_t pageSize = 4096;
struct sigaction previousAction;

void onBusError(int signal, siginfo_t* info, void* context)
{
    const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
    for (GuardSlot& guard : guards) {
        if (address < guard.begin.load(std::memory_order_acquire) || address >= guard.end.load(std::memory_order_acquire))
            continue;
        guard.faulted.store(true, std::memory_order_release);
        void* page = reinterpret_cast<void*>(address / pageSize * pageSize);
        if (mmap(page, pageSize, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
            return;
    }
    // Not ours: behave as if this handler did not exist.
    if ((previousAction.sa_flags & SA_SIGINFO) && previousAction.sa_sigaction) {
        previousAction.sa_sigaction(signal, info, context);
    } else if (previousAction.sa_handler != SIG_DFL && previousAction.sa_handler != SIG_IGN) {
        previousAction.sa_handler(signal);
    } else {
        std::signal(SIGBUS, SIG_DFL);
        raise(SIGBUS);
    }
}

void installHandler()
{
    static std::once_flag once;
    std::call_once(once, [] {
        pageSize = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
        struct sigaction action = {};
        action.sa_sigaction = onBusError;
        action.sa_flags = SA_SIGINFO | SA_NODEFER;
        sigemptyset(&action.sa_mask);
        sigaction(SIGBUS, &action, &previousAction);
    });
}

int takeGuard(const void* data, std::size_t size)
{
    installHandler();
    for (int slot = 0; slot < guardSlots; ++slot) {
        bool expected = false;
        GuardSlot& guard = guards[static_cast<std::size_t>(slot)];
        if (!guard.used.compare_exchange_strong(expected, true))
            continue;
        guard.faulted.store(false);
        const auto begin = reinterpret_cast<std::uintptr_t>(data);
        guard.end.store(begin + (size + pageSize - 1) / pageSize * pageSize, std::memory_order_release);
        guard.begin.store(begin, std::memory_order_release);
        return slot;
    }
    return -1;
}

FileIdentity identityFrom(const struct stat& status)
{
    return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
            static_cast<std::uint64_t>(status.st_size),
            std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

} // namespace

FileIdentity FileIdentity::of(const std::filesystem::path& path)
{
    struct stat status = {};
    if (stat(path.c_str(), &status) != 0)
        throw systemError(errno, "read", path);
    return identityFrom(status);
}

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path)
{
    std::shared_ptr<MappedFile> file(new MappedFile);
    file->m_path = path;
    file->m_descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->m_descriptor < 0)
        throw systemError(errno, "open", path);
    struct stat status = {};
    if (fstat(file->m_descriptor, &status) != 0)
        throw systemError(errno, "read", path);
    if (!S_ISREG(status.st_mode)) {
        throw Error(ErrorKind::Unsupported, S_ISDIR(status.st_mode) ? "is a folder, not a file" : "is not a regular file",
                    {path, std::nullopt, {}});
    }
    file->m_identity = identityFrom(status);
    file->m_size = static_cast<std::size_t>(status.st_size);
    if (file->m_size == 0)
        return file;
    void* data = mmap(nullptr, file->m_size, PROT_READ, MAP_SHARED, file->m_descriptor, 0);
    if (data == MAP_FAILED)
        throw systemError(errno, "map", path);
    file->m_data = static_cast<const std::byte*>(data);
    file->m_guardSlot = takeGuard(data, file->m_size);
    return file;
}

MappedFile::~MappedFile()
{
    if (m_guardSlot >= 0) {
        GuardSlot& guard = guards[static_cast<std::size_t>(m_guardSlot)];
        guard.begin.store(0, std::memory_order_release);
        guard.end.store(0, std::memory_order_release);
    }
    if (m_data)
        munmap(const_cast<std::byte*>(m_data), m_size);
    if (m_guardSlot >= 0)
        guards[static_cast<std::size_t>(m_guardSlot)].used.store(false);
    if (m_descriptor >= 0)
        close(m_descriptor);
}

void MappedFile::throwIfChanged() const
{
    const bool faulted = m_guardSlot >= 0 && guards[static_cast<std::size_t>(m_guardSlot)].faulted.load();
    struct stat status = {};
    const bool same = fstat(m_descriptor, &status) == 0 && identityFrom(status) == m_identity;
    if (faulted || !same) {
        throw Error(ErrorKind::SourceChanged, "the file was changed by another program while it was in use",
                    {m_path, std::nullopt, {}}, "Open it again once it is complete");
    }
}

void MappedFile::willNeed(std::uint64_t offset, std::uint64_t size) const
{
    if (offset >= m_size)
        return;
    const std::uint64_t begin = offset / pageSize * pageSize;
    const std::uint64_t end = std::min<std::uint64_t>(m_size, offset + size);
    madvise(const_cast<std::byte*>(m_data) + begin, end - begin, MADV_WILLNEED);
}

void MappedFile::dontNeed(std::uint64_t offset, std::uint64_t size) const
{
    if (offset >= m_size)
        return;
    // Whole pages inside the range only: neighbours may still be in use.
    const std::uint64_t begin = (offset + pageSize - 1) / pageSize * pageSize;
    const std::uint64_t end = std::min<std::uint64_t>(m_size, offset + size) / pageSize * pageSize;
    if (begin < end)
        madvise(const_cast<std::byte*>(m_data) + begin, end - begin, MADV_DONTNEED);
}

} // namespace quantlathe
