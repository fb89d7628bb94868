// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/memory/compute_schedule.h"

#include <algorithm>

namespace quantlathe::compute {

namespace {

constexpr std::uint64_t deviceAlignment = 128;
constexpr std::uint64_t hostAlignment = 32;
constexpr std::uint32_t smallestOffloadedBatch = 32;

/// Best fit among the holes, otherwise at the end.
class Arena
{
public:
    explicit Arena(std::uint64_t alignment) : m_alignment(alignment) { m_holes.reserve(64); }

    std::uint64_t take(std::uint64_t bytes)
    {
        bytes = saturatingAlign(bytes, m_alignment);
        std::size_t best = m_holes.size();
        for (std::size_t index = 0; index < m_holes.size(); ++index) {
            // Of equals the later one, as ggml does.
            if (m_holes[index].bytes >= bytes && (best == m_holes.size() || m_holes[index].bytes <= m_holes[best].bytes))
                best = index;
        }
        if (best < m_holes.size()) {
            Hole& hole = m_holes[best];
            const std::uint64_t offset = hole.offset;
            hole.offset += bytes;
            hole.bytes -= bytes;
            if (hole.bytes == 0)
                m_holes.erase(m_holes.begin() + static_cast<std::ptrdiff_t>(best));
            return offset;
        }
        const std::uint64_t offset = m_end;
        m_end = saturatingAdd(m_end, bytes);
        m_most = std::max(m_most, m_end);
        return offset;
    }

    void release(std::uint64_t offset, std::uint64_t bytes)
    {
        bytes = saturatingAlign(bytes, m_alignment);
        if (bytes == 0)
            return;
        auto next = std::find_if(m_holes.begin(), m_holes.end(), [offset](const Hole& hole) { return hole.offset > offset; });
        if (next != m_holes.begin() && (next - 1)->offset + (next - 1)->bytes == offset) {
            --next;
            next->bytes += bytes;
        } else {
            next = m_holes.insert(next, {offset, bytes});
        }
        const auto after = next + 1;
        if (after != m_holes.end() && next->offset + next->bytes == after->offset) {
            next->bytes += after->bytes;
            m_holes.erase(after);
        }
        if (next->offset + next->bytes == m_end) { // the last hole is the free end
            m_end = next->offset;
            m_holes.erase(next);
        }
    }

    [[nodiscard]] std::uint64_t alignment() const { return m_alignment; }
    [[nodiscard]] std::uint64_t most() const { return m_most; }

private:
    struct Hole
    {
        std::uint64_t offset;
        std::uint64_t bytes;
    };
    std::uint64_t m_alignment;
    std::vector<Hole> m_holes; ///< by offset; the free end is not among them
    std::uint64_t m_end = 0;
    std::uint64_t m_most = 0;
};

class Schedule
{
public:
    Schedule(Graph& graph, const Machine& machine) : m_graph(graph), m_machine(machine), m_host(machine.deviceCount)
    {
        m_places.assign(graph.valueCount(), unassigned);
    }

    void assign()
    {
        for (const Id id : m_graph.leaves())
            placeOf(id) = placeByItself(id);
        for (const Id id : m_graph.steps()) {
            if (placeOf(id) == unassigned)
                placeOf(id) = placeByItself(id);
        }
        spread(true, false);
        spread(false, false);
        spread(true, true);
        spread(false, true);
        for (const Id id : m_graph.steps()) {
            const Value& value = m_graph[id];
            if (placeOf(id) == unassigned && value.kind == Kind::View)
                placeOf(id) = placeOf(value.root);
            for (const Id source : value.sources) {
                if (source == none)
                    break;
                if (placeOf(source) == unassigned) {
                    const Value& from = m_graph[source];
                    placeOf(source) = from.kind == Kind::View ? placeOf(from.root) : placeOf(id);
                }
            }
            if (placeOf(id) == unassigned)
                placeOf(id) = 0;
        }
    }

