// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/layer_journal.h"

#include "core/base/content_hash.h"
#include "core/base/error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace quantlathe {

namespace {

constexpr std::string_view magic = "quantlathe layers 1\n";
constexpr std::size_t hashLength = 32;

} // namespace

LayerJournal::LayerJournal(std::filesystem::path file, std::string_view identity, bool resume)
    : m_file(std::move(file)), m_identity(identity)
{
    m_descriptor = ::open(m_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (m_descriptor < 0)
        throw systemError(errno, "open the journal", m_file);
    if (resume && readSections(identity))
        return;
    m_places.clear();
    m_sections = 0;
    m_end = 0;
    if (ftruncate(m_descriptor, 0) != 0)
        throw systemError(errno, "write the journal", m_file);
    write(magic.data(), magic.size());
    write(identity.data(), identity.size());
}

LayerJournal::~LayerJournal()
{
    ::close(m_descriptor);
}

std::vector<std::byte> LayerJournal::read(const Place& place) const
{
    std::vector<std::byte> bytes(place.size);
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t got = pread(m_descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(place.offset + done));
        if (got < 0 && errno != EINTR)
            throw systemError(errno, "read the journal", m_file);
        if (got == 0)
            throw Error(ErrorKind::BadFormat, "the journal ends too early", {m_file, place.offset, {}});
        done += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    return bytes;
}

void LayerJournal::write(const void* bytes, std::size_t count)
{
    const auto* const from = static_cast<const std::byte*>(bytes);
    for (std::size_t done = 0; done < count;) {
        const ssize_t put = pwrite(m_descriptor, from + done, count - done, static_cast<off_t>(m_end + done));
        if (put < 0 && errno != EINTR)
            throw systemError(errno, "write the journal", m_file);
        done += put > 0 ? static_cast<std::size_t>(put) : 0;
    }
    m_end += count;
}

bool LayerJournal::readSections(std::string_view identity)
{
    struct stat status = {};
    if (fstat(m_descriptor, &status) != 0)
        throw systemError(errno, "read the journal", m_file);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    const std::string begin = std::string(magic) + std::string(identity);
    if (size < begin.size())
        return false;
    const auto found = read({0, begin.size()});
    if (std::memcmp(found.data(), begin.data(), begin.size()) != 0)
        return false;
    m_end = begin.size();
    // Sections until one that is not whole: from there on the file is written anew.
    for (std::uint64_t at = m_end;;) {
        ContentHash hash;
        const auto number = [&](std::uint64_t& value) {
            if (size - at < sizeof value)
                return false;
            const auto bytes = read({at, sizeof value});
            std::memcpy(&value, bytes.data(), sizeof value);
            hash.add(value);
            at += sizeof value;
            return true;
        };
        std::uint64_t section = 0;
        std::uint64_t count = 0;
        bool isWhole = number(section) && section == m_sections && number(count);
        std::map<std::size_t, Place> places;
        for (std::uint64_t index = 0; isWhole && index < count; ++index) {
            Place place;
            isWhole = number(place.size) && place.size >= sizeof(std::uint64_t) && place.size <= size - at;
            if (!isWhole)
                break;
            place.offset = at;
            const auto bytes = read(place);
            hash.add(std::span(bytes));
            std::uint64_t tensor = 0;
            std::memcpy(&tensor, bytes.data(), sizeof tensor);
            places[tensor] = place;
            at += place.size;
        }
        if (!isWhole || size - at < hashLength)
            break;
        const auto bytes = read({at, hashLength});
        if (std::memcmp(bytes.data(), hash.text().data(), hashLength) != 0)
            break;
        at += hashLength;
        m_end = at;
        ++m_sections;
        for (const auto& [tensor, place] : places)
            m_places[tensor] = place;
    }
    if (ftruncate(m_descriptor, static_cast<off_t>(m_end)) != 0)
        throw systemError(errno, "write the journal", m_file);
    return true;
}

void LayerJournal::append(const std::vector<std::shared_ptr<const QuantizedTensor>>& tensors)
{
    ContentHash hash;
    const auto number = [&](std::uint64_t value) {
        hash.add(value);
        write(&value, sizeof value);
    };
    number(m_sections);
    number(tensors.size());
    std::map<std::size_t, Place> places;
    for (const auto& tensor : tensors) {
        const std::vector<std::byte> bytes = toBytes(*tensor);
        number(bytes.size());
        places[tensor->tensor] = {m_end, bytes.size()};
        hash.add(std::span(bytes));
        write(bytes.data(), bytes.size());
    }
    const std::string text = hash.text();
    write(text.data(), text.size());
    if (fdatasync(m_descriptor) != 0)
        throw systemError(errno, "write the journal", m_file);
    ++m_sections;
    for (const auto& [tensor, place] : places)
        m_places[tensor] = place;
}

std::vector<std::size_t> LayerJournal::tensors() const
{
    std::vector<std::size_t> indices;
    for (const auto& [tensor, place] : m_places)
        indices.push_back(tensor);
    return indices;
}

std::shared_ptr<const QuantizedTensor> LayerJournal::load(std::size_t tensor) const
{
    return std::make_shared<const QuantizedTensor>(quantizedTensorFromBytes(read(m_places.at(tensor))));
}

} // namespace quantlathe
