// SPDX-License-Identifier: GPL-3.0-or-later
// One walk through the layers with many candidates side by side: each has a stream of hidden states that starts from the original's where
// its first changed tensor is. Behind sensitivity.h.
#pragma once

#include "core/inference/sensitivity_candidates.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace quantlathe {

/// Sequences that pass through the layers together, and what is kept of the original's way.
struct SensitivityBlock
{
    TokenBatch tokens;
    bool isKept = false;                         ///< what the walk passes is kept for the next one
    std::size_t checkpointStep = 0;              ///< stages between checkpoints; 0 = none
    std::map<std::size_t, HiddenStates> checkpoints; ///< the original's, before the stage
    std::optional<HiddenStates> last;            ///< the original's, after the last layer
};

/// A candidate on its way.
struct SensitivityStream
{
    std::size_t candidate = 0;
    bool isAlive = true;       ///< not failed, not given up for want of time
    HiddenStates hidden;
    std::uint64_t count = 0;   ///< predictions compared
    double sum = 0;            ///< of their KL divergences
    double sumOfSquares = 0;
};

/// How much there is to do, how fast it goes, and when it has to end.
class SensitivityClock
{
public:
    explicit SensitivityClock(std::optional<std::chrono::duration<double>> budget);
    void start() { m_start = Clock::now(); }
    void add(double work) { m_done += work; }
    [[nodiscard]] bool isLimited() const { return m_deadline.has_value(); }
    [[nodiscard]] bool isOver() const { return m_deadline && Clock::now() >= *m_deadline; }
    /// True when @p work takes longer than there is time, going by what was done. False while nothing was.
    [[nodiscard]] bool isTooMuch(double work) const;

private:
    using Clock = std::chrono::steady_clock;
    Clock::time_point m_start = Clock::now();
    std::optional<Clock::time_point> m_deadline;
    double m_done = 0; ///< since m_start, in weights x tokens
};

class SensitivityWalk
{
public:
    SensitivityWalk(const ForwardPass& forward, const SensitivityProbes& probes, SensitivityClock& clock);

    /// Takes the streams through @p block and adds their divergences; by first stage, ascending. @param blocksLeft this one included
    /// @param keepOne the last stream alive is not given up, whatever the time
    void run(SensitivityBlock& block, std::size_t blocksLeft, bool keepOne, std::vector<SensitivityStream>& streams, const RunControl& control);

    /// TensorSensitivity::relativeSquared of the probes; nothing for a tensor that was not on the way yet.
    [[nodiscard]] const std::vector<std::optional<double>>& relativeSquared() const { return m_relativeSquared; }
    /// Encodes the probe of one tensor whole, for relativeSquared() alone. @throws as WeightSource::rows()
    void measureError(std::size_t tensor, const RunControl& control);
    /// Weights x tokens of one candidate, from its first stage on.
    [[nodiscard]] double workFrom(std::size_t stage, std::uint64_t tokens) const;
    /// Work done by all walks, for progress.
    [[nodiscard]] double done() const { return m_done; }
    void reportTo(const RunControl& control, double total) { m_progress = control; m_total = total; }

private:
    std::shared_ptr<const WeightSource> changedWeights(const SensitivityCandidate& candidate, std::size_t stage, const RunControl& control);
    void keepError(std::size_t tensor, const WeightRows& rows, const RunControl& control);
    void embed(SensitivityBlock& block, std::vector<SensitivityStream>& streams, HiddenStates& original, const RunControl& control);
    void runStage(std::size_t stage, SensitivityBlock& block, std::vector<SensitivityStream>& streams, HiddenStates& original, bool withOriginal,
                  const RunControl& control);
    void judge(const SensitivityBlock& block, std::vector<SensitivityStream>& streams, const RunControl& control);
    void giveUpLate(std::size_t stage, std::size_t blocksLeft, bool keepOne, std::uint64_t tokens, std::vector<SensitivityStream>& streams) const;
    void count(std::size_t stage, std::uint64_t tokens);
    [[nodiscard]] const SensitivityCandidate& candidateOf(const SensitivityStream& stream) const { return m_probes.candidates[stream.candidate]; }

    const ForwardPass& m_forward;
    const SensitivityProbes& m_probes;
    SensitivityClock& m_clock;
    std::shared_ptr<const WeightSource> m_stored;
    std::shared_ptr<const WeightSource> m_probed;
    std::vector<double> m_work; ///< weights, by stage
    std::vector<std::optional<double>> m_relativeSquared;
    RunControl m_progress;
    double m_done = 0;
    double m_total = 0;
};

} // namespace quantlathe
