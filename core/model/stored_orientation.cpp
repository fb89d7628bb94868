// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/stored_orientation.h"

#include <algorithm>
#include <utility>

namespace quantlathe {

bool isStoredTransposed(const Model& model, std::size_t tensor)
{
    if (model.format() == ModelFormat::Gguf)
        return false;
    const TensorRole role = model.place(tensor).role;
    if (model.architecture().name == "gpt-oss")
        return (role == TensorRole::ExpertGateUp || role == TensorRole::ExpertDown) && model.tensors()[tensor].shape().rank() == 3;
    return model.architecture().name == "gpt2" && role != TensorRole::TokenEmbedding && role != TensorRole::PositionEmbedding
        && role != TensorRole::Output && model.tensors()[tensor].shape().rank() == 2;
}

MatrixExtents matrixExtents(const Model& model, std::size_t tensor)
{
    const Shape& shape = model.tensors()[tensor].shape();
    const auto& dimensions = shape.dimensions();
    MatrixExtents extents;
    extents.inputs = shape.rowLength();
    extents.outputs = dimensions.size() < 2 ? 1 : std::max<std::uint64_t>(1, dimensions[dimensions.size() - 2]);
    extents.matrices = std::max<std::uint64_t>(1, shape.rowCount() / extents.outputs);
    if (isStoredTransposed(model, tensor))
        std::swap(extents.inputs, extents.outputs);
    return extents;
}

} // namespace quantlathe
