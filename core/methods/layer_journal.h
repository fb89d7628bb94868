// SPDX-License-Identifier: GPL-3.0-or-later
// The file that finished layers lie in: what a killed run goes on from, and where a finished one's tensors are read from.
#pragma once

#include "core/methods/quantized_tensor.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

/// Layout: magic, identity (32 characters), then sections: their number (u64), tensors in it (u64), for each its size (u64) and bytes; a hash of the
/// section (32 characters). A section is a layer of the network, or what comes before or after the layers.
class LayerJournal
{
public:
    /// @param identity of everything the results depend on, 32 characters
    /// @param resume keep the sections of a journal of the same identity; otherwise the file starts anew
    /// @throws as opening and writing files
    LayerJournal(std::filesystem::path file, std::string_view identity, bool resume);
    ~LayerJournal();
    LayerJournal(const LayerJournal&) = delete;
    LayerJournal& operator=(const LayerJournal&) = delete;

    [[nodiscard]] const std::filesystem::path& file() const { return m_file; }
    [[nodiscard]] const std::string& identity() const { return m_identity; }
    /// Sections that are complete, from 0 on.
    [[nodiscard]] std::uint64_t sections() const { return m_sections; }
    /// Appends section sections() and brings it to the disk. @throws Error(DiskFull, Io)
    void append(const std::vector<std::shared_ptr<const QuantizedTensor>>& tensors);
    /// Indices of the tensors in all sections, ascending.
    [[nodiscard]] std::vector<std::size_t> tensors() const;
    [[nodiscard]] bool holds(std::size_t tensor) const { return m_places.contains(tensor); }
    /// Read anew at each call. @throws Error(BadFormat, Io)
    [[nodiscard]] std::shared_ptr<const QuantizedTensor> load(std::size_t tensor) const;

private:
    struct Place
    {
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
    };
    bool readSections(std::string_view identity);
    [[nodiscard]] std::vector<std::byte> read(const Place& place) const;
    void write(const void* bytes, std::size_t count);

    std::filesystem::path m_file;
    std::string m_identity;
    int m_descriptor = -1;
    std::uint64_t m_end = 0; ///< of the last complete section
    std::uint64_t m_sections = 0;
    std::map<std::size_t, Place> m_places;
};

} // namespace quantlathe