    /// Splits into runs on one device each and replaces sources that lie elsewhere by copies.
    void split()
    {
        const std::size_t backends = static_cast<std::size_t>(m_host) + 1;
        m_copyOf.assign(m_graph.valueCount() * backends, none);
        m_isSpreadInput.assign(m_graph.valueCount(), 0);
        Run* run = nullptr;
        for (std::size_t step = 0; step < m_graph.steps().size(); ++step) {
            const Id id = m_graph.steps()[step];
            if (isPlainView(id))
                continue;
            const int place = placeOf(id);
            bool isNew = !run || place != run->place;
            if (!isNew && !run->inputs.empty()) {
                // Weights are fetched at the beginning of a run: another one lets the last one's memory be used again.
                for (const Id source : m_graph[id].sources) {
                    if (source == none)
                        break;
                    isNew = isNew || (m_graph[source].isWeight && placeOf(source) != place);
                }
            }
            if (isNew) {
                m_runs.push_back({place, m_runs.empty() ? 0 : step, 0, {}});
                if (m_runs.size() > 1)
                    m_runs[m_runs.size() - 2].end = step;
                run = &m_runs.back();
            }
            fetchSources(id, *run, backends);
        }
        if (run)
            run->end = m_graph.steps().size();
        if (m_machine.copies > 1) { // inputs that this batch does not use are there several times, too
            for (const Id id : m_graph.leaves()) {
                if (m_graph[id].kind == Kind::Input && !m_isSpreadInput[static_cast<std::size_t>(id)])
                    multiply(id, backends);
            }
        }
    }

    std::vector<Buffer> allocate()
    {
        for (int backend = 0; backend <= m_host; ++backend)
            m_arenas.emplace_back(backend == m_host ? hostAlignment : deviceAlignment);
        m_buffers.resize(m_arenas.size());
        m_live.assign(m_arenas.size(), Live{});
        const std::size_t count = m_graph.valueCount();
        m_users.assign(count, 0);
        m_views.assign(count, 0);
        m_offsets.assign(count, 0);
        m_isAllocated.assign(count, 0);
        m_owner.assign(count, unassigned);

        for (const Id id : m_lasting)
            allocateValue(id);
        for (const Id id : m_graph.leaves())
            allocateValue(id);
        for (const Run& run : m_runs) {
            for (const Id input : run.inputs)
                ++users(input);
        }
        for (const Id id : m_graph.steps()) {
            const Value& value = m_graph[id];
            if (value.kind == Kind::View)
                ++m_views[static_cast<std::size_t>(value.root)];
            for (const Id source : value.sources) {
                if (source == none)
                    break;
                ++users(source);
            }
        }
        for (const Run& run : m_runs) {
            for (const Id input : run.inputs) {
                allocateValue(input);
                release(input);
                allocateValue(copyOn(input, run.place));
            }
            for (std::size_t step = run.begin; step < run.end; ++step) {
                const Id id = m_graph.steps()[step];
                const Value& value = m_graph[id];
                for (const Id source : value.sources) {
                    if (source == none)
                        break;
                    allocateValue(source);
                }
                allocateValue(id);
                for (const Id source : m_graph[id].sources) {
                    if (source == none)
                        break;
                    release(source);
                }
            }
        }
        for (std::size_t backend = 0; backend < m_arenas.size(); ++backend)
            m_buffers[backend].bytes = m_arenas[backend].most();
        return m_buffers;
    }

private:
    struct Run
    {
        int place;
        std::size_t begin, end;
        std::vector<Id> inputs;
    };

    using Live = std::array<std::uint64_t, phaseCount>; ///< bytes by phase

    int& placeOf(Id id) { return m_places[static_cast<std::size_t>(id)]; }
    int& users(Id id) { return m_users[static_cast<std::size_t>(id)]; }
    Id& copyOn(Id id, int place)
    {
        return m_copyOf[static_cast<std::size_t>(id) * (static_cast<std::size_t>(m_host) + 1) + static_cast<std::size_t>(place)];
    }
    [[nodiscard]] bool isPlainView(Id id) const { return m_graph[id].kind == Kind::View && !m_graph[id].isStore; }

