// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/quantize_layers.h"

#include "core/base/content_hash.h"
#include "core/base/error.h"
#include "core/methods/layer_quantizer.h"
#include "core/methods/scratch_floats.h"
#include "core/plan/recipe.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <unistd.h>
#include <utility>

namespace quantlathe {

namespace {

/// Of all that the results depend on; the memory, too: it decides which tokens go through a product together, and with it how sums round.
std::string identityOf(const LayerRequest& request)
{
    ContentHash hash;
    hash.add("layers 3");
    const Model& model = *request.network->model;
    for (const auto& mapping : model.mappings()) {
        hash.add(mapping->identity().sizeBytes);
        hash.add(static_cast<std::uint64_t>(mapping->identity().modifiedNanoseconds));
    }
    for (const Tensor& tensor : model.tensors()) {
        hash.add(tensor.name());
        hash.add(tensor.shape().weightCount());
        hash.add(static_cast<std::uint64_t>(tensor.type()));
    }
    hash.add(recipeToJson(request.plan, model));
    hash.add(std::as_bytes(std::span(request.calibration.tokens)));
    hash.add(std::as_bytes(std::span(request.calibration.starts)));
    const LayerSettings& settings = request.settings;
    hash.add(fmt::format("{} {} {} {} {}", settings.damping, settings.ordersChannels, settings.searchesClip, settings.smoothing, settings.memoryBytes));
    return hash.text();
}

/// What the plan leaves to the encoders of GGUF's types.
Plan restOf(const Plan& plan)
{
    Plan rest;
    rest.encoding = plan.encoding;
    for (const auto& [name, choice] : plan.choices()) {
        if (!isOwnWork(choice))
            rest.setChoice(name, choice);
    }
    return rest;
}

std::filesystem::path temporaryFile()
{
    std::string name = (std::filesystem::temp_directory_path() / "quantlathe-layers-XXXXXX").string();
    const int descriptor = mkstemp(name.data());
    if (descriptor < 0)
        throw systemError(errno, "create a journal in", std::filesystem::temp_directory_path());
    ::close(descriptor);
    return name;
}

class Walk
{
public:
    Walk(const LayerRequest& request, const RunControl& control)
        : m_request(request), m_network(*request.network), m_control(control), m_journalFile(request.journal.empty() ? temporaryFile() : request.journal),
          m_base(plannedWeights(request.network->model, restOf(request.plan))),
          m_pass(request.network, {request.settings.threads, std::max<std::uint64_t>(1, request.settings.memoryBytes / 4)}),
          m_quantizer(m_pass, request, m_base, m_journalFile.parent_path().empty() ? std::filesystem::path(".") : m_journalFile.parent_path())
    {
        for (std::size_t index = 0; index < m_network.model->tensors().size(); ++index) {
            const auto choice = request.plan.choice(m_network.model->tensors()[index].name());
            if (!choice || !isOwnWork(*choice))
                continue;
            m_planned.insert(index);
            m_needsText = m_needsText || needsInputs(*choice);
        }
    }

