// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/budget/knapsack.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace quantlathe {

namespace {

using Entry = Knapsack::Entry;

constexpr std::size_t mostSteps = 50'000'000; ///< of one search: comparisons while lists of partial solutions are merged

/// Lightest first; of those no heavier and no worse only the first stays.
void keepUndominated(std::vector<Entry>& entries)
{
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return std::tie(a.weight, a.value, a.option) < std::tie(b.weight, b.value, b.option);
    });
    std::size_t kept = 0;
    for (const Entry& entry : entries) {
        if (kept == 0 || entry.value < entries[kept - 1].value)
            entries[kept++] = entry;
    }
    entries.resize(kept);
}

} // namespace

Knapsack::Knapsack(std::vector<std::vector<Entry>> classes) : m_classes(std::move(classes))
{
    double value = 0;
    for (std::uint32_t owner = 0; owner < m_classes.size(); ++owner) {
        keepUndominated(m_classes[owner]);
        m_smallestWeight += m_classes[owner].front().weight;
        value += m_classes[owner].front().value;
        addHull(owner);
    }
    // Along one class slopes fall strictly, so the order of its steps survives the sorting.
    std::sort(m_steps.begin(), m_steps.end(), [](const Step& a, const Step& b) {
        const double left = a.slope();
        const double right = b.slope();
        return left != right ? left > right : std::tie(a.owner, a.from) < std::tie(b.owner, b.from);
    });
    m_weightBefore.push_back(m_smallestWeight);
    m_valueBefore.push_back(value);
    for (const Step& step : m_steps) {
        m_weightBefore.push_back(m_weightBefore.back() + step.weight);
        m_valueBefore.push_back(m_valueBefore.back() - step.value);
    }
}

void Knapsack::addHull(std::uint32_t owner)
{
    const std::vector<Entry>& entries = m_classes[owner];
    std::vector<std::uint32_t> hull;
    for (std::uint32_t next = 0; next < entries.size(); ++next) {
        // The last corner goes when the line from the one before to `next` passes below it.
        const auto isAbove = [&] {
            const Entry& a = entries[hull[hull.size() - 2]];
            const Entry& b = entries[hull.back()];
            const Entry& c = entries[next];
            return (a.value - b.value) / (b.weight - a.weight) <= (b.value - c.value) / (c.weight - b.weight);
        };
        while (hull.size() >= 2 && isAbove())
            hull.pop_back();
        hull.push_back(next);
    }
    for (std::size_t corner = 1; corner < hull.size(); ++corner) {
        const Entry& from = entries[hull[corner - 1]];
        const Entry& to = entries[hull[corner]];
        m_steps.push_back({owner, hull[corner - 1], hull[corner], to.weight - from.weight, from.value - to.value});
    }
}

Knapsack::Outcome Knapsack::evaluate(std::vector<std::uint32_t> entries) const
{
    Outcome outcome;
    for (std::size_t owner = 0; owner < entries.size(); ++owner) {
        outcome.weight += m_classes[owner][entries[owner]].weight;
        outcome.value += m_classes[owner][entries[owner]].value;
    }
    outcome.entries = std::move(entries);
    return outcome;
}

/// The steps that fit as a whole, then whatever later step, or single move, still fits.
Knapsack::Outcome Knapsack::greedy(double capacity, std::size_t wholeSteps) const
{
    std::vector<std::uint32_t> entries(m_classes.size(), 0);
    for (std::size_t step = 0; step < wholeSteps; ++step)
        entries[m_steps[step].owner] = m_steps[step].to;
    double left = capacity - evaluate(entries).weight;
    for (std::size_t index = wholeSteps; index < m_steps.size(); ++index) {
        const Step& step = m_steps[index];
        if (entries[step.owner] == step.from && step.weight <= left) {
            entries[step.owner] = step.to;
            left -= step.weight;
        }
    }
    // Entries off the hulls: values fall with weight, so the heaviest that fits is the best of its class.
    for (std::size_t owner = 0; owner < entries.size(); ++owner) {
        const std::vector<Entry>& all = m_classes[owner];
        while (entries[owner] + 1 < all.size() && all[entries[owner] + 1].weight - all[entries[owner]].weight <= left) {
            left -= all[entries[owner] + 1].weight - all[entries[owner]].weight;
            ++entries[owner];
        }
    }
    return evaluate(std::move(entries));
}

// --- dynamic programming over what reduced costs leave open ---

