// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/metadata_text.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/model/known_keys.h"

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>

namespace quantlathe {

namespace {

using enum MetadataType;
using Json = nlohmann::json;

constexpr std::array scalarTypes = {U8, I8, U16, I16, U32, I32, F32, Bool, String, U64, I64, F64};

[[noreturn]] void refuse(std::string_view text, std::string_view wanted)
{
    throw Error(ErrorKind::InvalidArgument, fmt::format("'{}' is not {}", printable(text, 60), wanted));
}

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string wantedText(MetadataType type)
{
    switch (type) {
    case U8: return "a whole number from 0 to 255";
    case I8: return "a whole number from -128 to 127";
    case U16: return "a whole number from 0 to 65535";
    case I16: return "a whole number from -32768 to 32767";
    case U32: return "a whole number from 0 to 4294967295";
    case I32: return "a whole number from -2147483648 to 2147483647";
    case U64: return "a whole number of at least 0 (64 bits)";
    case I64: return "a whole number (64 bits)";
    case F32: case F64: return "a number";
    case Bool: return "true or false";
    default: return "text";
    }
}

template <typename Number> std::optional<Number> numberFrom(std::string_view text)
{
    Number number{};
    if (text.starts_with('+'))
        text.remove_prefix(1);
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    return failure == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

bool isUnsigned(MetadataType type) { return type == U8 || type == U16 || type == U32 || type == U64; }
bool isSigned(MetadataType type) { return type == I8 || type == I16 || type == I32 || type == I64; }

MetadataScalar scalarFrom(std::string_view text, MetadataType type)
{
    const std::string_view bare = trimmed(text);
    const unsigned bits = static_cast<unsigned>(scalarBytes(type)) * 8;
    if (isUnsigned(type)) {
        const auto number = numberFrom<std::uint64_t>(bare);
        if (!number || (bits < 64 && *number >> bits != 0))
            refuse(bare, wantedText(type));
        return *number;
    }
    if (isSigned(type)) {
        const auto number = numberFrom<std::int64_t>(bare);
        const std::int64_t limit = bits < 64 ? std::int64_t{1} << (bits - 1) : 0;
        if (!number || (bits < 64 && (*number < -limit || *number >= limit)))
            refuse(bare, wantedText(type));
        return *number;
    }
    if (type == F32 || type == F64) {
        const auto number = numberFrom<double>(bare);
        if (!number)
            refuse(bare, wantedText(type));
        if (type == F32 && std::isfinite(*number) && std::abs(*number) > std::numeric_limits<float>::max())
            refuse(bare, "a number that 32 bits can hold");
        return type == F32 ? static_cast<double>(static_cast<float>(*number)) : *number;
    }
    if (type == Bool) {
        const std::string lower = toLower(bare);
        if (lower != "true" && lower != "false" && lower != "1" && lower != "0")
            refuse(bare, wantedText(type));
        return lower == "true" || lower == "1";
    }
    return std::string(text);
}

/// Bytes of one element, as files hold them.
void append(std::vector<std::byte>& bytes, const MetadataScalar& scalar, MetadataType type)
{
    const auto raw = [&](const void* data, std::size_t size) {
        const auto* first = static_cast<const std::byte*>(data);
        bytes.insert(bytes.end(), first, first + size);
    };
    if (const auto* text = std::get_if<std::string>(&scalar)) {
        const auto size = std::uint64_t{text->size()};
        raw(&size, sizeof size);
        raw(text->data(), text->size());
    } else if (const auto* real = std::get_if<double>(&scalar)) {
        const auto single = static_cast<float>(*real);
        type == F32 ? raw(&single, sizeof single) : raw(real, sizeof *real);
    } else if (const auto* flag = std::get_if<bool>(&scalar)) {
        const auto byte = static_cast<std::uint8_t>(*flag);
        raw(&byte, 1);
    } else { // the low bytes are the stored value
        const auto* whole = std::get_if<std::uint64_t>(&scalar);
        const std::uint64_t bits = whole ? *whole : static_cast<std::uint64_t>(std::get<std::int64_t>(scalar));
        raw(&bits, scalarBytes(type));
    }
}

MetadataValue arrayFrom(std::string_view text, MetadataType elementType)
{
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_array())
        refuse(trimmed(text), "a list in JSON, such as [1, 2, 3] or [\"a\", \"b\"]");
    std::vector<std::byte> bytes;
    std::uint64_t index = 0;
    for (const Json& element : json) {
        const bool isText = element.is_string();
        if (element.is_structured() || element.is_null() || isText != (elementType == String)) {
            throw Error(ErrorKind::InvalidArgument,
                        fmt::format("element {} is {}, not {}", index, printable(element.dump(-1, ' ', false, Json::error_handler_t::replace), 40), wantedText(elementType)));
        }
        const std::string shown = isText ? element.get<std::string>() : element.dump();
        append(bytes, scalarFrom(shown, elementType), elementType);
        ++index;
    }
    const auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
    return MetadataValue::ofArray(MetadataArray(elementType, index, *owner, owner));
}

Json jsonOf(const MetadataScalar& scalar)
{
    return std::visit([](const auto& value) { return Json(value); }, scalar);
}

std::string elementText(const MetadataScalar& scalar, MetadataType type)
{
    if (type == String)
        return jsonOf(scalar).dump(-1, ' ', false, Json::error_handler_t::replace);
    return toText(scalar); // numbers in their shortest form
}

MetadataKind kindByLooks(std::string_view text)
{
    const std::string_view bare = trimmed(text);
    if (bare == "true" || bare == "false")
        return {Bool};
    if (const auto number = numberFrom<std::uint64_t>(bare))
        return {*number > std::numeric_limits<std::uint32_t>::max() ? U64 : U32};
    if (const auto number = numberFrom<std::int64_t>(bare))
        return {*number < std::numeric_limits<std::int32_t>::min() ? I64 : I32};
    if (numberFrom<double>(bare) && bare.find_first_of("0123456789") != std::string_view::npos)
        return {F32};
    if (!bare.starts_with('['))
        return {String};
    const Json json = Json::parse(bare, nullptr, false);
    if (!json.is_array())
        return {String};
    const auto all = [&](auto test) { return !json.empty() && std::all_of(json.begin(), json.end(), test); };
    if (all([](const Json& element) { return element.is_boolean(); }))
        return {Array, Bool};
    if (all([](const Json& element) { return element.is_number_integer(); }))
        return {Array, I32};
    if (all([](const Json& element) { return element.is_number(); }))
        return {Array, F32};
    return {Array, String};
}

} // namespace

MetadataKind kindOf(const MetadataValue& value)
{
    const auto* array = std::get_if<MetadataArray>(&value.value);
    return array ? MetadataKind{Array, array->elementType()} : MetadataKind{value.type};
}

std::string kindText(const MetadataKind& kind)
{
    return kind.type == Array ? fmt::format("[{}]", name(kind.elementType)) : std::string(name(kind.type));
}

std::optional<MetadataKind> kindFromText(std::string_view text)
{
    const bool isArray = text.size() > 2 && text.front() == '[' && text.back() == ']';
    const std::string_view bare = isArray ? text.substr(1, text.size() - 2) : text;
    for (const MetadataType type : scalarTypes) {
        if (name(type) == bare)
            return isArray ? MetadataKind{Array, type} : MetadataKind{type};
    }
    return std::nullopt;
}

std::string editableText(const MetadataValue& value, bool isMultiLine)
{
    const auto* array = std::get_if<MetadataArray>(&value.value);
    if (!array) {
        const auto& scalar = std::get<MetadataScalar>(value.value);
        const auto* text = std::get_if<std::string>(&scalar);
        return text ? *text : value.toText(std::numeric_limits<std::size_t>::max());
    }
    std::string text = "[";
    const std::string_view between = isMultiLine ? ",\n" : ", ";
    const auto element = [&](std::uint64_t index, const MetadataScalar& scalar) {
        text += index == 0 ? (isMultiLine ? "\n" : "") : between;
        text += elementText(scalar, array->elementType());
    };
    if (array->elementType() == String) {
        array->forEachString([&](std::uint64_t index, std::string_view string) { element(index, std::string(string)); });
    } else {
        for (std::uint64_t index = 0; index < array->size(); ++index)
            element(index, array->at(index));
    }
    return text + (isMultiLine && array->size() > 0 ? "\n]" : "]");
}

MetadataValue parseMetadata(std::string_view text, const MetadataKind& kind)
{
    if (kind.type == Array)
        return arrayFrom(text, kind.elementType);
    if (kind.type == String && !isValidUtf8(text))
        refuse(text, "text in UTF-8");
    return {kind.type, scalarFrom(text, kind.type)};
}

MetadataKind guessKind(std::string_view key, std::string_view text, const Metadata& stored)
{
    if (const auto known = knownKey(key, stored.string("general.architecture").value_or(""))) {
        if (known->type == Array || (known->elementType && trimmed(text).starts_with('[')))
            return {Array, *known->elementType};
        return {known->type};
    }
    if (const MetadataValue* value = stored.find(key))
        return kindOf(*value);
    return kindByLooks(text);
}

} // namespace quantlathe
