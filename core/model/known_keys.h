// SPDX-License-Identifier: GPL-3.0-or-later
// What is known about GGUF's metadata keys: the value type that readers insist on, and which values make sense.
// Source: the GGUF description of the ggml project and llama.cpp's model loader, which refuses a key whose type differs.
#pragma once

#include "core/model/metadata.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace quantlathe {

enum class KeyRule : unsigned char {
    Any,          ///< only the type counts
    Positive,     ///< at least 1
    PositiveReal, ///< finite and above 0
    TokenId,      ///< index into tokenizer.ggml.tokens
    PerToken,     ///< an array with one element for every token
    TokenTypes,   ///< PerToken, and every element from 1 to 6
    Merges,       ///< strings of two parts with a space between them
    NotEmpty      ///< text
};

struct KnownKey
{
    MetadataType type = MetadataType::U32;        ///< of a single value; Array where only arrays are read
    std::optional<MetadataType> elementType;      ///< arrays of it are read (instead, or as well: one value per layer)
    KeyRule rule = KeyRule::Any;
    std::string_view meaning;                     ///< for people, a few words
};

/// @param architecture general.architecture, the prefix of hyperparameters; nothing for keys that are not known
std::optional<KnownKey> knownKey(std::string_view key, std::string_view architecture);

/// "u32", "u32 or an array of i32", "array of string".
std::string expectedTypeText(const KnownKey& key);

struct KeyProblem
{
    enum class Kind : unsigned char {
        Type,   ///< readers refuse the file
        Length, ///< not one element per token: readers refuse the file
        Value
    };
    Kind kind = Kind::Value;
    std::string text; ///< what follows the key's name in a sentence: "must be u32, not string"
};

/// Why @p value cannot stand for @p key beside @p others (token ids and per-token arrays are measured by the tokens there);
/// nothing when it can, or when the key is not known.
std::optional<KeyProblem> problemWith(std::string_view key, const MetadataValue& value, const Metadata& others);

/// Keys that describe the file's own layout. Changing them by hand would make the file unreadable, or say something untrue
/// about its bytes. @return why, as one sentence; nothing for all other keys
std::optional<std::string_view> reasonNotToEdit(std::string_view key);

/// "tokenizer.ggml.eos_token_id" and its like, in the order in which they are usually written.
std::span<const std::string_view> tokenIdKeys();

} // namespace quantlathe
