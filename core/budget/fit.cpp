// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/budget/fit.h"

#include "core/base/checked.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/plan/presets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace quantlathe {

namespace {

/// What the written types of a tensor may be, for the constructor and for readiness().
struct NeededPair
{
    std::size_t tensor = 0;
    TensorType written = TensorType::F16;
};

/// Pairs whose error must be measured; tensors copied as they are have none.
std::vector<NeededPair> neededPairs(const Model& model, const std::vector<FitGroup>& groups, const Plan& base)
{
    std::vector<NeededPair> needed;
    std::vector<bool> isChosen(model.tensors().size(), false);
    const auto add = [&](std::size_t tensor, TensorType written) {
        if (written != model.tensors()[tensor].type())
            needed.push_back({tensor, written});
    };
    for (const FitGroup& group : groups) {
        for (std::size_t member = 0; member < group.tensors.size(); ++member) {
            isChosen[group.tensors[member]] = true;
            std::vector<TensorType> seen;
            for (const FitOption& option : group.options) {
                const TensorType written = option.written[member];
                if (std::find(seen.begin(), seen.end(), written) == seen.end()) {
                    seen.push_back(written);
                    add(group.tensors[member], written);
                }
            }
        }
    }
    for (std::size_t tensor = 0; tensor < isChosen.size(); ++tensor) {
        if (isChosen[tensor] || !isQuantizable(model.tensors()[tensor], model.place(tensor)))
            continue;
        const auto choice = base.choice(model.tensors()[tensor].name());
        add(tensor, writtenType(factsOf(model, tensor), choice ? std::optional(choice->type) : std::nullopt).type);
    }
    return needed;
}

} // namespace

FitReadiness FitProblem::readiness(const Model& model, const ErrorTable& errors, const FitConstraints& constraints, const Plan& base)
{
    FitReadiness ready;
    for (const NeededPair& pair : neededPairs(model, fitGroups(model, constraints), base)) {
        ++ready.needed;
        if (pair.tensor >= errors.tensorCount())
            continue;
        const PairError& error = errors.at(pair.tensor, pair.written);
        ready.known += error.isKnown() ? 1 : 0;
        ready.sampled += error.quality == PairError::Quality::Sampled ? 1 : 0;
        ready.failed += error.quality == PairError::Quality::Failed ? 1 : 0;
    }
    return ready;
}

FitProblem::FitProblem(std::shared_ptr<const Model> model, std::shared_ptr<const MemoryModel> memory, const ErrorTable& errors,
                       const DamageWeights& weights, const FitConstraints& constraints, const Plan& base, FitMeasure measure)
    : m_model(std::move(model)), m_memory(std::move(memory)), m_base(base), m_measure(measure),
      m_groups(fitGroups(*m_model, constraints)), m_solver({})
{
    const std::size_t count = m_model->tensors().size();
    m_pairs.resize(count * tensorTypeCount);
    m_facts.reserve(count);
    for (std::size_t tensor = 0; tensor < count; ++tensor) {
        m_facts.push_back(factsOf(*m_model, tensor));
        m_written.push_back(writtenIn(base, tensor));
        for (std::size_t type = 0; type < tensorTypeCount; ++type) {
            const auto written = static_cast<TensorType>(type);
            // Vectors and routers are not weighed: no plan quantizes them.
            const auto damage = m_facts.back().isQuantizable ? damageOf(*m_model, errors, weights, tensor, written) : 0;
            const bool isSampled = tensor < errors.tensorCount() && written != m_facts.back().stored
                && errors.at(tensor, written).quality == PairError::Quality::Sampled;
            if (damage)
                m_pairs[tensor * tensorTypeCount + type] = {*damage, isSampled, true};
        }
    }
    m_hasImportance = constraints.hasImportance;
    m_solver = makeSolver();

    // Presets as starting points: the solution is never worse than one of them, whatever the search finds.
    for (const Preset& preset : allPresets()) {
        const bool isOffered = std::any_of(m_groups.begin(), m_groups.end(), [&preset](const FitGroup& group) {
            return std::any_of(group.options.begin(), group.options.end(),
                               [&preset](const FitOption& option) { return option.requested == preset.baseType; });
        });
        if (!isOffered)
            continue;
        if (const auto choices = choicesOf(planFromPreset(*m_model, preset, {constraints.hasImportance, false, {}})))
            m_presets.push_back(m_solver.evaluate(*choices));
    }
}

