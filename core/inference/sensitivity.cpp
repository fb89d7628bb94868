// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/sensitivity.h"

#include "core/analysis/quantization_error.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/inference/sensitivity_walk.h"
#include "core/model/stored_orientation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace quantlathe {

namespace {

using State = TensorSensitivity::State;

/// Weights that are looked at for the error of a tensor that is not measured.
constexpr std::uint64_t sampledWeights = 65536;
/// Candidates of the first walk under a time budget: enough to learn how fast it goes.
constexpr std::size_t firstCandidates = 8;
/// Beside the candidates: the original on its way, and after the last layer.
constexpr std::uint64_t ownStreams = 2;

std::uint64_t checkedContext(const SensitivityText& text)
{
    const TokenBatch& windows = text.windows;
    const std::uint64_t context = windows.longest();
    for (std::size_t sequence = 0; sequence < windows.sequenceCount(); ++sequence) {
        if (windows.starts[sequence + 1] - windows.starts[sequence] != context)
            throw Error(ErrorKind::InvalidArgument, "the windows of text have different lengths");
    }
    if (context < 4)
        throw Error(ErrorKind::InvalidArgument, fmt::format("windows of {} tokens are too short to judge predictions by", context), {},
                    "Take a longer text or a longer context");
    return context;
}

class Measuring
{
public:
    Measuring(const std::shared_ptr<const Network>& network, const SensitivityText& text, const SensitivityOptions& options,
              const SensitivityObserver& observer, const RunControl& control)
        : m_text(text), m_options(options), m_observer(observer), m_control(control), m_model(*network->model),
          m_forward(network, {options.threads, std::max<std::uint64_t>(1, options.memoryBytes / 2)}), m_probes(sensitivityProbes(m_forward, options)),
          m_clock(options.timeBudget), m_walk(m_forward, m_probes, m_clock), m_sampled(m_model.tensors().size(), -1)
    {
        m_result.text = text.name;
        m_result.context = checkedContext(text);
        m_result.chunks = text.windows.sequenceCount();
        m_result.tokens = m_result.chunks * (m_result.context - 1 - m_result.context / 2);
        m_result.probe = options.probe;
        m_result.isOfPlan = options.plan.has_value();
        m_result.unit = options.unit;
        m_result.importance = options.importance ? options.importance->importance()->hash() : std::string();
        m_result.conditions = sensitivityConditions(m_model, m_probes, text, options.unit);
        m_result.tensors.resize(m_model.tensors().size());
        cutIntoBlocks();
    }

    Sensitivities measure(const Sensitivities* known)
    {
        std::vector<std::size_t> open;
        for (std::size_t index = 0; index < m_probes.candidates.size(); ++index) {
            if (known && takeOver(*known, m_probes.candidates[index]))
                m_hasMeasured = true;
            else
                open.push_back(index);
        }
        // With all the time there is, candidates that begin in the same layers go together; otherwise what matters comes first.
        if (m_options.timeBudget) {
            std::stable_sort(open.begin(), open.end(), [this](std::size_t a, std::size_t b) {
                return m_probes.candidates[a].expected > m_probes.candidates[b].expected;
            });
        }
        double total = 0;
        for (const std::size_t index : open)
            total += m_walk.workFrom(m_probes.candidates[index].stages.front(), m_text.windows.tokens.size());
        m_walk.reportTo(m_control, total + m_walk.workFrom(0, m_text.windows.tokens.size()));
        m_clock.start();

        bool isFirst = true;
        while (!open.empty()) {
            m_control.throwIfCancelled();
            if (m_clock.isOver() && m_hasMeasured)
                break;
            const std::size_t count = std::min({open.size(), m_streams, m_options.timeBudget && isFirst ? firstCandidates : open.size()});
            isFirst = false;
            std::vector<std::size_t> chosen(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(count));
            open.erase(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(count));
            std::sort(chosen.begin(), chosen.end()); // by first stage
            walk(chosen);
            m_model.throwIfSourceChanged();
            estimate();
            if (m_observer)
                m_observer(m_result);
        }
        estimate();
        return m_result;
    }

private:
    bool takeOver(const Sensitivities& known, const SensitivityCandidate& candidate)
    {
        const bool isMeasured = known.conditions == m_result.conditions && known.tensors.size() == m_result.tensors.size()
            && std::all_of(candidate.tensors.begin(), candidate.tensors.end(),
                           [&](std::size_t tensor) { return known.tensors[tensor].state == State::Measured; });
        for (const std::size_t tensor : candidate.tensors) {
            if (isMeasured)
                m_result.tensors[tensor] = known.tensors[tensor];
        }
        return isMeasured;
    }

