// SPDX-License-Identifier: GPL-3.0-or-later
// From the syntax tree of a split expression to the instructions of a SplitPattern.
#pragma once

#include "core/inference/tokenizer/split_pattern.h"

namespace quantlathe {

class SplitCompiler
{
public:
    SplitCompiler(SplitPattern& pattern, const SplitExpression& expression) : m_pattern(pattern), m_expression(expression) {}
    /// Fills the pattern. @throws Error(Unsupported)
    void compile();

private:
    /// What a match of a node can begin with.
    struct First
    {
        std::array<std::uint64_t, 2> ascii{};
        bool isAboveAscii = false;
        bool canBeEmpty = false; ///< matches nothing, or depends on what stands around
    };

    [[noreturn]] void refuse(const char* why) const;
    std::uint32_t emit(SplitPattern::Instruction instruction);
    void node(const SplitNode& node, int depth);
    void repeat(const SplitNode& repeat, int depth);
    void loop(const SplitNode& body, SplitNode::Greed greed, int depth);
    void optional(const SplitNode& body, std::uint32_t times, SplitNode::Greed greed, int depth);
    void enclosed(const SplitNode& inner, SplitPattern::Operation operation, std::uint32_t width, int depth);
    [[nodiscard]] First firstOf(const SplitNode& node) const;
    void addAlternative(const SplitNode& node, std::size_t index);

    SplitPattern& m_pattern;
    const SplitExpression& m_expression;
};

} // namespace quantlathe
