// SPDX-License-Identifier: GPL-3.0-or-later
// Loads a GGUF in llama.cpp's shared library and continues a prompt greedily, on one thread:
//     llama_run LIBLLAMA.so MODEL.gguf PROMPT COUNT [LOGITS]
// prints {"library","model","prompt_tokens","tokens","text","ended","vocabulary"} as JSON. LOGITS is a file for the logits
// after each token of the prompt, raw floats, one row of the vocabulary's size per token; the prompt then goes in token by
// token. Exit 1: the model or the run failed; 2: usage.
#include "llama_library.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace {

using namespace llama_interop;

std::vector<Token> tokenize(const Library& llama, const Vocabulary* vocabulary, const std::string& text)
{
    std::vector<Token> tokens(text.size() + 16);
    const auto count = llama.function<std::int32_t(const Vocabulary*, const char*, std::int32_t, Token*,
                                                   std::int32_t, bool, bool)>("llama_tokenize")(
        vocabulary, text.data(), static_cast<std::int32_t>(text.size()), tokens.data(),
        static_cast<std::int32_t>(tokens.size()), true, false);
    if (count <= 0)
        throw std::runtime_error("The prompt has no tokens.");
    tokens.resize(static_cast<std::size_t>(count));
    return tokens;
}

std::string piece(const Library& llama, const Vocabulary* vocabulary, Token token)
{
    std::string text(256, '\0');
    const auto length =
        llama.function<std::int32_t(const Vocabulary*, Token, char*, std::int32_t, std::int32_t, bool)>(
            "llama_token_to_piece")(vocabulary, token, text.data(), static_cast<std::int32_t>(text.size()), 0,
                                    true);
    text.resize(static_cast<std::size_t>(std::max(length, 0)));
    return text;
}

nlohmann::json run(const std::string& libraryPath, const std::string& modelPath, const std::string& prompt,
                   std::size_t count, const std::string& logitsPath)
{
    const Library llama(libraryPath);
    auto* model = llama.function<Model*(const char*, ModelParameters)>("llama_model_load_from_file")(
        modelPath.c_str(), llama.function<ModelParameters()>("llama_model_default_params")());
    if (!model)
        throw std::runtime_error("llama.cpp does not load " + modelPath);
    const auto* vocabulary = llama.function<const Vocabulary*(const Model*)>("llama_model_get_vocab")(model);
    auto* context = llama.function<Context*(Model*, ContextParameters)>("llama_init_from_model")(
        model, llama.function<ContextParameters()>("llama_context_default_params")());
    if (!context)
        throw std::runtime_error("llama.cpp makes no context for " + modelPath);
    llama.function<void(Context*, std::int32_t, std::int32_t)>("llama_set_n_threads")(context, 1, 1);

    const auto vocabularySize = static_cast<std::size_t>(
        llama.function<std::int32_t(const Vocabulary*)>("llama_vocab_n_tokens")(vocabulary));
    auto* makeBatch = llama.function<Batch(Token*, std::int32_t)>("llama_batch_get_one");
    auto* decode = llama.function<std::int32_t(Context*, Batch)>("llama_decode");
    auto* logitsAt = llama.function<float*(Context*, std::int32_t)>("llama_get_logits_ith");
    auto* endsText = llama.function<bool(const Vocabulary*, Token)>("llama_vocab_is_eog");

    const auto promptTokens = tokenize(llama, vocabulary, prompt);
    if (promptTokens.size() + count > contextTokens)
        throw std::runtime_error("Prompt and continuation must fit into " + std::to_string(contextTokens) +
                                 " tokens.");

    std::ofstream logitsFile;
    if (!logitsPath.empty())
        logitsFile.open(logitsPath, std::ios::binary);
    std::vector<Token> pending = promptTokens;
    std::size_t fed = 0; // of the prompt
    if (logitsFile.is_open())
        pending = {promptTokens[fed++]};
    std::vector<Token> tokens;
    std::string text;
    bool ended = false;
    while (tokens.size() < count && !ended) {
        if (decode(context, makeBatch(pending.data(), static_cast<std::int32_t>(pending.size()))) != 0)
            throw std::runtime_error("llama.cpp fails to run " + modelPath);
        const float* logits = logitsAt(context, -1);
        if (logitsFile.is_open() && tokens.empty()) {
            logitsFile.write(reinterpret_cast<const char*>(logits),
                             static_cast<std::streamsize>(vocabularySize * sizeof(float)));
            if (fed < promptTokens.size()) {
                pending = {promptTokens[fed++]};
                continue;
            }
        }
        const auto best = static_cast<Token>(std::max_element(logits, logits + vocabularySize) - logits);
        ended = endsText(vocabulary, best);
        tokens.push_back(best);
        if (!ended)
            text += piece(llama, vocabulary, best);
        pending = {best};
    }
    logitsFile.close();
    if (!logitsPath.empty() && logitsFile.fail())
        throw std::runtime_error("cannot write " + logitsPath);
    llama.function<void(Context*)>("llama_free")(context);
    llama.function<void(Model*)>("llama_model_free")(model);
    return {{"library", std::filesystem::path(libraryPath).filename().string()},
            {"model", std::filesystem::path(modelPath).filename().string()},
            {"prompt_tokens", promptTokens},
            {"tokens", tokens},
            {"text", text},
            {"ended", ended},
            {"vocabulary", vocabularySize}};
}

} // namespace

int main(int argc, char** argv)
{
    char* end = nullptr;
    const long count = argc == 5 || argc == 6 ? std::strtol(argv[4], &end, 10) : 0;
    if (count <= 0 || *end != '\0') {
        std::cerr << "usage: llama_run LIBLLAMA.so MODEL.gguf PROMPT COUNT [LOGITS]\n";
        return 2;
    }
    try {
        std::cout << run(argv[1], argv[2], argv[3], static_cast<std::size_t>(count), argc == 6 ? argv[5] : "")
                         .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                  << '\n';
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "llama_run: " << error.what() << '\n';
        return 1;
    }
}