    int placeByItself(Id id) const
    {
        const Value& value = m_graph[id];
        if (value.place != unassigned)
            return value.place;
        if (value.kind == Kind::View && m_graph[value.root].kind == Kind::External)
            return m_graph[value.root].place;
        if (value.kind == Kind::Input)
            return m_host;
        if (!value.isBoundToWeights)
            return unassigned;
        for (const Id source : value.sources) {
            if (source == none)
                break;
            const Value& from = m_graph[source];
            if (!from.isWeight)
                continue;
            if (from.place == m_host && m_host > 0 && m_machine.isOffloadingOperations
                && value.batch >= smallestOffloadedBatch)
                return 0;
            return from.place;
        }
        return unassigned;
    }

    /// Gives steps without a place that of their neighbours, downwards or upwards; the host's only in the second round.
    void spread(bool isDownwards, bool isHostIncluded)
    {
        const auto& steps = m_graph.steps();
        int current = unassigned;
        for (std::size_t index = 0; index < steps.size(); ++index) {
            const Id id = steps[isDownwards ? index : steps.size() - 1 - index];
            if (isPlainView(id))
                continue;
            int& place = placeOf(id);
            if (place == unassigned)
                place = current;
            else
                current = place == m_host && !isHostIncluded ? unassigned : place;
        }
    }

    void fetchSources(Id id, Run& run, std::size_t backends)
    {
        for (std::size_t index = 0; index < mostSources; ++index) {
            const Id source = m_graph[id].sources[index];
            if (source == none)
                break;
            if (m_machine.copies > 1 && m_graph[source].kind == Kind::Input
                && !m_isSpreadInput[static_cast<std::size_t>(source)]) {
                multiply(source, backends);
            }
            if (placeOf(source) == run.place)
                continue;
            if (copyOn(source, run.place) == none) {
                const bool isLasting = m_machine.copies > 1;
                const Id copy = addCopy(source, run.place, backends, isLasting);
                copyOn(source, run.place) = copy;
                run.inputs.push_back(source);
                if (isLasting) {
                    m_lasting.push_back(copy);
                    for (unsigned more = 1; more < m_machine.copies; ++more)
                        m_lasting.push_back(addCopy(source, run.place, backends, true));
                }
            }
            m_graph[id].sources[index] = copyOn(source, run.place);
        }
    }

    /// One more of an input for each batch in flight.
    void multiply(Id input, std::size_t backends)
    {
        m_isSpreadInput[static_cast<std::size_t>(input)] = 1;
        m_graph[input].isOutput = true;
        m_lasting.push_back(input);
        for (unsigned copy = 1; copy < m_machine.copies; ++copy)
            m_lasting.push_back(addCopy(input, placeOf(input), backends, true));
    }

    Id addCopy(Id source, int place, std::size_t backends, bool isLasting)
    {
        m_graph.phase = m_graph[source].isWeight || (m_graph[source].kind == Kind::View
                                                     && m_graph[m_graph[source].root].kind == Kind::External)
            ? Phase::Staging : m_graph[source].phase;
        const Id copy = m_graph.computed({}, {});
        Value& value = m_graph[copy];
        value.bytes = place == m_host ? m_graph[source].bytes : m_graph[source].copyBytes;
        value.layout = m_graph[source].layout;
        value.isOutput = isLasting;
        m_places.push_back(place);
        m_copyOf.insert(m_copyOf.end(), backends, none);
        m_isSpreadInput.push_back(0);
        return copy;
    }

    [[nodiscard]] std::uint64_t sizeOf(Id id, int place) const
    {
        const Value& value = m_graph[id];
        return place == m_host ? value.bytes : saturatingAdd(value.bytes, value.scratch);
    }

    void allocateValue(Id id)
    {
        const Value& value = m_graph[id];
        const auto index = static_cast<std::size_t>(id);
        if (value.kind == Kind::External || value.kind == Kind::View || m_isAllocated[index])
            return;
        m_isAllocated[index] = 1;
        const int place = placeOf(id);
        if (value.kind == Kind::InPlace && takeOver(id))
            return;
        Arena& arena = m_arenas[static_cast<std::size_t>(place)];
        const std::uint64_t before = arena.most();
        m_offsets[index] = arena.take(sizeOf(id, place));
        m_owner[index] = static_cast<std::int8_t>(place);
        Live& live = m_live[static_cast<std::size_t>(place)];
        live[static_cast<std::size_t>(value.phase)] += sizeOf(id, place);
        if (arena.most() > before) {
            const auto most = std::max_element(live.begin(), live.end());
            m_buffers[static_cast<std::size_t>(place)].phase = static_cast<Phase>(most - live.begin());
        }
    }

