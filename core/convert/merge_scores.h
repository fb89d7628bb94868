// SPDX-License-Identifier: GPL-3.0-or-later
// The scores of a SentencePiece vocabulary from the merges of a tokenizer.json that was made of one.
#pragma once

#include "core/formats/json/json_file.h"
#include "core/inference/tokenizer/vocabulary.h"

#include <string>
#include <vector>

namespace quantlathe {

/// By id: minus the place of the token's merges in the list, 0 where none leads to it. Engines that merge by scores join every two
/// tokens whose texts make a third one: where the list holds other pairs than these, or joins a token in two places, ids would differ.
/// @throws Error(Unsupported) naming such a token; Error(BadFormat) for merges of texts that are no tokens
std::vector<float> mergeScores(const JsonFile& tokenizer, const std::vector<std::string>& texts, const std::vector<TokenKind>& kinds);

} // namespace quantlathe
