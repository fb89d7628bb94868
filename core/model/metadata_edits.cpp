// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/metadata_edits.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/model/known_keys.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <utility>

namespace quantlathe {

namespace {

constexpr std::size_t longestKey = 65535; // GGUF's limit

/// The spelling GGUF asks for: parts of lower-case letters, digits, '_' and '-' between dots.
std::optional<std::string> spellingProblem(std::string_view key)
{
    if (key.empty())
        return "A key needs a name";
    if (key.size() > longestKey)
        return fmt::format("A key has {} bytes at most, not {}", longestKey, key.size());
    const auto isAllowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'; };
    const auto wrong = std::find_if_not(key.begin(), key.end(), isAllowed);
    if (wrong != key.end())
        return fmt::format("'{}' is no key: lower-case letters, digits, '_' and '-' with dots between the parts are allowed", printable(key));
    if (key.front() == '.' || key.back() == '.' || key.find("..") != std::string_view::npos)
        return fmt::format("'{}' is no key: a part between dots is empty", printable(key));
    return std::nullopt;
}

std::optional<std::string> removalProblem(std::string_view key)
{
    if (key == "general.architecture")
        return "Without general.architecture no program knows what the model is";
    return std::nullopt;
}

/// Text anywhere must be UTF-8: readers of other languages fail on anything else.
bool isText(const MetadataValue& value)
{
    if (const auto* array = std::get_if<MetadataArray>(&value.value)) {
        bool isValid = true;
        if (array->elementType() == MetadataType::String)
            array->forEachString([&](std::uint64_t, std::string_view text) { isValid = isValid && isValidUtf8(text); });
        return isValid;
    }
    const auto* text = std::get_if<std::string>(&std::get<MetadataScalar>(value.value));
    return !text || isValidUtf8(*text);
}

/// @param after with the edit
std::optional<std::string> valueProblem(const Metadata& after, std::string_view key, const MetadataValue& value)
{
    if (const auto problem = problemWith(key, value, after))
        return fmt::format("{} {}", key, problem->text);
    if (!isText(value))
        return fmt::format("{} holds text that is not UTF-8", printable(key));
    return std::nullopt;
}

} // namespace

bool isSame(const MetadataValue& a, const MetadataValue& b)
{
    if (a.type != b.type || a.value.index() != b.value.index())
        return false;
    const auto* array = std::get_if<MetadataArray>(&a.value);
    if (!array) {
        const auto& first = std::get<MetadataScalar>(a.value);
        const auto& second = std::get<MetadataScalar>(b.value);
        const auto* real = std::get_if<double>(&first); // by bits: NaN is itself, -0 is not 0
        const auto* other = std::get_if<double>(&second);
        return real && other ? std::memcmp(real, other, sizeof *real) == 0 : first == second;
    }
    const auto& other = std::get<MetadataArray>(b.value);
    return array->elementType() == other.elementType() && array->size() == other.size()
        && std::ranges::equal(array->encoded(), other.encoded());
}

const MetadataEdits::Change* MetadataEdits::find(std::string_view key) const
{
    const auto found = std::find_if(m_changes.begin(), m_changes.end(), [key](const Change& change) { return change.key == key; });
    return found == m_changes.end() ? nullptr : &*found;
}

void MetadataEdits::put(std::string_view key, std::optional<MetadataValue> value)
{
    for (Change& change : m_changes) {
        if (change.key == key) {
            change.value = std::move(value);
            return;
        }
    }
    m_changes.push_back({std::string(key), std::move(value)});
}

void MetadataEdits::forget(std::string_view key)
{
    std::erase_if(m_changes, [key](const Change& change) { return change.key == key; });
}

Metadata MetadataEdits::applied(const Metadata& stored) const
{
    Metadata result;
    for (const Metadata::Entry& entry : stored.entries()) {
        const Change* change = find(entry.key);
        if (!change)
            result.append(entry.key, entry.value);
        else if (change->value)
            result.append(entry.key, *change->value);
    }
    for (const Change& change : m_changes) {
        if (change.value && !stored.find(change.key))
            result.append(change.key, *change.value);
    }
    return result;
}

MetadataEdits MetadataEdits::reduced(const Metadata& stored) const
{
    MetadataEdits result;
    for (const Change& change : m_changes) {
        const MetadataValue* before = stored.find(change.key);
        if (before ? !change.value || !isSame(*before, *change.value) : change.value.has_value())
            result.m_changes.push_back(change);
    }
    return result;
}

bool operator==(const MetadataEdits& a, const MetadataEdits& b)
{
    return std::ranges::equal(a.m_changes, b.m_changes, [](const auto& first, const auto& second) {
        return first.key == second.key && first.value.has_value() == second.value.has_value()
            && (!first.value || isSame(*first.value, *second.value));
    });
}

std::optional<std::string> problemWithEdit(const Metadata& stored, std::string_view key, const std::optional<MetadataValue>& value)
{
    if (const auto reason = reasonNotToEdit(key))
        return fmt::format("{} cannot be edited. {}", printable(key), *reason);
    if (!stored.find(key)) {
        if (!value)
            return fmt::format("There is no key '{}'", printable(key));
        if (const auto problem = spellingProblem(key))
            return problem;
    }
    if (!value)
        return removalProblem(key);
    MetadataEdits edit;
    edit.set(key, *value);
    return valueProblem(edit.applied(stored), key, *value);
}

void checkEdits(const Metadata& stored, const MetadataEdits& edits)
{
    const Metadata after = edits.applied(stored);
    for (const MetadataEdits::Change& change : edits.changes()) {
        // Token ids and lists are measured by the vocabulary as it will be.
        auto problem = problemWithEdit(change.value ? after : stored, change.key, change.value);
        if (!problem && change.value && !stored.find(change.key))
            problem = spellingProblem(change.key);
        if (problem)
            throw Error(ErrorKind::InvalidArgument, *problem);
    }
    // What was stored before may not fit beside a new vocabulary.
    if (edits.find("tokenizer.ggml.tokens")) {
        for (const Metadata::Entry& entry : after.entries()) {
            if (const auto problem = valueProblem(after, entry.key, entry.value); problem && entry.key.starts_with("tokenizer."))
                throw Error(ErrorKind::InvalidArgument, *problem, {}, "Change it together with the tokens");
        }
    }
}

} // namespace quantlathe
