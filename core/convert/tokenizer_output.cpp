// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/tokenizer_output.h"

#include "core/base/error.h"
#include "core/convert/byte_level_tokenizer.h"
#include "core/convert/chat_templates.h"
#include "core/convert/sentence_tokenizer.h"
#include "core/convert/special_ids.h"
#include "core/formats/huggingface/folder.h"
#include "core/formats/huggingface/vocabulary_files.h"

#include <optional>

namespace quantlathe {

void appendTokenizer(Metadata& metadata, const std::filesystem::path& folder, std::uint64_t vocabularyRows)
{
    const auto files = huggingface::findTokenizerFiles(folder);
    const auto tokenizer = huggingface::readTokenizer(folder);
    if (!tokenizer && !files.sentencePiece) {
        throw Error(ErrorKind::NotFound, "there is no tokenizer: a GGUF needs it", {folder, std::nullopt, {}},
                    "Put tokenizer.json, tokenizer.model, or vocab.json and merges.txt beside config.json");
    }
    const auto tokenizerConfig = JsonFile::readIfThere(folder / "tokenizer_config.json");
    const auto added = readAddedTokens(folder, tokenizer, tokenizerConfig);
    const TokenizerSource source{folder, tokenizer, tokenizerConfig, files.sentencePiece, added, vocabularyRows};
    const ExportedTokens tokens = tokenizer && !isSentenceTokenizer(*tokenizer) ? appendByteLevelTokenizer(metadata, source)
                                                                                 : appendSentenceTokenizer(metadata, source);
    appendSpecialIds(metadata, source, tokens);
    appendChatTemplates(metadata, folder, tokenizerConfig);
}

} // namespace quantlathe
