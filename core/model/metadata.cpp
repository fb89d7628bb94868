// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/metadata.h"

#include "core/base/text.h"

#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace quantlathe {

namespace {

template <typename Value> MetadataValue scalarOf(MetadataType type, Value value)
{
    return {type, MetadataScalar(std::move(value))};
}

std::string shortened(std::string text, std::size_t limit)
{
    if (text.size() <= limit)
        return text;
    std::size_t end = limit;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        --end; // not in the middle of a UTF-8 sequence
    text.resize(end);
    return text + "...";
}

std::string arrayText(const MetadataArray& array, std::size_t limit)
{
    std::string text = "[";
    for (std::uint64_t index = 0; index < array.size(); ++index) {
        const MetadataScalar element = array.at(index);
        std::string piece = toText(element);
        if (const auto* string = std::get_if<std::string>(&element))
            piece = fmt::format("\"{}\"", printable(*string, limit));
        if (text.size() + piece.size() > limit)
            return text + fmt::format("... {} values]", array.size());
        text += piece;
        if (index + 1 < array.size())
            text += ", ";
    }
    return text + "]";
}

/// Shortest text that reads back equal; whole numbers keep a ".0" so that they look like what they are.
template <typename Number> std::string realText(Number value)
{
    std::string text = fmt::format("{}", value);
    if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos)
        text += ".0";
    return text;
}

} // namespace

std::string_view name(MetadataType type)
{
    switch (type) {
    case MetadataType::U8:
        return "u8";
    case MetadataType::I8:
        return "i8";
    case MetadataType::U16:
        return "u16";
    case MetadataType::I16:
        return "i16";
    case MetadataType::U32:
        return "u32";
    case MetadataType::I32:
        return "i32";
    case MetadataType::F32:
        return "f32";
    case MetadataType::Bool:
        return "bool";
    case MetadataType::String:
        return "string";
    case MetadataType::Array:
        return "array";
    case MetadataType::U64:
        return "u64";
    case MetadataType::I64:
        return "i64";
    case MetadataType::F64:
        return "f64";
    }
    return "unknown";
}

std::size_t scalarBytes(MetadataType type)
{
    switch (type) {
    case MetadataType::U8:
    case MetadataType::I8:
    case MetadataType::Bool:
        return 1;
    case MetadataType::U16:
    case MetadataType::I16:
        return 2;
    case MetadataType::U32:
    case MetadataType::I32:
    case MetadataType::F32:
        return 4;
    case MetadataType::U64:
    case MetadataType::I64:
    case MetadataType::F64:
        return 8;
    case MetadataType::String:
    case MetadataType::Array:
        break;
    }
    return 0;
}

MetadataValue MetadataValue::ofU16(std::uint16_t v)
{
    return scalarOf(MetadataType::U16, std::uint64_t{v});
}
MetadataValue MetadataValue::ofU32(std::uint32_t v)
{
    return scalarOf(MetadataType::U32, std::uint64_t{v});
}
MetadataValue MetadataValue::ofI32(std::int32_t v)
{
    return scalarOf(MetadataType::I32, std::int64_t{v});
}
MetadataValue MetadataValue::ofU64(std::uint64_t v)
{
    return scalarOf(MetadataType::U64, v);
}
MetadataValue MetadataValue::ofI64(std::int64_t v)
{
    return scalarOf(MetadataType::I64, v);
}
MetadataValue MetadataValue::ofF32(float v)
{
    return scalarOf(MetadataType::F32, double{v});
}
MetadataValue MetadataValue::ofF64(double v)
{
    return scalarOf(MetadataType::F64, v);
}
MetadataValue MetadataValue::ofBool(bool v)
{
    return scalarOf(MetadataType::Bool, v);
}
MetadataValue MetadataValue::ofString(std::string v)
{
    return scalarOf(MetadataType::String, std::move(v));
}
MetadataValue MetadataValue::ofArray(MetadataArray v)
{
    return {MetadataType::Array, std::move(v)};
}

