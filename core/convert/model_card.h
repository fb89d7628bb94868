// SPDX-License-Identifier: GPL-3.0-or-later
// The front matter of a model's README.md: what its makers say about it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

/// Keys of the outermost level with their texts; a scalar is a list of one. What is nested deeper is left out, as is a README without
/// front matter or beyond 4 MiB: a card is information, never a reason to fail.
class ModelCard
{
public:
    /// README.md in @p folder. Never throws for its content.
    static ModelCard read(const std::filesystem::path& folder);
    static ModelCard parse(std::string_view text);

    /// Empty when missing.
    [[nodiscard]] const std::vector<std::string>& list(const std::string& key) const;
    /// The first text of @p key; empty when missing.
    [[nodiscard]] std::string text(const std::string& key) const;

private:
    std::map<std::string, std::vector<std::string>> m_values;
};

} // namespace quantlathe
