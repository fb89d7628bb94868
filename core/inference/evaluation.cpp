// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/evaluation.h"

#include "core/analysis/kernels.h"
#include "core/base/content_hash.h"
#include "core/base/parallel.h"
#include "core/inference/elementwise.h"
#include "core/inference/evaluation_journal.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <utility>

namespace quantlathe {

namespace {

/// Tokens that run through a layer in one call: what ForwardPass takes at a time. Figures do not depend on the memory, as
/// the cut into groups does not.
constexpr std::uint64_t groupTokens = 2048;
/// More at a time gains little: weights are decoded and encoded once for so many.
constexpr std::uint64_t mostPassTokens = 1 << 17;
constexpr std::uint64_t fewestLogitRows = 16;
constexpr std::uint64_t mostLogitRows = 1024;
/// Parts of the memory setting; the rest is ForwardPass's.
constexpr std::uint64_t hiddenShare = 3;
constexpr std::uint64_t logitShare = 8;

void addModel(ContentHash& hash, const Model& model)
{
    for (const auto& mapping : model.mappings()) {
        hash.add(mapping->identity().inode);
        hash.add(mapping->identity().sizeBytes);
        hash.add(static_cast<std::uint64_t>(mapping->identity().modifiedNanoseconds));
    }
}

/// The parts of a request with what is left out filled in.
struct Sides
{
    explicit Sides(const EvaluationRequest& request)
        : network(request.network), weights(request.weights), hasOriginal(request.settings.wantsDivergence),
          originalNetwork(request.originalNetwork ? request.originalNetwork : request.network),
          original(request.original ? request.original : storedWeights(originalNetwork->model))
    {
    }
    [[nodiscard]] bool isSameNetwork() const { return network == originalNetwork; }
    /// What was computed with the tensor holds for both.
    [[nodiscard]] bool agree(std::size_t tensor) const { return weights->isAsStored(tensor) && original->isAsStored(tensor); }
    [[nodiscard]] bool areLayersComparable() const
    {
        return network->layers.size() == originalNetwork->layers.size() && network->embeddingLength == originalNetwork->embeddingLength;
    }

    std::shared_ptr<const Network> network;
    std::shared_ptr<const WeightSource> weights;
    bool hasOriginal;
    std::shared_ptr<const Network> originalNetwork;
    std::shared_ptr<const WeightSource> original;
};

std::array<std::uint64_t, 2> requestHash(const EvaluationRequest& request, const Sides& sides)
{
    ContentHash hash;
    hash.add(QUANTLATHE_VERSION); // another version may compute differently
    addModel(hash, *sides.network->model);
    hash.add(request.weightsIdentity);
    hash.add(std::uint64_t{sides.hasOriginal});
    if (sides.hasOriginal)
        addModel(hash, *sides.originalNetwork->model);
    hash.add(request.settings.contextLength);
    hash.add(std::uint64_t{request.settings.forward.roundsActivations});
    hash.add(static_cast<std::uint64_t>(request.begin.value_or(-1)));
    hash.add(std::as_bytes(std::span(request.tokens)));
    return hash.value();
}

/// @param length of a window, at least 1
EvaluationJournalShape journalShape(const EvaluationRequest& request, const Sides& sides)
{
    const std::uint64_t length = std::max<std::uint64_t>(1, request.settings.contextLength);
    return {requestHash(request, sides), length - 1 - length / 2, sides.hasOriginal,
            sides.hasOriginal && sides.areLayersComparable() ? sides.network->layers.size() : 0};
}

/// Windows that run through the layers in one call, as the judged model and the original see them.
struct Group
{
    TokenBatch batch;
    HiddenStates judged;
    HiddenStates original; ///< unused while the streams are one
};

class EvaluationRun
{
public:
    EvaluationRun(const EvaluationRequest& request, const RunControl& control)
        : m_request(request), m_control(control), m_silent{control.stop, nullptr}, m_sides(request),
          m_windows(request.tokens, request.begin, request.settings.contextLength, request.settings.maximumChunks),
          m_shape(journalShape(request, m_sides)), m_pass(std::make_shared<const ForwardPass>(m_sides.network, forwardSettings())),
          m_originalPass(m_sides.isSameNetwork() ? m_pass : std::make_shared<const ForwardPass>(m_sides.originalNetwork, forwardSettings()))
    {
    }

