// SPDX-License-Identifier: GPL-3.0-or-later
// The metadata of two models, key by key.
#pragma once

#include "core/model/metadata.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

struct MetadataDifference
{
    enum class Kind { Changed, OnlyInFirst, OnlyInSecond };

    Kind kind = Kind::Changed;
    std::string key;
    std::optional<MetadataValue> first;
    std::optional<MetadataValue> second;
};
/// Stable ids: "changed", "only-in-first", "only-in-second".
std::string_view name(MetadataDifference::Kind kind);

/// In the order of the first model, then what only the second has; equal keys are left out. Values are equal when their types and
/// bytes are.
std::vector<MetadataDifference> compareMetadata(const Metadata& first, const Metadata& second);

} // namespace quantlathe
