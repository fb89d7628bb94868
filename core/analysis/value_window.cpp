// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/value_window.h"

#include "core/analysis/round_trip.h"

#include <algorithm>
#include <cassert>

namespace quantlathe {

namespace {

void assertInside([[maybe_unused]] const Tensor& tensor, [[maybe_unused]] const ValueWindow& window)
{
    assert(window.rows <= tensor.shape().rowCount() && window.firstRow <= tensor.shape().rowCount() - window.rows);
    assert(window.columns <= tensor.shape().rowLength() && window.firstColumn <= tensor.shape().rowLength() - window.columns);
}

} // namespace

std::vector<float> decodeWindow(const Tensor& tensor, const ValueWindow& window, const RunControl& control)
{
    assertInside(tensor, window);
    const WeightReader reader(tensor);
    std::vector<float> values(window.rows * window.columns);
    std::vector<float> buffer;
    const std::uint64_t total = tensor.shape().weightCount();
    for (std::uint64_t row = 0; window.columns > 0 && row < window.rows; ++row) {
        control.throwIfCancelled();
        const std::uint64_t first = (window.firstRow + row) * tensor.shape().rowLength() + window.firstColumn;
        const std::uint64_t begin = first / reader.granule() * reader.granule();
        const std::uint64_t end
            = std::min((first + window.columns + reader.granule() - 1) / reader.granule() * reader.granule(), total);
        const float* weights = reader.read(begin, end - begin, buffer);
        std::copy_n(weights + (first - begin), window.columns, values.data() + row * window.columns);
    }
    tensor.throwIfSourceChanged();
    return values;
}

std::vector<float> quantizedWindow(const Tensor& tensor, TensorType type, const ValueWindow& window, const RunControl& control,
                                   const Encoding& encoding, const TensorImportance& importance)
{
    assertInside(tensor, window);
    if (type == tensor.type())
        return decodeWindow(tensor, window, control);
    RoundTrip roundTrip(tensor, type, {importance, encoding, NonFinite::Fail});
    std::vector<float> values(window.rows * window.columns);
    const std::uint64_t rowCount = tensor.shape().rowCount();
    const std::uint64_t lastColumn = window.firstColumn + window.columns;
    roundTrip.visitRows({rowCount, rowCount}, window.firstRow, window.firstRow + window.rows, control, [&](const RowPiece& piece) {
        const std::uint64_t begin = std::max(piece.column, window.firstColumn);
        const std::uint64_t end = std::min(piece.column + piece.count, lastColumn);
        if (begin < end)
            std::copy(piece.rebuilt + (begin - piece.column), piece.rebuilt + (end - piece.column),
                      values.data() + (piece.row - window.firstRow) * window.columns + (begin - window.firstColumn));
    });
    roundTrip.guard().throwIfFound();
    tensor.throwIfSourceChanged();
    return values;
}

} // namespace quantlathe
