// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/chat_templates.h"

#include <map>
#include <string>
#include <system_error>
#include <vector>

namespace quantlathe {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::uint64_t maximumBytes = 4u << 20;

/// By name; "" is the usual one.
using Templates = std::map<std::string, std::string>;

void read(const json* given, Templates& templates)
{
    if (given && given->is_string()) {
        templates[""] = given->get<std::string>();
    } else if (given && given->is_array()) {
        for (const json& entry : *given) {
            const std::string name = textOf(entry, "name");
            if (!name.empty())
                templates[name == "default" ? "" : name] = textOf(entry, "template");
        }
    }
}

} // namespace

void appendChatTemplates(Metadata& metadata, const fs::path& folder, const std::optional<JsonFile>& tokenizerConfig)
{
    Templates templates;
    read(tokenizerConfig ? tokenizerConfig->find("chat_template") : nullptr, templates);
    if (const auto file = JsonFile::readIfThere(folder / "chat_template.json"))
        read(file->find("chat_template"), templates);
    std::error_code ignored;
    if (fs::exists(folder / "chat_template.jinja", ignored))
        templates[""] = readText(folder / "chat_template.jinja", maximumBytes);
    for (const auto& entry : fs::directory_iterator(folder / "additional_chat_templates", ignored)) {
        if (entry.path().extension() == ".jinja")
            templates[entry.path().stem().string()] = readText(entry.path(), maximumBytes);
    }
    std::vector<std::string> names;
    for (const auto& [name, text] : templates) {
        if (text.empty())
            continue;
        metadata.append(name.empty() ? "tokenizer.chat_template" : "tokenizer.chat_template." + name, MetadataValue::ofString(text));
        if (!name.empty())
            names.push_back(name);
    }
    if (!names.empty())
        metadata.append("tokenizer.chat_templates", MetadataValue::ofArray(MetadataArray::fromStrings(names)));
}

} // namespace quantlathe
