// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/folder_models.h"

#include <algorithm>
#include <fstream>

namespace quantlathe::test {

using nlohmann::json;

json smallTokenizer()
{
    json vocab{{"<s>", 0}, {"</s>", 1}};
    for (int index = 0; index < 56; ++index)
        vocab[std::string(1, static_cast<char>('A' + index))] = index + 2;
    vocab["ab"] = 58;
    json added = json::array();
    added.push_back({{"id", 0}, {"content", "<s>"}, {"special", true}});
    added.push_back({{"id", 1}, {"content", "</s>"}, {"special", true}});
    added.push_back({{"id", 59}, {"content", "word with blanks"}, {"special", false}});
    return {{"added_tokens", added},
            {"normalizer", nullptr},
            {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", true}}},
            {"post_processor",
             {{"type", "TemplateProcessing"},
              {"single", json::array({{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}})}}},
            {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", json::array({"a b"})}}}};
}

FolderModel::FolderModel(const std::string& folder)
{
    std::ifstream(fixture(folder + "/config.json")) >> config;
    std::filesystem::copy_file(fixture(folder + "/model.safetensors"), scratch / "model.safetensors");
}

std::filesystem::path FolderModel::write()
{
    std::ofstream(scratch / "config.json") << config;
    if (!tokenizer.is_null())
        std::ofstream(scratch / "tokenizer.json") << tokenizer;
    if (!tokenizerConfig.is_null())
        std::ofstream(scratch / "tokenizer_config.json") << tokenizerConfig;
    return scratch.path();
}

std::vector<std::string> inferenceModels()
{
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(fixture("inference/hf")))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace quantlathe::test
