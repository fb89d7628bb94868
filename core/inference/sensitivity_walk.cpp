// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/sensitivity_walk.h"

#include "core/analysis/quantization_error.h"
#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/inference/elementwise.h"
#include "core/inference/turned_matrix.h"
#include "core/model/stored_orientation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace quantlathe {

namespace {

/// Some tensors in other hands, the rest as stored.
class ChangedWeights : public WeightSource
{
public:
    explicit ChangedWeights(std::shared_ptr<const WeightSource> stored) : m_stored(std::move(stored)) {}
    void change(std::size_t tensor, std::shared_ptr<const WeightRows> rows) { m_changed[tensor] = std::move(rows); }

    [[nodiscard]] const Model& model() const override { return m_stored->model(); }
    [[nodiscard]] bool isAsStored(std::size_t tensor) const override { return !m_changed.contains(tensor); }
    [[nodiscard]] std::shared_ptr<const WeightRows> rows(std::size_t tensor, unsigned threads, const RunControl& control) const override
    {
        const auto found = m_changed.find(tensor);
        return found == m_changed.end() ? m_stored->rows(tensor, threads, control) : found->second;
    }

private:
    std::shared_ptr<const WeightSource> m_stored;
    std::map<std::size_t, std::shared_ptr<const WeightRows>> m_changed;
};

/// Sums over rows in a fixed order, whatever the threads.
class RowErrors
{
public:
    RowErrors(std::uint64_t rowLength, const TensorImportance& importance) : m_rowLength(rowLength), m_importance(importance) {}

    /// Rows [first, first + count). @param original writes rows of them, counted from the first
    template <typename Original>
    void add(std::uint64_t first, std::uint64_t count, const WeightRows& changed, const Original& original, unsigned threads, const RunControl& control)
    {
        constexpr std::uint64_t weightsPerRange = 1 << 18;
        const std::uint64_t perRange = std::max<std::uint64_t>(1, weightsPerRange / std::max<std::uint64_t>(1, m_rowLength));
        std::vector<ErrorSums> ranges((count + perRange - 1) / perRange);
        parallelFor(count, perRange, threads, {control.stop, nullptr}, [&](std::size_t begin, std::size_t end) {
            std::vector<float> before((end - begin) * m_rowLength);
            std::vector<float> after(before.size());
            original(begin, end - begin, before.data());
            changed.decodeRows(first + begin, end - begin, after.data());
            ImportanceRows factors(m_importance);
            for (std::size_t row = begin; row < end; ++row) {
                const std::size_t at = (row - begin) * m_rowLength;
                ranges[begin / perRange].add(sumsOf(before.data() + at, after.data() + at, m_rowLength, factors.of(first + row)));
            }
        });
        for (const ErrorSums& range : ranges)
            m_total.add(range);
    }
    [[nodiscard]] double relativeSquared() const
    {
        const double relative = m_total.weightedRelativeRms();
        return std::isfinite(relative) ? relative * relative : 0;
    }

private:
    std::uint64_t m_rowLength;
    const TensorImportance& m_importance;
    ErrorSums m_total;
};

/// Over all weights, weighted by @p importance where there is one.
double relativeSquaredOf(const Model& model, std::size_t index, const WeightRows& changed, const TensorImportance& importance, unsigned threads,
                         const RunControl& control)
{
    const Tensor& tensor = model.tensors()[index];
    if (!changed.isTurned()) {
        RowErrors errors(tensor.shape().rowLength(), importance);
        errors.add(0, tensor.shape().rowCount(), changed,
                   [&](std::uint64_t first, std::uint64_t count, float* weights) { tensor.decodeRows(first, count, weights); }, threads, control);
        return errors.relativeSquared();
    }
    const MatrixExtents extents = matrixExtents(model, index);
    const auto stored = storedRows(model, index);
    RowErrors errors(extents.inputs, importance);
    std::vector<float> turned(extents.outputs * extents.inputs);
    for (std::uint64_t matrix = 0; matrix < extents.matrices; ++matrix) {
        turn(*stored, {matrix * extents.inputs, extents.inputs, extents.outputs, 0, 1, extents.outputs}, threads, {control.stop, nullptr}, turned.data());
        const auto copy = [&](std::uint64_t first, std::uint64_t count, float* weights) {
            std::copy_n(turned.data() + first * extents.inputs, count * extents.inputs, weights);
        };
        errors.add(matrix * extents.outputs, extents.outputs, changed, copy, threads, control);
    }
    return errors.relativeSquared();
}

/// A candidate that fails is no reason to end: the others are measured. Being stopped and a changed source are.
template <typename Work>
bool succeeds(Work&& work)
{
    try {
        work();
        return true;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::BadFormat && error.kind() != ErrorKind::Unsupported)
            throw;
        return false;
    }
}

