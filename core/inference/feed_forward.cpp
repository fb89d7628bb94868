// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/parallel.h"
#include "core/inference/elementwise.h"
#include "core/inference/forward_layer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace quantlathe {

namespace {

constexpr std::uint64_t tokensAtOnce = 16;
// gpt-oss' constants.
constexpr float swigluSlope = 1.702f;
constexpr float swigluLimit = 7.0f;

void activate(Activation activation, const float* gate, const float* up, std::uint64_t count, float* y)
{
    switch (activation) {
    case Activation::Silu:
        elementwise::siluTimes(gate, up, count, y);
        break;
    case Activation::GeluTanh:
        elementwise::geluTanhTimes(gate, up, count, y);
        break;
    case Activation::GeluErf:
        elementwise::geluErfTimes(gate, up, count, y);
        break;
    case Activation::ClampedSwiglu:
        elementwise::clampedSwiglu(gate, up, count, swigluSlope, swigluLimit, y);
        break;
    }
}

/// @p rows rows through gate and up. False where the step ended before.
bool runInner(const LayerRun& run, const LoadedFeedForward& part, const float* x, std::uint64_t rows, float* up)
{
    const std::uint64_t width = run.network.embeddingLength;
    const std::uint64_t length = part.up.outputs();
    if (run.step == LayerStep::FeedForwardInputs) {
        return part.gate ? !run.endsAt(LayerStep::FeedForwardInputs, {&*part.gate, &part.up}, x, width, rows)
                         : !run.endsAt(LayerStep::FeedForwardInputs, {&part.up}, x, width, rows);
    }
    FloatBuffer gate = run.pool.take(part.gate ? rows * length : 0);
    if (part.gate) {
        const Product products[] = {{&*part.gate, gate.data(), length}, {&part.up, up, length}};
        run.multiply(products, x, width, rows);
    } else {
        const Product products[] = {{&part.up, up, length}};
        run.multiply(products, x, width, rows);
    }
    parallelFor(rows, tokensAtOnce, run.threads, run.control, [&](std::size_t begin, std::size_t end) {
        const std::uint64_t first = begin * length;
        const std::uint64_t count = (end - begin) * length;
        if (part.gate)
            activate(part.activation, gate.data() + first, up + first, count, up + first);
        else
            activate(part.activation, up + first, nullptr, count, up + first);
    });
    return true;
}

/// @p rows rows through gate, up and down.
void runDense(const LayerRun& run, const LoadedFeedForward& part, const float* x, std::uint64_t rows, float* result)
{
    const std::uint64_t width = run.network.embeddingLength;
    const std::uint64_t length = part.up.outputs();
    const bool isKept = run.inner && run.step == LayerStep::FeedForward;
    FloatBuffer buffer = run.pool.take(run.inner ? 0 : rows * length);
    float* const up = run.inner ? run.inner : buffer.data();
    if (!isKept && !runInner(run, part, x, rows, up))
        return;
    if (run.endsAt(LayerStep::Inner, {&part.down}, up, length, rows))
        return;
    const Product products[] = {{&part.down, result, width}};
    run.multiply(products, up, length, rows);
}

/// Which tokens go to an expert, and with which weight.
struct Routed
{
    std::vector<std::uint64_t> tokens;
    std::vector<float> weights;
};

std::vector<Routed> route(const LayerRun& run, const float* x)
{
    const ExpertFeedForward& rules = *run.layer.layer->experts;
    const std::uint64_t tokens = run.tokens();
    const std::uint64_t experts = run.layer.router.outputs();
    std::vector<float> scores(tokens * experts);
    const Product products[] = {{&run.layer.router, scores.data(), experts}};
    run.multiply(products, x, run.network.embeddingLength, tokens);
    std::vector<Routed> routed(experts);
    std::vector<std::uint32_t> order(experts);
    for (std::uint64_t token = 0; token < tokens; ++token) {
        float* row = scores.data() + token * experts;
        elementwise::softmax(row, experts, 1, 0, nullptr);
        std::iota(order.begin(), order.end(), 0u);
        const auto isBetter = [&](std::uint32_t a, std::uint32_t b) { return row[a] > row[b] || (row[a] == row[b] && a < b); };
        const auto last = order.begin() + static_cast<std::ptrdiff_t>(rules.used);
        std::partial_sort(order.begin(), last, order.end(), isBetter);
        float sum = 1;
        if (rules.isNormalised) {
            sum = 0;
            for (auto expert = order.begin(); expert != last; ++expert)
                sum += row[*expert];
        }
        for (auto expert = order.begin(); expert != last; ++expert) {
            routed[*expert].tokens.push_back(token);
            routed[*expert].weights.push_back(row[*expert] / sum);
        }
    }
    return routed;
}

void runExperts(const LayerRun& run, const float* x, float* result)
{
    const std::uint64_t width = run.network.embeddingLength;
    const std::vector<Routed> routed = route(run, x);
    std::fill(result, result + run.tokens() * width, 0.0f);
    for (std::size_t expert = 0; expert < routed.size(); ++expert) {
        const Routed& part = routed[expert];
        if (part.tokens.empty())
            continue;
        FloatBuffer gathered = run.pool.take(part.tokens.size() * width);
        FloatBuffer partial = run.pool.take(part.tokens.size() * width);
        for (std::size_t row = 0; row < part.tokens.size(); ++row)
            std::copy_n(x + part.tokens[row] * width, width, gathered.data() + row * width);
        runDense(run, run.layer.experts[expert], gathered.data(), part.tokens.size(), partial.data());
        if (run.endsEarly())
            continue;
        for (std::size_t row = 0; row < part.tokens.size(); ++row)
            elementwise::addScaled(partial.data() + row * width, part.weights[row], width, result + part.tokens[row] * width);
    }
    if (!run.layer.shared)
        return;
    FloatBuffer partial = run.pool.take(run.tokens() * width);
    runDense(run, *run.layer.shared, x, run.tokens(), partial.data());
    if (run.endsEarly())
        return;
    std::vector<float> factors(run.tokens(), 1.0f);
    if (run.layer.sharedGate) {
        const Product products[] = {{&*run.layer.sharedGate, factors.data(), 1}};
        run.multiply(products, x, width, run.tokens());
        for (float& factor : factors)
            factor = 1 / (1 + std::exp(-factor));
    }
    for (std::uint64_t token = 0; token < run.tokens(); ++token)
        elementwise::addScaled(partial.data() + token * width, factors[token], width, result + token * width);
}

} // namespace

void runFeedForward(const LayerRun& run, const float* x, float* result)
{
    const std::uint64_t width = run.network.embeddingLength;
    const std::uint64_t tokens = run.tokens();
    FloatBuffer normed;
    if (run.layer.feedForwardNorm) {
        normed = run.pool.take(tokens * width);
        run.layer.feedForwardNorm->apply(x, width, tokens, width, normed.data(), width, run.threads, run.control);
        x = normed.data();
    }
    if (run.layer.dense)
        runDense(run, *run.layer.dense, x, tokens, result);
    else
        runExperts(run, x, result);
    if (run.endsEarly())
        return;
    if (run.layer.postFeedForwardNorm)
        run.layer.postFeedForwardNorm->apply(result, width, tokens, width, result, width, run.threads, run.control);
}

} // namespace quantlathe
