// SPDX-License-Identifier: GPL-3.0-or-later
// What a Hugging Face folder made from a model holds before anything is quantized: tensors under their names there, config.json,
// and the files that go along.
#pragma once

#include "core/convert/row_views.h"
#include "core/model/model.h"

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace quantlathe {

struct FolderTensor
{
    Tensor weights;           ///< name, shape and rows as the folder has them
    std::size_t source = 0;   ///< tensor of the source model
    TensorPlace place{};      ///< of the folder's name
    RowMap rows{};            ///< which row of the source each row is (of a vector: weight)
    WeightShift shift{};      ///< what was done to the source's weights
    bool hasRows = true;      ///< false: rows are columns of the source, or come from several tensors
};

struct FolderContents
{
    std::shared_ptr<const Model> model;
    std::vector<FolderTensor> tensors;
    nlohmann::ordered_json config;                ///< without a quantization
    std::vector<std::filesystem::path> copies;    ///< files of the source folder that are copied as they are
    std::map<std::string, std::string> texts;     ///< further files by name
    std::vector<std::string> notes;               ///< what is not carried over; sentences for people
    /// What weights that are no integers are written as: the type the configuration names, BF16 where it names none or F32; from GGUF files the one
    /// that loses least.
    TensorType denseType = TensorType::BF16;
};

/// Folders and safetensors files keep names and files; GGUF files are translated back (gguf_contents.h).
/// @throws Error(Unsupported, BadFormat, NotFound) as readers do; Unsupported for a safetensors file without config.json
FolderContents folderContents(const std::shared_ptr<const Model>& model);

/// True for the weight of a linear layer that engines can read quantized: of attention, feed-forward parts and experts that are tensors of
/// their own, two dimensions, not stored transposed.
bool isLinearWeight(const FolderContents& contents, std::size_t index);

} // namespace quantlathe
