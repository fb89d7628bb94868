// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "core/formats/huggingface/config.h"
#include "core/formats/json/strict_json.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace quantlathe::huggingface {

namespace {

constexpr std::uint64_t largestConfig = std::uint64_t{16} << 20;
// A few long keys around many short values would repeat the long ones endlessly.
constexpr std::size_t longestKey = 1024;
constexpr std::size_t mostKeyBytes = std::size_t{64} << 20;

template <typename Kind> bool isAll(const std::vector<MetadataScalar>& values)
{
    return std::all_of(values.begin(), values.end(),
                       [](const MetadataScalar& value) { return std::holds_alternative<Kind>(value); });
}

template <typename Result, typename Convert>
std::vector<Result> converted(const std::vector<MetadataScalar>& values, Convert convert)
{
    std::vector<Result> result;
    result.reserve(values.size());
    for (const MetadataScalar& value : values)
        result.push_back(convert(value));
    return result;
}

bool isNumber(const MetadataScalar& value)
{
    return toReal(value).has_value();
}

MetadataValue valueOf(MetadataScalar scalar)
{
    struct Visitor
    {
        MetadataValue operator()(std::uint64_t v) const { return MetadataValue::ofU64(v); }
        MetadataValue operator()(std::int64_t v) const { return MetadataValue::ofI64(v); }
        MetadataValue operator()(double v) const { return MetadataValue::ofF64(v); }
        MetadataValue operator()(bool v) const { return MetadataValue::ofBool(v); }
        MetadataValue operator()(std::string& v) const { return MetadataValue::ofString(std::move(v)); }
    };
    return std::visit(Visitor{}, scalar);
}

/// A list of one kind; nothing for a mixture.
std::optional<MetadataArray> arrayOf(const std::vector<MetadataScalar>& values)
{
    if (isAll<std::uint64_t>(values)) // an empty list is one of these, too
        return MetadataArray::fromUnsigned(
            converted<std::uint64_t>(values, [](const auto& v) { return *toUnsigned(v); }));
    if (isAll<bool>(values))
        return MetadataArray::fromBools(
            converted<bool>(values, [](const auto& v) { return std::get<bool>(v); }));
    if (isAll<std::string>(values)) {
        return MetadataArray::fromStrings(
            converted<std::string>(values, [](const auto& v) { return std::get<std::string>(v); }));
    }
    const bool isWhole = std::all_of(values.begin(), values.end(), [](const MetadataScalar& value) {
        return std::holds_alternative<std::int64_t>(value) ||
               (std::holds_alternative<std::uint64_t>(value) && std::get<std::uint64_t>(value) >> 63 == 0);
    });
    if (isWhole) {
        return MetadataArray::fromSigned(converted<std::int64_t>(values, [](const MetadataScalar& v) {
            const auto whole = toUnsigned(v);
            return whole ? static_cast<std::int64_t>(*whole) : std::get<std::int64_t>(v);
        }));
    }
    if (std::all_of(values.begin(), values.end(), isNumber))
        return MetadataArray::fromDoubles(
            converted<double>(values, [](const auto& v) { return *toReal(v); }));
    return std::nullopt;
}

class FlattenHandler final : public json::Handler
{
public:
    explicit FlattenHandler(const std::filesystem::path& path) : m_path(path) {}

    void startObject() override { open(false); }
    void endObject() override { close(); }
    void startArray() override { open(true); }
    void endArray() override
    {
        Level& level = m_levels.back();
        if (!level.isSpread) {
            if (auto array = arrayOf(level.values))
                append(level.key, MetadataValue::ofArray(std::move(*array)));
            else
                spread(level);
        }
        close();
    }
    void key(std::string& key) override { m_key = std::move(key); }
    void null() override
    {
        refuseOutsideObject();
        Level& level = m_levels.back();
        if (level.isArray) {
            spread(level); // the positions of the others must stay visible
            ++level.count;
        }
    }
    void boolean(bool value) override { add(value); }
    void integer(std::int64_t value) override { add(value); }
    void unsignedInteger(std::uint64_t value) override { add(value); }
    void real(double value) override { add(value); }
    void string(std::string& value) override { add(std::move(value)); }

    Metadata take() { return std::move(m_metadata); }

private:
    struct Level
    {
        std::string key;
        bool isArray = false;
        bool isSpread = false;              ///< an array whose elements are entries of their own
        std::size_t count = 0;              ///< elements so far, of a spread array
        std::vector<MetadataScalar> values; ///< elements so far, of any other array
    };

    void refuseOutsideObject() const
    {
        if (m_levels.empty())
            throw Error(ErrorKind::BadFormat, "must be a JSON object", {m_path, std::nullopt, {}});
    }

    /// The full key of what comes next.
    std::string keyHere()
    {
        if (m_levels.empty())
            return {};
        Level& level = m_levels.back();
        const std::string own = level.isArray ? fmt::format("{}", level.count++) : m_key;
        std::string full = level.key.empty() ? own : level.key + "." + own;
        if (full.size() > longestKey) {
            throw Error(
                ErrorKind::BadFormat,
                fmt::format("a JSON key is longer than {} bytes: '{}'", longestKey, printable(full, 60)),
                {m_path, std::nullopt, {}});
        }
        return full;
    }

    void open(bool isArray)
    {
        if (m_levels.empty() && isArray)
            throw Error(ErrorKind::BadFormat, "must be a JSON object, not a list",
                        {m_path, std::nullopt, {}});
        if (!m_levels.empty() && m_levels.back().isArray)
            spread(m_levels.back());
        std::string key = keyHere();
        m_levels.push_back({std::move(key), isArray, false, 0, {}});
    }

    void close() { m_levels.pop_back(); }

    /// From now on the elements of @p level are entries of their own; those that were collected become such.
    void spread(Level& level)
    {
        if (level.isSpread)
            return;
        level.isSpread = true;
        for (MetadataScalar& value : std::exchange(level.values, {})) {
            append(fmt::format("{}.{}", level.key, level.count), valueOf(std::move(value)));
            ++level.count;
        }
    }

    void add(MetadataScalar value)
    {
        refuseOutsideObject();
        Level& level = m_levels.back();
        if (level.isArray && !level.isSpread)
            level.values.push_back(std::move(value));
        else
            append(keyHere(), valueOf(std::move(value)));
    }

    void append(std::string key, MetadataValue value)
    {
        m_keyBytes += key.size();
        if (m_keyBytes > mostKeyBytes) {
            throw Error(ErrorKind::BadFormat, "its nested keys repeat beyond any reasonable size",
                        {m_path, std::nullopt, {}});
        }
        m_metadata.append(std::move(key), std::move(value));
    }

    const std::filesystem::path& m_path;
    Metadata m_metadata;
    std::vector<Level> m_levels;
    std::string m_key;
    std::size_t m_keyBytes = 0;
};

} // namespace

Metadata flattenJson(std::span<const std::byte> text, const std::filesystem::path& path)
{
    if (text.size() > largestConfig) {
        throw Error(ErrorKind::BadFormat,
                    fmt::format("has {}; a configuration of more than {} is not read",
                                formatBytes(text.size()), formatBytes(largestConfig)),
                    {path, std::nullopt, {}});
    }
    FlattenHandler handler(path);
    json::parse({text, path, 0}, handler);
    return handler.take();
}

Metadata readConfig(const std::filesystem::path& path)
{
    return flattenJson(MappedFile::open(path)->bytes(), path);
}

} // namespace quantlathe::huggingface
