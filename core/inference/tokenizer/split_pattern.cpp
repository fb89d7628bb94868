// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/split_pattern.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/inference/tokenizer/split_compiler.h"

#include <bit>
#include <fmt/format.h>

namespace quantlathe {

/// One search in one text.
class SplitMatcher
{
public:
    SplitMatcher(const SplitPattern& pattern, std::string_view text, SplitPattern::Scratch& scratch)
        : m_pattern(pattern), m_begin(text.data()), m_end(text.data() + text.size()), m_stack(scratch.stack), m_steps(scratch.steps)
    {
    }

    /// Where the match that begins at @p at ends; null when there is none.
    const char* run(std::uint32_t instruction, const char* at);

private:
    using Operation = SplitPattern::Operation;
    using Instruction = SplitPattern::Instruction;

    /// The text is well-formed, so the first byte tells the length; a cut text ends early instead of being read beyond.
    [[nodiscard]] char32_t character(const char* at, unsigned& length) const
    {
        const auto byte = [at](unsigned index) { return static_cast<unsigned char>(at[index]); };
        const unsigned lead = byte(0);
        length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        if (static_cast<std::size_t>(m_end - at) < length) {
            length = static_cast<unsigned>(m_end - at);
            return 0xFFFD;
        }
        char32_t value = lead & (0x7FU >> length);
        for (unsigned index = 1; index < length; ++index)
            value = value << 6 | (byte(index) & 0x3FU);
        return value;
    }

    /// True, and @p at moves on, when the character there is one of the set.
    [[nodiscard]] bool takeOne(const SplitPattern::Set& set, const char*& at) const
    {
        if (at == m_end)
            return false;
        const auto byte = static_cast<unsigned char>(*at);
        if (byte < 0x80) {
            if (set.ascii[byte] == 0)
                return false;
            ++at;
            return true;
        }
        unsigned length = 0;
        if (!set.all->contains(character(at, length)))
            return false;
        at += length;
        return true;
    }

    [[nodiscard]] const char* oneBack(const char* at) const
    {
        do {
            --at;
        } while (at > m_begin && (static_cast<unsigned char>(*at) & 0xC0) == 0x80);
        return at;
    }

    [[nodiscard]] bool isWordAt(const char* at) const
    {
        if (at == m_end)
            return false;
        const auto byte = static_cast<unsigned char>(*at);
        unsigned length = 0;
        return wordCharacters().contains(byte < 0x80 ? byte : character(at, length));
    }

    [[nodiscard]] bool holds(Operation anchor, const char* at) const
    {
        switch (anchor) {
        case Operation::TextStart:
            return at == m_begin;
        case Operation::TextEnd:
            return at == m_end;
        case Operation::LineStart:
            return at == m_begin || at[-1] == '\n';
        case Operation::LineEnd:
            return at == m_end || *at == '\n';
        default: {
            const bool isBoundary = (at > m_begin && isWordAt(oneBack(at))) != isWordAt(at);
            return isBoundary == (anchor == Operation::WordBoundary);
        }
        }
    }

    /// Null when there are not that many characters before @p at.
    [[nodiscard]] const char* back(const char* at, std::uint32_t characters) const
    {
        for (; characters > 0; --characters) {
            if (at == m_begin)
                return nullptr;
            at = oneBack(at);
        }
        return at;
    }

    /// Null when the enclosed instructions do not hold here; otherwise where to go on.
    const char* enclosed(const Instruction& instruction, std::uint32_t index, const char* at)
    {
        const char* start = at;
        const bool looksBehind = instruction.operation == Operation::LookBehind || instruction.operation == Operation::NotBehind;
        if (looksBehind)
            start = back(at, instruction.minimum);
        const char* end = start ? run(index + 1, start) : nullptr;
        switch (instruction.operation) {
        case Operation::Atomic:
            return end;
        case Operation::NotAhead:
        case Operation::NotBehind:
            return end ? nullptr : at;
        default:
            return end ? at : nullptr;
        }
    }

