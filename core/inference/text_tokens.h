// SPDX-License-Identifier: GPL-3.0-or-later
// A text for a model: read, checked, made into tokens.
#pragma once

#include "core/inference/forward_pass.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

class Tokenizer; // core/inference/tokenizer/tokenizer.h

/// The whole file. @throws Error(NotFound, AccessDenied, Io); Error(BadFormat) with the offset of the first byte that is no UTF-8;
/// Error(InvalidArgument) for an empty file
std::string readText(const std::filesystem::path& file);

struct TextTokens
{
    std::vector<TokenId> tokens;
    std::optional<TokenId> begin;   ///< what every window of the text starts with; none where the tokenizer puts nothing there
    std::vector<std::string> notes; ///< what deserves to be known, sentences for people
};

/// @param text UTF-8. @throws Error(InvalidArgument) for an empty text, and for a token that the model's embedding has no row for
TextTokens tokensOfText(const Tokenizer& tokenizer, const Network& network, std::string_view text);

/// Both models read @p text the same way: their predictions can be compared. @throws Error(InvalidArgument) saying what differs
void throwIfTextDiffers(const TextTokens& first, const Network& firstNetwork, const TextTokens& second, const Network& secondNetwork);

} // namespace quantlathe
