// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/metadata_diff.h"

#include "core/model/metadata_edits.h"

namespace quantlathe {

std::string_view name(MetadataDifference::Kind kind)
{
    switch (kind) {
    case MetadataDifference::Kind::Changed: return "changed";
    case MetadataDifference::Kind::OnlyInFirst: return "only-in-first";
    case MetadataDifference::Kind::OnlyInSecond: return "only-in-second";
    }
    return "unknown";
}

std::vector<MetadataDifference> compareMetadata(const Metadata& first, const Metadata& second)
{
    using Kind = MetadataDifference::Kind;
    std::vector<MetadataDifference> differences;
    for (const Metadata::Entry& entry : first.entries()) {
        const MetadataValue* other = second.find(entry.key);
        if (!other)
            differences.push_back({Kind::OnlyInFirst, entry.key, entry.value, std::nullopt});
        else if (!isSame(entry.value, *other))
            differences.push_back({Kind::Changed, entry.key, entry.value, *other});
    }
    for (const Metadata::Entry& entry : second.entries()) {
        if (!first.find(entry.key))
            differences.push_back({Kind::OnlyInSecond, entry.key, std::nullopt, entry.value});
    }
    return differences;
}

} // namespace quantlathe
