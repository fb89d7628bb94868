// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/binning.h"
#include "core/analysis/distribution.h"
#include "core/analysis/round_trip.h"
#include "core/analysis/weight_progress.h"
#include "core/base/parallel.h"

#include <cassert>

namespace quantlathe {

Histogram quantizedHistogram(std::span<const Tensor* const> tensors, std::span<const TensorType> types,
                             const Histogram& bins, unsigned threads, const RunControl& control, const Encoding& encoding, std::span<const TensorImportance> importances)
{
    assert(tensors.size() == types.size() && (importances.empty() || importances.size() == tensors.size()));
    Histogram result = bins;
    if (bins.counts.empty())
        return result;

    std::uint64_t totalWeights = 0;
    std::vector<const Tensor*> unchanged;
    for (std::size_t index = 0; index < tensors.size(); ++index) {
        totalWeights += tensors[index]->shape().weightCount();
        if (types[index] == tensors[index]->type())
            unchanged.push_back(tensors[index]);
    }
    WeightProgress progress(control, totalWeights, 1);
    result.counts = countStoredWeights(unchanged, bins, threads, {control.stop, nullptr});
    for (const Tensor* tensor : unchanged)
        progress.add(tensor->name(), tensor->shape().weightCount(), 1);

    BinTotals totals(binningFor(bins.low, bins.high, bins.counts.size()));
    for (std::size_t index = 0; index < tensors.size(); ++index) {
        const Tensor& tensor = *tensors[index];
        if (types[index] == tensor.type())
            continue;
        RoundTrip trip(tensor, types[index], {importances.empty() ? TensorImportance() : importances[index], encoding, NonFinite::Fail});
        const RowSelection rows = RowSelection::of(tensor.shape(), 0);
        parallelFor(rows.selected, RoundTrip::rowsPerRange(tensor.shape()), threads, control,
                    [&](std::size_t begin, std::size_t end) {
                        BinTotals::Part part(totals);
                        trip.visitRows(rows, begin, end, control,
                                       [&](const RowPiece& piece) { part.count(piece.rebuilt, piece.count); });
                        progress.add(tensor.name(), (end - begin) * tensor.shape().rowLength(), 1);
                    });
        trip.guard().throwIfFound();
    }
    for (std::size_t bin = 0; bin < result.counts.size(); ++bin)
        result.counts[bin] += totals.counts()[bin];
    for (const Tensor* tensor : tensors)
        tensor->throwIfSourceChanged();
    return result;
}

} // namespace quantlathe