    EvaluationResult run();

private:
    [[nodiscard]] const EvaluationSettings& settings() const { return m_request.settings; }
    [[nodiscard]] ForwardSettings forwardSettings() const
    {
        ForwardSettings forward = m_request.settings.forward;
        forward.memoryBytes -= forward.memoryBytes / hiddenShare + forward.memoryBytes / logitShare;
        return forward;
    }
    [[nodiscard]] std::uint64_t streams() const { return m_sides.hasOriginal ? 2 : 1; }
    [[nodiscard]] std::uint64_t windowsPerGroup() const { return std::max<std::uint64_t>(1, groupTokens / m_windows.length()); }
    [[nodiscard]] std::uint64_t windowsPerPass() const;
    [[nodiscard]] std::uint64_t logitRows() const;

    void runPass(std::uint64_t first, std::uint64_t count);
    void embed(std::vector<Group>& groups, std::uint64_t first, std::uint64_t count);
    static void split(const HiddenStates& all, std::vector<Group>& groups, HiddenStates Group::*member);
    void runLayer(std::size_t layer, std::vector<Group>& groups, const ForwardPass& pass, const WeightSource& weights, HiddenStates Group::*member);
    void compareLayer(std::size_t layer, const std::vector<Group>& groups, std::uint64_t firstWindow);
    void score(const std::vector<Group>& groups, std::uint64_t firstWindow);

    void planWork();
    void keepScores();
    void advance(std::string_view stage, double work);
    [[nodiscard]] EvaluationResult result() const;

