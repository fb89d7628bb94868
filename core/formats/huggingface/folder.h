// SPDX-License-Identifier: GPL-3.0-or-later
// Opens Hugging Face folders: config.json with model.safetensors, or with shards and their index.
#pragma once

#include "core/model/model.h"

#include <filesystem>
#include <memory>
#include <optional>

namespace quantlathe::huggingface {

/// @throws Error as openModel(); missing files are named
std::shared_ptr<const Model> openFolder(const std::filesystem::path& folder);

/// The shards of one index, with the config.json beside it. Model::path() is @p index.
std::shared_ptr<const Model> openIndex(const std::filesystem::path& index);

/// The tokenizer's files that a folder has; nothing is read.
struct TokenizerFiles
{
    std::optional<std::filesystem::path> tokenizer;     ///< tokenizer.json
    std::optional<std::filesystem::path> configuration; ///< tokenizer_config.json
    std::optional<std::filesystem::path> specialTokens; ///< special_tokens_map.json
    std::optional<std::filesystem::path> addedTokens;   ///< added_tokens.json
    std::optional<std::filesystem::path>
        sentencePiece; ///< tokenizer.model (or spiece.model, sentencepiece.bpe.model)
    std::optional<std::filesystem::path> vocabulary;   ///< vocab.json or vocab.txt
    std::optional<std::filesystem::path> merges;       ///< merges.txt
    std::optional<std::filesystem::path> chatTemplate; ///< chat_template.jinja or .json
    std::optional<std::filesystem::path> generation;   ///< generation_config.json
};
TokenizerFiles findTokenizerFiles(const std::filesystem::path& folder);

} // namespace quantlathe::huggingface