/// Options become costs and damages; what is not up for choice, the fixed part.
BudgetSolver FitProblem::makeSolver()
{
    std::vector<bool> isChosen(m_facts.size(), false);
    std::vector<FitGroup> groups;
    std::vector<BudgetItem> items;
    const auto costOf = [this](std::size_t tensor, TensorType written) {
        const TensorCost cost = m_memory->tensorCost(tensor, written);
        return m_measure == FitMeasure::FileBytes ? cost.fileBytes : cost.deviceBytes;
    };
    for (FitGroup& group : m_groups) {
        FitGroup known{group.tensors, {}};
        BudgetItem item;
        bool costsNothing = true;
        for (FitOption& option : group.options) {
            BudgetOption sum;
            bool isKnown = true;
            for (std::size_t member = 0; member < group.tensors.size(); ++member) {
                const Pair& error = pair(group.tensors[member], option.written[member]);
                isKnown = isKnown && error.isKnown;
                sum.damage += error.damage;
                const auto cost = checkedAdd(sum.cost, costOf(group.tensors[member], option.written[member]));
                isKnown = isKnown && cost.has_value();
                sum.cost = cost.value_or(0);
            }
            if (!isKnown)
                continue;
            costsNothing = costsNothing && sum.cost == 0;
            item.options.push_back(sum);
            known.options.push_back(std::move(option));
        }
        if (known.options.empty())
            throw Error(ErrorKind::InvalidArgument, "none of the errors that a choice needs is known yet",
                        {{}, {}, m_model->tensors()[group.tensors.front()].name()}, "Wait until they are measured");
        for (const std::size_t tensor : group.tensors)
            isChosen[tensor] = true;
        if (costsNothing && m_measure == FitMeasure::DeviceBytes) {
            m_freeGroups.push_back(std::move(known));
        } else {
            groups.push_back(std::move(known));
            items.push_back(std::move(item));
        }
    }
    m_groups = std::move(groups);

    if (m_measure == FitMeasure::FileBytes)
        m_fixedBytes = m_memory->headerBytes();
    for (std::size_t tensor = 0; tensor < isChosen.size(); ++tensor) {
        if (isChosen[tensor])
            continue;
        const auto sum = checkedAdd(m_fixedBytes, costOf(tensor, m_written[tensor]));
        if (!sum)
            throw Error(ErrorKind::InvalidArgument, "the sizes are too large to be added up");
        m_fixedBytes = *sum;
        if (!pair(tensor, m_written[tensor]).isKnown)
            throw Error(ErrorKind::InvalidArgument, fmt::format("its error as {} is not known yet", name(m_written[tensor])),
                        {{}, {}, m_model->tensors()[tensor].name()}, "Wait until it is measured, or let its type be chosen");
        m_fixedDamage += pair(tensor, m_written[tensor]).damage;
    }
    return BudgetSolver(std::move(items));
}

TensorType FitProblem::writtenIn(const Plan& plan, std::size_t tensor) const
{
    const auto choice = plan.choice(m_model->tensors()[tensor].name());
    return writtenType(m_facts[tensor], choice ? std::optional(choice->type) : std::nullopt).type;
}

std::optional<std::vector<std::size_t>> FitProblem::choicesOf(const Plan& plan) const
{
    std::vector<std::size_t> choices;
    for (const FitGroup& group : m_groups) {
        std::vector<TensorType> written;
        for (const std::size_t tensor : group.tensors)
            written.push_back(writtenIn(plan, tensor));
        const auto found = std::find_if(group.options.begin(), group.options.end(),
                                        [&written](const FitOption& option) { return option.written == written; });
        if (found == group.options.end())
            return std::nullopt;
        choices.push_back(static_cast<std::size_t>(found - group.options.begin()));
    }
    return choices;
}

bool FitProblem::isAllowed(const Plan& plan) const
{
    for (std::size_t tensor = 0; tensor < m_facts.size(); ++tensor) { // what is locked or cannot be chosen must be as in the base
        const auto isChosen = [tensor](const FitGroup& group) {
            return std::find(group.tensors.begin(), group.tensors.end(), tensor) != group.tensors.end();
        };
        if (writtenIn(plan, tensor) != m_written[tensor] && std::none_of(m_groups.begin(), m_groups.end(), isChosen)
            && std::none_of(m_freeGroups.begin(), m_freeGroups.end(), isChosen))
            return false;
    }
    return choicesOf(plan).has_value();
}

// --- solving ---

std::vector<std::size_t> FitProblem::bestStart(std::uint64_t cost, std::vector<std::size_t> known) const
{
    double damage = known.empty() ? std::numeric_limits<double>::infinity() : m_solver.evaluate(known).damage;
    for (const BudgetSolution& preset : m_presets) {
        if (preset.cost <= cost && preset.damage < damage) {
            damage = preset.damage;
            known = preset.choices;
        }
    }
    return known;
}

FitResult FitProblem::fitBytes(std::uint64_t bytes) const
{
    if (bytes < smallestBytes()) {
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("{} bytes ({}) are too little: the smallest possible is {} bytes ({})", bytes, formatBytes(bytes),
                                smallestBytes(), formatBytes(smallestBytes())),
                    {}, "Allow smaller types, or loosen what is asked for at least");
    }
    const std::uint64_t cost = bytes - m_fixedBytes;
    return resultOf(m_solver.solve(cost, bestStart(cost, {})));
}

