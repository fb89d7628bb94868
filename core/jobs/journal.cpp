// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/journal.h"

#include "core/base/hash64.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace quantlathe {

namespace {

constexpr char magic[8] = {'Q', 'L', 'J', 'R', 'N', 'L', '3', '\n'};
constexpr std::uint64_t renamingMark = ~std::uint64_t{0};
/// A header names at most 65,535 parts of at most 255 bytes.
constexpr std::uint64_t maximumHeaderBytes = 32u << 20;

void put(std::vector<std::byte>& bytes, const void* data, std::size_t size)
{
    const auto* begin = static_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), begin, begin + size);
}

template <typename Number>
void put(std::vector<std::byte>& bytes, Number number)
{
    put(bytes, &number, sizeof number);
}

/// Reads numbers from a buffer; after the first one that is not there everything is 0 and isGood false.
struct Reader
{
    std::span<const std::byte> bytes;
    bool isGood = true;

    template <typename Number>
    Number take()
    {
        Number number{};
        if (bytes.size() < sizeof number) {
            isGood = false;
            return number;
        }
        std::memcpy(&number, bytes.data(), sizeof number);
        bytes = bytes.subspan(sizeof number);
        return number;
    }

    std::string takeText()
    {
        const auto size = take<std::uint64_t>();
        if (!isGood || size > bytes.size()) {
            isGood = false;
            return {};
        }
        std::string text(reinterpret_cast<const char*>(bytes.data()), size);
        bytes = bytes.subspan(size);
        return text;
    }
};

std::vector<std::byte> encodeHeader(const JournalIdentity& identity)
{
    std::vector<std::byte> body;
    put(body, identity.requestHash);
    put(body, std::uint64_t{identity.hasErrors});
    put(body, identity.chunkCount);
    put(body, std::uint64_t{identity.fileNames.size()});
    for (const std::string& name : identity.fileNames) {
        put(body, std::uint64_t{name.size()});
        put(body, name.data(), name.size());
    }
    std::vector<std::byte> header;
    put(header, magic, sizeof magic);
    put(header, std::uint64_t{body.size()});
    put(header, hash64(body));
    put(header, body.data(), body.size());
    return header;
}

std::vector<std::byte> readAll(int descriptor)
{
    struct stat status = {};
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return {};
    std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = pread(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            break;
        done += static_cast<std::size_t>(count);
    }
    bytes.resize(done);
    return bytes;
}

std::optional<JournalContents> decode(std::span<const std::byte> bytes)
{
    Reader reader{bytes};
    char found[sizeof magic] = {};
    for (char& c : found)
        c = static_cast<char>(reader.take<std::uint8_t>());
    const auto bodyBytes = reader.take<std::uint64_t>();
    const auto bodyHash = reader.take<std::uint64_t>();
    if (!reader.isGood || std::memcmp(found, magic, sizeof magic) != 0 || bodyBytes > maximumHeaderBytes
        || bodyBytes > reader.bytes.size()) {
        return std::nullopt;
    }
    Reader body{reader.bytes.first(bodyBytes)};
    if (hash64(body.bytes) != bodyHash)
        return std::nullopt;
    JournalContents contents;
    contents.identity.requestHash = body.take<std::uint64_t>();
    contents.identity.hasErrors = body.take<std::uint64_t>() != 0;
    contents.identity.chunkCount = body.take<std::uint64_t>();
    const auto names = body.take<std::uint64_t>();
    for (std::uint64_t index = 0; index < names && body.isGood; ++index)
        contents.identity.fileNames.push_back(body.takeText());
    if (!body.isGood)
        return std::nullopt;

    auto rest = reader.bytes.subspan(bodyBytes);
    for (; rest.size() >= Journal::recordBytes; rest = rest.subspan(Journal::recordBytes)) {
        Reader record{rest.first(Journal::recordBytes)};
        const auto check = hash64(rest.first(Journal::recordBytes - 8), contents.identity.requestHash);
        const auto index = record.take<std::uint64_t>();
        JournalRecord value;
        value.hash = record.take<std::uint64_t>();
        value.error.weights = record.take<std::uint64_t>();
        value.error.squaredWeights = record.take<double>();
        value.error.squaredRebuilt = record.take<double>();
        value.error.product = record.take<double>();
        value.error.squaredError = record.take<double>();
        value.error.maximumError = record.take<double>();
        value.error.weightedSquares = record.take<double>();
        value.error.weightedError = record.take<double>();
        value.replaced.nan = record.take<std::uint64_t>();
        value.replaced.infinity = record.take<std::uint64_t>();
        if (record.take<std::uint64_t>() != check)
            break;
        const bool isComplete = contents.records.size() == contents.identity.chunkCount;
        if (index == renamingMark && isComplete) {
            contents.isRenaming = true;
            break;
        }
        if (index != contents.records.size() || isComplete)
            break;
        contents.records.push_back(value);
    }
    return contents;
}

} // namespace

