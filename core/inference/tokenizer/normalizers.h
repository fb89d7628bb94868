// SPDX-License-Identifier: GPL-3.0-or-later
// The normalisers of tokenizer.json: each rewrites a text before it is split.
#pragma once

#include "core/formats/json/json_file.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

class Normalizer
{
public:
    virtual ~Normalizer() = default;
    /// @p text is well-formed UTF-8 and stays so.
    virtual void apply(std::string& text) const = 0;
};

using Normalizers = std::vector<std::unique_ptr<const Normalizer>>;

/// The steps of `normalizer` (may be missing). @throws Error(Unsupported) naming a kind that is not known; Error(BadFormat)
Normalizers readNormalizers(const JsonFile& tokenizer);
[[nodiscard]] std::string normalized(const Normalizers& steps, std::string text);

/// Bytes of base64; whatever is no letter of it ends the data. @throws Error(BadFormat)
std::string decodeBase64(std::string_view text);

} // namespace quantlathe
