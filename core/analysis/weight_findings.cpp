// SPDX-License-Identifier: GPL-3.0-or-later
// One pass over all weights: rows are looked at and bytes are hashed while they are in the cache.
#include "core/analysis/findings.h"

#include "core/analysis/kernels.h"
#include "core/analysis/weight_progress.h"
#include "core/analysis/weight_reader.h"
#include "core/base/hash64.h"
#include "core/base/parallel.h"
#include "core/base/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <map>

namespace quantlathe {

namespace {

constexpr std::uint64_t unitWeights = 1u << 20;
constexpr std::size_t comparedBytes = 1u << 20; ///< between two looks at the stop token

/// Whole rows of one tensor: what one thread looks at.
struct Unit
{
    std::size_t tensor = 0;
    std::uint64_t firstRow = 0;
    std::uint64_t rowCount = 0;
};

/// The first of something, and how many.
struct Sightings
{
    std::uint64_t count = 0;
    std::uint64_t firstRow = 0;
    std::uint64_t firstColumn = 0;

    void add(std::uint64_t row, std::uint64_t column, std::uint64_t times = 1)
    {
        if (count == 0 && times > 0) {
            firstRow = row;
            firstColumn = column;
        }
        count += times;
    }
    void add(const Sightings& later) { add(later.firstRow, later.firstColumn, later.count); }
};

struct Sight
{
    Sightings nan;
    Sightings infinity;
    Sightings zeroRows;
    Sightings constantRows; ///< other than zero
    float value = 0;        ///< of a constant row
    bool isConstant = true; ///< all rows are constant, with the same value
    std::uint64_t hash = 0;

    void add(const Sight& later)
    {
        isConstant = isConstant && later.isConstant && value == later.value;
        nan.add(later.nan);
        infinity.add(later.infinity);
        zeroRows.add(later.zeroRows);
        constantRows.add(later.constantRows);
        const std::array both{hash, later.hash};
        hash = hash64(std::as_bytes(std::span(both)));
    }
};

/// Looks at consecutive rows of one tensor, several short ones or a part of a long one at a time.
class RowLooker
{
public:
    RowLooker(const WeightReader& reader, Sight& sight)
        : m_reader(reader)
        , m_sight(sight)
        , m_length(reader.tensor().shape().rowLength())
    {
    }

    void look(const Unit& unit, const RunControl& control)
    {
        const std::uint64_t end = (unit.firstRow + unit.rowCount) * m_length;
        const std::uint64_t piece = m_length <= kernels::blockWeights ? kernels::blockWeights / m_length * m_length
                                                                      : m_reader.pieceLength(kernels::blockWeights);
        for (std::uint64_t at = unit.firstRow * m_length; at < end;) {
            control.throwIfCancelled();
            const std::uint64_t row = at / m_length;
            const std::uint64_t column = at % m_length;
            // A piece of a long row ends with the row.
            const auto count = static_cast<std::size_t>(std::min({piece, end - at, m_length > piece ? m_length - column : piece}));
            const float* weights = m_reader.read(at, count, m_buffer);
            if (!kernels::isFinite(weights, count))
                countNonFinite(row, column, weights, count);
            for (std::size_t begin = 0; begin < count; begin += static_cast<std::size_t>(std::min<std::uint64_t>(m_length, count)))
                lookAtPart(row + begin / m_length, column, weights + begin, static_cast<std::size_t>(std::min<std::uint64_t>(m_length, count)));
            at += count;
        }
    }

private:
    void countNonFinite(std::uint64_t row, std::uint64_t column, const float* weights, std::size_t count)
    {
        for (std::size_t index = 0; index < count; ++index) {
            const std::uint64_t inRow = column + index;
            if (std::isnan(weights[index]))
                m_sight.nan.add(row + inRow / m_length, inRow % m_length);
            else if (std::isinf(weights[index]))
                m_sight.infinity.add(row + inRow / m_length, inRow % m_length);
        }
    }

    /// A whole row, or the next part of a long one.
    void lookAtPart(std::uint64_t row, std::uint64_t column, const float* weights, std::size_t count)
    {
        if (column == 0) {
            m_isConstant = true;
            m_value = weights[0];
        }
        // Nearly every row shows in its first weights that it is not constant.
        for (std::size_t index = 0; index < count && m_isConstant; ++index)
            m_isConstant = weights[index] == m_value;
        if (column + count < m_length)
            return;
        if (m_isConstant && m_length > 1) // one weight is no row to speak of
            (m_value == 0 ? m_sight.zeroRows : m_sight.constantRows).add(row, 0);
        if (m_isFirstRow)
            m_sight.value = m_value;
        m_isFirstRow = false;
        m_sight.isConstant = m_sight.isConstant && m_isConstant && m_value == m_sight.value;
    }

    const WeightReader& m_reader;
    Sight& m_sight;
    std::uint64_t m_length;
    std::vector<float> m_buffer;
    bool m_isFirstRow = true;
    bool m_isConstant = true;
    float m_value = 0;
};

class WeightCheck
{
public:
    WeightCheck(const Model& model, const WeightCheckOptions& options, const RunControl& control)
        : m_model(model)
        , m_threads(options.threads)
        , m_control(control)
        , m_progress(control, model.weightCount(), 1)
        , m_sights(model.tensors().size())
    {
    }