std::filesystem::path Journal::pathFor(const std::filesystem::path& target)
{
    return target.parent_path() / ("." + target.filename().string() + ".quantlathe-journal");
}

std::optional<JournalContents> Journal::peek(const std::filesystem::path& target)
{
    const int descriptor = ::open(pathFor(target).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0)
        return std::nullopt;
    const auto bytes = readAll(descriptor);
    close(descriptor);
    return decode(bytes);
}

Journal::Journal(const std::filesystem::path& target)
    : m_path(pathFor(target))
{
    for (;;) {
        m_descriptor = ::open(m_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (m_descriptor < 0)
            throw systemError(errno, "write into the folder", m_path.parent_path().empty() ? "." : m_path.parent_path());
        struct stat status = {};
        if (flock(m_descriptor, LOCK_EX | LOCK_NB) != 0) {
            close(m_descriptor);
            throw Error(ErrorKind::InvalidArgument, "another export to this file is running", {target, std::nullopt, {}},
                        "Wait for it, cancel it, or choose another name");
        }
        // The run that held the lock may have finished and removed the file between open and lock.
        if (fstat(m_descriptor, &status) == 0 && status.st_nlink > 0)
            return;
        close(m_descriptor);
    }
}

Journal::~Journal()
{
    if (m_descriptor >= 0)
        close(m_descriptor);
}

std::optional<JournalContents> Journal::contents() const
{
    return decode(readAll(m_descriptor));
}

void Journal::begin(const JournalIdentity& identity, const std::vector<JournalRecord>& records)
{
    if (ftruncate(m_descriptor, 0) != 0)
        throw systemError(errno, "truncate", m_path);
    m_requestHash = identity.requestHash;
    m_next = 0;
    m_position = 0;
    m_pending = encodeHeader(identity);
    for (const JournalRecord& record : records)
        add(record);
    flush();
}

void Journal::append(std::uint64_t index, const JournalRecord& record)
{
    const std::size_t begin = m_pending.size();
    put(m_pending, index);
    put(m_pending, record.hash);
    put(m_pending, record.error.weights);
    put(m_pending, record.error.squaredWeights);
    put(m_pending, record.error.squaredRebuilt);
    put(m_pending, record.error.product);
    put(m_pending, record.error.squaredError);
    put(m_pending, record.error.maximumError);
    put(m_pending, record.error.weightedSquares);
    put(m_pending, record.error.weightedError);
    put(m_pending, record.replaced.nan);
    put(m_pending, record.replaced.infinity);
    put(m_pending, hash64(std::span(m_pending).subspan(begin), m_requestHash));
}

void Journal::add(const JournalRecord& record)
{
    append(m_next++, record);
}

void Journal::flush()
{
    std::span<const std::byte> rest(m_pending);
    while (!rest.empty()) {
        const ssize_t count = pwrite(m_descriptor, rest.data(), rest.size(), static_cast<off_t>(m_position));
        if (count < 0) {
            if (errno == EINTR)
                continue;
            throw systemError(errno, "write", m_path);
        }
        m_position += static_cast<std::uint64_t>(count);
        rest = rest.subspan(static_cast<std::size_t>(count));
    }
    m_pending.clear();
}

void Journal::sync()
{
    flush();
    if (fdatasync(m_descriptor) != 0)
        throw systemError(errno, "flush to disk", m_path);
}

void Journal::markRenaming()
{
    append(renamingMark, {});
    sync();
}

void Journal::remove()
{
    unlink(m_path.c_str());
    close(std::exchange(m_descriptor, -1));
}

} // namespace quantlathe
