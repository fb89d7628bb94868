// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/sentencepiece_tokenizer.h"

#include "core/base/error.h"

namespace quantlathe {

std::shared_ptr<const Tokenizer> tokenizerFromSentencePiece(const std::filesystem::path& file)
{
    throw Error(ErrorKind::Unsupported, "SentencePiece models cannot be read yet", {file, std::nullopt, {}});
}

} // namespace quantlathe