    /// All of the text at once where half of the memory holds the hidden states of some candidates, otherwise in parts.
    void cutIntoBlocks()
    {
        const std::uint64_t perSequence = m_result.context * m_forward.network().embeddingLength * sizeof(float);
        const std::uint64_t memory = m_options.memoryBytes / 2;
        const std::uint64_t candidates = m_probes.candidates.size();
        const std::uint64_t wished = std::min<std::uint64_t>(candidates, firstCandidates) + ownStreams;
        if (memory / perSequence < ownStreams + 1)
            throw Error(ErrorKind::InvalidArgument,
                        fmt::format("{} are too little: one window of {} tokens needs {}", formatBytes(m_options.memoryBytes), m_result.context,
                                    formatBytes(2 * (ownStreams + 1) * perSequence)),
                        {}, "Allow more memory, or take a shorter context");
        const std::uint64_t sequences = std::clamp<std::uint64_t>(memory / (perSequence * wished), 1, m_result.chunks);
        const std::uint64_t slots = memory / (perSequence * sequences) - ownStreams; // at least 1
        const bool isWhole = sequences == m_result.chunks;
        // A quarter for checkpoints where not all candidates find room: every walk begins at one.
        const std::uint64_t checkpoints = !isWhole || slots >= candidates ? 0 : slots / 4;
        m_streams = static_cast<std::size_t>(std::max<std::uint64_t>(1, std::min(candidates, slots - checkpoints)));
        const std::uint64_t kept = isWhole ? slots - m_streams : 0;
        for (std::uint64_t first = 0; first < m_result.chunks; first += sequences) {
            SensitivityBlock block;
            for (std::uint64_t sequence = first; sequence < std::min(first + sequences, m_result.chunks); ++sequence) {
                const auto begin = m_text.windows.starts[sequence];
                block.tokens.append(std::span(m_text.windows.tokens).subspan(begin, m_result.context));
            }
            block.isKept = isWhole;
            block.checkpointStep = kept > 0 ? (m_forward.layerCount() + kept - 1) / kept : 0;
            m_blocks.push_back(std::move(block));
        }
    }

    void walk(const std::vector<std::size_t>& chosen)
    {
        std::vector<SensitivityStream> streams;
        for (const std::size_t index : chosen) {
            streams.emplace_back();
            streams.back().candidate = index;
        }
        for (std::size_t block = 0; block < m_blocks.size(); ++block)
            m_walk.run(m_blocks[block], m_blocks.size() - block, !m_hasMeasured, streams, m_control);
        for (const SensitivityStream& stream : streams) {
            if (stream.isAlive)
                take(stream);
        }
    }

    /// The divergence of a candidate, shared out to its tensors by their errors.
    void take(const SensitivityStream& stream)
    {
        const auto count = static_cast<double>(stream.count);
        const double mean = stream.sum / count;
        const double variance = std::max(0.0, stream.sumOfSquares / count - mean * mean);
        const double deviation = stream.count > 1 ? std::sqrt(variance / (count - 1)) : 0;
        const auto& tensors = m_probes.candidates[stream.candidate].tensors;
        double errors = 0;
        for (const std::size_t tensor : tensors)
            errors += m_walk.relativeSquared()[tensor].value_or(0);
        if (!(errors > 0) || !std::isfinite(errors) || !std::isfinite(mean))
            return;
        for (const std::size_t tensor : tensors) {
            const double error = m_walk.relativeSquared()[tensor].value_or(0);
            m_result.tensors[tensor] = {State::Measured, m_probes.written[tensor], mean * error / errors, deviation * error / errors, error,
                                        mean / errors};
        }
        m_hasMeasured = true;
    }

    void estimate()
    {
        for (const SensitivityCandidate& candidate : m_probes.candidates) {
            for (const std::size_t tensor : candidate.tensors) {
                if (m_result.tensors[tensor].state == State::Measured || m_sampled[tensor] >= 0)
                    continue;
                const auto& measured = m_walk.relativeSquared()[tensor]; // of a candidate that was given up on its way
                if (!measured && isStoredTransposed(m_model, tensor)) // rows that can be sampled lie in all stored ones
                    m_walk.measureError(tensor, m_control);
                m_sampled[tensor] = measured ? *measured : sampledError(tensor);
            }
        }
        estimateSensitivities(m_model, m_probes, m_sampled, m_result);
    }

    double sampledError(std::size_t tensor) const
    {
        ErrorOptions options;
        options.maximumWeights = sampledWeights;
        options.threads = m_options.threads;
        options.encoding = m_probes.plan.encoding;
        options.importance = importanceOf(m_probes.importance.get(), tensor);
        const double relative
            = measureError(m_model.tensors()[tensor], m_probes.written[tensor], options, {m_control.stop, nullptr}).total.weightedRelativeRms();
        return std::isfinite(relative) ? relative * relative : 0;
    }

    const SensitivityText& m_text;
    const SensitivityOptions& m_options;
    const SensitivityObserver& m_observer;
    const RunControl& m_control;
    const Model& m_model;
    ForwardPass m_forward;
    SensitivityProbes m_probes;
    SensitivityClock m_clock;
    SensitivityWalk m_walk;
    std::vector<double> m_sampled; ///< relative squared errors of probes; < 0 = not known
    std::vector<SensitivityBlock> m_blocks;
    std::size_t m_streams = 1; ///< candidates in a walk
    bool m_hasMeasured = false;
    Sensitivities m_result;
};

} // namespace

Sensitivities measureSensitivities(const std::shared_ptr<const Network>& network, const SensitivityText& text, const SensitivityOptions& options,
                                   const Sensitivities* known, const SensitivityObserver& observer, const RunControl& control)
{
    return Measuring(network, text, options, observer, control).measure(known);
}

} // namespace quantlathe
