// SPDX-License-Identifier: GPL-3.0-or-later
// Metadata values as people write them, on a command line or in an editor.
#pragma once

#include "core/model/metadata.h"

#include <optional>
#include <string>
#include <string_view>

namespace quantlathe {

/// A value's type; of arrays with that of the elements.
struct MetadataKind
{
    MetadataType type = MetadataType::String;
    MetadataType elementType = MetadataType::String; ///< means something for arrays only

    bool operator==(const MetadataKind& other) const
    {
        return type == other.type && (type != MetadataType::Array || elementType == other.elementType);
    }
};
MetadataKind kindOf(const MetadataValue& value);
/// "u32", "[string]".
std::string kindText(const MetadataKind& kind);
std::optional<MetadataKind> kindFromText(std::string_view text);

/// What parseMetadata() reads back: strings as they are, arrays as JSON with one element per line when @p isMultiLine.
std::string editableText(const MetadataValue& value, bool isMultiLine = false);

/// @p text as a value of @p kind: strings as they stand, numbers and true/false, arrays as JSON ("[1, 2]", "[\\"a\\"]").
/// @throws Error(InvalidArgument) saying what is expected
MetadataValue parseMetadata(std::string_view text, const MetadataKind& kind);

/// The type a value gets when nobody says one: that of the key's stored value, or of what is known about the key (an array
/// where the text is one), otherwise by looks: true/false, whole numbers (u32, i32, u64, i64), numbers (f32), JSON arrays, text.
MetadataKind guessKind(std::string_view key, std::string_view text, const Metadata& stored);

} // namespace quantlathe
