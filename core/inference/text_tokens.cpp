// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/text_tokens.h"

#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "core/inference/tokenizer/tokenizer.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe {

namespace {

/// Where the first byte lies that is no UTF-8; @p text is not.
std::size_t firstBadByte(std::string_view text)
{
    std::size_t at = 0;
    while (at < text.size()) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t length = lead < 0x80 ? 1 : (lead < 0xE0 ? 2 : (lead < 0xF0 ? 3 : 4));
        if (!isValidUtf8(text.substr(at, length)))
            break;
        at += length;
    }
    return at;
}

} // namespace

std::string readText(const std::filesystem::path& file)
{
    const auto mapped = MappedFile::open(file);
    const auto bytes = mapped->bytes();
    std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    mapped->throwIfChanged();
    if (text.empty())
        throw Error(ErrorKind::InvalidArgument, "the text is empty", {file, std::nullopt, {}});
    if (!isValidUtf8(text)) {
        const std::size_t at = firstBadByte(text);
        throw Error(ErrorKind::BadFormat,
                    fmt::format("the text is not UTF-8: byte 0x{:02X} in line {} belongs to no character", static_cast<unsigned char>(text[at]),
                                1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')),
                    {file, at, {}}, "Save the text as UTF-8");
    }
    return text;
}

TextTokens tokensOfText(const Tokenizer& tokenizer, const Network& network, std::string_view text)
{
    if (text.empty())
        throw Error(ErrorKind::InvalidArgument, "the text is empty");
    TextTokens result;
    result.tokens = tokenizer.encode(text);
    if (tokenizer.addsBos())
        result.begin = tokenizer.bos();
    // An end of text in the middle of windows would be scored as if it belonged to it.
    if (tokenizer.addsEos() && tokenizer.eos() && !result.tokens.empty() && result.tokens.back() == *tokenizer.eos())
        result.tokens.pop_back();
    const std::uint64_t rows = network.vocabularySize;
    const auto outside = std::find_if(result.tokens.begin(), result.tokens.end(),
                                      [&](TokenId token) { return token < 0 || static_cast<std::uint64_t>(token) >= rows; });
    if (outside != result.tokens.end()) {
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("the tokenizer has {} tokens, the model's embedding {} rows: token {} of the text has none", tokenizer.vocabularySize(), rows,
                                *outside),
                    {network.model->path(), std::nullopt, network.model->tensors()[network.tokenEmbedding].name()},
                    "The tokenizer belongs to another model");
    }
    if (tokenizer.vocabularySize() > rows) {
        result.notes.push_back(fmt::format("The tokenizer has {} tokens, the model's embedding {} rows; the text uses none of those without a row.",
                                           tokenizer.vocabularySize(), rows));
    }
    return result;
}

void throwIfTextDiffers(const TextTokens& first, const Network& firstNetwork, const TextTokens& second, const Network& secondNetwork)
{
    const ErrorPlace place{secondNetwork.model->path(), std::nullopt, {}};
    const std::string advice = "Compare with the model that this one was made from";
    if (firstNetwork.vocabularySize != secondNetwork.vocabularySize) {
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("the vocabularies differ: {} tokens here, {} in the original", firstNetwork.vocabularySize, secondNetwork.vocabularySize), place,
                    advice);
    }
    if (first.tokens != second.tokens || first.begin != second.begin) {
        const auto differs = std::mismatch(first.tokens.begin(), first.tokens.end(), second.tokens.begin(), second.tokens.end());
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("the tokenizers differ: the text becomes other tokens in the original, from token {} on",
                                1 + (differs.first - first.tokens.begin())),
                    place, advice);
    }
}

} // namespace quantlathe
