// SPDX-License-Identifier: GPL-3.0-or-later
// Which tokens begin, end and fill texts, and whether they are put around them.
#pragma once

#include "core/convert/token_table.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace quantlathe {

/// What the parts of the export read.
struct TokenizerSource
{
    const std::filesystem::path& folder;
    const std::optional<JsonFile>& tokenizer;       ///< tokenizer.json
    const std::optional<JsonFile>& tokenizerConfig; ///< tokenizer_config.json
    const std::optional<std::filesystem::path>& sentencePiece;
    const std::vector<AddedEntry>& added;
    std::uint64_t rows = 0;                         ///< of the embedding table
};

/// What a kind of tokenizer knows of itself.
struct ExportedTokens
{
    TokenTable table;
    std::optional<std::uint64_t> bos, eos, unknown, padding; ///< used where the configuration is silent
    bool addsBos = false; ///< where neither post-processor nor configuration says
};

/// Appends tokenizer.ggml.{bos,eos,eot,unknown,padding}_token_id and add_{bos,eos}_token. Names in tokenizer_config.json and
/// special_tokens_map.json go before what the post-processor puts there, and that before ids in config.json and generation_config.json. The post-processor of tokenizer.json decides what is put
/// around a text, because it is what really runs. @throws Error(Unsupported) when that is anything else than bos before and eos behind
void appendSpecialIds(Metadata& metadata, const TokenizerSource& source, const ExportedTokens& tokens);

} // namespace quantlathe