struct Knapsack::Search
{
    /// A partial solution: sums over the classes before.
    struct State
    {
        double weight = 0;
        double value = 0;
        std::uint32_t parent = 0;
        std::uint32_t entry = 0; ///< position in its class
    };
    /// The way to a state: its place in the layer before, and the entry taken.
    struct Step
    {
        std::uint32_t parent = 0;
        std::uint32_t entry = 0;
    };
    struct Open
    {
        std::uint32_t owner = 0;
        std::vector<std::uint32_t> entries; ///< that a better solution may use
        double lightest = 0;
        double heaviest = 0;
    };

    double capacity = 0;
    double slope = 0;
    std::vector<Open> open;
    double fixedWeight = 0;
    double leastReduced = 0; ///< sum over open classes of the least value + slope x weight

    static void keepBestPerStretch(std::vector<State>& states, std::size_t count, double slope);
};

/// Keeps the state of least reduced cost in each of @p count equal stretches of weight.
void Knapsack::Search::keepBestPerStretch(std::vector<State>& states, std::size_t count, double slope)
{
    const double first = states.front().weight;
    const double width = (states.back().weight - first) / static_cast<double>(count);
    std::size_t kept = 0;
    std::size_t lastStretch = std::numeric_limits<std::size_t>::max();
    for (const State& state : states) {
        const auto stretch = std::min(count - 1, static_cast<std::size_t>((state.weight - first) / width));
        if (stretch != lastStretch)
            states[kept++] = state;
        else if (state.value + slope * state.weight < states[kept - 1].value + slope * states[kept - 1].weight)
            states[kept - 1] = state;
        lastStretch = stretch;
    }
    states.resize(kept);
}

