// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/calibration/collect.h"

#include "core/base/atomic_file.h"
#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "core/calibration/channel_sums.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <cstring>
#include <optional>

namespace quantlathe {

namespace {

/// Rows that go through the output matrix at once.
constexpr std::uint64_t outputRows = 256;

struct Pass
{
    std::size_t first = 0; ///< window
    std::size_t count = 0;
};

/// Windows that go through the layers together: as many as half of the memory holds.
std::vector<Pass> cutIntoPasses(const Network& network, const TokenBatch& windows, std::uint64_t memoryBytes)
{
    const std::uint64_t context = windows.longest();
    for (std::size_t window = 0; window < windows.sequenceCount(); ++window) {
        if (windows.starts[window + 1] - windows.starts[window] != context || context == 0)
            throw Error(ErrorKind::InvalidArgument, "the windows of text have different lengths");
    }
    if (windows.sequenceCount() == 0)
        throw Error(ErrorKind::InvalidArgument, "there is no text to measure importance on");
    const std::uint64_t perWindow = context * network.embeddingLength * sizeof(float);
    const std::uint64_t together = memoryBytes / 2 / perWindow;
    if (together == 0)
        throw Error(ErrorKind::InvalidArgument,
                    fmt::format("{} are too little: one window of {} tokens needs {}", formatBytes(memoryBytes), context, formatBytes(2 * perWindow)),
                    {}, "Allow more memory, or take a shorter context");
    std::vector<Pass> passes;
    for (std::size_t first = 0; first < windows.sequenceCount(); first += together)
        passes.push_back({first, std::min<std::size_t>(together, windows.sequenceCount() - first)});
    return passes;
}

/// Of all that the sums depend on, the cut into passes included: another cut rounds otherwise.
std::string identityOf(const Model& model, const TokenBatch& windows, const std::vector<Pass>& passes, bool withOutput)
{
    ContentHash hash;
    hash.add("importance 1");
    for (const auto& mapping : model.mappings()) {
        hash.add(mapping->identity().sizeBytes);
        hash.add(static_cast<std::uint64_t>(mapping->identity().modifiedNanoseconds));
    }
    for (const Tensor& tensor : model.tensors()) {
        hash.add(tensor.name());
        hash.add(tensor.shape().weightCount());
        hash.add(static_cast<std::uint64_t>(tensor.type()));
    }
    hash.add(std::as_bytes(std::span(windows.tokens)));
    hash.add(std::as_bytes(std::span(windows.starts)));
    hash.add(passes.front().count);
    hash.add(withOutput ? 1 : 0);
    return hash.text();
}

/// Sums of the passes so far. Layout: identity (32 characters), passes done (u64), ImportanceSums::toBytes(), hash of all that (32 characters).
class Journal
{
public:
    Journal(std::filesystem::path file, std::string identity) : m_file(std::move(file)), m_identity(std::move(identity)) {}

    void save(std::uint64_t passes, const ImportanceSums& sums) const
    {
        if (m_file.empty())
            return;
        const std::vector<std::byte> figures = sums.toBytes();
        std::vector<std::byte> bytes(2 * m_identity.size() + sizeof passes + figures.size());
        std::memcpy(bytes.data(), m_identity.data(), m_identity.size());
        std::memcpy(bytes.data() + m_identity.size(), &passes, sizeof passes);
        std::memcpy(bytes.data() + m_identity.size() + sizeof passes, figures.data(), figures.size());
        const auto checked = std::span(bytes).first(bytes.size() - m_identity.size());
        const std::string hash = hashOf(checked);
        std::memcpy(bytes.data() + checked.size(), hash.data(), hash.size());
        writeFileAtomically(m_file, bytes);
    }

    /// Passes whose sums went into @p sums; 0 where there is no journal of this work.
    [[nodiscard]] std::uint64_t load(ImportanceSums& sums) const
    {
        std::error_code failure;
        if (m_file.empty() || !std::filesystem::exists(m_file, failure))
            return 0;
        const auto mapped = MappedFile::open(m_file);
        auto bytes = mapped->bytes();
        std::uint64_t passes = 0;
        if (bytes.size() < 2 * m_identity.size() + sizeof passes || !startsWith(bytes, m_identity))
            return 0;
        const auto checked = bytes.first(bytes.size() - m_identity.size());
        if (!startsWith(bytes.subspan(checked.size()), hashOf(checked)))
            return 0;
        std::memcpy(&passes, checked.data() + m_identity.size(), sizeof passes);
        return sums.fromBytes(checked.subspan(m_identity.size() + sizeof passes)) ? passes : 0;
    }

private:
    static bool startsWith(std::span<const std::byte> bytes, std::string_view text)
    {
        return bytes.size() >= text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
    }
    static std::string hashOf(std::span<const std::byte> bytes)
    {
        ContentHash hash;
        hash.add(bytes);
        return hash.text();
    }

