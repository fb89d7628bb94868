// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/channel_map.h"

#include "core/analysis/round_trip.h"
#include "core/analysis/weight_progress.h"
#include "core/base/parallel.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

namespace quantlathe {

namespace {

/// What is gathered for one row of the picture.
struct Strip
{
    std::vector<float> minimum;
    std::vector<float> maximum;
    std::vector<float> largestError;
    std::vector<double> squaredError;
    std::vector<float> columnLargest;

    Strip(std::size_t columns, std::size_t tensorColumns)
        : minimum(columns, std::numeric_limits<float>::infinity())
        , maximum(columns, -std::numeric_limits<float>::infinity())
        , largestError(columns)
        , squaredError(columns)
        , columnLargest(tensorColumns)
    {
    }
};

/// Part of a row, beginning at @p column of the tensor.
/// @param starts of the picture's columns in the tensor, and the end
void addWeights(Strip& strip, const std::vector<std::uint64_t>& starts, const float* weights, const float* rebuilt,
                std::size_t count, std::uint64_t column)
{
    auto cell = static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), column) - starts.begin()) - 1;
    for (std::size_t at = 0; at < count;) {
        const auto end = static_cast<std::size_t>(std::min<std::uint64_t>(count, starts[cell + 1] - column));
        float low = strip.minimum[cell];
        float high = strip.maximum[cell];
        for (std::size_t index = at; index < end; ++index) {
            low = weights[index] < low ? weights[index] : low;
            high = weights[index] > high ? weights[index] : high;
            float& largest = strip.columnLargest[column + index];
            const float magnitude = std::abs(weights[index]);
            largest = magnitude > largest ? magnitude : largest;
        }
        strip.minimum[cell] = low;
        strip.maximum[cell] = high;
        if (rebuilt) {
            float largest = strip.largestError[cell];
            double squares = 0;
            for (std::size_t index = at; index < end; ++index) {
                const float error = std::abs(weights[index] - rebuilt[index]);
                largest = error > largest ? error : largest;
                squares += static_cast<double>(error) * error;
            }
            strip.largestError[cell] = largest;
            strip.squaredError[cell] += squares;
        }
        at = end;
        ++cell;
    }
}

} // namespace

ChannelMap measureChannels(const Tensor& tensor, const ChannelMapOptions& options, const RunControl& control)
{
    ChannelMap map;
    map.tensorRows = tensor.shape().rowCount();
    map.tensorColumns = tensor.shape().rowLength();
    const WeightReader reader(tensor);
    if (map.tensorRows == 0 || map.tensorColumns == 0)
        return map;
    map.rows = static_cast<std::size_t>(std::min<std::uint64_t>(map.tensorRows, std::max<std::size_t>(1, options.maximumRows)));
    map.columns = static_cast<std::size_t>(std::min<std::uint64_t>(map.tensorColumns, std::max<std::size_t>(1, options.maximumColumns)));
    const bool withErrors = options.type && *options.type != tensor.type();
    std::optional<RoundTrip> trip;
    if (withErrors)
        trip.emplace(tensor, *options.type, RoundTripOptions{options.importance, options.encoding, NonFinite::Fail});

    const std::size_t cells = map.rows * map.columns;
    map.minimum.resize(cells);
    map.maximum.resize(cells);
    map.columnLargest.resize(map.tensorColumns);
    if (options.type) {
        map.largestError.resize(cells);
        map.rmsError.resize(cells);
    }
    std::vector<std::uint64_t> starts(map.columns + 1);
    for (std::size_t column = 0; column <= map.columns; ++column)
        starts[column] = map.firstColumn(column);
    const RowSelection all = RowSelection::of(tensor.shape(), 0);
    WeightProgress progress(control, tensor.shape().weightCount(), 1);
    std::mutex columnsMutex; // a maximum does not depend on the order
    parallelFor(map.rows, 1, options.threads, control, [&](std::size_t begin, std::size_t end) {
        std::vector<float> buffer;
        for (std::size_t row = begin; row < end; ++row) {
            Strip strip(map.columns, map.tensorColumns);
            const std::uint64_t first = map.firstRow(row);
            const std::uint64_t last = map.firstRow(row + 1);
            if (trip) {
                trip->visitRows(all, first, last, control, [&](const RowPiece& piece) {
                    addWeights(strip, starts, piece.original, piece.rebuilt, piece.count, piece.column);
                });
            } else {
                const std::uint64_t length = reader.pieceLength(std::uint64_t{1} << 16);
                for (std::uint64_t tensorRow = first; tensorRow < last; ++tensorRow) {
                    control.throwIfCancelled();
                    for (std::uint64_t column = 0; column < map.tensorColumns; column += length) {
                        const auto count = static_cast<std::size_t>(std::min(length, map.tensorColumns - column));
                        const float* weights = reader.read(tensorRow * map.tensorColumns + column, count, buffer);
                        addWeights(strip, starts, weights, nullptr, count, column);
                    }
                }
            }
            for (std::size_t column = 0; column < map.columns; ++column) {
                const std::size_t cell = row * map.columns + column;
                const bool isEmpty = strip.minimum[column] > strip.maximum[column]; // nothing but NaN
                map.minimum[cell] = isEmpty ? 0 : strip.minimum[column];
                map.maximum[cell] = isEmpty ? 0 : strip.maximum[column];
                if (options.type) {
                    const auto weights = static_cast<double>((last - first) * (map.firstColumn(column + 1) - map.firstColumn(column)));
                    map.largestError[cell] = strip.largestError[column];
                    map.rmsError[cell] = static_cast<float>(std::sqrt(strip.squaredError[column] / weights));
                }
            }
            {
                const std::scoped_lock lock(columnsMutex);
                for (std::size_t column = 0; column < map.tensorColumns; ++column)
                    map.columnLargest[column] = std::max(map.columnLargest[column], strip.columnLargest[column]);
            }
            progress.add(tensor.name(), (last - first) * map.tensorColumns, 1);
        }
    });
    if (trip)
        trip->guard().throwIfFound();
    tensor.throwIfSourceChanged();
    return map;
}

} // namespace quantlathe