    const EvaluationRequest& m_request;
    const RunControl& m_control;
    const RunControl m_silent; ///< for the parts: their progress is reported here
    const Sides m_sides;
    const TextWindows m_windows;
    const EvaluationJournalShape m_shape;
    const std::shared_ptr<const ForwardPass> m_pass;
    const std::shared_ptr<const ForwardPass> m_originalPass; ///< the same where the network is: it keeps buffers
    std::vector<ChunkScores> m_scores;
    std::uint64_t m_resumed = 0;
    std::string m_journalFailure;
    bool m_isOneStream = true; ///< so far in the pass both networks have computed the same
    double m_work = 0;         ///< multiplications done, of m_windowWork for each window
    double m_windowWork = 1;
    std::vector<double> m_layerWork; ///< of one token, by layer, both streams
    double m_scoreWork = 0;          ///< of one scored position
};

double weightsIn(const Model& model, std::span<const std::size_t> tensors)
{
    double weights = 0;
    for (const std::size_t tensor : tensors)
        weights += static_cast<double>(model.tensors()[tensor].shape().weightCount());
    return weights;
}

std::uint64_t EvaluationRun::windowsPerPass() const
{
    const std::uint64_t width = std::max(m_sides.network->embeddingLength, m_sides.originalNetwork->embeddingLength);
    const std::uint64_t bytesPerWindow = m_windows.length() * width * sizeof(float) * streams();
    const std::uint64_t affordable = std::min(settings().forward.memoryBytes / hiddenShare / bytesPerWindow, mostPassTokens / m_windows.length());
    return std::max<std::uint64_t>(1, affordable / windowsPerGroup()) * windowsPerGroup();
}

std::uint64_t EvaluationRun::logitRows() const
{
    const std::uint64_t bytesPerRow = m_sides.network->vocabularySize * sizeof(float) * streams();
    return std::clamp(settings().forward.memoryBytes / logitShare / bytesPerRow, fewestLogitRows, mostLogitRows);
}

void EvaluationRun::planWork()
{
    const auto add = [&](const ForwardPass& pass) {
        m_layerWork.resize(std::max(m_layerWork.size(), pass.layerCount()));
        for (std::size_t layer = 0; layer < pass.layerCount(); ++layer)
            m_layerWork[layer] += weightsIn(*pass.network().model, pass.tensorsOfLayer(layer));
        m_scoreWork += static_cast<double>(pass.network().vocabularySize * pass.network().embeddingLength);
    };
    add(*m_pass);
    if (m_sides.hasOriginal)
        add(*m_originalPass);
    m_windowWork = m_scoreWork * static_cast<double>(m_windows.scored());
    for (const double work : m_layerWork)
        m_windowWork += work * static_cast<double>(m_windows.length());
}

void EvaluationRun::advance(std::string_view stage, double work)
{
    m_work += work;
    const std::uint64_t total = m_windows.count() * m_windows.length();
    const double done = m_work / m_windowWork * static_cast<double>(m_windows.length());
    m_control.report(stage, std::min(total, static_cast<std::uint64_t>(done)), total);
}

EvaluationResult EvaluationRun::result() const
{
    EvaluationResult result = summarizeChunks(m_scores, m_windows.length());
    result.wantedChunks = m_windows.count();
    result.availableChunks = m_windows.available();
    result.resumedChunks = m_resumed;
    result.journalFailure = m_journalFailure;
    return result;
}

void EvaluationRun::keepScores()
{
    try {
        writeEvaluationJournal(m_request.journal, m_shape, m_scores);
    } catch (const Error& error) {
        m_journalFailure = error.what();
    }
}

EvaluationResult EvaluationRun::run()
{
    if (m_sides.hasOriginal && m_sides.network->vocabularySize != m_sides.originalNetwork->vocabularySize) {
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("the vocabularies differ: {} tokens here, {} in the original", m_sides.network->vocabularySize,
                                m_sides.originalNetwork->vocabularySize),
                    {m_sides.originalNetwork->model->path(), std::nullopt, {}}, "Compare with the model that this one was made from");
    }
    if (!m_request.journal.empty()) {
        m_scores = readEvaluationJournal(m_request.journal, m_shape);
        m_scores.resize(std::min<std::uint64_t>(m_scores.size(), m_windows.count()));
        m_resumed = m_scores.size();
    }
    planWork();
    while (m_scores.size() < m_windows.count()) {
        const std::uint64_t first = m_scores.size();
        m_work = m_windowWork * static_cast<double>(first);
        m_scores.resize(std::min(m_windows.count(), first + windowsPerPass()));
        runPass(first, m_scores.size() - first);
        m_sides.network->model->throwIfSourceChanged();
        m_sides.originalNetwork->model->throwIfSourceChanged();
        if (!m_request.journal.empty() && m_scores.size() < m_windows.count())
            keepScores();
        if (m_request.onPass)
            m_request.onPass(result());
    }
    if (!m_request.journal.empty()) {
        std::error_code ignored; // a file too many is no failure
        std::filesystem::remove(m_request.journal, ignored);
    }
    return result();
}

void EvaluationRun::split(const HiddenStates& all, std::vector<Group>& groups, HiddenStates Group::*member)
{
    auto at = all.values.begin();
    for (Group& group : groups) {
        const auto end = at + static_cast<std::ptrdiff_t>(group.batch.tokens.size() * all.width);
        (group.*member).width = all.width;
        (group.*member).values.assign(at, end);
        at = end;
    }
}

void EvaluationRun::embed(std::vector<Group>& groups, std::uint64_t first, std::uint64_t count)
{
    // All at once: a planned embedding is encoded anew each time.
    const TokenBatch batch = m_windows.batch(first, count);
    const Network& network = *m_sides.network;
    m_isOneStream = !m_sides.hasOriginal
        || (m_sides.isSameNetwork() && m_sides.agree(network.tokenEmbedding) && (!network.positionEmbedding || m_sides.agree(*network.positionEmbedding)));
    split(m_pass->embed(*m_sides.weights, batch, m_silent), groups, &Group::judged);
    if (!m_isOneStream)
        split(m_originalPass->embed(*m_sides.original, batch, m_silent), groups, &Group::original);
}

void EvaluationRun::runLayer(std::size_t layer, std::vector<Group>& groups, const ForwardPass& pass, const WeightSource& weights,
                             HiddenStates Group::*member)
{
    const std::string stage = fmt::format("layer {} of {}", layer + 1, pass.layerCount());
    const double work = m_layerWork[layer] / static_cast<double>(m_isOneStream ? 1 : 2);
    advance(stage, 0);
    const auto loaded = pass.loadLayer(layer, weights, m_silent);
    for (Group& group : groups) {
        pass.runLayer(*loaded, group.batch, group.*member, nullptr, m_silent);
        advance(stage, work * static_cast<double>(group.batch.tokens.size()));
    }
}

void EvaluationRun::compareLayer(std::size_t layer, const std::vector<Group>& groups, std::uint64_t firstWindow)
{
    if (m_shape.layers == 0)
        return;
    for (const Group& group : groups) {
        const std::uint64_t width = group.judged.width;
        parallelFor(group.batch.sequenceCount(), 1, settings().forward.threads, m_silent, [&](std::size_t begin, std::size_t end) {
            for (std::size_t sequence = begin; sequence < end; ++sequence) {
                double sum = 0;
                for (std::uint64_t position = 0; position < m_windows.scored() && !m_isOneStream; ++position) {
                    const std::uint64_t at = (group.batch.starts[sequence] + m_windows.firstScored() + position) * width;
                    const auto sums = kernels::differenceSums(group.original.values.data() + at, group.judged.values.data() + at, width);
                    sum += sums.squaredFirst > 0 ? sums.squaredDifference / sums.squaredFirst : 0.0;
                }
                m_scores[firstWindow + sequence].layerErrors[layer] = sum / static_cast<double>(m_windows.scored());
            }
        });
        firstWindow += group.batch.sequenceCount();
    }
}

void EvaluationRun::runPass(std::uint64_t first, std::uint64_t count)
{
    for (std::uint64_t window = first; window < first + count; ++window)
        m_scores[window].layerErrors.assign(m_shape.layers, 0);
    std::vector<Group> groups;
    for (std::uint64_t window = first; window < first + count; window += windowsPerGroup())
        groups.push_back({m_windows.batch(window, std::min(windowsPerGroup(), first + count - window)), {}, {}});
    embed(groups, first, count);
    for (std::size_t layer = 0; layer < m_layerWork.size(); ++layer) {
        const std::vector<std::size_t> tensors = layer < m_pass->layerCount() ? m_pass->tensorsOfLayer(layer) : std::vector<std::size_t>();
        if (m_sides.hasOriginal && m_isOneStream && !std::all_of(tensors.begin(), tensors.end(), [&](std::size_t tensor) { return m_sides.agree(tensor); })) {
            m_isOneStream = false;
            for (Group& group : groups)
                group.original = group.judged;
        }
        if (layer < m_pass->layerCount())
            runLayer(layer, groups, *m_pass, *m_sides.weights, &Group::judged);
        if (m_isOneStream)
            continue;
        if (layer < m_originalPass->layerCount())
            runLayer(layer, groups, *m_originalPass, *m_sides.original, &Group::original);
        compareLayer(layer, groups, first);
    }
    score(groups, first);
}

void EvaluationRun::score(const std::vector<Group>& groups, std::uint64_t firstWindow)
{
    constexpr std::string_view stage = "predictions";
    const std::uint64_t vocabulary = m_sides.network->vocabularySize;
    const std::uint64_t scored = m_windows.scored();
    const bool isOneOutput = m_isOneStream && (!m_sides.hasOriginal || m_sides.agree(m_sides.network->output.tensor));
    advance(stage, 0);
    const auto output = m_pass->loadOutput(*m_sides.weights, m_silent);
    const auto originalOutput = isOneOutput ? nullptr : m_originalPass->loadOutput(*m_sides.original, m_silent);
    std::vector<float> logits, originalLogits;
    std::vector<float> rows;
    // Rows of one side's hidden states, gathered, through its output matrix.
    const auto compute = [&](const ForwardPass& pass, const LoadedOutput& matrix, const Group& group, const HiddenStates& hidden, std::uint64_t first,
                             std::uint64_t count, std::vector<float>& result) {
        rows.resize(count * hidden.width);
        for (std::uint64_t row = 0; row < count; ++row) {
            const std::uint64_t token = group.batch.starts[(first + row) / scored] + m_windows.firstScored() + (first + row) % scored;
            std::copy_n(hidden.values.data() + token * hidden.width, hidden.width, rows.data() + row * hidden.width);
        }
        result.resize(count * vocabulary);
        pass.logits(matrix, rows.data(), count, result.data(), nullptr, m_silent);
    };
    for (const Group& group : groups) {
        for (std::uint64_t sequence = 0; sequence < group.batch.sequenceCount(); ++sequence) {
            ChunkScores& scores = m_scores[firstWindow + sequence];
            scores.nll.resize(scored);
            if (m_sides.hasOriginal) {
                scores.originalNll.resize(scored);
                scores.divergence.resize(scored);
                scores.isSameTop.resize(scored);
            }
        }
        const std::uint64_t all = group.batch.sequenceCount() * scored;
        for (std::uint64_t first = 0; first < all; first += logitRows()) {
            const std::uint64_t count = std::min(logitRows(), all - first);
            compute(*m_pass, *output, group, group.judged, first, count, logits);
            if (originalOutput)
                compute(*m_originalPass, *originalOutput, group, m_isOneStream ? group.judged : group.original, first, count, originalLogits);
            parallelFor(count, 1, settings().forward.threads, m_silent, [&](std::size_t begin, std::size_t end) {
                for (std::size_t row = begin; row < end; ++row) {
                    const std::uint64_t window = firstWindow + (first + row) / scored;
                    const std::uint64_t position = (first + row) % scored;
                    const auto target = static_cast<std::size_t>(m_windows.targets(window)[position]);
                    ChunkScores& scores = m_scores[window];
                    const float* const q = logits.data() + row * vocabulary;
                    const auto judged = elementwise::summarize(q, vocabulary);
                    scores.nll[position] = judged.logSumExp - double{q[target]};
                    if (!m_sides.hasOriginal)
                        continue;
                    const float* const p = originalOutput ? originalLogits.data() + row * vocabulary : q;
                    const auto original = originalOutput ? elementwise::summarize(p, vocabulary) : judged;
                    scores.originalNll[position] = original.logSumExp - double{p[target]};
                    scores.divergence[position] = originalOutput ? elementwise::klDivergence(p, original.logSumExp, q, judged.logSumExp, vocabulary) : 0.0;
                    scores.isSameTop[position] = judged.largest == original.largest ? 1 : 0;
                }
            });
            advance(stage, m_scoreWork * static_cast<double>(count));
        }
        firstWindow += group.batch.sequenceCount();
    }
}

} // namespace

EvaluationResult evaluate(const EvaluationRequest& request, const RunControl& control)
{
    return EvaluationRun(request, control).run();
}

std::uint64_t resumableChunks(const EvaluationRequest& request)
{
    return request.journal.empty() ? 0 : readEvaluationJournal(request.journal, journalShape(request, Sides(request))).size();
}

std::filesystem::path defaultJournalPath(const EvaluationRequest& request)
{
    std::filesystem::path cache;
    if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder && *folder)
        cache = folder;
    else if (const char* home = std::getenv("HOME"); home && *home)
        cache = std::filesystem::path(home) / ".cache";
    if (cache.empty())
        return {};
    const auto hash = requestHash(request, Sides(request));
    return cache / "quantlathe" / "evaluations" / fmt::format("{:016x}{:016x}.journal", hash[0], hash[1]);
}

} // namespace quantlathe
