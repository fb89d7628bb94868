// SPDX-License-Identifier: GPL-3.0-or-later
// The tensors of a GGUF put together from those of a Hugging Face folder, as the tables in architectures.h say.
#pragma once

#include "core/convert/gguf_output.h"
#include "core/convert/model_sizes.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

/// Takes the source tensors by their canonical names and complains about what is left.
class TensorAssembly
{
public:
    /// @throws Error(BadFormat) when two tensors stand for the same one
    TensorAssembly(const Model& model, const ArchitectureRow& architecture);

    /// The embedding table, [vocabulary x width]. @throws Error(BadFormat)
    [[nodiscard]] const Tensor& embedding(std::uint64_t width) const;

    /// Everything; types are left to the caller. @param queryFactor the queries are multiplied with it (Gemma's scores)
    /// @throws Error(BadFormat) for tensors that are missing or misshapen; Error(Unsupported) naming one that is no part of the architecture
    std::vector<OutputTensor> assemble(const ModelSizes& sizes, bool isTied, double queryFactor);

private:
    struct Source
    {
        std::vector<std::size_t> tensors; ///< several where experts are apart
        bool isTaken = false;
    };
    void addRow(const TensorRow& row, const std::string& prefix);
    void addLayer(std::uint64_t layer);
    void addOutside(bool isTied);
    [[nodiscard]] Source* find(const std::string& canonicalName);
    OutputTensor make(const TensorRow& row, const std::string& name, const std::string& sourceName, Source& source) const;
    OutputTensor stack(const std::string& name, const Shape& shape, Source& source) const;
    [[nodiscard]] OutputTensor halfOfStack(const std::string& name, const Shape& shape, std::size_t tensor, bool isSecond) const;
    [[nodiscard]] OutputTensor turned(const TensorRow& row, const std::string& name, const Shape& shape, std::size_t tensor) const;
    [[nodiscard]] std::optional<Tensor> packedStack(const std::string& name, const Shape& shape, const ColumnMap& map, std::size_t tensor) const;
    void refuseLeftOvers(bool isTied) const;

    [[nodiscard]] const Tensor& tensor(std::size_t index) const { return m_model.tensors()[index]; }
    void requireShape(std::size_t index, const Shape& shape) const;
    [[noreturn]] void failMissing(const std::string& name) const;
    [[nodiscard]] Shape shapeOf(const TensorRow& row) const;

    const Model& m_model;
    const ArchitectureRow& m_architecture;
    ModelSizes m_sizes;
    double m_queryFactor = 1;
    std::map<std::string, Source> m_byName;
    std::vector<OutputTensor> m_result;
};

} // namespace quantlathe