/// Looks for a solution better than @p best by more than the tolerance. @return true when the search was complete: no such
/// solution exists beyond what is in @p best now
bool Knapsack::improve(double capacity, double slope, std::size_t maximumStates, double tolerance, Outcome& best) const
{
    Search search{capacity, slope, {}, 0, 0};
    const double margin = tolerance * best.value;

    // Reduced cost of an entry: what it costs beyond the class's least value + slope x weight. Their sum and slope x unused
    // capacity are what a solution lies above the bound.
    std::vector<std::uint32_t> entries(m_classes.size(), 0);
    double bound = -slope * capacity;
    std::vector<double> least(m_classes.size());
    for (std::size_t owner = 0; owner < m_classes.size(); ++owner) {
        least[owner] = std::numeric_limits<double>::infinity();
        for (std::uint32_t position = 0; position < m_classes[owner].size(); ++position) {
            const double reduced = m_classes[owner][position].value + slope * m_classes[owner][position].weight;
            if (reduced < least[owner]) {
                least[owner] = reduced;
                entries[owner] = position;
            }
        }
        bound += least[owner];
    }
    const double gap = best.value - bound - margin;
    if (gap <= 0)
        return true;
    for (std::uint32_t owner = 0; owner < m_classes.size(); ++owner) {
        Search::Open open{owner, {}, 0, 0};
        for (std::uint32_t position = 0; position < m_classes[owner].size(); ++position) {
            const Entry& entry = m_classes[owner][position];
            if (entry.value + slope * entry.weight - least[owner] < gap)
                open.entries.push_back(position);
        }
        if (open.entries.size() < 2) {
            search.fixedWeight += m_classes[owner][entries[owner]].weight;
            continue;
        }
        open.lightest = m_classes[owner][open.entries.front()].weight;
        open.heaviest = m_classes[owner][open.entries.back()].weight;
        search.leastReduced += least[owner];
        search.open.push_back(std::move(open));
    }
    if (search.open.empty())
        return true;
    // Wide classes first: what the narrow ones can still mend is little then, and hopeless states go early.
    std::sort(search.open.begin(), search.open.end(), [](const Search::Open& a, const Search::Open& b) {
        const double left = a.heaviest - a.lightest;
        const double right = b.heaviest - b.lightest;
        return left != right ? left > right : a.owner < b.owner;
    });

    const std::size_t count = search.open.size();
    std::vector<double> lightestAfter(count + 1, 0);
    std::vector<double> heaviestAfter(count + 1, 0);
    std::vector<double> leastAfter(count + 1, 0);
    for (std::size_t index = count; index-- > 0;) {
        lightestAfter[index] = lightestAfter[index + 1] + search.open[index].lightest;
        heaviestAfter[index] = heaviestAfter[index + 1] + search.open[index].heaviest;
        leastAfter[index] = leastAfter[index + 1] + least[search.open[index].owner];
    }

    bool isComplete = true;
    std::size_t stepsPerState = 0;
    for (const Search::Open& open : search.open)
        stepsPerState += open.entries.size() * open.entries.size();
    const std::size_t statesPerClass = std::max<std::size_t>(1, std::min(maximumStates, mostSteps / stepsPerState));
    std::vector<std::vector<Search::Step>> steps(count);
    std::vector<Search::State> before{{search.fixedWeight, 0, 0, 0}};
    std::vector<Search::State> merged;
    std::vector<std::size_t> heads;
    for (std::size_t index = 0; index < count; ++index) {
        const Search::Open& open = search.open[index];
        const double leastSoFar = search.leastReduced - leastAfter[index + 1];
        merged.clear();
        heads.assign(open.entries.size(), 0);
        // Each entry shifts the sorted list; the shifted lists are merged, and what is beaten falls out on the way.
        double bestValue = std::numeric_limits<double>::infinity();
        while (true) {
            std::size_t list = heads.size();
            double weight = std::numeric_limits<double>::infinity();
            double value = 0;
            for (std::size_t candidate = 0; candidate < heads.size(); ++candidate) {
                if (heads[candidate] == before.size())
                    continue;
                const Entry& entry = m_classes[open.owner][open.entries[candidate]];
                const Search::State& state = before[heads[candidate]];
                const double newWeight = state.weight + entry.weight;
                const double newValue = state.value + entry.value;
                if (newWeight < weight || (newWeight == weight && newValue < value)) {
                    list = candidate;
                    weight = newWeight;
                    value = newValue;
                }
            }
            if (list == heads.size() || weight + lightestAfter[index + 1] > capacity)
                break; // the lists are at their ends, or all that follows is too heavy
            const auto parent = static_cast<std::uint32_t>(heads[list]++);
            if (value >= bestValue)
                continue;
            const double unused = std::max(0.0, capacity - weight - heaviestAfter[index + 1]);
            const double reduced = value + slope * (weight - search.fixedWeight) - leastSoFar;
            if (reduced + slope * unused >= gap)
                continue;
            bestValue = value;
            merged.push_back({weight, value, parent, open.entries[list]});
        }
        if (merged.empty())
            return isComplete;
        if (merged.size() > statesPerClass) {
            Search::keepBestPerStretch(merged, statesPerClass, slope);
            isComplete = false;
        }
        steps[index].reserve(merged.size());
        for (const Search::State& state : merged)
            steps[index].push_back({state.parent, state.entry});
        before.swap(merged);
    }

    // Values fall with weight: the last state is the best.
    std::size_t at = before.size() - 1;
    for (std::size_t index = count; index-- > 0;) {
        const Search::Step& step = steps[index][at];
        entries[search.open[index].owner] = step.entry;
        at = step.parent;
    }
    Outcome found = evaluate(std::move(entries));
    if (found.weight <= capacity && found.value < best.value)
        best = std::move(found);
    return isComplete;
}

Knapsack::Outcome Knapsack::solve(double capacity, std::span<const std::uint32_t> start, std::size_t maximumStates,
                                  double tolerance) const
{
    const auto firstTooHeavy = std::upper_bound(m_weightBefore.begin(), m_weightBefore.end(), capacity);
    const auto wholeSteps = static_cast<std::size_t>(firstTooHeavy - m_weightBefore.begin()) - 1;
    Outcome best = greedy(capacity, wholeSteps);
    if (wholeSteps == m_steps.size()) {
        best.lowerBound = best.value;
        return best;
    }
    const double slope = m_steps[wholeSteps].slope();
    const double bound = m_valueBefore[wholeSteps] - slope * (capacity - m_weightBefore[wholeSteps]);
    if (!start.empty()) {
        Outcome known = evaluate({start.begin(), start.end()});
        if (known.weight <= capacity && known.value < best.value)
            best = std::move(known);
    }
    // A narrow search first: what it finds leaves less for the wide one to decide.
    bool isComplete = false;
    constexpr std::size_t factor = 8;
    for (std::size_t states = std::min<std::size_t>(64, maximumStates); !isComplete; states = std::min(states * factor, maximumStates)) {
        isComplete = improve(capacity, slope, states, tolerance, best);
        if (states == maximumStates)
            break;
    }
    best.price = slope;
    best.lowerBound = std::min(best.value, std::max(bound, isComplete ? best.value * (1 - tolerance) : bound));
    return best;
}

} // namespace quantlathe