std::string MetadataValue::toText(std::size_t limit) const
{
    if (const auto* array = std::get_if<MetadataArray>(&value))
        return arrayText(*array, limit);
    const auto& scalar = std::get<MetadataScalar>(value);
    if (const auto* string = std::get_if<std::string>(&scalar))
        return printable(*string, limit);
    if (type == MetadataType::F32) // 0.1f is "0.1", not the 17 digits of its double
        return shortened(realText(static_cast<float>(std::get<double>(scalar))), limit);
    return shortened(quantlathe::toText(scalar), limit);
}

std::string toText(const MetadataScalar& scalar)
{
    struct Visitor
    {
        std::string operator()(std::uint64_t v) const { return fmt::format("{}", v); }
        std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
        std::string operator()(double v) const
        {
            // Values stored as float32 come back as the short text they were written from.
            const auto single = static_cast<float>(v);
            return static_cast<double>(single) == v ? realText(single) : realText(v);
        }
        std::string operator()(bool v) const { return v ? "true" : "false"; }
        std::string operator()(const std::string& v) const
        {
            return printable(v, std::numeric_limits<std::size_t>::max());
        }
    };
    return std::visit(Visitor{}, scalar);
}

std::optional<std::uint64_t> toUnsigned(const MetadataScalar& scalar)
{
    if (const auto* value = std::get_if<std::uint64_t>(&scalar))
        return *value;
    if (const auto* value = std::get_if<std::int64_t>(&scalar); value && *value >= 0)
        return static_cast<std::uint64_t>(*value);
    return std::nullopt;
}

std::optional<double> toReal(const MetadataScalar& scalar)
{
    if (const auto* value = std::get_if<double>(&scalar))
        return *value;
    if (const auto* value = std::get_if<std::uint64_t>(&scalar))
        return static_cast<double>(*value);
    if (const auto* value = std::get_if<std::int64_t>(&scalar))
        return static_cast<double>(*value);
    return std::nullopt;
}

const MetadataValue* Metadata::find(std::string_view key) const
{
    for (const Entry& entry : m_entries) {
        if (entry.key == key)
            return &entry.value;
    }
    return nullptr;
}

namespace {

template <typename Result, typename Convert>
std::optional<Result> scalarFrom(const MetadataValue* value, Convert convert)
{
    if (!value)
        return std::nullopt;
    const auto* scalar = std::get_if<MetadataScalar>(&value->value);
    return scalar ? convert(*scalar) : std::nullopt;
}

template <typename Kind> std::optional<Kind> exactly(const MetadataScalar& scalar)
{
    const auto* value = std::get_if<Kind>(&scalar);
    return value ? std::optional(*value) : std::nullopt;
}

} // namespace

std::optional<std::uint64_t> Metadata::unsignedInteger(std::string_view key) const
{
    return scalarFrom<std::uint64_t>(find(key), toUnsigned);
}

std::optional<double> Metadata::real(std::string_view key) const
{
    return scalarFrom<double>(find(key), toReal);
}

std::optional<bool> Metadata::boolean(std::string_view key) const
{
    return scalarFrom<bool>(find(key), exactly<bool>);
}

std::optional<std::string> Metadata::string(std::string_view key) const
{
    return scalarFrom<std::string>(find(key), exactly<std::string>);
}

const MetadataArray* Metadata::array(std::string_view key) const
{
    const MetadataValue* value = find(key);
    return value ? std::get_if<MetadataArray>(&value->value) : nullptr;
}

void Metadata::append(std::string key, MetadataValue value)
{
    m_entries.push_back({std::move(key), std::move(value)});
}

void Metadata::set(std::string_view key, MetadataValue value)
{
    for (Entry& entry : m_entries) {
        if (entry.key == key) {
            entry.value = std::move(value);
            return;
        }
    }
    append(std::string(key), std::move(value));
}

} // namespace quantlathe
