// SPDX-License-Identifier: GPL-3.0-or-later
// What a GGUF made from a model will contain: metadata and tensors in order, each with its source. GGUF sources pass
// through unchanged; Hugging Face folders of Llama-architecture models are renamed, permuted and given GGUF metadata.
#pragma once

#include "core/model/importance_match.h"
#include "core/model/metadata_edits.h"
#include "core/model/model.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace quantlathe {

struct OutputTensor
{
    std::string name;              ///< in the GGUF
    Shape shape;
    std::size_t sourceIndex = 0;   ///< in the source model
    TensorType type = TensorType::F32; ///< what is written
    bool isCopy = false;           ///< source bytes are written unchanged
    /// Rows are reordered for llama.cpp's rotary embedding: number of heads, 0 = as they are. Output row r of a head with
    /// n rows comes from source row (r % 2) * n/2 + r / 2 of the same head.
    std::uint64_t ropeHeads = 0;

    /// The source row that becomes output row @p row.
    [[nodiscard]] std::uint64_t sourceRow(std::uint64_t row) const;
    [[nodiscard]] std::uint64_t sizeBytes() const;
};

struct GgufOutput
{
    std::shared_ptr<const Model> source;
    Metadata metadata;             ///< complete, with general.file_type and general.quantization_version set
    std::vector<OutputTensor> tensors;
    std::uint64_t alignment = 32;
};

/// @param edits go over everything else the metadata say
/// @param importance it will be encoded with, or null: the keys quantize.imatrix.* say so as llama-quantize writes them
/// @throws Error(InvalidArgument) for edits that cannot be; Error(Unsupported) naming the architecture when a Hugging Face model cannot be converted yet, or a plain
/// safetensors file has no config.json beside it; Error(BadFormat) for an inconsistent tokenizer or missing tensors
GgufOutput makeGgufOutput(std::shared_ptr<const Model> model, const Plan& plan, const MetadataEdits& edits = {},
                          const ImportanceMatch* importance = nullptr);

} // namespace quantlathe
