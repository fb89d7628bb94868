// SPDX-License-Identifier: GPL-3.0-or-later
// The syntax tree of a regular expression that splits text: what tokenizers use of Oniguruma's syntax.
#pragma once

#include "core/inference/tokenizer/code_points.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

namespace quantlathe {

struct SplitNode
{
    enum class Kind {
        Empty,
        Set,         ///< one character of `set`
        Sequence,    ///< children one after the other
        Choice,      ///< the first child that leads to a match
        Repeat,      ///< the only child `minimum` to `maximum` times
        LookAhead,   ///< the only child would match here
        LookBehind,  ///< the only child, `width` characters long, ends here
        Atomic,      ///< the only child, without taking back what it matched
        TextStart, TextEnd, LineStart, LineEnd, WordBoundary
    };
    enum class Greed { Greedy, Lazy, Possessive };
    static constexpr std::uint32_t unlimited = std::numeric_limits<std::uint32_t>::max();

    Kind kind = Kind::Empty;
    bool isNegated = false; ///< look-arounds and WordBoundary
    Greed greed = Greed::Greedy;
    std::uint32_t minimum = 1;
    std::uint32_t maximum = 1;
    std::uint32_t width = 0;
    std::size_t set = 0; ///< index in SplitExpression::sets
    std::vector<SplitNode> children;
};

struct SplitExpression
{
    SplitNode root;
    std::vector<std::shared_ptr<const CodePointSet>> sets;
};

/// Understands literals, classes (with ranges, properties, nesting and &&), groups, alternation, greedy, lazy and
/// possessive repetition, look-ahead, look-behind of fixed width, atomic groups, anchors, (?i) and comments.
/// @throws Error(Unsupported) for back references, named groups and other things no tokenizer has; Error(BadFormat) for
/// an expression that is none. The message quotes the expression.
SplitExpression parseSplitExpression(std::string_view expression);

} // namespace quantlathe