/// Predictions whose logits are held at a time, the same for every memory setting: sgemm's rounding may depend on it.
std::uint64_t positionsAtOnce(std::uint64_t vocabulary)
{
    constexpr std::uint64_t floats = 16 << 20;
    return std::clamp<std::uint64_t>(floats / std::max<std::uint64_t>(1, vocabulary), 16, 256);
}

bool affects(const SensitivityCandidate& candidate, std::size_t stage)
{
    return std::binary_search(candidate.stages.begin(), candidate.stages.end(), stage);
}

} // namespace

SensitivityClock::SensitivityClock(std::optional<std::chrono::duration<double>> budget)
{
    if (budget)
        m_deadline = m_start + std::chrono::duration_cast<Clock::duration>(*budget);
}

bool SensitivityClock::isTooMuch(double work) const
{
    if (!m_deadline || m_done <= 0)
        return false;
    const std::chrono::duration<double> passed = Clock::now() - m_start;
    const std::chrono::duration<double> left = *m_deadline - Clock::now();
    return passed.count() / m_done * work > left.count();
}

SensitivityWalk::SensitivityWalk(const ForwardPass& forward, const SensitivityProbes& probes, SensitivityClock& clock)
    : m_forward(forward), m_probes(probes), m_clock(clock), m_stored(storedWeights(forward.network().model)),
      m_probed(plannedWeights(forward.network().model, probes.plan, probes.importance)), m_relativeSquared(forward.network().model->tensors().size())
{
    const Network& network = forward.network();
    m_work.push_back(static_cast<double>(network.embeddingLength));
    for (std::size_t layer = 0; layer < network.layers.size(); ++layer) {
        double weights = 0;
        for (const std::size_t tensor : forward.tensorsOfLayer(layer))
            weights += static_cast<double>(network.model->tensors()[tensor].shape().weightCount());
        m_work.push_back(weights);
    }
    // The second half of each window is judged.
    m_work.push_back(static_cast<double>(network.output.outputs * network.output.inputs) / 2);
}

double SensitivityWalk::workFrom(std::size_t stage, std::uint64_t tokens) const
{
    double work = 0;
    for (; stage < m_work.size(); ++stage)
        work += m_work[stage];
    return work * static_cast<double>(tokens);
}

void SensitivityWalk::count(std::size_t stage, std::uint64_t tokens)
{
    const double work = m_work[stage] * static_cast<double>(tokens);
    m_clock.add(work);
    m_done += work;
}

/// Encodes what @p candidate changes at @p stage.
std::shared_ptr<const WeightSource> SensitivityWalk::changedWeights(const SensitivityCandidate& candidate, std::size_t stage,
                                                                    const RunControl& control)
{
    auto source = std::make_shared<ChangedWeights>(m_stored);
    const unsigned threads = m_forward.settings().threads;
    std::vector<std::size_t> tensors;
    std::set_intersection(candidate.tensors.begin(), candidate.tensors.end(), m_probes.tensorsOfStage[stage].begin(),
                          m_probes.tensorsOfStage[stage].end(), std::back_inserter(tensors));
    for (const std::size_t tensor : tensors) {
        const auto rows = m_probed->rows(tensor, threads, {control.stop, nullptr});
        keepError(tensor, *rows, control);
        source->change(tensor, rows);
    }
    return source;
}

void SensitivityWalk::keepError(std::size_t tensor, const WeightRows& rows, const RunControl& control)
{
    if (!m_relativeSquared[tensor])
        m_relativeSquared[tensor] = relativeSquaredOf(m_stored->model(), tensor, rows, m_probes.importance ? m_probes.importance->of(tensor) : TensorImportance(),
                                                      m_forward.settings().threads, control);
}

void SensitivityWalk::measureError(std::size_t tensor, const RunControl& control)
{
    keepError(tensor, *m_probed->rows(tensor, m_forward.settings().threads, {control.stop, nullptr}), control);
}

