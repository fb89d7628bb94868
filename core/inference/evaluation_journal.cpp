// SPDX-License-Identifier: GPL-3.0-or-later
// The file, numbers of 64 bits in the machine's order: "QLEVALUA", version, the shape, count of windows, their scores, a hash of all before.
#include "core/inference/evaluation_journal.h"

#include "core/base/atomic_file.h"
#include "core/base/checked.h"
#include "core/base/error.h"
#include "core/base/hash64.h"
#include "core/base/mapped_file.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace quantlathe {

namespace {

/// Raise it when the forward pass or an encoder gives other figures than before, or the file changes.
constexpr std::uint64_t version = 1;
constexpr std::uint64_t magic = 0x41554c4156454c51u; // "QLEVALUA"
constexpr std::size_t headerNumbers = 8;

std::vector<std::uint64_t> header(const EvaluationJournalShape& shape, std::uint64_t count)
{
    return {magic, version, shape.request[0], shape.request[1], shape.scored, std::uint64_t{shape.hasOriginal}, shape.layers, count};
}

std::vector<std::vector<double> ChunkScores::*> members(const EvaluationJournalShape& shape)
{
    if (shape.hasOriginal)
        return {&ChunkScores::nll, &ChunkScores::originalNll, &ChunkScores::divergence, &ChunkScores::layerErrors};
    return {&ChunkScores::nll};
}

std::uint64_t numbersPerChunk(const EvaluationJournalShape& shape)
{
    return shape.hasOriginal ? 4 * shape.scored + shape.layers : shape.scored;
}

} // namespace

std::vector<ChunkScores> readEvaluationJournal(const std::filesystem::path& file, const EvaluationJournalShape& shape)
{
    std::shared_ptr<const MappedFile> mapped;
    try {
        mapped = MappedFile::open(file);
    } catch (const Error&) {
        return {}; // mostly: there is none
    }
    const std::span<const std::byte> bytes = mapped->bytes();
    if (bytes.size() % 8 != 0 || bytes.size() < (headerNumbers + 1) * 8)
        return {};
    std::vector<std::uint64_t> numbers(bytes.size() / 8);
    std::memcpy(numbers.data(), bytes.data(), bytes.size());
    const std::uint64_t count = numbers[headerNumbers - 1];
    const auto body = checkedMultiply(count, numbersPerChunk(shape));
    if (!body || *body != numbers.size() - headerNumbers - 1 || hash64(std::as_bytes(std::span(numbers)).first(bytes.size() - 8)) != numbers.back())
        return {};
    const std::vector<std::uint64_t> expected = header(shape, count);
    if (!std::equal(expected.begin(), expected.end(), numbers.begin()))
        return {};
    std::vector<ChunkScores> chunks(count);
    std::size_t at = headerNumbers;
    for (ChunkScores& chunk : chunks) {
        for (const auto member : members(shape)) {
            auto& values = chunk.*member;
            values.resize(member == &ChunkScores::layerErrors ? shape.layers : shape.scored);
            for (double& value : values)
                value = std::bit_cast<double>(numbers[at++]);
        }
        if (shape.hasOriginal) {
            chunk.isSameTop.resize(shape.scored);
            for (std::uint8_t& same : chunk.isSameTop)
                same = numbers[at++] != 0 ? 1 : 0;
        }
    }
    return chunks;
}

void writeEvaluationJournal(const std::filesystem::path& file, const EvaluationJournalShape& shape, const std::vector<ChunkScores>& chunks)
{
    std::vector<std::uint64_t> numbers = header(shape, chunks.size());
    numbers.reserve(numbers.size() + chunks.size() * numbersPerChunk(shape) + 1);
    for (const ChunkScores& chunk : chunks) {
        for (const auto member : members(shape)) {
            for (const double value : chunk.*member)
                numbers.push_back(std::bit_cast<std::uint64_t>(value));
        }
        for (const std::uint8_t same : chunk.isSameTop)
            numbers.push_back(same);
    }
    numbers.push_back(hash64(std::as_bytes(std::span(numbers))));
    std::error_code ignored; // writing says what is wrong
    std::filesystem::create_directories(file.parent_path(), ignored);
    writeFileAtomically(file, std::as_bytes(std::span(numbers)));
}

} // namespace quantlathe
