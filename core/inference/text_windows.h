// SPDX-License-Identifier: GPL-3.0-or-later
// A text cut into windows as llama-perplexity does it, so that figures can be compared with published ones: windows of contextLength
// tokens one after the other, what is left at the end is not used; the first token of each is replaced by the one that begins a
// text, where the tokenizer puts one there; the second half of each window is scored, its first half only gives context.
#pragma once

#include "core/inference/forward_pass.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace quantlathe {

class TextWindows
{
public:
    /// @param begin what the first token of every window is replaced by; none = nothing is replaced
    /// @param maximumCount windows at most; 0 = all
    /// @throws Error(InvalidArgument) for a window under 4 tokens, or a text that is shorter than one window
    TextWindows(std::vector<TokenId> tokens, std::optional<TokenId> begin, std::uint64_t length, std::uint64_t maximumCount = 0);

    [[nodiscard]] std::uint64_t length() const { return m_length; }
    [[nodiscard]] std::uint64_t count() const { return m_count; }
    /// Windows in the whole text, whatever the limit.
    [[nodiscard]] std::uint64_t available() const { return m_tokens.size() / m_length; }
    /// Positions in [firstScored(), firstScored() + scored()) of a window are scored: each by the token behind it.
    [[nodiscard]] std::uint64_t firstScored() const { return m_length / 2; }
    [[nodiscard]] std::uint64_t scored() const { return m_length - 1 - firstScored(); }
    /// The right tokens for the scored positions of @p window.
    [[nodiscard]] std::span<const TokenId> targets(std::uint64_t window) const;
    /// One sequence for each of the windows [first, first + count).
    [[nodiscard]] TokenBatch batch(std::uint64_t first, std::uint64_t count) const;
    [[nodiscard]] std::span<const TokenId> tokens() const { return m_tokens; }
    [[nodiscard]] std::optional<TokenId> begin() const { return m_begin; }

private:
    std::vector<TokenId> m_tokens;
    std::optional<TokenId> m_begin;
    std::uint64_t m_length;
    std::uint64_t m_count;
};

} // namespace quantlathe