/// Those least expected to matter are given up while the rest takes longer than there is time.
void SensitivityWalk::giveUpLate(std::size_t stage, std::size_t blocksLeft, bool keepOne, std::uint64_t tokens,
                                 std::vector<SensitivityStream>& streams) const
{
    if (!m_clock.isLimited())
        return;
    while (true) {
        double work = 0;
        std::size_t alive = 0;
        SensitivityStream* least = nullptr;
        for (SensitivityStream& stream : streams) {
            if (!stream.isAlive)
                continue;
            ++alive;
            const std::size_t first = candidateOf(stream).stages.front();
            work += workFrom(std::max(stage, first), tokens);
            if (blocksLeft > 1)
                work += static_cast<double>(blocksLeft - 1) * workFrom(first, tokens);
            if (!least || candidateOf(stream).expected < candidateOf(*least).expected)
                least = &stream;
        }
        if (alive <= (keepOne ? 1U : 0U) || !m_clock.isTooMuch(work))
            return;
        least->isAlive = false;
        least->hidden = {};
    }
}

void SensitivityWalk::embed(SensitivityBlock& block, std::vector<SensitivityStream>& streams, HiddenStates& original, const RunControl& control)
{
    const RunControl silent{control.stop, nullptr};
    original = m_forward.embed(*m_stored, block.tokens, silent);
    for (SensitivityStream& stream : streams) {
        if (stream.isAlive && affects(candidateOf(stream), 0))
            stream.isAlive = succeeds([&] { stream.hidden = m_forward.embed(*changedWeights(candidateOf(stream), 0, control), block.tokens, silent); });
    }
    count(0, block.tokens.tokens.size());
}

void SensitivityWalk::runStage(std::size_t stage, SensitivityBlock& block, std::vector<SensitivityStream>& streams, HiddenStates& original,
                               bool withOriginal, const RunControl& control)
{
    const std::size_t layer = stage - 1;
    const RunControl silent{control.stop, nullptr};
    const std::uint64_t tokens = block.tokens.tokens.size();
    const auto loaded = m_forward.loadLayer(layer, *m_stored, silent);
    const auto alive = std::count_if(streams.begin(), streams.end(), [](const SensitivityStream& stream) { return stream.isAlive; });
    const std::string name = fmt::format("layer {} of {}, {} candidates", stage, m_forward.layerCount(), alive);
    for (SensitivityStream& stream : streams) {
        const SensitivityCandidate& candidate = candidateOf(stream);
        if (!stream.isAlive || candidate.stages.front() > stage)
            continue;
        m_progress.report(name, static_cast<std::uint64_t>(m_done), static_cast<std::uint64_t>(m_total));
        if (candidate.stages.front() == stage)
            stream.hidden = original;
        stream.isAlive = succeeds([&] {
            const auto own = affects(candidate, stage) ? m_forward.loadLayer(layer, *changedWeights(candidate, stage, control), silent) : loaded;
            m_forward.runLayer(*own, block.tokens, stream.hidden, nullptr, silent);
        });
        count(stage, tokens);
        if (!stream.isAlive)
            stream.hidden = {};
    }
    if (withOriginal) {
        m_progress.report(name, static_cast<std::uint64_t>(m_done), static_cast<std::uint64_t>(m_total));
        m_forward.runLayer(*loaded, block.tokens, original, nullptr, silent);
        count(stage, tokens);
    }
}

void SensitivityWalk::run(SensitivityBlock& block, std::size_t blocksLeft, bool keepOne, std::vector<SensitivityStream>& streams,
                          const RunControl& control)
{
    const std::size_t layers = m_forward.layerCount();
    const std::uint64_t tokens = block.tokens.tokens.size();
    const auto isWaiting = [&](std::size_t stage) {
        return std::any_of(streams.begin(), streams.end(), [&](const SensitivityStream& stream) {
            return stream.isAlive && candidateOf(stream).stages.front() > stage && candidateOf(stream).stages.front() <= layers;
        });
    };
    const auto hasBegun = [&](std::size_t stage) {
        return std::any_of(streams.begin(), streams.end(), [&](const SensitivityStream& stream) {
            return stream.isAlive && candidateOf(stream).stages.front() <= stage;
        });
    };
    std::size_t first = layers + 1;
    for (const SensitivityStream& stream : streams) {
        if (stream.isAlive)
            first = std::min(first, candidateOf(stream).stages.front());
    }
    if (std::none_of(streams.begin(), streams.end(), [](const SensitivityStream& stream) { return stream.isAlive; }))
        return;

    HiddenStates original;
    std::size_t stage = 1;
    const auto after = block.checkpoints.upper_bound(first);
    const bool isNeeded = first <= layers || !block.last;
    if (isNeeded && first > 0 && block.last && after != block.checkpoints.begin()) {
        stage = std::prev(after)->first;
        original = std::prev(after)->second;
    } else if (isNeeded) {
        embed(block, streams, original, control);
    }
    for (; isNeeded && stage <= layers; ++stage) {
        giveUpLate(stage, blocksLeft, keepOne, tokens, streams);
        const bool withOriginal = !block.last || isWaiting(stage);
        if (!withOriginal && !hasBegun(stage))
            break;
        const bool isCheckpoint = block.isKept && block.checkpointStep > 0 && (stage - 1) % block.checkpointStep == 0 && stage > 1;
        if (isCheckpoint && !block.last && !block.checkpoints.contains(stage))
            block.checkpoints[stage] = original;
        runStage(stage, block, streams, original, withOriginal, control);
    }
    if (!block.last)
        block.last = std::move(original);
    judge(block, streams, control);
    for (SensitivityStream& stream : streams)
        stream.hidden = {};
    if (!block.isKept)
        block.last.reset();
}

