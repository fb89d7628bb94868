// SPDX-License-Identifier: GPL-3.0-or-later
// What llama.cpp makes of a GGUF: logits of given tokens, tokens of given texts.
//     llama_probe LIBLLAMA.so MODEL.gguf REQUEST.json
// The request holds "ids" with "logits", a file for the logits after each of them (raw floats, one row of the vocabulary's size per token),
// and "texts". Prints {"vocabulary", "tokens": ids of each text, special tokens recognised, nothing added}. Exit 1: the model or the run failed; 2: usage.
#include "llama_library.h"

#include <fstream>
#include <vector>

#include <nlohmann/json.hpp>

using namespace llama_interop;
using nlohmann::json;

namespace {

std::vector<Token> tokensOf(const Library& llama, const Vocabulary* vocabulary, const std::string& text)
{
    std::vector<Token> tokens(text.size() + 16);
    const auto count = llama.function<std::int32_t(const Vocabulary*, const char*, std::int32_t, Token*, std::int32_t, bool, bool)>("llama_tokenize")(
        vocabulary, text.data(), static_cast<std::int32_t>(text.size()), tokens.data(), static_cast<std::int32_t>(tokens.size()), false, true);
    if (count < 0)
        throw std::runtime_error("A text has more tokens than bytes.");
    tokens.resize(static_cast<std::size_t>(count));
    return tokens;
}

void writeLogits(const Library& llama, Model* model, std::size_t vocabularySize, std::vector<Token> ids, const std::string& path)
{
    auto* context = llama.function<Context*(Model*, ContextParameters)>("llama_init_from_model")(model, llama.function<ContextParameters()>("llama_context_default_params")());
    if (!context || ids.size() > contextTokens)
        throw std::runtime_error("llama.cpp makes no context for so many tokens");
    llama.function<void(Context*, std::int32_t, std::int32_t)>("llama_set_n_threads")(context, 1, 1);
    auto* makeBatch = llama.function<Batch(Token*, std::int32_t)>("llama_batch_get_one");
    auto* decode = llama.function<std::int32_t(Context*, Batch)>("llama_decode");
    auto* logitsAt = llama.function<float*(Context*, std::int32_t)>("llama_get_logits_ith");
    std::ofstream file(path, std::ios::binary);
    for (Token& id : ids) {
        if (decode(context, makeBatch(&id, 1)) != 0)
            throw std::runtime_error("llama.cpp fails to run the model");
        file.write(reinterpret_cast<const char*>(logitsAt(context, -1)), static_cast<std::streamsize>(vocabularySize * sizeof(float)));
    }
    file.close();
    llama.function<void(Context*)>("llama_free")(context);
    if (file.fail())
        throw std::runtime_error("cannot write " + path);
}

json run(const std::string& libraryPath, const std::string& modelPath, const json& request)
{
    const Library llama(libraryPath);
    auto* model = llama.function<Model*(const char*, ModelParameters)>("llama_model_load_from_file")(modelPath.c_str(), llama.function<ModelParameters()>("llama_model_default_params")());
    if (!model)
        throw std::runtime_error("llama.cpp does not load " + modelPath);
    const auto* vocabulary = llama.function<const Vocabulary*(const Model*)>("llama_model_get_vocab")(model);
    const auto size = static_cast<std::size_t>(llama.function<std::int32_t(const Vocabulary*)>("llama_vocab_n_tokens")(vocabulary));
    json result{{"vocabulary", size}, {"tokens", json::array()}};
    if (request.contains("ids"))
        writeLogits(llama, model, size, request["ids"].get<std::vector<Token>>(), request["logits"].get<std::string>());
    for (const json& text : request.value("texts", json::array()))
        result["tokens"].push_back(tokensOf(llama, vocabulary, text.get<std::string>()));
    llama.function<void(Model*)>("llama_model_free")(model);
    return result;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc != 4) {
        std::cerr << "usage: llama_probe LIBLLAMA.so MODEL.gguf REQUEST.json\n";
        return 2;
    }
    try {
        std::ifstream request(argv[3]);
        std::cout << run(argv[1], argv[2], json::parse(request)).dump() << '\n';
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "llama_probe: " << error.what() << '\n';
        return 1;
    }
}
