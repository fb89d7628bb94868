// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/huggingface/index.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/json/strict_json.h"

#include <fmt/format.h>
#include <utility>

namespace quantlathe::huggingface {

namespace {

constexpr std::uint64_t largestIndex = 100'000'000;
constexpr std::size_t mostShards = 10'000;
constexpr std::size_t mostTensors = 1'000'000;

/// A plain name or a path below the folder; nothing that could lead elsewhere.
bool staysInside(const std::string& name)
{
    const std::filesystem::path path(name);
    if (name.empty() || name.find('\0') != std::string::npos || path.is_absolute() || !path.has_filename())
        return false;
    for (const std::filesystem::path& part : path) {
        if (part == "..")
            return false;
    }
    return true;
}

class IndexHandler final : public json::Handler
{
public:
    explicit IndexHandler(const std::filesystem::path& path) : m_path(path) {}

    void startObject() override
    {
        ++m_depth;
        m_hasMap = m_hasMap || isInMap();
        if (m_depth > 2 && m_section == "weight_map")
            refuse();
    }
    void endObject() override { --m_depth; }
    void startArray() override
    {
        ++m_depth;
        if (m_section == "weight_map")
            refuse();
    }
    void endArray() override { --m_depth; }
    void key(std::string& key) override
    {
        if (m_depth == 1)
            m_section = std::move(key);
        else if (isInMap())
            m_tensor = std::move(key);
    }
    void string(std::string& value) override
    {
        if (m_depth == 1 && m_section == "weight_map")
            refuse();
        if (!isInMap())
            return;
        if (!staysInside(value)) {
            throw Error(ErrorKind::BadFormat,
                        fmt::format("the index names the file '{}', which is not inside its folder",
                                    printable(value)),
                        {m_path, std::nullopt, printable(m_tensor)});
        }
        if (++m_tensors > mostTensors)
            throw Error(ErrorKind::BadFormat, fmt::format("the index has more than {} tensors", mostTensors),
                        {m_path, std::nullopt, {}});
        m_index[value].insert(std::move(m_tensor));
        if (m_index.size() > mostShards)
            throw Error(ErrorKind::BadFormat, fmt::format("the index names more than {} files", mostShards),
                        {m_path, std::nullopt, {}});
    }
    void null() override { refuseInMap(); }
    void boolean(bool) override { refuseInMap(); }
    void integer(std::int64_t) override { refuseInMap(); }
    void unsignedInteger(std::uint64_t) override { refuseInMap(); }
    void real(double) override { refuseInMap(); }

    Index take()
    {
        if (!m_hasMap)
            throw Error(ErrorKind::BadFormat, "has no weight_map, so it is no index of shards",
                        {m_path, std::nullopt, {}});
        if (m_index.empty())
            throw Error(ErrorKind::BadFormat, "its weight_map is empty", {m_path, std::nullopt, {}});
        return std::move(m_index);
    }

private:
    [[nodiscard]] bool isInMap() const { return m_depth == 2 && m_section == "weight_map"; }
    void refuseInMap() const
    {
        if (m_section == "weight_map" && m_depth >= 1)
            refuse();
    }
    [[noreturn]] void refuse() const
    {
        throw Error(ErrorKind::BadFormat, "weight_map must map each tensor's name to a file name",
                    {m_path, std::nullopt, printable(m_tensor)});
    }

    const std::filesystem::path& m_path;
    Index m_index;
    std::string m_section;
    std::string m_tensor;
    std::size_t m_tensors = 0;
    int m_depth = 0;
    bool m_hasMap = false;
};

/// Looks at the keys of the outermost object only.
class KindHandler final : public json::Handler
{
public:
    void startObject() override { ++m_depth; }
    void endObject() override { --m_depth; }
    void startArray() override { ++m_depth; }
    void endArray() override { --m_depth; }
    void key(std::string& key) override
    {
        if (m_depth != 1)
            return;
        if (key == "weight_map")
            kind = JsonKind::Index;
        else if (kind == JsonKind::Other && (key == "model_type" || key == "architectures"))
            kind = JsonKind::Config;
    }
    void null() override {}
    void boolean(bool) override {}
    void integer(std::int64_t) override {}
    void unsignedInteger(std::uint64_t) override {}
    void real(double) override {}
    void string(std::string&) override {}

    JsonKind kind = JsonKind::Other;

private:
    int m_depth = 0;
};

void checkSize(std::span<const std::byte> text, const std::filesystem::path& path)
{
    if (text.size() > largestIndex) {
        throw Error(ErrorKind::BadFormat,
                    fmt::format("has {}; JSON files of more than {} are not read", formatBytes(text.size()),
                                formatBytes(largestIndex)),
                    {path, std::nullopt, {}});
    }
}

} // namespace

Index parseIndex(std::span<const std::byte> text, const std::filesystem::path& path)
{
    checkSize(text, path);
    IndexHandler handler(path);
    json::parse({text, path, 0}, handler);
    return handler.take();
}

JsonKind kindOfJson(std::span<const std::byte> text, const std::filesystem::path& path)
{
    checkSize(text, path);
    KindHandler handler;
    json::parse({text, path, 0}, handler);
    return handler.kind;
}

} // namespace quantlathe::huggingface
