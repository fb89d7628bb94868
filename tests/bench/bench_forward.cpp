// SPDX-License-Identifier: GPL-3.0-or-later
// bench_forward MODEL [--tokens N] [--ctx N] [--threads N] [--memory MiB] [--type T]: tokens per second of processor time of a forward pass
// over random tokens, logits for half of the positions as a perplexity needs them, beside what sgemm alone does on the same shapes in
// the same run. --type runs the weights as that type would leave them.
#include "core/formats/open.h"
#include "core/inference/forward_pass.h"
#include "core/inference/loaded_matrix.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <random>
#include <sys/resource.h>

using namespace quantlathe;

namespace {

struct Options
{
    const char* file = nullptr;
    std::uint64_t tokens = 2048;
    std::uint64_t context = 512;
    ForwardSettings settings{.threads = 1};
    const char* type = nullptr;
};

double cpuSeconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Options parse(int argc, char** argv)
{
    Options options;
    for (int index = 1; index < argc; ++index) {
        const auto is = [&](const char* name) { return std::strcmp(argv[index], name) == 0 && index + 1 < argc; };
        if (is("--tokens"))
            options.tokens = std::strtoull(argv[++index], nullptr, 10);
        else if (is("--ctx"))
            options.context = std::strtoull(argv[++index], nullptr, 10);
        else if (is("--threads"))
            options.settings.threads = static_cast<unsigned>(std::strtoul(argv[++index], nullptr, 10));
        else if (is("--memory"))
            options.settings.memoryBytes = std::strtoull(argv[++index], nullptr, 10) << 20;
        else if (is("--type"))
            options.type = argv[++index];
        else
            options.file = argv[index];
    }
    return options;
}

/// Gigaflops per second of one sgemm of @p tokens rows with a matrix of the model.
double plainRate(std::uint64_t tokens, std::uint64_t outputs, std::uint64_t inputs)
{
    std::vector<float> x(tokens * inputs, 0.5f), w(outputs * inputs, 0.25f), y(tokens * outputs);
    double best = 0;
    for (int round = 0; round < 5; ++round) {
        const double start = cpuSeconds();
        productTransposed(tokens, outputs, inputs, x.data(), inputs, w.data(), inputs, y.data(), outputs);
        const double rate = 2e-9 * static_cast<double>(tokens * outputs * inputs) / (cpuSeconds() - start);
        best = rate > best ? rate : best;
    }
    return best;
}

} // namespace

int main(int argc, char** argv)
{
    const Options options = parse(argc, argv);
    if (!options.file) {
        std::fprintf(stderr, "usage: bench_forward MODEL [--tokens N] [--ctx N] [--threads N] [--memory MiB] [--type T]\n");
        return 2;
    }
    const auto model = openModel(options.file);
    const auto network = makeNetwork(model);
    const ForwardPass pass(network, options.settings);
    auto weights = storedWeights(model);
    if (options.type) {
        Plan plan;
        for (std::size_t index = 0; index < model->tensors().size(); ++index) {
            if (isQuantizable(model->tensors()[index], model->place(index)))
                plan.setChoice(model->tensors()[index].name(), Choice{*tensorTypeFromName(options.type), Method::RoundToNearest});
        }
        weights = plannedWeights(model, plan);
    }
    TokenBatch batch;
    std::mt19937 random(1);
    for (std::uint64_t done = 0; done < options.tokens; done += options.context) {
        std::vector<TokenId> tokens(options.context);
        for (TokenId& token : tokens)
            token = static_cast<TokenId>(random() % network->vocabularySize);
        batch.append(tokens);
    }
    double load = 0;
    double layers = 0;
    double flops = 0;
    double start = cpuSeconds();
    const auto lap = [&](double& sum) {
        const double now = cpuSeconds();
        sum += now - start;
        start = now;
    };
    const auto wall = std::chrono::steady_clock::now();
    HiddenStates hidden = pass.embed(*weights, batch);
    for (std::size_t layer = 0; layer < pass.layerCount(); ++layer) {
        const auto loaded = pass.loadLayer(layer, *weights);
        lap(load);
        pass.runLayer(*loaded, batch, hidden);
        lap(layers);
    }
    for (const Tensor& tensor : model->tensors()) {
        if (tensor.name().starts_with("blk.") && tensor.shape().rank() == 2)
            flops += 2.0 * static_cast<double>(tensor.shape().weightCount() * batch.tokens.size());
    }
    double output = 0;
    const auto head = pass.loadOutput(*weights);
    lap(load);
    const std::uint64_t scored = options.context / 2;
    std::vector<float> logits(scored * network->vocabularySize);
    for (std::size_t sequence = 0; sequence < batch.sequenceCount(); ++sequence) {
        pass.logits(*head, hidden.values.data() + (batch.starts[sequence] + scored) * hidden.width, scored, logits.data());
        flops += 2.0 * static_cast<double>(scored * network->vocabularySize * network->embeddingLength);
    }
    lap(output);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count();
    const double total = load + layers + output;
    const double plain = plainRate(1024, 512, network->embeddingLength);
    fmt::print("{} tokens, context {}: {:.1f} tokens per CPU second ({:.1f} per second of wall time); decoding {:.2f} s, layers {:.2f} s, output {:.2f} s; "
               "{:.0f} GFLOP/s, sgemm alone {:.0f} ({:.0f} %): it alone would allow {:.1f} tokens per CPU second\n",
               batch.tokens.size(), options.context, static_cast<double>(batch.tokens.size()) / total, static_cast<double>(batch.tokens.size()) / seconds, load,
               layers, output, flops * 1e-9 / total, plain, 100 * flops * 1e-9 / total / plain,
               static_cast<double>(batch.tokens.size()) * plain / (flops * 1e-9));
    return 0;
}
