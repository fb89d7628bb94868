// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/export_contents.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/convert/gguf_contents.h"
#include "core/formats/huggingface/config.h"
#include "core/formats/json/json_file.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace quantlathe {

namespace {

namespace fs = std::filesystem;

bool startsWithAny(std::string_view name, std::initializer_list<std::string_view> beginnings)
{
    return std::any_of(beginnings.begin(), beginnings.end(), [&](std::string_view beginning) { return name.starts_with(beginning); });
}

/// Tokenizer, generation settings, chat template, licence and the model's own code.
bool goesAlong(std::string_view name)
{
    if (name.ends_with(".safetensors") || name.ends_with(".index.json") || name.ends_with(".bin") || name.ends_with(".gguf"))
        return false;
    return name.ends_with(".py") || name.ends_with(".tiktoken") ||
           startsWithAny(name, {"tokenizer", "special_tokens_map", "added_tokens", "vocab.", "merges.txt", "spiece.model", "sentencepiece", "generation_config",
                                "chat_template", "preprocessor_config", "processor_config", "LICENSE", "LICENCE", "NOTICE"});
}

TensorType denseTypeOf(const nlohmann::ordered_json& config)
{
    const auto* part = &config;
    for (const char* nested : {"text_config", "llm_config", "language_config"}) {
        if (config.contains(nested) && config[nested].is_object() && !config.contains("torch_dtype") && !config.contains("dtype"))
            part = &config[nested];
    }
    for (const char* key : {"dtype", "torch_dtype"}) {
        if (part->contains(key) && (*part)[key].is_string()) {
            const auto text = (*part)[key].get<std::string>();
            return text == "float16" || text == "torch.float16" ? TensorType::F16 : TensorType::BF16;
        }
    }
    return TensorType::BF16;
}

FolderContents fromFolder(const std::shared_ptr<const Model>& model)
{
    std::error_code problem;
    const fs::path folder = fs::is_directory(model->path(), problem) ? model->path() : model->path().parent_path();
    const fs::path configPath = folder / huggingface::configName;
    if (!fs::exists(configPath, problem)) {
        throw Error(ErrorKind::Unsupported, "has no config.json beside it: nothing says what model the weights belong to",
                    {model->path(), std::nullopt, {}}, "Export needs the whole Hugging Face folder");
    }
    FolderContents contents;
    contents.model = model;
    for (std::size_t index = 0; index < model->tensors().size(); ++index)
        contents.tensors.push_back({.weights = model->tensors()[index], .source = index, .place = model->place(index)});
    (void)JsonFile::read(configPath); // its errors name the file
    contents.config = nlohmann::ordered_json::parse(readText(configPath, JsonFile::maximumBytes));
    contents.config.erase("quantization_config");
    contents.config.erase("compression_config");
    contents.denseType = denseTypeOf(contents.config);
    for (fs::directory_iterator entry(folder.empty() ? fs::path(".") : folder, problem), end; !problem && entry != end; entry.increment(problem)) {
        std::error_code ignored;
        if (entry->is_regular_file(ignored) && goesAlong(entry->path().filename().string()))
            contents.copies.push_back(entry->path());
    }
    std::sort(contents.copies.begin(), contents.copies.end());
    return contents;
}

} // namespace

FolderContents folderContents(const std::shared_ptr<const Model>& model)
{
    FolderContents contents = model->format() == ModelFormat::Gguf ? contentsOfGguf(model) : fromFolder(model);
    for (const FolderTensor& tensor : contents.tensors) {
        if (!tensor.weights.canDecode()) {
            throw Error(ErrorKind::Unsupported, fmt::format("stored as {}, which cannot be decoded yet", name(tensor.weights.type())),
                        {model->path(), std::nullopt, printable(tensor.weights.name())});
        }
    }
    return contents;
}

bool isLinearWeight(const FolderContents& contents, std::size_t index)
{
    const FolderTensor& tensor = contents.tensors[index];
    if (tensor.weights.shape().rank() != 2 || !tensor.weights.name().ends_with(".weight") || info(tensor.weights.type()).family == TypeFamily::Integer
        || contents.model->architecture().name == "gpt2") // stored transposed
        return false;
    using R = TensorRole;
    static constexpr std::array roles
        = {R::AttentionQuery, R::AttentionKey, R::AttentionValue, R::AttentionOutput, R::AttentionQueryKeyValue, R::AttentionQueryA, R::AttentionQueryB,
           R::AttentionKeyValueA, R::AttentionKeyValueB, R::FeedForwardGate, R::FeedForwardUp, R::FeedForwardDown, R::FeedForwardGateUp,
           R::SharedExpertGate, R::SharedExpertUp, R::SharedExpertDown, R::ExpertGate, R::ExpertUp, R::ExpertDown, R::ExpertGateUp};
    return tensor.place.layer && std::find(roles.begin(), roles.end(), tensor.place.role) != roles.end();
}

} // namespace quantlathe
