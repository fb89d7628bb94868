// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/memory/compute_graph.h"

#include <algorithm>

namespace quantlathe::compute {

namespace {

/// Distinguishes layouts; values are only ever compared with their own sources, so that a collision is no concern.
std::uint64_t layoutOf(const Dims& dims, unsigned elementBytes, std::uint64_t strides)
{
    std::uint64_t hash = elementBytes + 31 * strides;
    for (const std::uint64_t length : {dims.a, dims.b, dims.c, dims.d})
        hash = (hash ^ length) * 0x9e3779b97f4a7c15ull + (hash >> 29);
    return hash;
}

std::uint32_t capped(std::uint64_t count) { return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, 0xffffffff)); }

} // namespace

Graph::Graph()
{
    constexpr std::size_t usual = 4096;
    m_values.reserve(2 * usual);
    m_isVisited.reserve(2 * usual);
    m_steps.reserve(usual);
}

Id Graph::add(Value value, std::initializer_list<Id> sources)
{
    std::copy(sources.begin(), sources.end(), value.sources.begin());
    value.phase = phase;
    m_values.push_back(value);
    m_isVisited.push_back(0);
    return static_cast<Id>(m_values.size() - 1);
}

Id Graph::input(const Dims& dims, unsigned elementBytes)
{
    Value value;
    value.kind = Kind::Input;
    value.bytes = saturatingMultiply(dims.count(), elementBytes);
    value.copyBytes = value.bytes;
    value.layout = layoutOf(dims, elementBytes, 0);
    return add(value, {});
}

Id Graph::external(int place, std::uint64_t bytes, std::uint64_t copyBytes, bool isWeight)
{
    Value value;
    value.kind = Kind::External;
    value.bytes = bytes;
    value.copyBytes = copyBytes;
    value.place = static_cast<std::int8_t>(place);
    value.isWeight = isWeight;
    return add(value, {});
}

Id Graph::computed(const Dims& dims, std::initializer_list<Id> sources, unsigned elementBytes)
{
    Value value;
    value.bytes = saturatingMultiply(dims.count(), elementBytes);
    value.copyBytes = value.bytes;
    value.layout = layoutOf(dims, elementBytes, 0);
    value.batch = capped(dims.rows());
    return add(value, sources);
}

Id Graph::inPlace(const Dims& dims, std::initializer_list<Id> sources)
{
    const Id id = computed(dims, sources);
    (*this)[id].kind = Kind::InPlace;
    return id;
}

Id Graph::reshaped(Id source, const Dims& dims)
{
    const Value& from = (*this)[source];
    Value value;
    value.kind = Kind::View;
    value.bytes = from.bytes;
    value.copyBytes = from.copyBytes;
    value.root = from.kind == Kind::View ? from.root : source;
    value.layout = layoutOf(dims, 4, 0);
    value.isMovedView = from.isMovedView;
    return add(value, {source});
}

Id Graph::part(Id source, const Dims& dims, bool isMoved)
{
    const Id id = reshaped(source, dims);
    Value& value = (*this)[id];
    // Rows stay as far apart as in the source: the part spans nearly all of it, unless it is the whole.
    value.bytes = std::min(value.bytes, (*this)[source].bytes);
    value.layout = layoutOf(dims, 4, static_cast<std::uint64_t>(id) + 1);
    value.isMovedView = value.isMovedView || isMoved;
    return id;
}

Id Graph::slice(Id source, const Dims& dims)
{
    const Id id = part(source, dims, true);
    Value& value = (*this)[id];
    value.bytes = value.copyBytes = std::min(value.bytes, saturatingMultiply(dims.count(), 4));
    return id;
}

Id Graph::stored(Id source, Id indices, Id external)
{
    const Id id = reshaped(external, {});
    Value& value = (*this)[id];
    value.isStore = true;
    value.sources = {source, indices, external, none, none, none, none};
    if (indices == none)
        value.sources = {source, external, none, none, none, none, none};
    return id;
}

void Graph::expand(Id id)
{
    if (id == none || m_isVisited[static_cast<std::size_t>(id)])
        return;
    m_isVisited[static_cast<std::size_t>(id)] = 1;
    const Value& value = (*this)[id];
    for (const Id source : value.sources) {
        if (source == none)
            break;
        expand(source);
    }
    if (value.kind == Kind::Input || value.kind == Kind::External)
        m_leaves.push_back(id);
    else
        m_steps.push_back(id);
}

} // namespace quantlathe::compute