    QuantizedLayers run()
    {
        if (m_needsText && m_request.calibration.tokens.empty())
            throw Error(ErrorKind::InvalidArgument, "the planned methods look at what goes into the matrices, and there is no text", {}, "Give a calibration text");
        const auto journal = std::make_shared<LayerJournal>(m_journalFile, identityOf(m_request), m_request.resume);
        if (m_request.journal.empty())
            ::unlink(m_journalFile.c_str());
        const auto finished = journalWeights(journal, m_base);
        QuantizedLayers result;
        const std::size_t layers = m_network.layers.size();
        result.resumedLayers = std::min<std::size_t>(journal->sections(), layers);
        const std::uint64_t tokens = m_needsText ? m_request.calibration.tokens.size() : 0;
        for (const NetworkLayer& layer : m_network.layers)
            m_total += costOf(layer, tokens).whole;
        ScratchFloats hidden = embed();
        for (std::size_t layer = 0; layer < layers; ++layer) {
            m_control.throwIfCancelled();
            std::vector<std::shared_ptr<const QuantizedTensor>> tensors;
            if (layer < result.resumedLayers) {
                m_control.report(fmt::format("layer {} of {}: from the journal", layer + 1, layers), m_done, m_total);
                if (m_needsText && journal->sections() <= layers)
                    m_quantizer.pass(layer, *finished, hidden.data(), m_control);
                m_done += costOf(m_network.layers[layer], tokens).whole;
                continue;
            }
            tensors = m_quantizer.run(layer, hidden.data(), m_done, m_total, m_control);
            m_network.model->throwIfSourceChanged();
            journal->append(tensors);
            if (m_request.onLayer)
                m_request.onLayer(reportOf(layer, tensors));
        }
        if (journal->sections() == layers)
            journal->append(quantizeRest(*journal, hidden));
        for (const std::size_t tensor : journal->tensors()) {
            const auto loaded = journal->load(tensor);
            result.reports.insert(result.reports.end(), loaded->reports.begin(), loaded->reports.end());
        }
        m_control.report("done", m_total, m_total);
        result.journal = journal;
        result.weights = finished;
        return result;
    }

private:
    /// Hidden states of all tokens before the first layer; none where no method needs them.
    ScratchFloats embed()
    {
        if (!m_needsText)
            return {};
        const TokenBatch& batch = m_request.calibration;
        const std::uint64_t width = m_network.embeddingLength;
        ScratchFloats hidden(batch.tokens.size() * width, m_request.settings.memoryBytes / 4,
                             m_journalFile.parent_path().empty() ? std::filesystem::path(".") : m_journalFile.parent_path());
        for (std::size_t sequence = 0; sequence < batch.sequenceCount(); ++sequence) {
            TokenBatch one;
            one.append(std::span(batch.tokens).subspan(batch.starts[sequence], batch.starts[sequence + 1] - batch.starts[sequence]));
            const HiddenStates states = m_pass.embed(*m_base, one, {m_control.stop, nullptr});
            std::copy(states.values.begin(), states.values.end(), hidden.data() + batch.starts[sequence] * width);
        }
        return hidden;
    }

    LayerReport reportOf(std::size_t layer, const std::vector<std::shared_ptr<const QuantizedTensor>>& tensors) const
    {
        LayerReport report{layer, m_network.layers.size(), {}};
        for (const auto& tensor : tensors)
            report.matrices.insert(report.matrices.end(), tensor->reports.begin(), tensor->reports.end());
        return report;
    }

    /// The output matrix, with its inputs where its method wants them; and tensors that no layer computes with.
    std::vector<std::shared_ptr<const QuantizedTensor>> quantizeRest(const LayerJournal& journal, ScratchFloats& hidden)
    {
        std::vector<std::shared_ptr<const QuantizedTensor>> tensors;
        for (const std::size_t index : m_planned) {
            if (journal.holds(index))
                continue;
            const Tensor& tensor = m_network.model->tensors()[index];
            m_control.report(tensor.name(), m_done, m_total);
            Linear whole;
            whole.tensor = index;
            whole.outputs = tensor.shape().rowCount();
            whole.inputs = tensor.shape().rowLength();
            const bool isOutput = index == m_network.output.tensor;
            tensors.push_back(m_quantizer.quantizeAlone(isOutput ? m_network.output : whole, isOutput && m_needsText ? outputMoments(hidden) : nullptr, m_control));
        }
        return tensors;
    }

    std::unique_ptr<InputMoments> outputMoments(ScratchFloats& hidden)
    {
        constexpr std::uint64_t rowsAtOnce = 256;
        const InputGroup group{{&m_network.output}};
        const RunControl silent{m_control.stop, nullptr};
        MomentObserver observer({&group, 1}, false, m_request.settings.threads, silent);
        const auto output = m_pass.loadOutput(*m_base, silent);
        const std::uint64_t tokens = m_request.calibration.tokens.size();
        std::vector<float> logits(std::min(rowsAtOnce, tokens) * m_network.output.outputs);
        for (std::uint64_t row = 0; row < tokens; row += rowsAtOnce) {
            m_pass.logits(*output, hidden.data() + row * m_network.embeddingLength, std::min(rowsAtOnce, tokens - row), logits.data(), &observer, silent);
        }
        return std::move(observer.take().front());
    }

    const LayerRequest& m_request;
    const Network& m_network;
    const RunControl& m_control;
    std::filesystem::path m_journalFile;
    std::shared_ptr<const WeightSource> m_base;
    ForwardPass m_pass;
    LayerQuantizer m_quantizer;
    std::set<std::size_t> m_planned; ///< tensors that are worked on here
    bool m_needsText = false;
    std::uint64_t m_done = 0;
    std::uint64_t m_total = 0;
};

} // namespace

QuantizedLayers quantizeLayers(const LayerRequest& request, const RunControl& control)
{
    return Walk(request, control).run();
}

} // namespace quantlathe
