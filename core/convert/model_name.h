// SPDX-License-Identifier: GPL-3.0-or-later
// What the usual way of naming models says: "Qwen2.5-0.5B-Instruct".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace quantlathe {

/// Parts of a name that is joined by hyphens; empty where there is none.
struct NameParts
{
    std::string basename; ///< "Qwen2.5"; only where one of the others is known
    std::string size;     ///< "0.5B"
    std::string finetune; ///< "Instruct"
    std::string version;  ///< "v0.1"
};
/// @param weights of the model: a number that is far from it is no size ("32k" is a context)
NameParts namePartsOf(std::string_view name, std::uint64_t weights);

/// "1.2B", "41K": two digits at least.
std::string sizeLabel(std::uint64_t weights);

/// "My Model" from "my-model"; words with capitals or digits in front stay as they are.
std::string titleOf(std::string_view name);

} // namespace quantlathe
