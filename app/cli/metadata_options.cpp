// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/metadata_options.h"

#include "app/cli/invocation.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "core/formats/metadata_text.h"

#include <fmt/format.h>
#include <optional>

namespace quantlathe::cli {

namespace {

struct Assignment
{
    std::string key;
    std::optional<MetadataKind> kind;
    std::string value;
};

/// KEY=VALUE or KEY:TYPE=VALUE.
Assignment assignment(const std::string& option, const std::string& text)
{
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos)
        throw UsageError(fmt::format("{} takes KEY=VALUE or KEY:TYPE=VALUE, not '{}'", option, printable(text)));
    Assignment result{text.substr(0, equals), std::nullopt, text.substr(equals + 1)};
    const std::size_t colon = result.key.rfind(':');
    if (colon == std::string::npos)
        return result;
    const std::string type = result.key.substr(colon + 1);
    result.kind = kindFromText(type);
    if (!result.kind)
        throw UsageError(fmt::format("there is no value type '{}'; there are u8, i8, u16, i16, u32, i32, u64, i64, f32, f64, bool, string, "
                                     "and arrays of them, such as [u32]",
                                     printable(type)));
    result.key.resize(colon);
    return result;
}

void apply(MetadataEdits& edits, const Assignment& assigned, const Metadata& stored)
{
    const MetadataKind kind = assigned.kind ? *assigned.kind : guessKind(assigned.key, assigned.value, stored);
    try {
        edits.set(assigned.key, parseMetadata(assigned.value, kind));
    } catch (const Error& error) {
        throw Error(error.kind(), fmt::format("{} ({}): {}", printable(assigned.key), kindText(kind), error.message()));
    }
}

} // namespace

void MetadataOptions::add(CLI::App* command)
{
    command->add_option("--set", m_set, "Set a metadata key: KEY=VALUE or KEY:TYPE=VALUE; arrays as JSON; may be repeated")
        ->type_name("KEY[:TYPE]=VALUE")
        ->allow_extra_args(false);
    command->add_option("--set-file", m_files, "Set a key to what a file holds: KEY=FILE (a chat template, a long array); may be repeated")
        ->type_name("KEY[:TYPE]=FILE")
        ->allow_extra_args(false);
    command->add_option("--remove", m_remove, "Remove a key; may be repeated")->type_name("KEY")->allow_extra_args(false);
}

MetadataEdits MetadataOptions::editsFor(const Metadata& stored) const
{
    MetadataEdits edits;
    for (const std::string& text : m_set)
        apply(edits, assignment("--set", text), stored);
    for (const std::string& text : m_files) {
        Assignment assigned = assignment("--set-file", text);
        const auto file = MappedFile::open(assigned.value);
        const auto bytes = file->bytes();
        assigned.value.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        apply(edits, assigned, stored);
    }
    for (const std::string& key : m_remove)
        edits.remove(key);
    return edits;
}

} // namespace quantlathe::cli
