// SPDX-License-Identifier: GPL-3.0-or-later
// SentencePiece's normaliser: character map, superfluous spaces, the space in front, spaces as markers.
#pragma once

#include "core/inference/tokenizer/byte_trie.h"
#include "core/inference/tokenizer/character_map.h"

#include <memory>
#include <string>
#include <string_view>

namespace quantlathe {

struct SentenceNormalizer
{
    CharacterMap map;
    std::shared_ptr<const ByteTrie> userDefined; ///< texts that stay as they are; may be null
    bool addsSpacePrefix = true;
    bool removesExtraSpaces = true;  ///< at both ends, and all but one of a run
    bool marksSpaces = true;         ///< U+2581 for a space
    bool putsSpaceBehind = false;    ///< the added space goes to the end

    /// Bytes that are not UTF-8 become one U+FFFD each. @throws Error(BadFormat) for a bad character map
    [[nodiscard]] std::string apply(std::string_view text) const;
};

} // namespace quantlathe