    std::filesystem::path m_file;
    std::string m_identity;
};

struct Work
{
    const ForwardPass& forward;
    const WeightSource& weights;
    bool withOutput = false;
    std::uint64_t done = 0; ///< tokens x layers, the output counting as one
    std::uint64_t total = 0;
    const RunControl& control;
};

void runPass(Work& work, const TokenBatch& batch, ImportanceSums& sums)
{
    const RunControl silent{work.control.stop, nullptr};
    const Network& network = work.forward.network();
    const std::uint64_t tokens = batch.tokens.size();
    ChannelObserver observer(network, sums, work.forward.settings().threads);
    HiddenStates hidden = work.forward.embed(work.weights, batch, silent);
    for (std::size_t layer = 0; layer < work.forward.layerCount(); ++layer) {
        work.control.report(fmt::format("layer {} of {}", layer + 1, work.forward.layerCount()), work.done, work.total);
        const auto loaded = work.forward.loadLayer(layer, work.weights, silent);
        work.forward.runLayer(*loaded, batch, hidden, &observer, silent);
        work.done += tokens;
    }
    if (!work.withOutput)
        return;
    work.control.report("output", work.done, work.total);
    const auto output = work.forward.loadOutput(work.weights, silent);
    std::vector<float> logits(std::min(outputRows, tokens) * network.output.outputs);
    for (std::uint64_t row = 0; row < tokens; row += outputRows) {
        const std::uint64_t rows = std::min(outputRows, tokens - row);
        work.forward.logits(*output, hidden.values.data() + row * hidden.width, rows, logits.data(), &observer, silent);
    }
    work.done += tokens;
}

std::vector<UnreachedExperts> unreachedIn(const ImportanceSums& sums)
{
    std::vector<UnreachedExperts> result;
    for (const auto& [name, entry] : sums.entries()) {
        UnreachedExperts unreached{name, {}, entry.counts.size()};
        for (std::uint32_t expert = 0; expert < entry.counts.size(); ++expert) {
            if (entry.counts[expert] == 0)
                unreached.experts.push_back(expert);
        }
        if (!unreached.experts.empty())
            result.push_back(std::move(unreached));
    }
    return result;
}

} // namespace

CollectedImportance collectImportance(const std::shared_ptr<const Network>& network, const TokenBatch& windows, const std::string& textName,
                                      const CollectOptions& options, const RunControl& control)
{
    const std::vector<Pass> passes = cutIntoPasses(*network, windows, options.memoryBytes);
    const bool withOutput = options.withOutput && network->output.tensor != network->tokenEmbedding;
    ImportanceSums total(*network, withOutput);
    const Journal journal(options.journal, identityOf(*network->model, windows, passes, withOutput));
    CollectedImportance result;
    result.tokens = windows.tokens.size();
    result.passes = passes.size();
    if (options.resume)
        result.resumedPasses = std::min<std::size_t>(journal.load(total), passes.size());

    const ForwardPass forward(network, {options.threads, std::max<std::uint64_t>(1, options.memoryBytes / 2)});
    const auto weights = storedWeights(network->model);
    const std::uint64_t steps = network->layers.size() + (withOutput ? 1 : 0);
    Work work{forward, *weights, withOutput, 0, windows.tokens.size() * steps, control};
    for (std::size_t number = 0; number < passes.size(); ++number) {
        TokenBatch batch;
        for (std::size_t window = passes[number].first; window < passes[number].first + passes[number].count; ++window)
            batch.append(std::span(windows.tokens).subspan(windows.starts[window], windows.starts[window + 1] - windows.starts[window]));
        if (number < result.resumedPasses) {
            work.done += batch.tokens.size() * steps;
            continue;
        }
        // Added up pass by pass from 0, so that a resumed run rounds as an unbroken one does.
        ImportanceSums sums(*network, withOutput);
        runPass(work, batch, sums);
        network->model->throwIfSourceChanged();
        total.add(sums);
        journal.save(number + 1, total);
    }
    control.report("done", work.total, work.total);

    constexpr std::uint64_t largest = std::numeric_limits<std::uint32_t>::max();
    Importance::Contents contents;
    contents.datasets = {textName};
    contents.chunkCount = static_cast<std::uint32_t>(std::min<std::uint64_t>(largest, windows.sequenceCount()));
    contents.chunkSize = static_cast<std::uint32_t>(std::min<std::uint64_t>(largest, windows.longest()));
    contents.entries = total.rounded();
    result.importance = std::make_shared<const Importance>(std::move(contents));
    result.unreached = unreachedIn(total);
    return result;
}

} // namespace quantlathe
