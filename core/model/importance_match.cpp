// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/importance_match.h"

#include "core/base/error.h"
#include "core/model/stored_orientation.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <unordered_set>

namespace quantlathe {

namespace {

/// Where a tensor's importance lies in an entry.
struct Part
{
    std::uint64_t rowLength = 0;
    std::uint64_t firstMatrix = 0;
    std::uint64_t matrices = 1;
    std::uint64_t rowsPerMatrix = 1;
};

Part partFor(const Model& model, std::size_t tensor)
{
    const MatrixExtents extents = matrixExtents(model, tensor);
    Part part{extents.inputs, 0, extents.matrices, extents.outputs};
    if (part.matrices == 1)
        part.firstMatrix = static_cast<std::uint64_t>(model.place(tensor).expert.value_or(0));
    return part;
}

/// Nothing when the entry has the right size.
std::optional<std::string> wrongSize(const Importance::Entry& entry, const Part& part, bool isOneExpert)
{
    const std::uint64_t values = entry.sumOfSquares.size();
    const std::uint64_t found = values / part.rowLength;
    const bool isSplit = entry.matrices() > 1;
    const bool fits = values % part.rowLength == 0 && (!isSplit || entry.rowLength == part.rowLength)
        && (isOneExpert ? part.firstMatrix < found : found == part.matrices);
    if (fits)
        return std::nullopt;
    if (part.matrices == 1 && !isOneExpert)
        return fmt::format("importance of {} channels for rows of {} weights", values, part.rowLength);
    if (isOneExpert)
        return fmt::format("{} values of importance, but expert {} needs its {} of them", values, part.firstMatrix, part.rowLength);
    return fmt::format("{} values of importance for {} experts with rows of {} weights", values, part.matrices, part.rowLength);
}

/// Gate and up matrices of all experts that are one stack have the same inputs, so the importance of either serves; empty for other names.
std::string gateOfStack(std::string_view canonicalName)
{
    constexpr std::string_view stack = "ffn_gate_up_exps";
    const std::size_t at = canonicalName.find(stack);
    return at == std::string_view::npos ? std::string() : std::string(canonicalName).replace(at, stack.size(), "ffn_gate_exps");
}

std::string channelText(const Part& part, std::uint64_t matrix, std::uint64_t channel, float value)
{
    const std::string shown = std::isnan(value) ? "NaN" : std::isinf(value) ? "infinite" : fmt::format("{}", value);
    return part.matrices == 1 ? fmt::format("the importance of channel {} is {}", channel, shown)
                              : fmt::format("the importance of channel {} of expert {} is {}", channel, matrix, shown);
}

} // namespace

std::string_view name(ImportanceFit fit)
{
    switch (fit) {
    case ImportanceFit::Full:
        return "full";
    case ImportanceFit::SomeUnreached:
        return "some-unreached";
    case ImportanceFit::Missing:
        return "missing";
    case ImportanceFit::WrongSize:
        return "wrong-size";
    case ImportanceFit::BadValues:
        return "bad-values";
    }
    return "missing";
}

ImportanceMatch::ImportanceMatch(std::shared_ptr<const Importance> importance, std::shared_ptr<const Model> model)
    : m_importance(std::move(importance))
    , m_model(std::move(model))
    , m_fits(m_model->tensors().size())
    , m_tensors(m_model->tensors().size())
{
    std::unordered_set<std::string> names;
    std::size_t wrongSizes = 0;
    const std::string* firstWrong = nullptr;
    for (std::size_t tensor = 0; tensor < m_fits.size(); ++tensor) {
        const std::string& canonicalName = m_model->place(tensor).canonicalName;
        names.insert(canonicalName);
        if (const std::string gate = gateOfStack(canonicalName); !gate.empty())
            names.insert({gate, std::string(gate).replace(gate.find("gate"), 4, "up")});
        matchTensor(tensor);
        if (m_fits[tensor].fit == ImportanceFit::WrongSize && wrongSizes++ == 0)
            firstWrong = &m_fits[tensor].explanation;
    }
    for (const Importance::Entry& entry : m_importance->entries()) {
        if (!names.contains(entry.name))
            m_unknownNames.push_back(entry.name);
    }
    const auto isKnown = [](const TensorFit& fit) { return fit.isUsed() || fit.fit == ImportanceFit::BadValues; };
    if (std::any_of(m_fits.begin(), m_fits.end(), isKnown))
        return;
    std::string reason = fmt::format("none of the {} tensors in the importance data fits this model", m_importance->entries().size());
    if (firstWrong)
        reason += fmt::format(": {} have another size ({})", wrongSizes, *firstWrong);
    else
        reason += fmt::format(" (the first is '{}')", m_importance->entries().front().name);
    throw Error(ErrorKind::InvalidArgument, std::move(reason), {m_importance->file(), std::nullopt, {}},
                "They were made for another model: use importance data of this model or of its original");
}

void ImportanceMatch::matchTensor(std::size_t tensor)
{
    const TensorPlace& place = m_model->place(tensor);
    TensorFit& fit = m_fits[tensor];
    const Importance::Entry* entry = place.isBias ? nullptr : m_importance->find(place.canonicalName);
    if (!entry && !place.isBias)
        entry = m_importance->find(gateOfStack(place.canonicalName));
    if (!entry || m_model->tensors()[tensor].shape().weightCount() == 0)
        return;
    const Part part = partFor(*m_model, tensor);
    if (auto explanation = wrongSize(*entry, part, place.expert.has_value())) {
        fit = {ImportanceFit::WrongSize, 0, 0, std::move(*explanation)};
        return;
    }
    fit = {ImportanceFit::Full, part.matrices, 0, {}};
    const TensorImportance found(m_importance, *entry, part.firstMatrix, part.matrices, part.rowLength, part.rowsPerMatrix);
    std::vector<float> factors(part.rowLength);
    for (std::uint64_t matrix = 0; matrix < part.matrices; ++matrix) {
        found.read(matrix * part.rowsPerMatrix, 0, factors);
        const auto bad = std::find_if(factors.begin(), factors.end(), [](float value) { return !std::isfinite(value) || value < 0; });
        if (bad != factors.end()) {
            fit.fit = ImportanceFit::BadValues;
            fit.explanation = channelText(part, matrix, static_cast<std::uint64_t>(bad - factors.begin()), *bad);
            return;
        }
    }
    for (std::uint64_t matrix = 0; matrix < part.matrices; ++matrix)
        fit.unreached += !found.isReached(matrix);
    if (fit.unreached > 0) {
        fit.fit = ImportanceFit::SomeUnreached;
        fit.explanation = part.matrices == 1 ? std::string("the calibration text never reached it")
                                             : fmt::format("{} of {} experts were never reached", fit.unreached, part.matrices);
    }
    m_tensors[tensor] = found;
}

TensorImportance importanceOf(const ImportanceMatch* match, std::size_t tensor)
{
    return match && !isStoredTransposed(*match->model(), tensor) ? match->of(tensor) : TensorImportance();
}

} // namespace quantlathe
