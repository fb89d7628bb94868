// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli tokenize MODEL: a text as the model sees it, ids and pieces.
#include "app/cli/invocation.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/inference/tokenizer/tokenizer.h"

#include <cstdio>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <system_error>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string model;
    std::string file;
    std::string prompt;
    bool isPromptGiven = false;
    bool withoutSpecial = false;
    bool parsesSpecial = false;
};

std::string readText(const Options& options)
{
    if (options.isPromptGiven)
        return options.prompt;
    if (options.file == "-")
        return {std::istreambuf_iterator<char>(std::cin), {}};
    std::ifstream stream(options.file, std::ios::binary);
    std::error_code ignored;
    if (!stream || std::filesystem::is_directory(options.file, ignored))
        throw systemError(stream ? EISDIR : errno, "read", options.file);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (stream.bad())
        throw Error(ErrorKind::Io, "reading stopped half-way", {options.file, std::nullopt, {}});
    return text;
}

Json idJson(const std::optional<TokenId>& id)
{
    return id ? Json(*id) : Json(nullptr);
}

void printJson(const Options& options, const Tokenizer& tokenizer, const std::vector<TokenId>& tokens, std::size_t bytes)
{
    Json ids = Json::array();
    Json pieces = Json::array();
    for (const TokenId token : tokens) {
        ids.push_back(token);
        pieces.push_back(tokenizer.tokenText(token));
    }
    print(Json{{"path", options.model},
               {"tokenizer", tokenizer.describe()},
               {"vocabulary", tokenizer.vocabularySize()},
               {"bos", idJson(tokenizer.bos())},
               {"eos", idJson(tokenizer.eos())},
               {"unknown", idJson(tokenizer.unknown())},
               {"addsBos", tokenizer.addsBos()},
               {"addsEos", tokenizer.addsEos()},
               {"bytes", bytes},
               {"count", tokens.size()},
               {"ids", std::move(ids)},
               {"pieces", std::move(pieces)}});
}

void run(const Invocation& invocation, const Options& options)
{
    const auto tokenizer = loadTokenizer(std::filesystem::path(options.model));
    const std::string text = readText(options);
    const auto tokens = tokenizer->encode(text, {.addSpecial = !options.withoutSpecial, .parseSpecial = options.parsesSpecial});
    if (invocation.json) {
        printJson(options, *tokenizer, tokens, text.size());
        return;
    }
    for (const TokenId token : tokens)
        print(fmt::format("{:>7}  '{}'", token, printable(tokenizer->tokenText(token), longestPath)));
    print(fmt::format("\n{} tokens for {} bytes; {}", tokens.size(), text.size(), tokenizer->describe()));
}

} // namespace

void addTokenize(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "tokenize", "Show the tokens of a text", [&invocation, options] {
        run(invocation, *options);
    });
    command->add_option("MODEL", options->model, "A GGUF file, a Hugging Face folder, a tokenizer.json or a SentencePiece model")->required();
    auto* source = command->add_option_group("source");
    source->add_option("--text", options->file, "A file with the text; - for standard input");
    source->add_option_function<std::string>(
        "--prompt",
        [options](const std::string& text) {
            options->prompt = text;
            options->isPromptGiven = true;
        },
        "The text itself");
    source->require_option(1);
    command->add_flag("--no-special", options->withoutSpecial, "Without the tokens the model wants around a text (beginning, end)");
    command->add_flag("--parse-special", options->parsesSpecial, "Names of special tokens in the text become those tokens");
}

} // namespace quantlathe::cli
