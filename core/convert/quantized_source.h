// SPDX-License-Identifier: GPL-3.0-or-later
// Where the codes of a folder come from: rounding on the spot, or a method that looked at activations before.
#pragma once

#include "core/base/run_control.h"
#include "core/convert/export_contents.h"
#include "core/convert/export_pack.h"
#include "core/model/tensor.h"

#include <cstddef>
#include <optional>

namespace quantlathe {

/// One matrix to be quantized.
struct MatrixRequest
{
    const FolderTensor& tensor;  ///< [outputs x inputs] as the folder has them
    const Choice& choice;        ///< scheme, or the type NVFP4 or MXFP4
    float tensorMaximum = 0;     ///< NVFP4: largest magnitude of all matrices that share the global scale
    unsigned threads = 0;
};

/// Called by the export for one tensor after the other, in their order in the model.
class QuantizedSource
{
public:
    virtual ~QuantizedSource() = default;
    /// @throws Error of any kind
    virtual QuantizedMatrix quantize(const MatrixRequest& request, const RunControl& control) = 0;
    /// Weights that are written instead of @p tensor where a method changed them though they stay unquantized (norms that
    /// took up scales); nothing = as stored.
    virtual std::optional<Tensor> replacement(const FolderTensor& tensor) = 0;
    /// Error of a matrix, relative to the weights it stands for, where that is not to be had by comparing with the source (scales were
    /// moved between layers); nothing = compare.
    [[nodiscard]] virtual std::optional<double> relativeError(std::size_t) const { return std::nullopt; }
    /// For the README of what is written: "round to nearest".
    [[nodiscard]] virtual std::string description() const = 0;
};

} // namespace quantlathe
