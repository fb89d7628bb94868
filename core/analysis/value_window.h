// SPDX-License-Identifier: GPL-3.0-or-later
// A few numbers out of the middle of a huge tensor.
#pragma once

#include "core/base/run_control.h"
#include "core/codecs/encode_options.h"
#include "core/model/importance.h"
#include "core/model/tensor.h"

#include <cstdint>
#include <vector>

namespace quantlathe {

/// A rectangle of a tensor: rows [firstRow, firstRow + rows), columns [firstColumn, firstColumn + columns).
struct ValueWindow
{
    std::uint64_t firstRow = 0;
    std::uint64_t rows = 0;
    std::uint64_t firstColumn = 0;
    std::uint64_t columns = 0;
};

/// The weights in @p window (inside the tensor), row by row. Decodes only the blocks it touches where the weights are stored
/// contiguously, whole rows elsewhere.
/// @throws Error(Unsupported) for types that are not decoded, Error(Cancelled), Error(SourceChanged)
std::vector<float> decodeWindow(const Tensor& tensor, const ValueWindow& window, const RunControl& control);

/// What these weights become after quantization to @p type: encodes and decodes the window's rows as a whole, as an export
/// does. The stored type gives decodeWindow().
/// @throws as above; Error(Unsupported) also when @p type cannot be encoded or rows do not fit; Error(BadFormat) for NaN or
/// infinity in one of the rows
std::vector<float> quantizedWindow(const Tensor& tensor, TensorType type, const ValueWindow& window, const RunControl& control,
                                   const Encoding& encoding = {}, const TensorImportance& importance = {});

} // namespace quantlathe
