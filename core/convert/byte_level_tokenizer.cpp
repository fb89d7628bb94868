// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/byte_level_tokenizer.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/convert/pre_tokenizer.h"

#include <fmt/format.h>
#include <string>
#include <utility>
#include <vector>

namespace quantlathe {

namespace {

using nlohmann::json;

[[noreturn]] void refuseKind(const JsonFile& tokenizer, const std::string& kind)
{
    throw Error(ErrorKind::Unsupported, fmt::format("the tokenizer is {}, which no GGUF tokenizer reproduces", kind), {tokenizer.path(), std::nullopt, {}});
}

/// Refuses every tokenizer whose ids llama.cpp's "gpt2" model would not reproduce.
void requireByteLevelBpe(const JsonFile& tokenizer)
{
    const json* model = tokenizer.find("model");
    if (!model)
        tokenizer.fail("has no 'model'");
    std::string type = textOf(*model, "type");
    if (type.empty() && memberOf(*model, "merges"))
        type = "BPE"; // older files leave it out
    if (type != "BPE")
        refuseKind(tokenizer, type.empty() ? "of an unnamed kind" : fmt::format("'{}'", printable(type, 60)));
    for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        if (!textOf(*model, affix).empty())
            refuseKind(tokenizer, fmt::format("a BPE with '{}'", affix));
    }
}

/// True where texts are brought to NFC first; llama.cpp's version does not, newer ones may read the key.
bool isNormalised(const JsonFile& tokenizer)
{
    const json* normalizer = tokenizer.find("normalizer");
    if (!normalizer)
        return false;
    const std::string type = textOf(*normalizer, "type");
    const json* steps = type == "Sequence" ? memberOf(*normalizer, "normalizers") : nullptr;
    if (steps && steps->is_array() && steps->empty())
        return false;
    if (type != "NFC")
        refuseKind(tokenizer, fmt::format("a BPE with the normalizer '{}'", printable(type, 60)));
    return true;
}

/// "left right" strings, from that form or from pairs.
std::vector<std::string> readMerges(const JsonFile& tokenizer, const TokenTable& table)
{
    const json* merges = memberOf(*tokenizer.find("model"), "merges");
    if (!merges || !merges->is_array())
        tokenizer.fail("'model.merges' is no list");
    std::vector<std::string> result;
    result.reserve(merges->size());
    for (const json& merge : *merges) {
        std::string left;
        std::string right;
        if (merge.is_string()) {
            const auto& text = merge.get_ref<const std::string&>();
            const auto blank = text.find(' ');
            left = text.substr(0, blank);
            right = blank == std::string::npos ? std::string() : text.substr(blank + 1);
        } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            left = merge[0].get<std::string>();
            right = merge[1].get<std::string>();
        }
        if (left.empty() || right.empty() || left.find(' ') != std::string::npos || right.find(' ') != std::string::npos)
            tokenizer.fail(fmt::format("merge {} is no pair of tokens", result.size()));
        if (!table.find(left) || !table.find(right) || !table.find(left + right)) {
            tokenizer.fail(fmt::format("merge {} ('{} {}') names a token that is not in the vocabulary", result.size(), printable(left, 40),
                                       printable(right, 40)));
        }
        result.push_back(left + ' ' + right);
    }
    return result;
}

} // namespace

ExportedTokens appendByteLevelTokenizer(Metadata& metadata, const TokenizerSource& source)
{
    const JsonFile& tokenizer = *source.tokenizer;
    requireByteLevelBpe(tokenizer);
    const bool isNfc = isNormalised(tokenizer);
    const std::string pre = classifyPreTokenizer(tokenizer);
    const json* vocab = memberOf(*tokenizer.find("model"), "vocab");
    if (!vocab || !vocab->is_object())
        tokenizer.fail("'model.vocab' is no object");
    ExportedTokens tokens{.table = TokenTable(source.rows, tokenizer.path()), .bos = {}, .eos = {}, .unknown = {}, .padding = {}};
    for (const auto& [text, id] : vocab->items()) {
        if (!id.is_number_unsigned())
            tokenizer.fail(fmt::format("token '{}' has an id that is no number", printable(text, 40)));
        tokens.table.set(id.get<std::uint64_t>(), text, TokenKind::Normal);
    }
    // Before added tokens take the place of others: merges are of the model.
    const auto merges = readMerges(tokenizer, tokens.table);
    tokens.table.add(source.added, false);
    tokens.table.fill();

    metadata.append("tokenizer.ggml.model", MetadataValue::ofString("gpt2"));
    metadata.append("tokenizer.ggml.pre", MetadataValue::ofString(pre));
    tokens.table.appendTo(metadata, false);
    metadata.append("tokenizer.ggml.merges", MetadataValue::ofArray(MetadataArray::fromStrings(merges)));
    if (isNfc)
        metadata.append("tokenizer.ggml.normalizer.nfc", MetadataValue::ofBool(true));
    return tokens;
}

} // namespace quantlathe
