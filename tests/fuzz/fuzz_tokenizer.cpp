// SPDX-License-Identifier: GPL-3.0-or-later
// tokenizer.json and SentencePiece models: every input either gives a tokenizer or an Error, and a tokenizer turns any text
// into ids of its vocabulary or gives an Error. What stands before the first NUL byte is the file, the rest is text.
#include "core/base/error.h"
#include "core/inference/tokenizer/json_tokenizer.h"
#include "core/inference/tokenizer/sentencepiece_tokenizer.h"

#include <cstdlib>

using namespace quantlathe;

namespace {

void encode(const Tokenizer& tokenizer, std::string_view text)
{
    for (const bool parsesSpecial : {false, true}) {
        try {
            const auto tokens = tokenizer.encode(text, {.addSpecial = true, .parseSpecial = parsesSpecial});
            for (const TokenId token : tokens) {
                if (token < 0 || static_cast<std::size_t>(token) >= tokenizer.vocabularySize())
                    std::abort();
            }
            (void)tokenizer.decode(tokens);
        } catch (const Error&) {
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const bool isJson = input.starts_with("{");
    const std::size_t end = isJson ? input.find('\0') : std::string_view::npos;
    const std::string_view file = input.substr(0, end);
    const std::string_view own = end == std::string_view::npos ? std::string_view() : input.substr(end + 1);
    try {
        const auto tokenizer = isJson ? tokenizerFromJson(JsonFile::parse(file, "no-such-folder/tokenizer.json"))
                                      : tokenizerFromSentencePiece(file, "no-such-folder/tokenizer.model");
        encode(*tokenizer, own);
        encode(*tokenizer, "Hello  world's 12345\n\n\t\xC3\xA4\xE4\xB8\xAD\xF0\x9F\x98\x80\xE2\x96\x81<s>aab\xFF\xED\xA0\x80");
    } catch (const Error&) {
    }
    return 0;
}
