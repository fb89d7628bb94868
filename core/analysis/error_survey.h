// SPDX-License-Identifier: GPL-3.0-or-later
// The error of every tensor in every type, measured little by little: first samples for all, then exactly. What is
// measured next is decided here; where and when the work runs is the owner's business.
#pragma once

#include "core/analysis/error_table.h"
#include "core/analysis/weight_sample.h"
#include "core/base/run_control.h"
#include "core/model/model.h"

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace quantlathe {

class ImportanceMatch;

/// Not thread-safe: lives with its owner, who takes a batch, runs it anywhere (run() is static and touches only the model)
/// and stores what came out. The order of batches and every figure are the same on every machine.
///
///     while (const auto batch = survey.nextBatch())
///         survey.store(*batch, ErrorSurvey::run(*model, *batch, encoding, threads, control));
class ErrorSurvey
{
public:
    struct Key
    {
        std::size_t tensor = 0;
        TensorType type{}; ///< as written
        auto operator<=>(const Key&) const = default;
    };

    /// In the order they are worked off.
    enum class Stage {
        SampleShown,   ///< samples of what is looked at
        SamplePlanned, ///< of the plan's types
        SampleQuick,   ///< of all types that are encoded fast, and the spread of the weights
        SampleSlow,    ///< of the types that search lattices
        ExactShown,    ///< all weights of what is looked at
        ExactFigures,  ///< the spread of all weights
        ExactPlanned, ExactQuick, ExactSlow,
        Done
    };

    struct Task
    {
        std::size_t tensor = 0;
        std::vector<TensorType> types;
        bool withFigures = false; ///< WeightFigures, too
    };
    struct Batch
    {
        Stage stage = Stage::Done;
        std::vector<Task> tasks;
        [[nodiscard]] bool isExact() const { return stage >= Stage::ExactShown; }
    };
    struct Measured
    {
        Key key;
        MeasuredPair pair;
        std::optional<Error> failure;
    };
    struct Results
    {
        std::vector<Measured> pairs;
        std::vector<std::pair<std::size_t, WeightFigures>> figures; ///< by tensor
    };

    /// @param types for each tensor those worth knowing (see possibleTypes() of room plan); the stored type costs nothing
    /// and is known from the start
    ErrorSurvey(std::shared_ptr<const Model> model, std::vector<std::vector<TensorType>> types);

    // --- what comes first ---
    /// The types of the plan, one per tensor.
    void setPlanned(const std::vector<TensorType>& types);
    /// What is on screen: measured next, and exactly as soon as all samples stand.
    void setShown(std::set<Key> keys);

    // --- working it off ---
    [[nodiscard]] Stage stage() const;
    /// Nothing when all is measured. About a tenth of a second of work; exact batches of large tensors take longer.
    /// @param last no batch of a later stage
    [[nodiscard]] std::optional<Batch> nextBatch(Stage last = Stage::Done) const;
    /// Measures a batch. Pairs that cannot be measured come back with a failure.
    /// @throws Error(Cancelled, SourceChanged)
    /// @param importance of @p model, or null: with it all is encoded with importance, and weighted errors are known, too
    static Results run(const Model& model, const Batch& batch, const Encoding& encoding, unsigned threads,
                       const RunControl& control, const ImportanceMatch* importance = nullptr);
    void store(const Batch& batch, Results results);
    /// All that was measured, failures left out; and taking it over in another survey of the same model, where it is
    /// better than what is there.
    [[nodiscard]] Results results() const;
    void restore(const Results& results);

    // --- what is known ---
    [[nodiscard]] const ErrorTable& table() const { return m_table; }
    /// Sums behind a pair of the table; null when nothing is known, or the bytes are copied.
    [[nodiscard]] const ErrorSums* sums(const Key& key) const;
    /// Sum w^2 of all weights of a tensor, as far as known from any pair; 0 when no pair is known.
    [[nodiscard]] double squaredWeights(std::size_t tensor) const { return m_squares[tensor].total; }
    /// Sum v w^2 of all weights of a tensor; 0 without importance.
    [[nodiscard]] double weightedSquares(std::size_t tensor) const { return m_squares[tensor].weighted; }
    /// Null unless the pair failed.
    [[nodiscard]] const Error* failure(const Key& key) const;
    [[nodiscard]] const WeightFigures& figures(std::size_t tensor) const { return m_figures[tensor]; }
    [[nodiscard]] const std::vector<TensorType>& types(std::size_t tensor) const { return m_types[tensor]; }
    /// Pairs that are measured at least by sample, and exactly, of all.
    struct Progress
    {
        std::size_t known = 0;
        std::size_t exact = 0;
        std::size_t total = 0;
    };
    [[nodiscard]] Progress progress() const { return m_progress; }

    /// Weights looked at for a sample of a tensor: fewer for types whose encoders are slow, at most 65,536.
    static std::uint64_t sampleWeights(std::uint64_t weightCount, TensorType type);
    /// True for types that take microseconds per weight (lattices).
    static bool isSlow(TensorType type);

private:
    [[nodiscard]] bool isPending(const Key& key, bool exact) const;
    [[nodiscard]] Batch batchOfKeys(Stage stage, const std::set<Key>& keys) const;
    [[nodiscard]] Batch batchOfPlan(Stage stage) const;
    [[nodiscard]] Batch batchOfAll(Stage stage) const;
    [[nodiscard]] Batch batchOf(Stage stage) const;
    void setError(const Key& key, const MeasuredPair& pair);

    std::shared_ptr<const Model> m_model;
    std::vector<std::vector<TensorType>> m_types;
    std::vector<std::size_t> m_order; ///< tensors by layer, those outside first
    std::vector<TensorType> m_planned;
    std::set<Key> m_shown;
    ErrorTable m_table;
    std::vector<WeightFigures> m_figures;
    /// Sum w^2 of a tensor by the pair that was measured on most weights.
    struct Squares
    {
        std::uint64_t looked = 0;
        double total = 0;
        double weighted = 0; ///< sum v w^2
    };
    std::vector<Squares> m_squares;
    std::map<Key, ErrorSums> m_sums;
    std::map<Key, Error> m_failures;
    Progress m_progress;
    /// Position in m_order before which a stage has nothing left; only ever too small.
    mutable std::array<std::size_t, static_cast<std::size_t>(Stage::Done)> m_cursors{};
};

} // namespace quantlathe
