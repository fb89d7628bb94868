// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/error_survey.h"

#include "core/analysis/distribution.h"
#include "core/base/parallel.h"
#include "core/codecs/codec.h"
#include "core/model/importance_match.h"

#include <algorithm>
#include <numeric>

namespace quantlathe {

namespace {

using Stage = ErrorSurvey::Stage;

// Rough costs, only to cut batches of about a tenth of a second.
constexpr double batchSeconds = 0.1;
constexpr double taskSeconds = 1e-4;
constexpr double quickSecondsPerWeight = 1e-8;
constexpr double slowSecondsPerWeight = 1.5e-7;

double secondsOf(const ErrorSurvey::Task& task, std::uint64_t weights, bool isExact)
{
    double seconds = taskSeconds + (task.withFigures ? 1e-9 * static_cast<double>(isExact ? weights : 0) : 0);
    for (const TensorType type : task.types) {
        const std::uint64_t looked = isExact ? weights : ErrorSurvey::sampleWeights(weights, type);
        seconds += static_cast<double>(looked) * (ErrorSurvey::isSlow(type) ? slowSecondsPerWeight : quickSecondsPerWeight);
    }
    return seconds;
}

ErrorSurvey::Measured failed(const ErrorSurvey::Key& key, const Error& error)
{
    ErrorSurvey::Measured measured{key, {}, error};
    measured.pair.error.quality = PairError::Quality::Failed;
    return measured;
}

bool endsTheRun(const Error& error)
{
    return error.kind() == ErrorKind::Cancelled || error.kind() == ErrorKind::SourceChanged;
}

/// Samples of one tensor, one per sample size.
ErrorSurvey::Results sampled(const Tensor& tensor, const ErrorSurvey::Task& task, const Encoding& encoding,
                             const TensorImportance& importance, const RunControl& control)
{
    ErrorSurvey::Results results;
    std::optional<WeightSample> sample;
    std::uint64_t size = 0;
    const auto need = [&](std::uint64_t weights) {
        if (!sample || size != weights)
            sample.emplace(tensor, size = weights, importance);
    };
    const std::uint64_t all = tensor.shape().weightCount();
    if (task.withFigures) {
        control.throwIfCancelled();
        try {
            need(ErrorSurvey::sampleWeights(all, TensorType::F16));
            results.figures.emplace_back(task.tensor, sample->figures());
        } catch (const Error& error) {
            if (endsTheRun(error))
                throw;
            WeightFigures none;
            none.quality = PairError::Quality::Failed;
            results.figures.emplace_back(task.tensor, none);
        }
    }
    for (const TensorType type : task.types) {
        control.throwIfCancelled();
        const ErrorSurvey::Key key{task.tensor, type};
        try {
            need(ErrorSurvey::sampleWeights(all, type));
            results.pairs.push_back({key, sample->errorAs(type, encoding), std::nullopt});
        } catch (const Error& error) {
            if (endsTheRun(error))
                throw;
            results.pairs.push_back(failed(key, error));
        }
    }
    return results;
}

ErrorSurvey::Results exact(const Tensor& tensor, const ErrorSurvey::Task& task, const Encoding& encoding,
                           const TensorImportance& importance, unsigned threads, const RunControl& control)
{
    ErrorSurvey::Results results;
    if (task.withFigures) {
        WeightFigures figures;
        try {
            const Tensor* const one[] = {&tensor};
            const Distribution found = measureDistribution(one, {1, threads}, control);
            figures = {PairError::Quality::Exact, found.standardDeviation, found.minimum, found.maximum,
                       found.excessKurtosis, found.outlierShare, 0};
        } catch (const Error& error) {
            if (endsTheRun(error))
                throw;
            figures.quality = PairError::Quality::Failed;
        }
        results.figures.emplace_back(task.tensor, figures);
    }
    for (const TensorType type : task.types) {
        const ErrorSurvey::Key key{task.tensor, type};
        ErrorOptions options;
        options.encoding = encoding;
        options.importance = importance;
        options.threads = threads;
        try {
            const QuantizationError error = measureError(tensor, type, options, control);
            results.pairs.push_back({key, {exactPair(error.total), error.total}, std::nullopt});
        } catch (const Error& error) {
            if (endsTheRun(error))
                throw;
            results.pairs.push_back(failed(key, error));
        }
    }
    return results;
}

} // namespace

bool ErrorSurvey::isSlow(TensorType type)
{
    switch (type) {
    case TensorType::IQ1_S:
    case TensorType::IQ1_M:
    case TensorType::IQ2_XXS:
    case TensorType::IQ2_XS:
    case TensorType::IQ2_S:
    case TensorType::IQ3_XXS:
    case TensorType::IQ3_S:
        return true;
    default:
        return false;
    }
}

std::uint64_t ErrorSurvey::sampleWeights(std::uint64_t weightCount, TensorType type)
{
    return isSlow(type) ? std::clamp<std::uint64_t>(weightCount / 128, 4096, 16384)
                        : std::clamp<std::uint64_t>(weightCount / 32, 16384, 65536);
}

ErrorSurvey::ErrorSurvey(std::shared_ptr<const Model> model, std::vector<std::vector<TensorType>> types)
    : m_model(std::move(model))
    , m_types(std::move(types))
    , m_order(m_types.size())
    , m_table(m_types.size())
    , m_figures(m_types.size())
    , m_squares(m_types.size())
{
    std::iota(m_order.begin(), m_order.end(), std::size_t{0});
    std::stable_sort(m_order.begin(), m_order.end(), [this](std::size_t a, std::size_t b) {
        return m_model->place(a).layer.value_or(-1) < m_model->place(b).layer.value_or(-1);
    });
    PairError copied;
    copied.quality = PairError::Quality::Exact;
    for (std::size_t tensor = 0; tensor < m_types.size(); ++tensor) {
        const TensorType stored = m_model->tensors()[tensor].type();
        std::erase(m_types[tensor], stored);
        m_table.set(tensor, stored, copied);
        m_progress.total += m_types[tensor].size();
        m_planned.push_back(stored);
    }
}

void ErrorSurvey::setPlanned(const std::vector<TensorType>& types)
{
    m_planned = types;
    m_cursors[static_cast<std::size_t>(Stage::SamplePlanned)] = 0;
    m_cursors[static_cast<std::size_t>(Stage::ExactPlanned)] = 0;
}

void ErrorSurvey::setShown(std::set<Key> keys) { m_shown = std::move(keys); }

bool ErrorSurvey::isPending(const Key& key, bool exact) const
{
    const PairError::Quality quality = m_table.at(key.tensor, key.type).quality;
    if (quality == PairError::Quality::Unknown || (exact && quality == PairError::Quality::Sampled)) {
        const auto& types = m_types[key.tensor];
        return std::find(types.begin(), types.end(), key.type) != types.end();
    }
    return false;
}

ErrorSurvey::Batch ErrorSurvey::batchOfKeys(Stage stage, const std::set<Key>& keys) const
{
    Batch batch{stage, {}};
    double seconds = 0;
    for (const Key& key : keys) {
        if (!isPending(key, batch.isExact()))
            continue;
        if (batch.tasks.empty() || batch.tasks.back().tensor != key.tensor)
            batch.tasks.push_back({key.tensor, {}, false});
        batch.tasks.back().types.push_back(key.type);
        seconds += secondsOf({key.tensor, {key.type}, false}, m_model->tensors()[key.tensor].shape().weightCount(), batch.isExact());
        if (seconds >= batchSeconds)
            break;
    }
    return batch;
}

ErrorSurvey::Batch ErrorSurvey::batchOfPlan(Stage stage) const
{
    Batch batch{stage, {}};
    double seconds = 0;
    std::size_t& cursor = m_cursors[static_cast<std::size_t>(stage)];
    for (std::size_t at = cursor; at < m_order.size() && seconds < batchSeconds; ++at) {
        const std::size_t tensor = m_order[at];
        if (isPending({tensor, m_planned[tensor]}, batch.isExact())) {
            batch.tasks.push_back({tensor, {m_planned[tensor]}, false});
            seconds += secondsOf(batch.tasks.back(), m_model->tensors()[tensor].shape().weightCount(), batch.isExact());
        } else if (batch.tasks.empty()) {
            cursor = at + 1;
        }
    }
    return batch;
}

ErrorSurvey::Batch ErrorSurvey::batchOfAll(Stage stage) const
{
    Batch batch{stage, {}};
    const bool isFigures = stage == Stage::ExactFigures;
    const bool slow = stage == Stage::SampleSlow || stage == Stage::ExactSlow;
    double seconds = 0;
    std::size_t& cursor = m_cursors[static_cast<std::size_t>(stage)];
    for (std::size_t at = cursor; at < m_order.size() && seconds < batchSeconds; ++at) {
        Task task{m_order[at], {}, false};
        const PairError::Quality figures = m_figures[task.tensor].quality;
        if (isFigures) {
            task.withFigures = figures == PairError::Quality::Unknown || figures == PairError::Quality::Sampled;
        } else {
            task.withFigures = stage == Stage::SampleQuick && figures == PairError::Quality::Unknown;
            for (const TensorType type : m_types[task.tensor]) {
                if (isSlow(type) == slow && isPending({task.tensor, type}, batch.isExact()))
                    task.types.push_back(type);
            }
        }
        if (task.types.empty() && !task.withFigures) {
            if (batch.tasks.empty())
                cursor = at + 1;
            continue;
        }
        const std::uint64_t weights = m_model->tensors()[task.tensor].shape().weightCount();
        // Exact passes one type at a time: what is on screen must not wait for all of them.
        if (batch.isExact() && task.types.size() > 1 && secondsOf(task, weights, true) > batchSeconds)
            task.types.resize(1);
        seconds += secondsOf(task, weights, batch.isExact());
        batch.tasks.push_back(std::move(task));
    }
    return batch;
}

ErrorSurvey::Batch ErrorSurvey::batchOf(Stage stage) const
{
    switch (stage) {
    case Stage::SampleShown:
    case Stage::ExactShown:
        return batchOfKeys(stage, m_shown);
    case Stage::SamplePlanned:
    case Stage::ExactPlanned:
        return batchOfPlan(stage);
    default:
        return batchOfAll(stage);
    }
}

std::optional<ErrorSurvey::Batch> ErrorSurvey::nextBatch(Stage last) const
{
    for (int stage = 0; stage < static_cast<int>(Stage::Done) && stage <= static_cast<int>(last); ++stage) {
        Batch batch = batchOf(static_cast<Stage>(stage));
        if (!batch.tasks.empty())
            return batch;
    }
    return std::nullopt;
}

ErrorSurvey::Stage ErrorSurvey::stage() const
{
    const auto batch = nextBatch();
    return batch ? batch->stage : Stage::Done;
}

ErrorSurvey::Results ErrorSurvey::run(const Model& model, const Batch& batch, const Encoding& encoding, unsigned threads,
                                      const RunControl& control, const ImportanceMatch* importance)
{
    std::vector<Results> found(batch.tasks.size());
    const auto measure = [&](std::size_t index) {
        const Task& task = batch.tasks[index];
        const Tensor& tensor = model.tensors()[task.tensor];
        const TensorImportance& own = importanceOf(importance, task.tensor);
        found[index] = batch.isExact() ? exact(tensor, task, encoding, own, threads, control) : sampled(tensor, task, encoding, own, control);
    };
    if (batch.isExact()) {
        for (std::size_t index = 0; index < batch.tasks.size(); ++index)
            measure(index);
    } else {
        parallelFor(batch.tasks.size(), 1, threads, control, [&](std::size_t begin, std::size_t end) {
            for (std::size_t index = begin; index < end; ++index)
                measure(index);
        });
    }
    Results all;
    for (Results& results : found) {
        std::move(results.pairs.begin(), results.pairs.end(), std::back_inserter(all.pairs));
        all.figures.insert(all.figures.end(), results.figures.begin(), results.figures.end());
    }
    return all;
}

void ErrorSurvey::setError(const Key& key, const MeasuredPair& pair)
{
    using Quality = PairError::Quality;
    const Quality before = m_table.at(key.tensor, key.type).quality;
    const auto isKnown = [](Quality quality) { return quality != Quality::Unknown; };
    const auto isExact = [](Quality quality) { return quality == Quality::Exact || quality == Quality::Failed; };
    m_progress.known += isKnown(pair.error.quality) - isKnown(before);
    m_progress.exact += isExact(pair.error.quality) - isExact(before);
    m_table.set(key.tensor, key.type, pair.error);
    if (!pair.error.isKnown())
        return;
    m_sums.insert_or_assign(key, pair.sums);
    Squares& squares = m_squares[key.tensor];
    if (pair.sums.weights > squares.looked) {
        const auto weights = static_cast<double>(m_model->tensors()[key.tensor].shape().weightCount());
        const double scale = weights / static_cast<double>(pair.sums.weights);
        squares = {pair.sums.weights, pair.sums.squaredWeights * scale, pair.sums.weightedSquares * scale};
    }
}

void ErrorSurvey::store(const Batch& batch, Results results)
{
    for (Measured& measured : results.pairs) {
        if (measured.failure)
            m_failures.insert_or_assign(measured.key, *measured.failure);
        setError(measured.key, measured.pair);
    }
    for (const auto& [tensor, figures] : results.figures) {
        const std::uint64_t hash = m_figures[tensor].sampleHash;
        if (batch.isExact() || !m_figures[tensor].isKnown())
            m_figures[tensor] = figures;
        if (hash != 0)
            m_figures[tensor].sampleHash = hash;
    }
}

ErrorSurvey::Results ErrorSurvey::results() const
{
    Results all;
    for (const auto& [key, sums] : m_sums)
        all.pairs.push_back({key, {m_table.at(key.tensor, key.type), sums}, std::nullopt});
    for (std::size_t tensor = 0; tensor < m_figures.size(); ++tensor) {
        if (m_figures[tensor].isKnown())
            all.figures.emplace_back(tensor, m_figures[tensor]);
    }
    return all;
}

void ErrorSurvey::restore(const Results& results)
{
    for (const Measured& measured : results.pairs) {
        const Key& key = measured.key;
        if (measured.failure || key.tensor >= m_types.size() || !isPending(key, measured.pair.error.quality == PairError::Quality::Exact))
            continue;
        setError(key, measured.pair);
    }
    for (const auto& [tensor, figures] : results.figures) {
        if (tensor < m_figures.size() && m_figures[tensor].quality != PairError::Quality::Exact)
            m_figures[tensor] = figures;
    }
}

const ErrorSums* ErrorSurvey::sums(const Key& key) const
{
    const auto found = m_sums.find(key);
    return found == m_sums.end() ? nullptr : &found->second;
}

const Error* ErrorSurvey::failure(const Key& key) const
{
    const auto found = m_failures.find(key);
    return found == m_failures.end() ? nullptr : &found->second;
}

} // namespace quantlathe
