// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tree/tensor_summary.h"

#include "ui/text.h"

#include <QStringList>

#include <algorithm>
#include <array>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

using WeightsByType = std::array<std::uint64_t, tensorTypeCount>;

QString typesText(const WeightsByType& weights)
{
    std::vector<std::size_t> types;
    for (std::size_t type = 0; type < weights.size(); ++type) {
        if (weights[type] > 0)
            types.push_back(type);
    }
    std::stable_sort(types.begin(), types.end(), [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
    QStringList names;
    for (const std::size_t type : types)
        names << toQString(name(static_cast<TensorType>(type)));
    return names.join(u", "_s);
}

ErrorSums scaledTo(const ErrorSums& sums, std::uint64_t weights)
{
    if (sums.weights == 0 || sums.weights == weights)
        return sums;
    const double factor = double(weights) / double(sums.weights);
    ErrorSums scaled = sums;
    scaled.weights = weights;
    scaled.squaredWeights *= factor;
    scaled.squaredRebuilt *= factor;
    scaled.product *= factor;
    scaled.squaredError *= factor;
    return scaled;
}

} // namespace

TensorSummary summarise(Document& document, const TensorIndices& tensors)
{
    TensorSummary summary;
    WeightsByType stored{};
    WeightsByType chosen{};
    bool isPending = false;
    bool hasFailed = false;
    bool isSampled = false;
    for (const std::size_t index : tensors) {
        const Tensor& tensor = document.model()->tensors()[index];
        const EffectiveChoice& effective = document.effectiveChoice(index);
        const std::uint64_t weights = tensor.shape().weightCount();
        ++summary.tensors;
        summary.weights += weights;
        summary.bytesBefore += tensor.sizeBytes();
        summary.bytesAfter += effective.sizeBytes;
        summary.changed += effective.type != tensor.type();
        summary.fallbacks += effective.reason != FallbackReason::None && effective.requested != effective.type;
        stored[static_cast<std::size_t>(tensor.type())] += weights;
        chosen[static_cast<std::size_t>(effective.type)] += weights;

        const ErrorPreview preview = document.errorPreview(index);
        isPending |= preview.state == ErrorPreview::State::Pending;
        hasFailed |= preview.state == ErrorPreview::State::Failed;
        isSampled |= preview.state == ErrorPreview::State::Sampled;
        if (preview.state == ErrorPreview::State::Sampled || preview.state == ErrorPreview::State::Exact)
            summary.error.add(scaledTo(preview.sums, weights));
    }
    summary.storedTypes = typesText(stored);
    summary.chosenTypes = typesText(chosen);
    using State = TensorSummary::ErrorState;
    summary.errorState = hasFailed ? State::Failed
        : isPending                ? State::Pending
        : isSampled                ? State::Sampled
        : summary.changed > 0      ? State::Exact
                                   : State::Unchanged;
    return summary;
}

} // namespace quantlathe::ui
