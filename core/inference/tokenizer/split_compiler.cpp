// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/split_compiler.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <fmt/format.h>
#include <utility>

namespace quantlathe {

namespace {

using Kind = SplitNode::Kind;
using Greed = SplitNode::Greed;

constexpr std::size_t longestProgram = 20000;
constexpr int deepestNesting = 200;
constexpr std::uint32_t widestLookBehind = 1000;
constexpr std::size_t mostAlternatives = 64; ///< bits of one word

} // namespace

void SplitCompiler::refuse(const char* why) const
{
    throw Error(ErrorKind::Unsupported, fmt::format("the split expression {} cannot be used: {}", printable(m_pattern.m_expression, 300), why));
}

std::uint32_t SplitCompiler::emit(SplitPattern::Instruction instruction)
{
    if (m_pattern.m_program.size() >= longestProgram)
        refuse("it is too large");
    m_pattern.m_program.push_back(instruction);
    return static_cast<std::uint32_t>(m_pattern.m_program.size() - 1);
}

void SplitCompiler::compile()
{
    for (const auto& set : m_expression.sets) {
        SplitPattern::Set compiled;
        for (unsigned byte = 0; byte < compiled.ascii.size(); ++byte)
            compiled.ascii[byte] = set->containsAscii(static_cast<unsigned char>(byte)) ? 1 : 0;
        compiled.all = set;
        m_pattern.m_sets.push_back(std::move(compiled));
    }
    const SplitNode& root = m_expression.root;
    if (root.kind == Kind::Choice && root.children.size() <= mostAlternatives) {
        for (std::size_t index = 0; index < root.children.size(); ++index)
            addAlternative(root.children[index], index);
    } else {
        addAlternative(root, 0);
    }
}

void SplitCompiler::addAlternative(const SplitNode& alternative, std::size_t index)
{
    m_pattern.m_alternatives.push_back(static_cast<std::uint32_t>(m_pattern.m_program.size()));
    node(alternative, 0);
    emit({SplitPattern::Operation::Accept});
    const First first = firstOf(alternative);
    const std::uint64_t bit = std::uint64_t{1} << index;
    for (unsigned byte = 0; byte < 128; ++byte) {
        if (first.canBeEmpty || (first.ascii[byte >> 6] >> (byte & 63) & 1) != 0)
            m_pattern.m_byFirstByte[byte] |= bit;
    }
    if (first.canBeEmpty || first.isAboveAscii)
        m_pattern.m_byFirstByte[128] |= bit;
    if (first.canBeEmpty)
        m_pattern.m_canBeEmpty |= bit;
}

void SplitCompiler::node(const SplitNode& node, int depth)
{
    using Operation = SplitPattern::Operation;
    if (depth > deepestNesting)
        refuse("it is nested too deeply");
    switch (node.kind) {
    case Kind::Empty:
        return;
    case Kind::Set:
        emit({Operation::Set, static_cast<std::uint32_t>(node.set)});
        return;
    case Kind::Sequence:
        for (const SplitNode& child : node.children)
            this->node(child, depth + 1);
        return;
    case Kind::Choice: {
        std::vector<std::uint32_t> exits;
        for (std::size_t index = 0; index + 1 < node.children.size(); ++index) {
            const std::uint32_t choose = emit({Operation::Choose});
            this->node(node.children[index], depth + 1);
            exits.push_back(emit({Operation::Jump}));
            m_pattern.m_program[choose].target = static_cast<std::uint32_t>(m_pattern.m_program.size());
        }
        this->node(node.children.back(), depth + 1);
        for (const std::uint32_t exit : exits)
            m_pattern.m_program[exit].target = static_cast<std::uint32_t>(m_pattern.m_program.size());
        return;
    }
    case Kind::Repeat:
        repeat(node, depth);
        return;
    case Kind::LookAhead:
        enclosed(node.children.front(), node.isNegated ? Operation::NotAhead : Operation::LookAhead, 0, depth);
        return;
    case Kind::LookBehind:
        if (node.width > widestLookBehind)
            refuse("a look-behind of that width");
        enclosed(node.children.front(), node.isNegated ? Operation::NotBehind : Operation::LookBehind, node.width, depth);
        return;
    case Kind::Atomic:
        enclosed(node.children.front(), Operation::Atomic, 0, depth);
        return;
    case Kind::TextStart:
        emit({Operation::TextStart});
        return;
    case Kind::TextEnd:
        emit({Operation::TextEnd});
        return;
    case Kind::LineStart:
        emit({Operation::LineStart});
        return;
    case Kind::LineEnd:
        emit({Operation::LineEnd});
        return;
    case Kind::WordBoundary:
        emit({node.isNegated ? Operation::NoWordBoundary : Operation::WordBoundary});
        return;
    }
}

void SplitCompiler::enclosed(const SplitNode& inner, SplitPattern::Operation operation, std::uint32_t width, int depth)
{
    const std::uint32_t start = emit({operation, 0, 0, width});
    node(inner, depth + 1);
    m_pattern.m_program[start].target = emit({SplitPattern::Operation::Accept});
}

void SplitCompiler::repeat(const SplitNode& repeat, int depth)
{
    using Operation = SplitPattern::Operation;
    const SplitNode& body = repeat.children.front();
    if (repeat.maximum == 0)
        return;
    if (body.kind == Kind::Set && repeat.greed != Greed::Lazy) {
        const auto operation = repeat.greed == Greed::Greedy ? Operation::GreedySet : Operation::PossessiveSet;
        emit({operation, static_cast<std::uint32_t>(body.set), 0, repeat.minimum, repeat.maximum});
        return;
    }
    if (repeat.greed == Greed::Possessive) {
        SplitNode inner = repeat;
        inner.greed = Greed::Greedy;
        enclosed(inner, Operation::Atomic, 0, depth);
        return;
    }
    if (repeat.maximum > 1 && firstOf(body).canBeEmpty)
        refuse("it repeats what can match nothing");
    for (std::uint32_t count = 0; count < repeat.minimum; ++count)
        node(body, depth + 1);
    if (repeat.maximum == SplitNode::unlimited)
        loop(body, repeat.greed, depth);
    else
        optional(body, repeat.maximum - repeat.minimum, repeat.greed, depth);
}

void SplitCompiler::loop(const SplitNode& body, Greed greed, int depth)
{
    using Operation = SplitPattern::Operation;
    const std::uint32_t choose = emit({greed == Greed::Lazy ? Operation::ChooseLate : Operation::Choose});
    node(body, depth + 1);
    emit({Operation::Jump, 0, choose});
    m_pattern.m_program[choose].target = static_cast<std::uint32_t>(m_pattern.m_program.size());
}

void SplitCompiler::optional(const SplitNode& body, std::uint32_t times, Greed greed, int depth)
{
    using Operation = SplitPattern::Operation;
    std::vector<std::uint32_t> chooses;
    for (std::uint32_t count = 0; count < times; ++count) {
        chooses.push_back(emit({greed == Greed::Lazy ? Operation::ChooseLate : Operation::Choose}));
        node(body, depth + 1);
    }
    for (const std::uint32_t choose : chooses)
        m_pattern.m_program[choose].target = static_cast<std::uint32_t>(m_pattern.m_program.size());
}

SplitCompiler::First SplitCompiler::firstOf(const SplitNode& node) const
{
    First first;
    const auto add = [&first](const First& other) {
        first.ascii[0] |= other.ascii[0];
        first.ascii[1] |= other.ascii[1];
        first.isAboveAscii |= other.isAboveAscii;
    };
    switch (node.kind) {
    case Kind::Set: {
        const CodePointSet& set = *m_expression.sets[node.set];
        first.ascii = set.ascii();
        first.isAboveAscii = set.hasNonAscii();
        break;
    }
    case Kind::Sequence:
        first.canBeEmpty = true;
        for (const SplitNode& child : node.children) {
            const First next = firstOf(child);
            add(next);
            if (!next.canBeEmpty) {
                first.canBeEmpty = false;
                break;
            }
        }
        break;
    case Kind::Choice:
        for (const SplitNode& child : node.children) {
            const First next = firstOf(child);
            add(next);
            first.canBeEmpty |= next.canBeEmpty;
        }
        break;
    case Kind::Repeat:
        first = firstOf(node.children.front());
        first.canBeEmpty |= node.minimum == 0;
        break;
    case Kind::Atomic:
        first = firstOf(node.children.front());
        break;
    default: // look-arounds and anchors consume nothing
        first.canBeEmpty = true;
        break;
    }
    return first;
}

} // namespace quantlathe