std::uint64_t FitProblem::fileBytesFor(double bits) const
{
    const double data = std::floor(bits * static_cast<double>(m_model->weightCount()) / 8);
    constexpr double largest = 1e18;
    return m_memory->headerBytes() + static_cast<std::uint64_t>(std::clamp(data, 0.0, largest));
}

FitResult FitProblem::fitBitsPerWeight(double bits) const
{
    if (!(bits > 0) || m_measure != FitMeasure::FileBytes)
        throw Error(ErrorKind::InvalidArgument, fmt::format("{} bits per weight make no budget", bits));
    return fitBytes(fileBytesFor(bits));
}

FitResult FitProblem::fitDamage(double limit) const
{
    if (m_measure != FitMeasure::FileBytes)
        throw Error(ErrorKind::InvalidArgument, "an error limit asks for the smallest file, not for a device");
    if (!(limit >= smallestDamage())) {
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("the error cannot be kept that small: the least possible is {:.4g} % ({:.2f} dB)",
                                100 * relativeRmsOfDamage(smallestDamage()), decibelsOfDamage(smallestDamage())),
                    {}, "Allow larger types, or a larger error");
    }
    return resultOf(m_solver.solveForDamage(limit - m_fixedDamage));
}

std::vector<FitResult> FitProblem::sweep(std::span<const std::uint64_t> bytes, const RunControl& control) const
{
    std::vector<FitResult> results;
    std::vector<std::size_t> before;
    for (const std::uint64_t size : bytes) {
        control.throwIfCancelled();
        const std::uint64_t cost = size - m_fixedBytes;
        const BudgetSolution solution = m_solver.solve(cost, bestStart(cost, before));
        before = solution.choices;
        results.push_back(resultOf(solution));
    }
    return results;
}

FitResult FitProblem::resultOf(const BudgetSolution& solution) const
{
    Plan plan = m_base;
    plan.preset.clear();
    std::vector<TensorType> written = m_written;
    const auto take = [&](const FitGroup& group, std::size_t number) {
        const FitOption& option = group.options[number];
        for (std::size_t member = 0; member < group.tensors.size(); ++member) {
            written[group.tensors[member]] = option.written[member];
            plan.setChoice(m_model->tensors()[group.tensors[member]].name(),
                           option.requested ? std::optional(Choice{*option.requested}) : std::nullopt);
        }
    };
    for (std::size_t group = 0; group < m_groups.size(); ++group)
        take(m_groups[group], solution.choices[group]);
    double freeDamage = 0;
    for (const FitGroup& group : m_freeGroups) {
        // It takes nothing on the device; in host memory a byte is worth what the last byte on the device bought.
        std::size_t best = 0;
        double least = std::numeric_limits<double>::infinity();
        double leastDamage = 0;
        for (std::size_t number = 0; number < group.options.size(); ++number) {
            double damage = 0;
            double bytes = 0;
            for (std::size_t member = 0; member < group.tensors.size(); ++member) {
                damage += pair(group.tensors[member], group.options[number].written[member]).damage;
                bytes += static_cast<double>(m_memory->tensorCost(group.tensors[member], group.options[number].written[member]).fileBytes);
            }
            if (damage + solution.price * bytes < least) {
                least = damage + solution.price * bytes;
                leastDamage = damage;
                best = number;
            }
        }
        freeDamage += leastDamage;
        take(group, best);
    }
    FitResult result = figuresOf(std::move(plan), written);
    result.lowerBound = std::min(result.damage, m_fixedDamage + freeDamage + solution.lowerBound);
    return result;
}

FitResult FitProblem::figuresOf(Plan plan, std::span<const TensorType> written) const
{
    FitResult result;
    result.plan = std::move(plan);
    result.fileBytes = m_memory->headerBytes();
    for (std::size_t tensor = 0; tensor < written.size(); ++tensor) {
        const TensorCost cost = m_memory->tensorCost(tensor, written[tensor]);
        result.fileBytes += cost.fileBytes;
        result.deviceBytes += cost.deviceBytes;
        result.hostBytes += cost.hostBytes;
        const Pair& error = pair(tensor, written[tensor]);
        result.damage += error.damage;
        result.isSampled = result.isSampled || error.isSampled;
    }
    const double weights = static_cast<double>(m_model->weightCount());
    result.bitsPerWeight = weights > 0 ? 8 * static_cast<double>(result.fileBytes - m_memory->headerBytes()) / weights : 0;
    return result;
}

std::optional<FitResult> FitProblem::evaluate(const Plan& plan) const
{
    std::vector<TensorType> written;
    for (std::size_t tensor = 0; tensor < m_facts.size(); ++tensor) {
        written.push_back(writtenIn(plan, tensor));
        if (!pair(tensor, written.back()).isKnown)
            return std::nullopt;
    }
    return figuresOf(plan, written);
}

} // namespace quantlathe