void SensitivityWalk::judge(const SensitivityBlock& block, std::vector<SensitivityStream>& streams, const RunControl& control)
{
    const Network& network = m_forward.network();
    const std::size_t stage = network.layers.size() + 1;
    const unsigned threads = m_forward.settings().threads;
    const RunControl silent{control.stop, nullptr};
    const std::uint64_t vocabulary = network.output.outputs;
    const std::uint64_t width = network.embeddingLength;
    const auto output = m_forward.loadOutput(*m_stored, silent);
    std::vector<std::shared_ptr<const LoadedOutput>> own(streams.size(), output);
    for (std::size_t index = 0; index < streams.size(); ++index) {
        const SensitivityCandidate& candidate = candidateOf(streams[index]);
        if (streams[index].isAlive && affects(candidate, stage))
            streams[index].isAlive = succeeds([&] { own[index] = m_forward.loadOutput(*changedWeights(candidate, stage, control), silent); });
    }
    const auto alive = std::count_if(streams.begin(), streams.end(), [](const SensitivityStream& stream) { return stream.isAlive; });
    const std::string name = fmt::format("comparing predictions of {} candidates", alive);

    const std::uint64_t atOnce = positionsAtOnce(vocabulary);
    std::vector<float> before(atOnce * vocabulary);
    std::vector<float> after(before.size());
    std::vector<double> logSums(atOnce);
    std::vector<double> divergences(atOnce);
    for (std::size_t sequence = 0; sequence < block.tokens.sequenceCount(); ++sequence) {
        const std::uint64_t begin = block.tokens.starts[sequence];
        const std::uint64_t end = block.tokens.starts[sequence + 1];
        for (std::uint64_t row = begin + (end - begin) / 2; row + 1 < end; row += atOnce) {
            const std::uint64_t rows = std::min(atOnce, end - 1 - row);
            m_progress.report(name, static_cast<std::uint64_t>(m_done), static_cast<std::uint64_t>(m_total));
            m_forward.logits(*output, block.last->values.data() + row * width, rows, before.data(), nullptr, silent);
            parallelFor(rows, 8, threads, silent, [&](std::size_t from, std::size_t to) {
                for (std::size_t position = from; position < to; ++position)
                    logSums[position] = elementwise::summarize(before.data() + position * vocabulary, vocabulary).logSumExp;
            });
            for (std::size_t index = 0; index < streams.size(); ++index) {
                SensitivityStream& stream = streams[index];
                if (!stream.isAlive)
                    continue;
                // Where nothing but the output is changed, what goes into it is the original's.
                const HiddenStates& hidden = candidateOf(stream).stages.front() == stage ? *block.last : stream.hidden;
                stream.isAlive = succeeds(
                    [&] { m_forward.logits(*own[index], hidden.values.data() + row * width, rows, after.data(), nullptr, silent); });
                if (!stream.isAlive)
                    continue;
                parallelFor(rows, 8, threads, silent, [&](std::size_t from, std::size_t to) {
                    for (std::size_t position = from; position < to; ++position) {
                        const float* changed = after.data() + position * vocabulary;
                        divergences[position]
                            = elementwise::klDivergence(before.data() + position * vocabulary, logSums[position], changed,
                                                        elementwise::summarize(changed, vocabulary).logSumExp, vocabulary);
                    }
                });
                for (std::uint64_t position = 0; position < rows; ++position) {
                    ++stream.count;
                    stream.sum += divergences[position];
                    stream.sumOfSquares += divergences[position] * divergences[position];
                }
                // A position counts for two tokens: m_work holds the half that is judged.
                const double work = m_work[stage] * 2 * static_cast<double>(rows);
                m_clock.add(work);
                m_done += work;
            }
        }
    }
}

} // namespace quantlathe
