// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/merge_scores.h"

#include "core/base/error.h"
#include "core/base/text.h"

#include <fmt/format.h>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace quantlathe {

namespace {

using nlohmann::json;

class MergeList
{
public:
    MergeList(const JsonFile& tokenizer, const std::vector<std::string>& texts, const std::vector<TokenKind>& kinds)
        : m_tokenizer(tokenizer), m_texts(texts), m_kinds(kinds)
    {
        for (std::size_t id = 0; id < texts.size(); ++id) {
            if (!texts[id].empty())
                m_ids.emplace(texts[id], id);
        }
    }

    std::vector<float> scores()
    {
        const json* model = m_tokenizer.find("model");
        const json* merges = model ? memberOf(*model, "merges") : nullptr;
        if (!merges || !merges->is_array())
            m_tokenizer.fail("'model.merges' is no list");
        std::vector<float> scores(m_texts.size(), 0);
        std::vector<bool> isJoined(m_texts.size(), false);
        std::size_t previous = m_texts.size();
        std::size_t group = 0; // merges that lead to one token follow each other
        std::size_t number = 0;
        for (const json& merge : *merges) {
            const auto [left, right] = pairOf(merge, number);
            const std::size_t joined = require(left + right, number);
            m_pairs.insert(key(require(left, number), require(right, number)));
            if (joined != previous) {
                ++group;
                if (isJoined[joined])
                    refuse(joined, "is made by merges in two places of the list");
                isJoined[joined] = true;
                scores[joined] = -static_cast<float>(group);
                previous = joined;
            }
            ++number;
        }
        checkComplete();
        return scores;
    }

private:
    std::pair<std::string, std::string> pairOf(const json& merge, std::size_t number) const
    {
        if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
            return {merge[0].get<std::string>(), merge[1].get<std::string>()};
        const auto* text = merge.is_string() ? &merge.get_ref<const std::string&>() : nullptr;
        const auto blank = text ? text->find(' ') : std::string::npos;
        if (blank == std::string::npos || blank == 0 || blank + 1 == text->size())
            m_tokenizer.fail(fmt::format("merge {} is no pair of tokens", number));
        return {text->substr(0, blank), text->substr(blank + 1)};
    }

    [[nodiscard]] std::size_t require(const std::string& text, std::size_t number) const
    {
        const auto found = m_ids.find(text);
        if (found == m_ids.end())
            m_tokenizer.fail(fmt::format("merge {} names '{}', which is not in the vocabulary", number, printable(text, 40)));
        return found->second;
    }

    /// Every way to cut a token into two others must be a merge.
    void checkComplete() const
    {
        for (std::size_t id = 0; id < m_texts.size(); ++id) {
            const std::string& text = m_texts[id];
            for (std::size_t cut = 1; m_kinds[id] == TokenKind::Normal && cut < text.size(); ++cut) {
                const auto left = m_ids.find(std::string_view(text).substr(0, cut));
                const auto right = left == m_ids.end() ? m_ids.end() : m_ids.find(std::string_view(text).substr(cut));
                if (right != m_ids.end() && !m_pairs.contains(key(left->second, right->second)))
                    refuse(id, fmt::format("is '{}' and '{}' together, but no merge joins them", printable(left->first, 40), printable(right->first, 40)));
            }
        }
    }

    [[noreturn]] void refuse(std::size_t id, const std::string& what) const
    {
        throw Error(ErrorKind::Unsupported, fmt::format("the merges are not those of a SentencePiece model: token '{}' {}", printable(m_texts[id], 40), what),
                    {m_tokenizer.path(), std::nullopt, {}}, "A tokenizer.model beside it would say the scores");
    }

    static std::uint64_t key(std::size_t left, std::size_t right) { return (static_cast<std::uint64_t>(left) << 32) | right; }

    const JsonFile& m_tokenizer;
    const std::vector<std::string>& m_texts;
    const std::vector<TokenKind>& m_kinds;
    std::unordered_map<std::string_view, std::size_t> m_ids;
    std::unordered_set<std::uint64_t> m_pairs;
};

} // namespace

std::vector<float> mergeScores(const JsonFile& tokenizer, const std::vector<std::string>& texts, const std::vector<TokenKind>& kinds)
{
    return MergeList(tokenizer, texts, kinds).scores();
}

} // namespace quantlathe
