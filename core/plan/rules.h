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
/// canonical tensor name. The pattern is lower-cased before, as llama-quantize does: "ATTN_V" matches attn_v.
class TypeRule
{
public:
    /// @throws Error(InvalidArgument) when the expression does not compile or nothing can be written as @p type
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

/// Reads llama.cpp's tensor-type file: REGEX=TYPE separated by blanks or newlines, as llama-quantize reads it; besides, a
/// word that starts with '#' begins a comment up to the end of the line. @throws Error(BadFormat) with the line number, NotFound ...
std::vector<TypeRule> readTypeRules(const std::filesystem::path& file);
/// Writes one exact rule per chosen quantizable tensor of @p plan (canonical names, regex characters escaped, anchored).
/// llama-quantize applies such rules to block types only: with the file types F32, F16 and BF16 it ignores them.
void writeTypeRules(const std::filesystem::path& file, const Model& model, const Plan& plan);

} // namespace quantlathe
