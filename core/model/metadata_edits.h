// SPDX-License-Identifier: GPL-3.0-or-later
// What a person changed in a model's metadata: a value, applied when something is written.
#pragma once

#include "core/model/metadata.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

/// Room in a header for later edits: a string of blanks that nothing reads. Its entry takes 32 bytes and the string.
inline constexpr std::string_view paddingKey = "file.padding";

/// True when both have the same type and the same bytes in a file.
bool isSame(const MetadataValue& a, const MetadataValue& b);

class MetadataEdits
{
public:
    struct Change
    {
        std::string key;
        std::optional<MetadataValue> value; ///< nothing = removed
    };

    /// In the order of the first change of each key; a key stands once.
    [[nodiscard]] const std::vector<Change>& changes() const { return m_changes; }
    [[nodiscard]] bool isEmpty() const { return m_changes.empty(); }
    /// Null when @p key is as stored.
    [[nodiscard]] const Change* find(std::string_view key) const;

    void set(std::string_view key, MetadataValue value) { put(key, std::move(value)); }
    void remove(std::string_view key) { put(key, std::nullopt); }
    /// As stored again.
    void forget(std::string_view key);
    void put(std::string_view key, std::optional<MetadataValue> value);

    /// @p stored with all changes: changed keys stay where they are, new ones come last.
    [[nodiscard]] Metadata applied(const Metadata& stored) const;
    /// Without changes that say what @p stored says already.
    [[nodiscard]] MetadataEdits reduced(const Metadata& stored) const;

    friend bool operator==(const MetadataEdits& a, const MetadataEdits& b);

private:
    std::vector<Change> m_changes;
};

/// Why @p key cannot get @p value (nothing = be removed) in @p stored, as one sentence without full stop; nothing when it can.
/// Checks the key's spelling (new keys only), keys that describe the file itself, and type and value of known keys.
std::optional<std::string> problemWithEdit(const Metadata& stored, std::string_view key, const std::optional<MetadataValue>& value);

/// All of @p edits, each beside the others. @throws Error(InvalidArgument) naming the key
void checkEdits(const Metadata& stored, const MetadataEdits& edits);

} // namespace quantlathe