    void countStep()
    {
        // A sane expression goes back a few times per character it matched.
        constexpr std::uint64_t allowedPerByte = 64;
        constexpr std::uint64_t allowedAtLeast = 4096;
        if (++m_steps > allowedAtLeast + allowedPerByte * static_cast<std::uint64_t>(m_end - m_begin)) {
            throw Error(ErrorKind::Unsupported, fmt::format("the split expression {} needs too many steps on this text",
                                                            printable(m_pattern.m_expression, 300)));
        }
    }

    const SplitPattern& m_pattern;
    const char* m_begin;
    const char* m_end;
    std::vector<SplitPattern::Scratch::Frame>& m_stack;
    std::uint64_t& m_steps;
};

const char* SplitMatcher::run(std::uint32_t instructionIndex, const char* at)
{
    const std::size_t bottom = m_stack.size();
    const Instruction* program = m_pattern.m_program.data();
    for (std::uint32_t index = instructionIndex;;) {
        const Instruction& instruction = program[index];
        bool isGood = true;
        switch (instruction.operation) {
        case Operation::Set:
            isGood = takeOne(m_pattern.m_sets[instruction.set], at);
            ++index;
            break;
        case Operation::GreedySet:
        case Operation::PossessiveSet: {
            const SplitPattern::Set& set = m_pattern.m_sets[instruction.set];
            const char* low = at;
            std::uint32_t count = 0;
            while (count < instruction.maximum && takeOne(set, at)) {
                ++count;
                if (count == instruction.minimum)
                    low = at;
            }
            isGood = count >= instruction.minimum;
            ++index;
            const bool canGoBack = isGood && at > low && instruction.operation == Operation::GreedySet
                && program[index].operation != Operation::Accept;
            if (canGoBack)
                m_stack.push_back({index, at, low});
            break;
        }
        case Operation::Choose:
            m_stack.push_back({instruction.target, at, nullptr});
            ++index;
            break;
        case Operation::ChooseLate:
            m_stack.push_back({index + 1, at, nullptr});
            index = instruction.target;
            break;
        case Operation::Jump:
            index = instruction.target;
            break;
        case Operation::LookAhead:
        case Operation::NotAhead:
        case Operation::LookBehind:
        case Operation::NotBehind:
        case Operation::Atomic: {
            const char* next = enclosed(instruction, index, at);
            isGood = next != nullptr;
            if (isGood)
                at = next;
            index = instruction.target + 1;
            break;
        }
        case Operation::Accept:
            m_stack.resize(bottom);
            return at;
        default:
            isGood = holds(instruction.operation, at);
            ++index;
            break;
        }
        if (isGood)
            continue;
        if (m_stack.size() == bottom)
            return nullptr;
        countStep();
        auto& frame = m_stack.back();
        index = frame.instruction;
        if (!frame.low) {
            at = frame.at;
            m_stack.pop_back();
            continue;
        }
        at = frame.at = oneBack(frame.at);
        if (at == frame.low)
            m_stack.pop_back();
    }
}

SplitPattern::SplitPattern(std::string_view expression) : m_expression(expression)
{
    const SplitExpression parsed = parseSplitExpression(expression);
    SplitCompiler(*this, parsed).compile();
}

std::optional<SplitPattern::Match> SplitPattern::find(std::string_view text, std::size_t from, Scratch& scratch) const
{
    scratch.stack.clear();
    if (from == 0)
        scratch.steps = 0;
    SplitMatcher matcher(*this, text, scratch);
    const char* begin = text.data();
    const char* end = begin + text.size();
    for (const char* at = begin + from; at <= end;) {
        const unsigned first = at == end ? 0 : static_cast<unsigned char>(*at);
        std::uint64_t candidates = at == end ? m_canBeEmpty : m_byFirstByte[first < 128 ? first : 128];
        for (; candidates != 0; candidates &= candidates - 1) {
            const char* matchEnd = matcher.run(m_alternatives[static_cast<std::size_t>(std::countr_zero(candidates))], at);
            if (matchEnd)
                return Match{static_cast<std::size_t>(at - begin), static_cast<std::size_t>(matchEnd - begin)};
        }
        do {
            ++at;
        } while (at < end && (static_cast<unsigned char>(*at) & 0xC0) == 0x80);
    }
    return std::nullopt;
}

} // namespace quantlathe