    /// Writes over a source of the same layout that no one else needs.
    bool takeOver(Id id)
    {
        for (const Id source : m_graph[id].sources) {
            if (source == none)
                break;
            const Value& from = m_graph[source];
            const bool isView = from.kind == Kind::View;
            const Id owner = isView ? from.root : source;
            if (!isView && !m_isAllocated[static_cast<std::size_t>(owner)])
                continue;
            if (m_graph[owner].kind == Kind::External || from.isOutput || m_graph[owner].isOutput
                || from.layout != m_graph[id].layout || users(source) != 1 || m_views[static_cast<std::size_t>(source)] != 0)
                continue;
            if (isView
                && (m_views[static_cast<std::size_t>(owner)] != 1 || users(owner) != 0 || from.isMovedView
                    || !m_isAllocated[static_cast<std::size_t>(owner)]))
                continue;
            const int place = m_owner[static_cast<std::size_t>(owner)];
            Arena& arena = m_arenas[static_cast<std::size_t>(place)];
            m_owner[static_cast<std::size_t>(id)] = static_cast<std::int8_t>(place);
            m_offsets[static_cast<std::size_t>(id)] = m_offsets[static_cast<std::size_t>(owner)];
            m_isAllocated[static_cast<std::size_t>(owner)] = 0;
            Live& live = m_live[static_cast<std::size_t>(place)];
            live[static_cast<std::size_t>(m_graph[owner].phase)] -= sizeOf(owner, place);
            live[static_cast<std::size_t>(m_graph[id].phase)] += sizeOf(id, place);
            const std::uint64_t had = saturatingAlign(sizeOf(owner, place), arena.alignment());
            const std::uint64_t needs = saturatingAlign(sizeOf(id, place), arena.alignment());
            if (had > needs)
                arena.release(m_offsets[static_cast<std::size_t>(id)] + needs, had - needs);
            return true;
        }
        return false;
    }

    void release(Id source)
    {
        if (--users(source) > 0 || m_views[static_cast<std::size_t>(source)] > 0)
            return;
        Id owner = source;
        if (m_graph[source].kind == Kind::View) {
            owner = m_graph[source].root;
            if (--m_views[static_cast<std::size_t>(owner)] > 0 || users(owner) > 0)
                return;
        }
        const auto index = static_cast<std::size_t>(owner);
        if (!m_isAllocated[index] || m_graph[owner].isOutput || m_owner[index] == unassigned)
            return;
        m_isAllocated[index] = 0;
        m_live[static_cast<std::size_t>(m_owner[index])][static_cast<std::size_t>(m_graph[owner].phase)]
            -= sizeOf(owner, m_owner[index]);
        m_arenas[static_cast<std::size_t>(m_owner[index])].release(m_offsets[index], sizeOf(owner, m_owner[index]));
    }

    Graph& m_graph;
    const Machine& m_machine;
    int m_host;
    std::vector<int> m_places;
    std::vector<Run> m_runs;
    std::vector<Id> m_copyOf;        ///< by value and place
    std::vector<char> m_isSpreadInput;
    std::vector<Id> m_lasting;       ///< copies for the batches in flight: allocated first and kept
    std::vector<Arena> m_arenas;
    std::vector<Buffer> m_buffers;
    std::vector<Live> m_live;        ///< by place
    std::vector<int> m_users;
    std::vector<int> m_views;
    std::vector<std::uint64_t> m_offsets;
    std::vector<char> m_isAllocated;
    std::vector<std::int8_t> m_owner;
};

} // namespace

std::vector<Buffer> allocate(Graph& graph, const Machine& machine)
{
    Schedule schedule(graph, machine);
    schedule.assign();
    schedule.split();
    return schedule.allocate();
}

} // namespace quantlathe::compute
