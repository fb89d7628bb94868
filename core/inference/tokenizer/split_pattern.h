// SPDX-License-Identifier: GPL-3.0-or-later
// A compiled split expression and its matcher: backtracking with an explicit stack, so that no text can overflow the
// call stack, with a limit on steps, and with a table that sends each first byte straight to the alternatives it can start.
#pragma once

#include "core/inference/tokenizer/split_expression.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

/// Leftmost-first matches of a regular expression in well-formed UTF-8. Immutable; the state of a search is in Scratch.
class SplitPattern
{
public:
    struct Match
    {
        std::size_t begin = 0;
        std::size_t end = 0; ///< bytes; may equal begin
    };
    /// Working memory of searches; one per thread, reusable.
    struct Scratch
    {
        struct Frame
        {
            std::uint32_t instruction;
            const char* at;
            const char* low; ///< a greedy repetition can go back to here; null for a plain choice
        };
        std::vector<Frame> stack;
        std::uint64_t steps = 0; ///< since the last search from the start of a text
    };

    /// @throws Error as parseSplitExpression(); Error(Unsupported) for a repetition of what can match nothing
    explicit SplitPattern(std::string_view expression);

    /// The first match that starts at or after @p from; the anchors and look-arounds see @p text alone.
    /// @throws Error(Unsupported) after more steps than any sane expression needs
    [[nodiscard]] std::optional<Match> find(std::string_view text, std::size_t from, Scratch& scratch) const;
    [[nodiscard]] const std::string& expression() const { return m_expression; }

private:
    friend class SplitCompiler;
    friend class SplitMatcher;

    enum class Operation : std::uint8_t {
        Set,         ///< one character of `set`
        GreedySet,   ///< `minimum` to `maximum` characters of `set`, as many as possible
        PossessiveSet,
        Choose,      ///< go on behind, or at `target` if that fails
        ChooseLate,  ///< go on at `target`, or behind if that fails
        Jump,        ///< to `target`
        LookAhead, NotAhead, LookBehind, NotBehind, Atomic, ///< the instructions up to `target`, which ends them
        TextStart, TextEnd, LineStart, LineEnd, WordBoundary, NoWordBoundary,
        Accept
    };
    struct Instruction
    {
        Operation operation = Operation::Accept;
        std::uint32_t set = 0;
        std::uint32_t target = 0;
        std::uint32_t minimum = 0; ///< characters back for LookBehind
        std::uint32_t maximum = 0;
    };
    /// ASCII members as a table of bytes: one load decides.
    struct Set
    {
        std::array<std::uint8_t, 128> ascii{};
        std::shared_ptr<const CodePointSet> all;
    };

    std::string m_expression;
    std::vector<Instruction> m_program;
    std::vector<Set> m_sets;
    std::vector<std::uint32_t> m_alternatives;        ///< where each begins
    std::array<std::uint64_t, 129> m_byFirstByte{};   ///< bits of alternatives; the last entry for all above ASCII
    std::uint64_t m_canBeEmpty = 0;
};

} // namespace quantlathe
