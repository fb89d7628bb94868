// SPDX-License-Identifier: GPL-3.0-or-later
// The pre-tokenizer of a tokenizer.json as steps.
#pragma once

#include "core/formats/json/json_file.h"
#include "core/inference/tokenizer/pre_tokenizer_steps.h"

namespace quantlathe {

struct JsonPreTokenizer
{
    PreTokenizerSteps steps;
    /// The last step spells bytes as characters; it is left out, the model does it faster.
    bool spellsBytes = false;
    bool hasByteLevel = false; ///< somewhere
    bool hasMarker = false;    ///< spaces become U+2581
};

/// @throws Error(Unsupported) naming a kind that is not known; Error(BadFormat)
JsonPreTokenizer readPreTokenizer(const JsonFile& tokenizer);

} // namespace quantlathe
