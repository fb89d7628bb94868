// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "core/formats/open.h"
#include "core/inference/tokenizer/gguf_tokenizer.h"
#include "core/inference/tokenizer/json_tokenizer.h"
#include "core/inference/tokenizer/sentencepiece_tokenizer.h"
#include "core/inference/tokenizer/tokenizer.h"

#include "core/base/mapped_file.h"
#include "core/formats/huggingface/folder.h"
#include "core/formats/huggingface/vocabulary_files.h"
#include "core/formats/json/strict_json.h"

#include <string_view>

namespace quantlathe {

namespace {

std::shared_ptr<const Tokenizer> loadFromFolder(const std::filesystem::path& folder)
{
    const auto files = huggingface::findTokenizerFiles(folder);
    if (const auto tokenizer = huggingface::readTokenizer(folder))
        return tokenizerFromJson(*tokenizer);
    if (files.sentencePiece)
        return tokenizerFromSentencePiece(*files.sentencePiece);
    throw Error(ErrorKind::NotFound, "there is no tokenizer.json, no tokenizer.model and no vocab.json with merges.txt", {folder, std::nullopt, {}},
                "Put the tokenizer's files beside the weights");
}

} // namespace

std::shared_ptr<const Tokenizer> loadTokenizer(const Model& model)
{
    if (model.format() == ModelFormat::Gguf)
        return tokenizerFromMetadata(model.metadata(), model.path());
    const auto& path = model.path();
    return loadFromFolder(std::filesystem::is_directory(path) ? path : path.parent_path());
}

std::shared_ptr<const Tokenizer> loadTokenizer(const std::filesystem::path& fileOrFolder)
{
    if (std::filesystem::is_directory(fileOrFolder))
        return loadFromFolder(fileOrFolder);
    const auto file = MappedFile::open(fileOrFolder);
    const auto bytes = file->bytes();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.starts_with("GGUF"))
        return loadTokenizer(*openModel(fileOrFolder));
    return json::looksLikeObject(bytes) ? tokenizerFromJson(fileOrFolder) : tokenizerFromSentencePiece(fileOrFolder);
}

} // namespace quantlathe
