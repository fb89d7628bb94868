// SPDX-License-Identifier: GPL-3.0-or-later
// The chat templates of a Hugging Face folder as GGUF metadata.
#pragma once

#include "core/formats/json/json_file.h"
#include "core/model/metadata.h"

#include <filesystem>
#include <optional>

namespace quantlathe {

/// Appends tokenizer.chat_template, and tokenizer.chat_templates with tokenizer.chat_template.NAME for further ones, from
/// tokenizer_config.json (a text, or a list with names), chat_template.json, chat_template.jinja and additional_chat_templates/;
/// what is a file of its own counts. @throws Error(BadFormat) for texts beyond 4 MiB
void appendChatTemplates(Metadata& metadata, const std::filesystem::path& folder, const std::optional<JsonFile>& tokenizerConfig);

} // namespace quantlathe
