// SPDX-License-Identifier: GPL-3.0-or-later
// What a GGUF made from a model will contain: metadata and tensors in order, each with its source. GGUF sources pass
// through unchanged; Hugging Face folders are renamed, rearranged and given GGUF metadata (architectures.h lists which).
#pragma once

#include "core/convert/row_views.h"
#include "core/model/importance_match.h"
#include "core/model/metadata_edits.h"
#include "core/model/model.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quantlathe {

struct OutputTensor
{
    Tensor weights;                     ///< name and shape are the GGUF's, rows decode in its order, the type is the stored one
    std::vector<std::size_t> sources;   ///< tensors of the source model it is made of; empty: computed from the configuration
    TensorType type = TensorType::F32;  ///< what is written
    bool isCopy = false;                ///< the stored values are written in their type, whatever the order of the rows
    RowMap rows{};                      ///< where the rows of each source come from
    bool isShifted = false;             ///< weights are other than the stored ones
    /// False where rows are columns of the source, or sums of several.
    bool hasRowOrigins = true;
    /// Of matrices that the source stores as inputs x outputs: which of its outputs (model/stored_orientation.h) each row is.
    std::optional<RowMap> turnedRows{};

    [[nodiscard]] const std::string& name() const { return weights.name(); }
    [[nodiscard]] const Shape& shape() const { return weights.shape(); }
    [[nodiscard]] std::uint64_t sizeBytes() const;

    /// A row of the source model; of vectors a weight.
    struct Origin
    {
        std::size_t tensor = 0;
        std::uint64_t row = 0;
    };
    /// Of row @p row (of a vector: weight). Nothing without sources or row origins.
    [[nodiscard]] std::optional<Origin> origin(std::uint64_t row) const;
    /// The output of the source that row @p row computes, by which importance goes: as origin(), and of turned matrices their column. Nothing
    /// where inputs of the row are other than inputs of the source.
    [[nodiscard]] std::optional<Origin> outputOrigin(std::uint64_t row) const;
};

struct GgufOutput
{
    std::shared_ptr<const Model> source;
    Metadata metadata;             ///< complete, with general.file_type and general.quantization_version set
    std::vector<OutputTensor> tensors;
    std::uint64_t alignment = 32;
    /// What engines will do otherwise than the source's configuration says; sentences for people.
    std::vector<std::string> notes;
};

/// @param edits go over everything else the metadata say
/// @param importance it will be encoded with, or null: the keys quantize.imatrix.* say so as llama-quantize writes them
/// @throws Error(InvalidArgument) for edits that cannot be, and naming two experts of one stack that @p plan gives different types; Error(Unsupported)
/// naming the architecture, feature or tensor that cannot be converted, or when a plain safetensors file has no config.json beside it;
/// Error(BadFormat) for an inconsistent tokenizer, configuration or missing tensors; Error(NotFound) without a tokenizer
GgufOutput makeGgufOutput(std::shared_ptr<const Model> model, const Plan& plan, const MetadataEdits& edits = {},
                          const ImportanceMatch* importance = nullptr);

} // namespace quantlathe
