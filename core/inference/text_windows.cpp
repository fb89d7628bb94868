// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/text_windows.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace quantlathe {

namespace {

constexpr std::uint64_t shortestWindow = 4;

} // namespace

TextWindows::TextWindows(std::vector<TokenId> tokens, std::optional<TokenId> begin, std::uint64_t length, std::uint64_t maximumCount)
    : m_tokens(std::move(tokens)), m_begin(begin), m_length(length)
{
    if (length < shortestWindow) {
        throw Error(ErrorKind::InvalidArgument, fmt::format("a window of {} tokens is too short to score anything", length), {},
                    fmt::format("Choose a context of at least {} tokens", shortestWindow));
    }
    if (m_tokens.size() < length) {
        throw Error(ErrorKind::InvalidArgument, fmt::format("the text has {} tokens, one window takes {}", m_tokens.size(), length), {},
                    "Take a longer text or a shorter context");
    }
    m_count = maximumCount == 0 ? available() : std::min(maximumCount, available());
}

std::span<const TokenId> TextWindows::targets(std::uint64_t window) const
{
    return std::span(m_tokens).subspan(window * m_length + firstScored() + 1, scored());
}

TokenBatch TextWindows::batch(std::uint64_t first, std::uint64_t count) const
{
    TokenBatch batch;
    batch.tokens.reserve(count * m_length);
    for (std::uint64_t window = first; window < first + count; ++window) {
        batch.append(std::span(m_tokens).subspan(window * m_length, m_length));
        if (m_begin)
            batch.tokens[batch.tokens.size() - m_length] = *m_begin;
    }
    return batch;
}

} // namespace quantlathe
