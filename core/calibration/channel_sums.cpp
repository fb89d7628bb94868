// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/channel_sums.h"

#include "core/base/parallel.h"
#include "core/inference/elementwise.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>
#include <utility>

namespace quantlathe {

namespace {

/// A cache line of doubles and more; the sums do not depend on it.
constexpr std::size_t columnsPerTask = 128;

void forEachLinear(const DenseFeedForward& feedForward, const std::function<void(const Linear&)>& visit)
{
    if (feedForward.gate)
        visit(*feedForward.gate);
    visit(feedForward.up);
    visit(feedForward.down);
}

/// All matrices of a layer, those of experts with their number.
void forEachLinear(const NetworkLayer& layer, const std::function<void(const Linear&)>& visit)
{
    for (const Linear* linear : {&layer.attention.query, &layer.attention.key, &layer.attention.value, &layer.attention.output})
        visit(*linear);
    if (layer.dense)
        forEachLinear(*layer.dense, visit);
    if (!layer.experts)
        return;
    visit(layer.experts->router);
    for (const DenseFeedForward& expert : layer.experts->experts)
        forEachLinear(expert, visit);
    if (layer.experts->shared)
        forEachLinear(*layer.experts->shared, visit);
    if (layer.experts->sharedGate)
        visit(*layer.experts->sharedGate);
}

std::uint32_t expertOf(const Model& model, const Linear& linear)
{
    const auto& own = model.place(linear.tensor).expert; // where each expert is a tensor of its own
    return own ? static_cast<std::uint32_t>(*own) : linear.expert;
}

/// Bytes written one behind the other into room that was made before.
struct Writer
{
    std::vector<std::byte>& bytes;
    std::size_t at = 0;

    void put(const void* data, std::size_t size)
    {
        if (size > 0)
            std::memcpy(bytes.data() + at, data, size);
        at += size;
    }
    void put(std::uint64_t number) { put(&number, sizeof number); }
};

/// Takes bytes from the front; false when there are fewer.
template <typename Number>
bool take(std::span<const std::byte>& bytes, std::span<Number> numbers)
{
    if (bytes.size() < numbers.size_bytes())
        return false;
    if (!numbers.empty())
        std::memcpy(numbers.data(), bytes.data(), numbers.size_bytes());
    bytes = bytes.subspan(numbers.size_bytes());
    return true;
}

} // namespace

ImportanceSums::ImportanceSums(const Network& network, bool withOutput)
{
    const Model& model = *network.model;
    const auto add = [&](const Linear& linear) {
        ChannelSums& sums = m_entries[model.place(linear.tensor).canonicalName];
        sums.rowLength = linear.inputs;
        const std::size_t matrices = std::size_t{expertOf(model, linear)} + 1;
        if (matrices > sums.counts.size()) {
            sums.counts.resize(matrices);
            sums.squares.resize(matrices * linear.inputs);
        }
    };
    for (const NetworkLayer& layer : network.layers)
        forEachLinear(layer, add);
    // Where the embedding is the output as well there is no entry: engines would take it for that of the embedding.
    if (withOutput && network.output.tensor != network.tokenEmbedding)
        add(network.output);
}

void ImportanceSums::add(const ImportanceSums& other)
{
    for (auto& [name, sums] : m_entries) {
        const ChannelSums& more = other.m_entries.at(name);
        for (std::size_t channel = 0; channel < sums.squares.size(); ++channel)
            sums.squares[channel] += more.squares[channel];
        for (std::size_t matrix = 0; matrix < sums.counts.size(); ++matrix)
            sums.counts[matrix] += more.counts[matrix];
    }
}

std::vector<std::byte> ImportanceSums::toBytes() const
{
    std::size_t size = sizeof(std::uint64_t);
    for (const auto& [name, sums] : m_entries)
        size += 3 * sizeof(std::uint64_t) + name.size() + (sums.counts.size() * sizeof(std::uint64_t)) + (sums.squares.size() * sizeof(double));
    std::vector<std::byte> bytes(size);
    Writer writer{bytes};
    writer.put(m_entries.size());
    for (const auto& [name, sums] : m_entries) {
        writer.put(name.size());
        writer.put(name.data(), name.size());
        writer.put(sums.rowLength);
        writer.put(sums.counts.size());
        writer.put(sums.counts.data(), sums.counts.size() * sizeof(std::uint64_t));
        writer.put(sums.squares.data(), sums.squares.size() * sizeof(double));
    }
    return bytes;
}

bool ImportanceSums::fromBytes(std::span<const std::byte> bytes)
{
    std::map<std::string, ChannelSums> read = m_entries;
    std::uint64_t number = 0;
    const auto isNext = [&](std::uint64_t expected) { return take(bytes, std::span(&number, 1)) && number == expected; };
    if (!isNext(read.size()))
        return false;
    for (auto& [name, sums] : read) {
        std::string found(name.size(), '\0');
        if (!isNext(name.size()) || !take(bytes, std::span(found.data(), found.size())) || found != name || !isNext(sums.rowLength)
            || !isNext(sums.counts.size()) || !take(bytes, std::span(sums.counts)) || !take(bytes, std::span(sums.squares)))
            return false;
    }
    if (!bytes.empty())
        return false;
    m_entries = std::move(read);
    return true;
}

std::vector<Importance::Entry> ImportanceSums::rounded() const
{
    std::vector<Importance::Entry> result;
    for (const auto& [name, sums] : m_entries) {
        if (std::all_of(sums.counts.begin(), sums.counts.end(), [](std::uint64_t count) { return count == 0; }))
            continue;
        Importance::Entry entry{name, sums.rowLength, {}, {}};
        for (const double square : sums.squares)
            entry.sumOfSquares.push_back(static_cast<float>(square));
        for (const std::uint64_t count : sums.counts)
            entry.counts.push_back(static_cast<float>(count));
        result.push_back(std::move(entry));
    }
    return result;
}

ChannelObserver::ChannelObserver(const Network& network, ImportanceSums& sums, unsigned threads)
    : m_model(*network.model), m_sums(sums), m_threads(threads)
{
}

void ChannelObserver::onInputs(std::span<const Linear* const> matrices, const float* inputs, std::uint64_t rows, std::uint64_t columns,
                               std::uint64_t stride)
{
    // Matrices that are parts of one tensor (query, key and value fused) met these rows once.
    std::set<std::pair<std::string_view, std::uint32_t>> met;
    for (const Linear* linear : matrices) {
        const std::string& name = m_model.place(linear->tensor).canonicalName;
        const auto entry = m_sums.entries().find(name);
        if (entry != m_sums.entries().end() && entry->second.rowLength == columns)
            met.emplace(entry->first, expertOf(m_model, *linear));
    }
    if (met.empty())
        return;
    m_squares.assign(columns, 0);
    parallelFor(columns, columnsPerTask, m_threads, {}, [&](std::size_t begin, std::size_t end) {
        elementwise::addSquares(inputs + begin, rows, end - begin, stride, m_squares.data() + begin);
    });
    for (const auto& [name, expert] : met) {
        ChannelSums& sums = m_sums.entries().find(std::string(name))->second;
        sums.counts[expert] += rows;
        double* const squares = sums.squares.data() + expert * columns;
        for (std::uint64_t channel = 0; channel < columns; ++channel)
            squares[channel] += m_squares[channel];
    }
}

} // namespace quantlathe
