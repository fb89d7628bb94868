// SPDX-License-Identifier: GPL-3.0-or-later
// A tensor as a picture: rows x columns, made smaller without losing extremes, so that single outlier channels are seen.
#pragma once

#include "core/base/run_control.h"
#include "core/codecs/encode_options.h"
#include "core/model/importance.h"
#include "core/model/tensor.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace quantlathe {

/// What the picture is made of. Cells cover equal parts of the tensor: row r of the tensor (all dimensions but the last
/// folded into rows) is in row r * rows / tensorRows of the picture, columns likewise.
struct ChannelMap
{
    std::uint64_t tensorRows = 0;    ///< output channels
    std::uint64_t tensorColumns = 0; ///< input channels
    std::size_t rows = 0;            ///< of the picture
    std::size_t columns = 0;
    // One entry per cell, row-major.
    std::vector<float> minimum;      ///< of the weights in the cell; NaN is left out
    std::vector<float> maximum;
    std::vector<float> largestError; ///< max |w - q|; empty without a type
    std::vector<float> rmsError;     ///< sqrt(mean (w - q)^2); empty without a type
    // The same per channel, whole: nothing is averaged away.
    std::vector<float> columnLargest; ///< max |w| of each input channel (tensorColumns entries)

    /// First row of the tensor in row @p index of the picture, and one past the last of the whole at index = rows.
    [[nodiscard]] std::uint64_t firstRow(std::size_t index) const { return tensorRows * index / rows; }
    [[nodiscard]] std::uint64_t firstColumn(std::size_t index) const { return tensorColumns * index / columns; }
};

struct ChannelMapOptions
{
    std::size_t maximumRows = 512;    ///< of the picture; at least 1
    std::size_t maximumColumns = 512;
    std::optional<TensorType> type;   ///< errors against this type, which must fit the rows; nothing: no errors
    Encoding encoding;
    TensorImportance importance;      ///< the errors are those of an encoding with it
    unsigned threads = 0;
};

/// Reads all weights. The same for every thread count. Progress in weights.
/// @throws Error(Unsupported) for types that are not decoded or written; Error(BadFormat) naming tensor, row and column at
/// NaN or infinity when errors are asked for; Error(Cancelled, SourceChanged)
ChannelMap measureChannels(const Tensor& tensor, const ChannelMapOptions& options, const RunControl& control);

} // namespace quantlathe
