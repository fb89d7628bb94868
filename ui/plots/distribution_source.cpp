// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/distribution_source.h"

namespace quantlathe::ui {

namespace {

/// For the worker: refers to tensors of a model that the caller keeps alive.
std::vector<const Tensor*> pointersTo(const Model& model, const TensorIndices& tensors)
{
    std::vector<const Tensor*> pointers;
    pointers.reserve(tensors.size());
    for (const std::size_t index : tensors)
        pointers.push_back(&model.tensors()[index]);
    return pointers;
}

} // namespace

DistributionSource::DistributionSource(QObject* parent) : QObject(parent) {}

void DistributionSource::setModel(std::shared_ptr<const Model> model)
{
    cancel();
    m_distributions.clear();
    m_histograms.clear();
    m_tensors.clear();
    m_types.clear();
    m_model = std::move(model);
}

void DistributionSource::request(const TensorIndices& tensors, const std::vector<TensorType>& types,
                                 const Encoding& encoding, std::shared_ptr<const ImportanceMatch> importance)
{
    const bool isSameMeasurement = m_measuring.isRunning() && tensors == m_tensors;
    m_quantizing.cancel();
    m_tensors = tensors;
    m_types = types;
    m_encoding = encoding;
    m_importance = std::move(importance);
    if (isSameMeasurement) // only the types changed: what runs goes on and then uses the new ones
        return;
    m_measuring.cancel();
    if (const Distribution* known = m_distributions.find(tensors)) {
        const Distribution distribution = *known;
        Q_EMIT measured(distribution);
        requestQuantized(distribution.histogram);
        return;
    }
    m_measuring.start(
        [model = m_model, tensors](const RunControl& control) {
            return measureDistribution(pointersTo(*model, tensors), {}, control);
        },
        [this, tensors](Distribution distribution) {
            m_distributions.remember(tensors, distribution);
            Q_EMIT measured(distribution);
            requestQuantized(distribution.histogram);
        },
        [this](const Error& error) { Q_EMIT failed(error); });
}

void DistributionSource::requestQuantized(const Histogram& bins)
{
    if (m_types.empty() || bins.counts.empty())
        return;
    const QuantizedKey key{m_tensors, m_types, m_encoding, m_importance};
    if (const Histogram* known = m_histograms.find(key)) {
        const Histogram histogram = *known;
        Q_EMIT quantized(histogram);
        return;
    }
    m_quantizing.start(
        [model = m_model, key, bins](const RunControl& control) {
            std::vector<TensorImportance> importances;
            for (const std::size_t tensor : key.tensors)
                importances.push_back(importanceOf(key.importance.get(), tensor));
            return quantizedHistogram(pointersTo(*model, key.tensors), key.types, bins, 0, control, key.encoding, importances);
        },
        [this, key](Histogram histogram) {
            m_histograms.remember(key, histogram);
            Q_EMIT quantized(histogram);
        },
        [this](const Error& error) { Q_EMIT quantizingFailed(error); });
}

void DistributionSource::cancel()
{
    m_measuring.cancel();
    m_quantizing.cancel();
}

void DistributionSource::shutDown()
{
    m_measuring.cancelAndWait();
    m_quantizing.cancelAndWait();
}

} // namespace quantlathe::ui
