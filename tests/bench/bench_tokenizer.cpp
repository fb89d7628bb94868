// SPDX-License-Identifier: GPL-3.0-or-later
// Tokens of English text: megabytes per second on one thread, for each kind of tokenizer and for texts that are hard on it.
// QUANTLATHE_TEXT names a text file, QUANTLATHE_TOKENIZERS a folder of tokenizers beside the ones of the tests.
#include "core/inference/tokenizer/tokenizer.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

using namespace quantlathe;

namespace {

constexpr std::size_t textBytes = 1u << 20;

std::string readText()
{
    const char* named = std::getenv("QUANTLATHE_TEXT");
    std::ifstream stream(named ? named : QUANTLATHE_SOURCE_DIR "/resources/sample/heldout.txt", std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), {}};
    while (!text.empty() && text.size() < textBytes)
        text += text.substr(0, textBytes - text.size());
    return text.substr(0, textBytes);
}

void run(benchmark::State& state, const std::filesystem::path& path, const std::string& text)
{
    if (!std::filesystem::exists(path) || text.empty()) {
        state.SkipWithError("no such file");
        return;
    }
    const auto tokenizer = loadTokenizer(path);
    std::size_t tokens = 0;
    for (auto _ : state)
        tokens = tokenizer->encode(text).size();
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
    state.counters["tokens"] = static_cast<double>(tokens);
}

std::filesystem::path own(const char* relative)
{
    return std::filesystem::path(QUANTLATHE_SOURCE_DIR "/tests/fixtures/tokenizers/own") / relative;
}

std::filesystem::path foreign(const char* relative)
{
    const char* folder = std::getenv("QUANTLATHE_TOKENIZERS");
    return std::filesystem::path(folder ? folder : QUANTLATHE_SOURCE_DIR "/../shared/data/models/found") / relative;
}

void byteLevelGpt2(benchmark::State& state) { run(state, foreign("gguf-vocab/ggml-vocab-gpt-2.gguf"), readText()); }
void sentencePieceLlama(benchmark::State& state) { run(state, foreign("gguf-vocab/ggml-vocab-llama-spm.gguf"), readText()); }
void sentencePieceModel(benchmark::State& state) { run(state, foreign("tokenizers/mistral/tokenizer.model.v1"), readText()); }
void jsonWithByteFallback(benchmark::State& state) { run(state, foreign("tokenizers/phi-3-mini/tokenizer.json"), readText()); }
void llama3(benchmark::State& state) { run(state, own("llama-bpe/vocab.gguf"), readText()); }
void tekken(benchmark::State& state) { run(state, own("tekken/tokenizer.json"), readText()); }
void deepseek3(benchmark::State& state) { run(state, own("deepseek-v3/vocab.gguf"), readText()); }
void unigram(benchmark::State& state) { run(state, own("spm-unigram/tokenizer.model"), readText()); }
void oneWord(benchmark::State& state) { run(state, foreign("gguf-vocab/ggml-vocab-gpt-2.gguf"), std::string(textBytes, 'a')); }
void blanks(benchmark::State& state) { run(state, own("llama-bpe/vocab.gguf"), std::string(textBytes, ' ')); }

BENCHMARK(byteLevelGpt2);
BENCHMARK(sentencePieceLlama);
BENCHMARK(sentencePieceModel);
BENCHMARK(jsonWithByteFallback);
BENCHMARK(llama3);
BENCHMARK(tekken);
BENCHMARK(deepseek3);
BENCHMARK(unigram);
BENCHMARK(oneWord);
BENCHMARK(blanks);

} // namespace