    std::vector<Finding> run()
    {
        lookAtAll();
        for (std::size_t index = 0; index < m_sights.size(); ++index)
            addWeights(index);
        addConstants();
        addDuplicates();
        m_model.throwIfSourceChanged();
        return std::move(m_findings);
    }

private:
    [[nodiscard]] const Tensor& tensor(std::size_t index) const { return m_model.tensors()[index]; }
    [[nodiscard]] bool isReadable(std::size_t index) const
    {
        return tensor(index).canDecode() && tensor(index).shape().weightCount() > 0;
    }
    [[nodiscard]] bool isInteger(std::size_t index) const { return info(tensor(index).type()).family == TypeFamily::Integer; }

    void lookAtAll()
    {
        std::vector<Unit> units;
        for (std::size_t index = 0; index < m_sights.size(); ++index) {
            const Shape& shape = tensor(index).shape();
            const std::uint64_t rows = std::max<std::uint64_t>(1, unitWeights / std::max<std::uint64_t>(1, shape.rowLength()));
            for (std::uint64_t first = 0; shape.weightCount() > 0 && first < shape.rowCount(); first += rows)
                units.push_back({index, first, std::min(rows, shape.rowCount() - first)});
        }
        std::vector<Sight> sights(units.size());
        parallelFor(units.size(), 1, m_threads, m_control, [&](std::size_t begin, std::size_t end) {
            for (std::size_t unit = begin; unit < end; ++unit)
                sights[unit] = lookAt(units[unit]);
        });
        for (std::size_t unit = 0; unit < units.size(); ++unit) {
            const bool isFirst = units[unit].firstRow == 0;
            Sight& whole = m_sights[units[unit].tensor];
            if (isFirst)
                whole = sights[unit];
            else
                whole.add(sights[unit]);
        }
    }

    Sight lookAt(const Unit& unit)
    {
        Sight sight;
        const Tensor& source = tensor(unit.tensor);
        const std::uint64_t length = source.shape().rowLength();
        const auto row = rowBytes(source.type(), length);
        if (row && !source.bytes().empty()) {
            sight.hash = hash64(source.bytes().subspan(static_cast<std::size_t>(unit.firstRow * *row),
                                                       static_cast<std::size_t>(unit.rowCount * *row)));
        }
        if (isReadable(unit.tensor) && !isInteger(unit.tensor)) {
            const WeightReader reader(source);
            RowLooker(reader, sight).look(unit, m_control);
            reader.release(unit.firstRow * length, unit.rowCount * length);
        } else {
            sight.isConstant = false;
        }
        m_progress.add(source.name(), unit.rowCount * length, 1);
        return sight;
    }

    Finding& add(FindingKind kind, Severity severity, std::string what, std::string advice, std::vector<std::size_t> tensors)
    {
        Finding& finding = m_findings.emplace_back();
        finding.kind = kind;
        finding.severity = severity;
        finding.what = std::move(what);
        finding.advice = std::move(advice);
        finding.tensors = std::move(tensors);
        return finding;
    }

    [[nodiscard]] bool isMatrix(std::size_t index) const
    {
        const TensorPlace& place = m_model.place(index);
        return tensor(index).shape().rank() >= 2 && !place.isBias && place.role != TensorRole::Norm && place.role != TensorRole::Rope;
    }

    void addWeights(std::size_t index)
    {
        const Sight& sight = m_sights[index];
        const std::uint64_t bad = sight.nan.count + sight.infinity.count;
        if (bad > 0) {
            const bool isNanFirst = sight.infinity.count == 0 || (sight.nan.count > 0
                && std::pair(sight.nan.firstRow, sight.nan.firstColumn) < std::pair(sight.infinity.firstRow, sight.infinity.firstColumn));
            const Sightings& first = isNanFirst ? sight.nan : sight.infinity;
            Finding& finding = add(FindingKind::NonFiniteWeights, Severity::Problem,
                                   fmt::format("{} NaN and {} infinite weights, the first in row {}, column {}", sight.nan.count,
                                               sight.infinity.count, first.firstRow, first.firstColumn),
                                   "Get the original again: the file is damaged, or training failed; an export can replace such weights "
                                   "(non-finite: clamp)",
                                   {index});
            finding.row = first.firstRow;
            finding.column = first.firstColumn;
        }
        const std::uint64_t rows = tensor(index).shape().rowCount();
        if (!isMatrix(index) || sight.isConstant)
            return; // a constant tensor is told as a whole
        const bool isEmbedding = m_model.place(index).role == TensorRole::TokenEmbedding || m_model.place(index).role == TensorRole::Output;
        if (sight.zeroRows.count > 0) {
            add(FindingKind::ConstantRows, isEmbedding ? Severity::Hint : Severity::Warning,
                fmt::format("{} of {} rows are all zero, the first is row {}", sight.zeroRows.count, rows, sight.zeroRows.firstRow),
                isEmbedding ? "Probably padding of the vocabulary: nothing to do"
                            : "These outputs do nothing: pruned on purpose, or lost in a conversion; compare with the original",
                {index})
                .row = sight.zeroRows.firstRow;
        }
        if (sight.constantRows.count > 0) {
            add(FindingKind::ConstantRows, Severity::Warning,
                fmt::format("{} of {} rows hold one value only, the first is row {}", sight.constantRows.count, rows, sight.constantRows.firstRow),
                "Compare with the original model", {index})
                .row = sight.constantRows.firstRow;
        }
    }

