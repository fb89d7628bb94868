// SPDX-License-Identifier: GPL-3.0-or-later
// JSON from files that may be hostile: events only (nothing is built that the caller does not want), a limit
// on depth, and a key that stands twice in one object is an error instead of a matter of luck.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace quantlathe::json {

/// Receives a document piece by piece. Exceptions go through to the caller of parse().
class Handler
{
public:
    virtual ~Handler() = default;
    virtual void startObject() = 0;
    virtual void key(std::string& key) = 0; ///< of the innermost object; may be moved from
    virtual void endObject() = 0;
    virtual void startArray() = 0;
    virtual void endArray() = 0;
    virtual void null() = 0;
    virtual void boolean(bool value) = 0;
    virtual void integer(std::int64_t value) = 0; ///< negative ones
    virtual void unsignedInteger(std::uint64_t value) = 0;
    virtual void real(double value) = 0;         ///< integers beyond 64 bits, too
    virtual void string(std::string& value) = 0; ///< may be moved from
};

struct Source
{
    std::span<const std::byte> text;
    const std::filesystem::path& file; ///< for messages
    std::uint64_t offset = 0;          ///< of the text in the file
};

inline constexpr int deepest = 64;

/// @throws Error(BadFormat) naming the byte for text that is no JSON, deeper than `deepest`, or repeats a key
void parse(const Source& source, Handler& handler);

/// True when the first byte that is not white space opens an object.
bool looksLikeObject(std::span<const std::byte> text);

} // namespace quantlathe::json
