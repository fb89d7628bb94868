// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/huggingface/folder.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/huggingface/config.h"
#include "core/formats/huggingface/index.h"
#include "core/formats/quantized/assemble.h"
#include "core/formats/safetensors/safetensors_reader.h"

#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>
#include <utility>

namespace quantlathe::huggingface {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view singleName = "model.safetensors";

bool isFile(const fs::path& path)
{
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

/// Names of up to three things, for a message.
std::string listed(const std::vector<std::string>& names)
{
    std::string text;
    for (std::size_t index = 0; index < std::min<std::size_t>(names.size(), 3); ++index)
        text += fmt::format("{}{}", index == 0 ? "" : ", ", printable(names[index]));
    return names.size() > 3 ? text + ", ..." : text;
}

Model::Contents startContents(const fs::path& path, const fs::path& folder)
{
    Model::Contents contents;
    contents.format = ModelFormat::HuggingFace;
    contents.path = path;
    if (isFile(folder / configName))
        contents.metadata = readConfig(folder / configName);
    return contents;
}

std::shared_ptr<const Model> finish(Model::Contents contents, const fs::path& folder,
                                    std::vector<std::string> notes)
{
    const auto remarks = quantized::assembleQuantized(contents, folder, quantized::Completeness::Whole);
    notes.insert(notes.end(), remarks.begin(), remarks.end());
    describe(contents);
    if (!isFile(folder / configName))
        notes.insert(notes.begin(), "there is no config.json: hyperparameters are unknown");
    auto& all = contents.architecture.notes;
    all.insert(all.end(), notes.begin(), notes.end());
    return std::make_shared<const Model>(std::move(contents));
}

void checkPresent(const Index& index, const fs::path& indexPath)
{
    std::vector<std::string> missing;
    for (const auto& [file, tensors] : index) {
        if (!isFile(indexPath.parent_path() / file))
            missing.push_back(file);
    }
    if (!missing.empty()) {
        throw Error(ErrorKind::NotFound,
                    fmt::format("{} of the {} files that the index names are missing: {}", missing.size(),
                                index.size(), listed(missing)),
                    {indexPath, std::nullopt, {}}, "Download the missing files into the same folder");
    }
}

/// Refuses tensors that the index puts into @p shard but that are not there; returns a note on those it does
/// not know.
std::optional<std::string> compare(const std::set<std::string>& expected, const safetensors::Shard& shard,
                                   const fs::path& indexPath)
{
    std::set<std::string_view> there;
    std::vector<std::string> unlisted;
    for (const safetensors::TensorEntry& tensor : shard.header.tensors) {
        there.insert(tensor.name);
        if (!expected.contains(tensor.name))
            unlisted.push_back(tensor.name);
    }
    const std::string file = shard.file->path().filename().string();
    for (const std::string& name : expected) {
        if (!there.contains(name)) {
            throw Error(ErrorKind::BadFormat, fmt::format("the index says it is in {}, but it is not", file),
                        {indexPath, std::nullopt, printable(name)});
        }
    }
    if (unlisted.empty())
        return std::nullopt;
    return fmt::format("{} tensors of {} are not in the index: {}", unlisted.size(), file, listed(unlisted));
}

/// Appends shard after shard; a tensor in two of them is refused.
class ShardCollector
{
public:
    explicit ShardCollector(Model::Contents& contents) : m_contents(contents) {}

    void add(safetensors::Shard shard)
    {
        for (const safetensors::TensorEntry& tensor : shard.header.tensors) {
            const auto [other, isNew] = m_files.emplace(tensor.name, m_contents.files.size());
            if (!isNew) {
                throw Error(ErrorKind::BadFormat,
                            fmt::format("the same tensor is in {}, too",
                                        m_contents.files[other->second].filename().string()),
                            {shard.file->path(), std::nullopt, printable(tensor.name)});
            }
        }
        appendFileMetadata(shard.header.metadata, m_contents.metadata);
        safetensors::append(std::move(shard), m_contents);
    }

private:
    Model::Contents& m_contents;
    std::unordered_map<std::string, std::size_t> m_files; ///< tensor name to position in m_contents.files
};

std::shared_ptr<const Model> openSharded(const fs::path& path, const fs::path& indexPath)
{
    const fs::path folder = indexPath.parent_path();
    const Index index = parseIndex(MappedFile::open(indexPath)->bytes(), indexPath);
    checkPresent(index, indexPath);
    Model::Contents contents = startContents(path, folder);
    std::vector<std::string> notes;
    ShardCollector collector(contents);
    for (const auto& [file, tensors] : index) {
        safetensors::Shard shard = safetensors::openShard(folder / file);
        if (auto note = compare(tensors, shard, indexPath))
            notes.push_back(std::move(*note));
        collector.add(std::move(shard));
    }
    return finish(std::move(contents), folder, std::move(notes));
}

std::vector<std::string> filesEndingIn(const fs::path& folder,
                                       std::initializer_list<std::string_view> endings)
{
    std::vector<std::string> names;
    std::error_code problem; // a folder that fails half-way lists what it could
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end; entry.increment(problem)) {
        const std::string name = entry->path().filename().string();
        const bool matches = std::any_of(endings.begin(), endings.end(),
                                         [&](std::string_view ending) { return name.ends_with(ending); });
        if (matches && isFile(entry->path()))
            names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

[[noreturn]] void refuseFolder(const fs::path& folder, const std::vector<std::string>& weights)
{
    const ErrorPlace place{folder, std::nullopt, {}};
    if (weights.size() > 1) {
        throw Error(
            ErrorKind::NotFound,
            fmt::format("holds {} safetensors files, but neither {} nor {} says how they belong together: {}",
                        weights.size(), singleName, indexName, listed(weights)),
            place, "Open one of the files, or download the index");
    }
    const auto ggufs = filesEndingIn(folder, {".gguf"});
    if (!ggufs.empty()) {
        throw Error(ErrorKind::NotFound,
                    fmt::format("is no Hugging Face folder, but holds GGUF files: {}", listed(ggufs)), place,
                    "Open the file instead of the folder");
    }
    const auto foreign = filesEndingIn(folder, {".bin", ".pt", ".pth", ".h5", ".msgpack", ".onnx"});
    if (!foreign.empty()) {
        throw Error(ErrorKind::Unsupported,
                    fmt::format("holds its weights in a form that cannot be opened yet: {}", listed(foreign)),
                    place, "Save the weights as safetensors");
    }
    throw Error(ErrorKind::NotFound,
                fmt::format("holds no weights: neither {} nor {}", singleName, indexName), place);
}

} // namespace

std::shared_ptr<const Model> openFolder(const fs::path& folder)
{
    std::error_code problem;
    const fs::directory_iterator readable(folder, problem);
    if (problem)
        throw systemError(problem.value(), "read the folder", folder);
    fs::path single = folder / singleName;
    if (!isFile(single)) {
        if (isFile(folder / indexName))
            return openSharded(folder, folder / indexName);
        const auto weights = filesEndingIn(folder, {".safetensors"});
        if (weights.size() != 1)
            refuseFolder(folder, weights);
        single = folder / weights.front();
    }
    Model::Contents contents = startContents(folder, folder);
    ShardCollector(contents).add(safetensors::openShard(single));
    return finish(std::move(contents), folder, {});
}

std::shared_ptr<const Model> openIndex(const fs::path& index)
{
    return openSharded(index, index);
}

TokenizerFiles findTokenizerFiles(const fs::path& folder)
{
    const auto first = [&](std::initializer_list<std::string_view> names) -> std::optional<fs::path> {
        for (const std::string_view name : names) {
            if (isFile(folder / name))
                return folder / name;
        }
        return std::nullopt;
    };
    return {first({"tokenizer.json"}),
            first({"tokenizer_config.json"}),
            first({"special_tokens_map.json"}),
            first({"added_tokens.json"}),
            first({"tokenizer.model", "spiece.model", "sentencepiece.bpe.model"}),
            first({"vocab.json", "vocab.txt"}),
            first({"merges.txt"}),
            first({"chat_template.jinja", "chat_template.json"}),
            first({"generation_config.json"})};
}

} // namespace quantlathe::huggingface
