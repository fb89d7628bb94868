// SPDX-License-Identifier: GPL-3.0-or-later
// Places where a text can be cut without changing what merges make of it, because no token of the vocabulary reaches across.
// Tokenizers without a pre-tokenizer merge the whole text; cut into words, most of it comes from the cache.
#pragma once

#include "core/inference/tokenizer/split_text.h"
#include "core/inference/tokenizer/vocabulary.h"

#include <array>

namespace quantlathe {

class SafeCuts
{
public:
    /// No cuts at all.
    SafeCuts() = default;
    explicit SafeCuts(const Vocabulary& vocabulary);

    /// Cuts before every space marker that follows another character, and around ASCII characters that are in no longer token.
    void apply(SplitText& text) const;

private:
    bool m_beforeMarkers = false;
    bool m_aroundSome = false;
    std::array<bool, 128> m_around{};
};

} // namespace quantlathe
