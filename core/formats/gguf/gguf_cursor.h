// SPDX-License-Identifier: GPL-3.0-or-later
// Walks the bytes of a GGUF header; every step is checked against the end.
#pragma once

#include "core/base/error.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace quantlathe::gguf {

/// No real header comes near 1 GiB (the largest vocabularies are some 20 MB); a larger one is refused rather
/// than walked.
inline constexpr std::uint64_t largestHeader = std::uint64_t{1} << 30;

class Cursor
{
public:
    Cursor(std::span<const std::byte> file, const std::filesystem::path& path)
        : m_bytes(file.first(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), largestHeader)))),
          m_isCut(file.size() > largestHeader), m_path(path)
    {
    }

    [[nodiscard]] std::uint64_t position() const { return m_position; }
    [[nodiscard]] std::uint64_t remaining() const { return m_bytes.size() - m_position; }

    template <typename Number> Number read(std::string_view what)
    {
        Number value;
        std::memcpy(&value, take(sizeof value, what).data(), sizeof value);
        return value;
    }

    /// The next @p size bytes. @throws Error(BadFormat) naming @p what when the file ends before
    std::span<const std::byte> take(std::uint64_t size, std::string_view what)
    {
        if (size > remaining())
            throwEnd(size, what);
        const auto bytes =
            m_bytes.subspan(static_cast<std::size_t>(m_position), static_cast<std::size_t>(size));
        m_position += size;
        return bytes;
    }

    /// Length and bytes of a string, without copying it.
    std::string_view string(std::string_view what)
    {
        const auto length = read<std::uint64_t>(what);
        const auto bytes = take(length, what);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }

    /// @p offset: where the wrong value stands
    [[noreturn]] void fail(std::uint64_t offset, std::string message, std::string tensor = {}) const
    {
        throw Error(ErrorKind::BadFormat, std::move(message), {m_path, offset, std::move(tensor)});
    }

private:
    [[noreturn]] void throwEnd(std::uint64_t size, std::string_view what) const;

    std::span<const std::byte> m_bytes;
    bool m_isCut;
    const std::filesystem::path& m_path;
    std::uint64_t m_position = 0;
};

} // namespace quantlathe::gguf
