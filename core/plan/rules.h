// SPDX-License-Identifier: GPL-3.0-or-later
// REGEX=TYPE rules, as llama-quantize's --tensor-type and --tensor-type-file take them.
#pragma once

#include "core/types/tensor_type.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

class Plan;
class Model;

/// A regular expression (RE2: linear time; no back references or look-around, unlike std::regex) searched anywhere in the
/// canonical tensor name.
class TypeRule
{
public:
    /// @throws Error(InvalidArgument) when the expression does not compile
    TypeRule(std::string pattern, TensorType type);
    /// "attn_v=Q6_K"; the last '=' separates. @throws Error(InvalidArgument)
    static TypeRule parse(std::string_view text);

    [[nodiscard]] const std::string& pattern() const { return m_pattern; }
    [[nodiscard]] TensorType type() const { return m_type; }
    [[nodiscard]] bool matches(std::string_view tensorName) const;

private:
    struct Expression;
    std::string m_pattern;
    TensorType m_type;
    std::shared_ptr<const Expression> m_expression;
};

/// Reads llama.cpp's tensor-type file: one REGEX=TYPE per line or blank-separated, as llama-quantize reads it; '#' comments.
/// @throws Error(BadFormat) with the line number, NotFound ...
std::vector<TypeRule> readTypeRules(const std::filesystem::path& file);
/// Writes one exact rule per chosen tensor of @p plan (canonical names, regex characters escaped, anchored).
void writeTypeRules(const std::filesystem::path& file, const Model& model, const Plan& plan);

} // namespace quantlathe