    /// Matrices one by one; biases and norms, of which every layer may have one, together by value.
    void addConstants()
    {
        std::map<std::pair<TensorRole, float>, std::vector<std::size_t>> small;
        for (std::size_t index = 0; index < m_sights.size(); ++index) {
            const Sight& sight = m_sights[index];
            if (!sight.isConstant || !isReadable(index) || !std::isfinite(sight.value) || tensor(index).shape().weightCount() < 2)
                continue;
            if (!isMatrix(index)) {
                small[{m_model.place(index).role, sight.value == 0 ? 0.0F : sight.value}].push_back(index);
                continue;
            }
            add(FindingKind::ConstantTensor, Severity::Warning, fmt::format("All weights are {}", sight.value),
                "The tensor does nothing a number could not do: pruned on purpose, or lost in a conversion; compare with the original", {index});
        }
        for (auto& [key, tensors] : small) {
            add(FindingKind::ConstantTensor, Severity::Hint, fmt::format("All values are {}", key.second),
                "Usual for biases and norms that were never trained; otherwise compare with the original", std::move(tensors));
        }
    }

    bool areEqual(std::size_t a, std::size_t b) const
    {
        const auto first = tensor(a).bytes();
        const auto second = tensor(b).bytes();
        for (std::size_t at = 0; at < first.size(); at += comparedBytes) {
            m_control.throwIfCancelled();
            if (std::memcmp(first.data() + at, second.data() + at, std::min(comparedBytes, first.size() - at)) != 0)
                return false;
        }
        return true;
    }

    void addDuplicates()
    {
        std::map<std::tuple<std::uint64_t, TensorType, std::uint64_t>, std::vector<std::size_t>> groups;
        for (std::size_t index = 0; index < m_sights.size(); ++index) {
            // Constant tensors are equal to each other without meaning anything.
            if (!tensor(index).bytes().empty() && !m_sights[index].isConstant)
                groups[{m_sights[index].hash, tensor(index).type(), tensor(index).sizeBytes()}].push_back(index);
        }
        std::vector<std::vector<std::size_t>> found;
        for (const auto& [key, candidates] : groups) {
            std::vector<std::size_t> rest = candidates;
            while (rest.size() > 1) {
                std::vector<std::size_t> equal{rest.front()};
                std::vector<std::size_t> other;
                for (std::size_t at = 1; at < rest.size(); ++at)
                    (tensor(rest[at]).shape() == tensor(rest.front()).shape() && areEqual(rest.front(), rest[at]) ? equal : other).push_back(rest[at]);
                if (equal.size() > 1)
                    found.push_back(std::move(equal));
                rest = std::move(other);
            }
        }
        std::sort(found.begin(), found.end());
        for (std::vector<std::size_t>& equal : found)
            addDuplicate(std::move(equal));
    }

    void addDuplicate(std::vector<std::size_t> equal)
    {
        const auto hasRole = [&](TensorRole role) {
            return std::any_of(equal.begin(), equal.end(), [&](std::size_t index) { return m_model.place(index).role == role; });
        };
        const std::uint64_t saved = (equal.size() - 1) * tensor(equal.front()).sizeBytes();
        if (equal.size() == 2 && hasRole(TensorRole::TokenEmbedding) && hasRole(TensorRole::Output)) {
            add(FindingKind::DuplicateTensors, Severity::Hint,
                fmt::format("The output is a copy of the token embedding: {} are stored twice", formatBytes(saved)),
                "Convert the model with tied embeddings, or choose one type for both on purpose", std::move(equal));
            return;
        }
        std::string names;
        for (const std::size_t index : equal) {
            if (names.size() < 160)
                names += fmt::format("{}{}", names.empty() ? "" : ", ", printable(tensor(index).name()));
        }
        const bool isLarge = isMatrix(equal.front());
        const std::string what = fmt::format("{} tensors have the same content ({}): {} are stored again", equal.size(), names, formatBytes(saved));
        add(FindingKind::DuplicateTensors, isLarge ? Severity::Warning : Severity::Hint, what,
            isLarge ? "Layers that were copied on purpose (merged models) look like this; otherwise compare with the original"
                    : "Harmless: small tensors are often shared",
            std::move(equal));
    }

    const Model& m_model;
    unsigned m_threads;
    const RunControl& m_control;
    WeightProgress m_progress;
    std::vector<Sight> m_sights;
    std::vector<Finding> m_findings;
};

} // namespace

std::vector<Finding> checkWeights(const Model& model, const WeightCheckOptions& options, const RunControl& control)
{
    return WeightCheck(model, options, control).run();
}

} // namespace quantlathe
