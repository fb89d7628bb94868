// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/gguf_output.h"

#include "core/base/error.h"
#include "core/convert/llama_model.h"
#include "core/plan/presets.h"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>
#include <limits>

namespace quantlathe {

namespace {

/// GGUF's number for the format of its quantized blocks; unchanged since May 2023.
constexpr std::uint32_t quantizationVersion = 2;

GgufOutput describeGguf(const std::shared_ptr<const Model>& model)
{
    GgufOutput output;
    output.source = model;
    output.alignment = model->alignment();
    for (const Metadata::Entry& entry : model->metadata().entries()) {
        // Keys of the parts a split source came in; a split output gets its own.
        // Room for edits of the source's header is not the output's.
        if (!entry.key.starts_with("split.") && entry.key != paddingKey)
            output.metadata.append(entry.key, entry.value);
    }
    for (std::size_t index = 0; index < model->tensors().size(); ++index) {
        const Tensor& tensor = model->tensors()[index];
        OutputTensor target;
        target.name = tensor.name();
        target.shape = tensor.shape();
        target.sourceIndex = index;
        output.tensors.push_back(std::move(target));
    }
    return output;
}

std::filesystem::path configFolder(const Model& model)
{
    std::error_code ignored;
    const auto& path = model.path();
    auto folder = std::filesystem::is_directory(path, ignored) ? path : path.parent_path();
    if (!std::filesystem::exists(folder / "config.json", ignored)) {
        throw Error(ErrorKind::Unsupported, "has no config.json beside it: nothing says what model the weights belong to",
                    {path, std::nullopt, {}}, "Export needs the whole Hugging Face folder");
    }
    return folder;
}

/// The name of the file only: where it lay is nobody's business.
void addImportanceKeys(Metadata& metadata, const Importance& importance)
{
    const auto whole = [](std::uint64_t number) {
        return MetadataValue::ofU32(static_cast<std::uint32_t>(std::min<std::uint64_t>(number, std::numeric_limits<std::uint32_t>::max())));
    };
    if (!importance.file().empty())
        metadata.set("quantize.imatrix.file", MetadataValue::ofString(importance.file().filename().string()));
    if (!importance.datasets().empty())
        metadata.set("quantize.imatrix.dataset", MetadataValue::ofString(importance.datasets().front()));
    metadata.set("quantize.imatrix.entries_count", whole(importance.entries().size()));
    if (importance.chunkCount() > 0)
        metadata.set("quantize.imatrix.chunks_count", whole(importance.chunkCount()));
}

} // namespace

std::uint64_t OutputTensor::sourceRow(std::uint64_t row) const
{
    if (ropeHeads == 0)
        return row;
    const std::uint64_t rows = shape.rank() == 1 ? shape.rowLength() : shape.rowCount();
    const std::uint64_t perHead = rows / ropeHeads;
    const std::uint64_t inHead = row % perHead;
    return row - inHead + (inHead % 2) * (perHead / 2) + inHead / 2;
}

std::uint64_t OutputTensor::sizeBytes() const
{
    const auto bytes = tensorBytes(type, shape);
    assert(bytes && "types are chosen so that rows fit");
    return bytes.value_or(0);
}

GgufOutput makeGgufOutput(std::shared_ptr<const Model> model, const Plan& plan, const MetadataEdits& edits,
                          const ImportanceMatch* importance)
{
    GgufOutput output
        = model->format() == ModelFormat::Gguf ? describeGguf(model) : describeLlamaModel(model, configFolder(*model));
    for (OutputTensor& target : output.tensors) {
        const Tensor& source = model->tensors()[target.sourceIndex];
        const EffectiveChoice choice = effectiveChoice(*model, target.sourceIndex, plan);
        target.type = choice.type;
        target.isCopy = choice.isCopy(source.type());
        const auto bytes = tensorBytes(target.type, target.shape);
        if (info(target.type).ggmlId < 0 || !bytes || (target.isCopy && source.bytes().size() != *bytes)) {
            throw Error(ErrorKind::Unsupported, fmt::format("{} cannot be stored in a GGUF", name(target.type)),
                        {model->path(), std::nullopt, source.name()}, "Choose another type for it");
        }
    }
    output.metadata.set("general.quantization_version", MetadataValue::ofU32(quantizationVersion));
    output.metadata.set("general.file_type", MetadataValue::ofU32(fileTypeOf(*model, plan)));
    if (importance)
        addImportanceKeys(output.metadata, *importance->importance());
    MetadataEdits effective;
    for (const MetadataEdits::Change& change : edits.changes()) {
        // A key of the source that does not come along need not be removed.
        if (change.value || output.metadata.find(change.key))
            effective.put(change.key, change.value);
    }
    checkEdits(output.metadata, effective);
    output.metadata = effective.applied(output.metadata);
    return output;
}

} // namespace quantlathe
