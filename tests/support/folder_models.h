// SPDX-License-Identifier: GPL-3.0-or-later
// The tiny models of fixtures/inference/hf as complete folders: config.json changed as wanted, with a tokenizer.
#pragma once

#include "support/test_support.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace quantlathe::test {

/// A byte-level BPE of 60 tokens (two specials, 56 letters, one merged token, one added word) as GPT-2 splits.
nlohmann::json smallTokenizer();

/// A copy of a folder of fixtures in a scratch folder.
struct FolderModel
{
    ScratchFolder scratch;
    nlohmann::json config;
    nlohmann::json tokenizer = smallTokenizer();
    nlohmann::json tokenizerConfig{{"bos_token", "<s>"}, {"eos_token", {{"content", "</s>"}}}};

    /// @param folder below fixtures: "hf/llama", "inference/hf/gemma2"
    explicit FolderModel(const std::string& folder);
    /// Writes the JSON files. @return the folder
    std::filesystem::path write();
};

/// Names of the folders in fixtures/inference/hf.
std::vector<std::string> inferenceModels();

} // namespace quantlathe::test
