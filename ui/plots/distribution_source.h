// SPDX-License-Identifier: GPL-3.0-or-later
// Measures distributions in the background for whatever is selected, and remembers the last ones.
#pragma once

#include "core/analysis/distribution.h"
#include "ui/background.h"
#include "ui/document.h"
#include "ui/parts/recent_results.h"

#include <QObject>

#include <memory>
#include <vector>

namespace quantlathe::ui {

/// A new request supersedes the last one. Lives on the window's thread.
class DistributionSource : public QObject
{
    Q_OBJECT
public:
    explicit DistributionSource(QObject* parent = nullptr);

    /// Forgets everything; cancels what runs.
    void setModel(std::shared_ptr<const Model> model);
    /// Ends in measured() or failed(); at once when it is remembered. When @p types (one per tensor, empty = not wanted)
    /// are given, quantized() or quantizingFailed() follows.
    void request(const TensorIndices& tensors, const std::vector<TensorType>& types,
                 const Encoding& encoding = {}, std::shared_ptr<const ImportanceMatch> importance = nullptr);
    void cancel();
    /// Cancels and waits.
    void shutDown();

    [[nodiscard]] LatestJob& measuring() { return m_measuring; }
    [[nodiscard]] LatestJob& quantizing() { return m_quantizing; }
    [[nodiscard]] bool isBusy() const { return m_measuring.isRunning() || m_quantizing.isRunning(); }

Q_SIGNALS:
    void measured(const quantlathe::Distribution& distribution);
    void failed(const quantlathe::Error& error);
    void quantized(const quantlathe::Histogram& histogram);
    void quantizingFailed(const quantlathe::Error& error);

private:
    struct QuantizedKey
    {
        TensorIndices tensors;
        std::vector<TensorType> types;
        Encoding encoding;
        std::shared_ptr<const ImportanceMatch> importance;
        bool operator==(const QuantizedKey&) const = default;
    };

    void requestQuantized(const Histogram& bins);

    std::shared_ptr<const Model> m_model;
    TensorIndices m_tensors;
    std::vector<TensorType> m_types;
    Encoding m_encoding;
    std::shared_ptr<const ImportanceMatch> m_importance;
    RecentResults<TensorIndices, Distribution> m_distributions;
    RecentResults<QuantizedKey, Histogram> m_histograms;
    LatestJob m_measuring;
    LatestJob m_quantizing;
};

} // namespace quantlathe::ui
