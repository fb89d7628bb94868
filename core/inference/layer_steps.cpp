// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/layer_steps.h"

#include "core/inference/elementwise.h"
#include "core/inference/forward_layer.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe {

namespace {

bool isOfAttention(LayerStep step)
{
    return step == LayerStep::AttentionInputs || step == LayerStep::Attended || step == LayerStep::Attention;
}

} // namespace

bool LayerRun::endsAt(LayerStep where, std::initializer_list<const LoadedMatrix*> matrices, const float* x, std::uint64_t stride, std::uint64_t rows) const
{
    if (step != where)
        return false;
    if (stepObserver) {
        std::vector<const Linear*> linears;
        for (const LoadedMatrix* matrix : matrices)
            linears.push_back(matrix->linear);
        stepObserver->onInputs(linears, x, rows, (*matrices.begin())->inputs(), stride);
    }
    return true;
}

void runStep(const ForwardPass& pass, const LoadedLayer& layer, LayerStep step, const TokenBatch& batch, float* hidden, const StepResults& results,
             ActivationObserver* observer, const RunControl& control)
{
    const Network& network = pass.network();
    const Attention& attention = layer.layer->attention;
    const std::uint64_t width = network.embeddingLength;
    RopeTable rope;
    if (attention.rope && isOfAttention(step))
        rope = makeRopeTable(network.ropes[*attention.rope], batch.longest());
    for (const Chunk& chunk : cutIntoChunks(network, *layer.layer, batch, pass.settings().memoryBytes)) {
        LayerRun run{layer, network, chunk.starts, &rope, nullptr, pass.pool(), pass.settings().threads, control};
        run.step = step;
        run.stepObserver = observer;
        if (results.attended)
            run.attended = results.attended + chunk.firstToken * attention.heads * attention.valueLength;
        if (results.inner && layer.layer->dense)
            run.inner = results.inner + chunk.firstToken * layer.layer->dense->up.outputs;
        float* const x = hidden + chunk.firstToken * width;
        const std::uint64_t count = run.tokens() * width;
        FloatBuffer branch = pass.pool().take(count);
        const auto runBranch = [&] { isOfAttention(step) ? runAttention(run, x, branch.data()) : runFeedForward(run, x, branch.data()); };
        runBranch();
        if (step != LayerStep::Attention && step != LayerStep::FeedForward)
            continue;
        FloatBuffer before = pass.pool().take(count);
        std::copy_n(x, count, before.data());
        elementwise::add(branch.data(), count, x);
        if (elementwise::isFinite(x, count))
            continue;
        std::copy_n(before.data(), count, x);
        run.isDiagnosing = true;
        run.attended = run.inner = nullptr;
        runBranch();
        throwNotFinite(network, layer.index);
    }
}

} // namespace quantlathe
