// SPDX-License-Identifier: GPL-3.0-or-later
// bench_methods [--inputs N] [--outputs N] [--tokens N] [--threads N] [--group N]: what the parts of GPTQ on one matrix take, in processor time, beside what
// OpenBLAS's sgemm and ssyrk alone do in the same run.
// bench_methods MODEL [--tokens N] [--ctx N] [--memory MiB] [--threads N]: the whole walk through a model's first layer.
#include "core/formats/open.h"
#include "core/inference/loaded_matrix.h"
#include "core/methods/blas.h"
#include "core/methods/integer_rounding.h"
#include "core/methods/layer_quantizer.h"
#include "core/methods/scheme_plan.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <functional>
#include <random>
#include <sys/resource.h>

using namespace quantlathe;

namespace {

struct Options
{
    const char* file = nullptr;
    std::uint64_t inputs = 2048;
    std::uint64_t outputs = 2048;
    std::uint64_t tokens = 8192;
    std::uint64_t context = 512;
    std::uint64_t group = 128;
    std::uint64_t memoryMiB = 4096;
    unsigned threads = 1;
};

Options parse(int argc, char** argv)
{
    Options options;
    for (int index = 1; index < argc; ++index) {
        const auto take = [&](const char* name, auto& number) {
            if (std::strcmp(argv[index], name) != 0 || index + 1 >= argc)
                return false;
            number = static_cast<std::remove_reference_t<decltype(number)>>(std::strtoull(argv[++index], nullptr, 10));
            return true;
        };
        if (!take("--inputs", options.inputs) && !take("--outputs", options.outputs) && !take("--tokens", options.tokens) && !take("--ctx", options.context)
            && !take("--group", options.group) && !take("--memory", options.memoryMiB) && !take("--threads", options.threads))
            options.file = argv[index];
    }
    return options;
}

double cpuSeconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double secondsOf(const std::function<void()>& work)
{
    const double start = cpuSeconds();
    work();
    return cpuSeconds() - start;
}

void line(const char* what, double seconds, double flops, double rate)
{
    fmt::print("{:<34} {:8.3f} s {:7.1f} GFLOP/s {:4.0f} % of BLAS alone\n", what, seconds, flops * 1e-9 / seconds, 100 * flops * 1e-9 / seconds / rate);
}

void benchMatrix(const Options& options)
{
    const std::uint64_t n = options.inputs;
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> x(std::min<std::uint64_t>(options.tokens, 2048) * n);
    for (float& value : x)
        value = normal(random);
    std::vector<float> weights(options.outputs * n);
    for (float& value : weights)
        value = 0.02f * normal(random);
    const std::uint64_t rows = x.size() / n;
    std::vector<float> c(n * n);
    double sgemm = 0;
    double ssyrk = 0;
    for (int round = 0; round < 3; ++round) {
        const std::uint64_t k = std::min<std::uint64_t>(rows, 1024);
        const std::uint64_t m = std::min<std::uint64_t>(n, 1024);
        const auto size = static_cast<double>(m) * static_cast<double>(m) * static_cast<double>(k);
        sgemm = std::max(sgemm, 2e-9 * size / secondsOf([&] { blas::multiply({true, false, m, m, k, 1, 0}, x.data(), n, x.data(), n, c.data(), n); }));
        ssyrk = std::max(ssyrk, 1e-9 * size / secondsOf([&] { blas::addSquare(m, k, 1, x.data(), n, 0, c.data(), n); }));
    }
    const auto inputs = static_cast<double>(n);
    const auto outputs = static_cast<double>(options.outputs);
    fmt::print("inputs {}, outputs {}, tokens {}, groups of {}; sgemm alone {:.1f} GFLOP/s, ssyrk alone {:.1f}\n", n, options.outputs, options.tokens, options.group, sgemm, ssyrk);
    Hessian hessian(n);
    std::uint64_t done = 0;
    const double gathered = secondsOf([&] {
        for (; done < options.tokens; done += rows)
            hessian.add(x.data(), rows, n, options.threads, {});
    });
    line("Hessian", gathered, inputs * inputs * static_cast<double>(done), ssyrk);
    std::optional<InverseFactor> factor;
    const double factored = secondsOf([&] { factor = InverseFactor::of(std::move(hessian), 0.01, true, options.threads, {}); });
    line("factor and inverse", factored, 2.0 / 3 * inputs * inputs * inputs, sgemm);
    const double judged = secondsOf([&] { (void)factor->energy(weights.data(), options.outputs, options.threads, {}); });
    IntegerRounding rounding({4, options.group, true, TensorType::F16, false}, options.outputs, n, {});
    const double rounded = secondsOf([&] { (void)roundWithFeedback(weights.data(), options.outputs, *factor, rounding, options.threads, {}); }) - judged;
    line("error feedback, 4 bits", rounded, inputs * inputs * outputs, sgemm);
    line("the outputs' energy", judged, 2 * inputs * inputs * outputs, sgemm);
    const double flops = inputs * inputs * static_cast<double>(done) + 2.0 / 3 * inputs * inputs * inputs + 3 * inputs * inputs * outputs;
    line("all", gathered + factored + rounded + judged, flops, sgemm);
}

void benchLayer(const Options& options)
{
    LayerRequest request;
    request.network = makeNetwork(openModel(options.file));
    request.plan = planFromScheme(*request.network->model, Target::Gptq, Method::Gptq, GroupScheme{4, options.group, true, TensorType::F16, false});
    request.settings.threads = options.threads;
    request.settings.memoryBytes = options.memoryMiB << 20;
    std::mt19937 random(1);
    for (std::uint64_t done = 0; done < options.tokens; done += options.context) {
        std::vector<TokenId> tokens(options.context);
        for (TokenId& token : tokens)
            token = static_cast<TokenId>(random() % request.network->vocabularySize);
        request.calibration.append(tokens);
    }
    const ForwardPass pass(request.network, {request.settings.threads, request.settings.memoryBytes / 4});
    const auto weights = storedWeights(request.network->model);
    HiddenStates hidden = pass.embed(*weights, request.calibration);
    std::vector<float> copy = hidden.values;
    LayerQuantizer quantizer(pass, request, weights, ".");
    std::uint64_t done = 0;
    const auto wall = std::chrono::steady_clock::now();
    const double whole = secondsOf([&] { (void)quantizer.run(0, hidden.values.data(), done, 1, {}); });
    const double wallSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - wall).count();
    const double forward = secondsOf([&] { quantizer.pass(0, *weights, copy.data(), {}); });
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    fmt::print("{} tokens through one of {} layers: {:.1f} CPU seconds ({:.1f} of wall time), of which one forward pass takes {:.1f}; {:.0f} CPU seconds for all layers; "
               "peak {:.2f} GiB resident\n",
               request.calibration.tokens.size(), request.network->layers.size(), whole, wallSeconds, forward, whole * static_cast<double>(request.network->layers.size()),
               static_cast<double>(usage.ru_maxrss) / (1 << 20));
}

} // namespace

int main(int argc, char** argv)
{
    const Options options = parse(argc, argv);
    if (options.file)
        benchLayer(options);
    else
        benchMatrix(options);
    return 0;
}
