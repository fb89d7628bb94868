// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/importance.h"

#include "core/base/checked.h"
#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace quantlathe {

namespace {

[[noreturn]] void refuse(const Importance::Contents& contents, std::string message, const std::string& tensor = {})
{
    throw Error(ErrorKind::InvalidArgument, std::move(message), {contents.file, std::nullopt, printable(tensor)});
}

void check(const Importance::Contents& contents, const Importance::Entry& entry)
{
    if (entry.name.empty())
        refuse(contents, "a tensor of the importance data has no name");
    const auto values = checkedMultiply(entry.rowLength, entry.counts.size());
    if (!values || *values == 0 || *values != entry.sumOfSquares.size()) {
        refuse(contents,
               fmt::format("{} sums of squares are not {} matrices of {} channels", entry.sumOfSquares.size(),
                           entry.counts.size(), entry.rowLength),
               entry.name);
    }
    for (const float count : entry.counts) {
        if (!std::isfinite(count) || count < 0)
            refuse(contents, fmt::format("a count of activations is {}", count), entry.name);
    }
}

} // namespace

Importance::Importance(Contents contents)
    : m_contents(std::move(contents))
    , m_byName(m_contents.entries.size())
{
    const auto& entries = m_contents.entries;
    if (entries.empty())
        refuse(m_contents, "the importance data hold no tensor");
    std::iota(m_byName.begin(), m_byName.end(), std::size_t{0});
    std::sort(m_byName.begin(), m_byName.end(), [&](std::size_t a, std::size_t b) { return entries[a].name < entries[b].name; });
    ContentHash hash;
    for (std::size_t index = 0; index < m_byName.size(); ++index) {
        const Entry& entry = entries[m_byName[index]];
        check(m_contents, entry);
        if (index > 0 && entry.name == entries[m_byName[index - 1]].name)
            refuse(m_contents, "the importance data name the tensor twice", entry.name);
        hash.add(entry.name);
        hash.add(std::as_bytes(std::span(entry.sumOfSquares)));
        hash.add(std::as_bytes(std::span(entry.counts)));
    }
    m_hash = hash.text();
}

const Importance::Entry* Importance::find(std::string_view name) const
{
    const auto& entries = m_contents.entries;
    const auto found = std::lower_bound(m_byName.begin(), m_byName.end(), name,
                                        [&](std::size_t index, std::string_view wanted) { return entries[index].name < wanted; });
    return found == m_byName.end() || entries[*found].name != name ? nullptr : &entries[*found];
}

TensorImportance::TensorImportance(std::shared_ptr<const Importance> owner, const Importance::Entry& entry,
                                   std::uint64_t firstMatrix, std::uint64_t matrices, std::uint64_t rowLength, std::uint64_t rowsPerMatrix)
    : m_owner(std::move(owner))
    , m_entry(&entry)
    , m_firstMatrix(firstMatrix)
    , m_rowLength(rowLength)
    , m_rowsPerMatrix(rowsPerMatrix)
{
    assert(rowLength > 0 && rowsPerMatrix > 0 && matrices > 0 && (firstMatrix + matrices) * rowLength <= entry.sumOfSquares.size());
    std::vector<bool> isReached(matrices);
    for (std::uint64_t matrix = 0; matrix < matrices; ++matrix) {
        const float* const sums = entry.sumOfSquares.data() + (firstMatrix + matrix) * rowLength;
        isReached[matrix] = countOf(matrix) > 0 && std::any_of(sums, sums + rowLength, [](float sum) { return sum != 0; });
    }
    m_isReached = std::make_shared<const std::vector<bool>>(std::move(isReached));
}

TensorImportance TensorImportance::ofChannels(std::span<const float> factors)
{
    Importance::Contents contents;
    contents.entries.push_back({"channels", factors.size(), {factors.begin(), factors.end()}, {1.0f}});
    const auto owner = std::make_shared<const Importance>(std::move(contents));
    return {owner, owner->entries().front(), 0, 1, factors.size(), ~std::uint64_t{0}};
}

/// Older files have one count for all experts.
float TensorImportance::countOf(std::uint64_t matrix) const
{
    return m_entry->counts[m_entry->counts.size() == 1 ? 0 : m_firstMatrix + matrix];
}

void TensorImportance::read(std::uint64_t row, std::uint64_t firstChannel, std::span<float> out) const
{
    const std::uint64_t own = matrixOf(row);
    if (!isReached(own)) {
        std::fill(out.begin(), out.end(), 1.0f);
        return;
    }
    const float count = countOf(own);
    const float* sums = m_entry->sumOfSquares.data() + (m_firstMatrix + own) * m_rowLength + firstChannel;
    for (std::size_t index = 0; index < out.size(); ++index)
        out[index] = sums[index] / count;
}

const float* ImportanceRows::of(std::uint64_t row)
{
    if (m_importance.isEmpty())
        return nullptr;
    const std::uint64_t matrix = m_importance.matrixOf(row);
    if (m_factors.empty() || matrix != m_matrix) {
        m_factors.resize(m_importance.rowLength());
        m_matrix = matrix;
        m_importance.read(row, 0, m_factors);
    }
    return m_factors.data();
}

} // namespace quantlathe
