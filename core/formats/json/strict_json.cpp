// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/json/strict_json.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>
#include <vector>

namespace quantlathe::json {

namespace {

/// From nlohmann's events to ours.
class Adapter final : public nlohmann::json_sax<nlohmann::json>
{
public:
    Adapter(const Source& source, Handler& handler) : m_source(source), m_handler(handler) {}

    bool null() override { return m_handler.null(), true; }
    bool boolean(bool value) override { return m_handler.boolean(value), true; }
    bool number_integer(number_integer_t value) override { return m_handler.integer(value), true; }
    bool number_unsigned(number_unsigned_t value) override { return m_handler.unsignedInteger(value), true; }
    bool number_float(number_float_t value, const string_t&) override { return m_handler.real(value), true; }
    bool string(string_t& value) override { return m_handler.string(value), true; }
    bool binary(binary_t&) override { return true; } // JSON text has none

    bool start_object(std::size_t) override
    {
        enter();
        m_keys.emplace_back();
        return m_handler.startObject(), true;
    }
    bool key(string_t& name) override
    {
        if (!m_keys.back().insert(name).second) {
            throw Error(ErrorKind::BadFormat,
                        fmt::format("the JSON key '{}' appears twice in one object", printable(name)),
                        {m_source.file, std::nullopt, {}});
        }
        return m_handler.key(name), true;
    }
    bool end_object() override
    {
        --m_depth;
        m_keys.pop_back();
        return m_handler.endObject(), true;
    }
    bool start_array(std::size_t) override
    {
        enter();
        return m_handler.startArray(), true;
    }
    bool end_array() override
    {
        --m_depth;
        return m_handler.endArray(), true;
    }
    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception& problem) override
    {
        // "[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while ...; last
        // read: '...'"
        std::string_view text = problem.what();
        text.remove_prefix(std::min(text.find("] ") + 2, text.size()));
        if (const auto place = text.find(": ");
            text.starts_with("parse error at") && place != std::string_view::npos)
            text.remove_prefix(place + 2);
        const std::uint64_t before =
            position == 0 ? 0 : position - 1; // nlohmann counts the bytes it has read
        throw Error(ErrorKind::BadFormat, fmt::format("is not valid JSON: {}", printable(text, 300)),
                    {m_source.file, m_source.offset + before, {}});
    }

private:
    void enter()
    {
        if (++m_depth > deepest) {
            throw Error(ErrorKind::BadFormat, fmt::format("JSON is nested deeper than {} levels", deepest),
                        {m_source.file, std::nullopt, {}});
        }
    }

    const Source& m_source;
    Handler& m_handler;
    int m_depth = 0;
    std::vector<std::unordered_set<std::string>> m_keys; ///< of the objects that are open
};

} // namespace

void parse(const Source& source, Handler& handler)
{
    Adapter adapter(source, handler);
    const auto* begin = reinterpret_cast<const char*>(source.text.data());
    nlohmann::json::sax_parse(begin, begin + source.text.size(), &adapter);
}

bool looksLikeObject(std::span<const std::byte> text)
{
    for (const std::byte byte : text) {
        const auto character = std::to_integer<char>(byte);
        if (character == '{')
            return true;
        if (character != ' ' && character != '\t' && character != '\n' && character != '\r')
            return false;
    }
    return false;
}

} // namespace quantlathe::json
