// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/gguf_output.h"

#include "core/base/error.h"
#include "core/codecs/codec.h"
#include "core/convert/folder_output.h"
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
        output.tensors.push_back({.weights = tensor, .sources = {index}});
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

/// What @p target becomes under @p plan: as its sources, by the length of its own rows.
TensorType typeOf(const Model& model, const OutputTensor& target, const Plan& plan)
{
    std::optional<TensorType> type;
    for (const std::size_t source : target.sources) {
        TensorFacts facts = factsOf(model, source);
        facts.rowLength = target.shape().rowLength();
        const auto choice = plan.choice(model.tensors()[source].name());
        TensorType written = writtenType(facts, choice ? std::optional(choice->type) : std::nullopt).type;
        if (!choice && info(target.weights.type()).ggmlId >= 0 && info(facts.stored).ggmlId < 0)
            written = target.weights.type(); // a view in a type that holds the stored values as they are
        if (type && *type != written) {
            throw Error(ErrorKind::InvalidArgument,
                        fmt::format("is to be {}, and '{}' {}; they become one tensor ('{}') of one type", name(written),
                                    model.tensors()[target.sources.front()].name(), name(*type), target.name()),
                        {model.path(), std::nullopt, model.tensors()[source].name()}, "Give all experts of a layer the same type");
        }
        type = written;
    }
    return type.value_or(target.weights.type());
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

std::optional<OutputTensor::Origin> OutputTensor::origin(std::uint64_t row) const
{
    if (sources.empty() || !hasRowOrigins)
        return std::nullopt;
    const std::uint64_t units = shape().rank() < 2 ? shape().rowLength() : shape().rowCount();
    const std::uint64_t perSource = std::max<std::uint64_t>(1, units / sources.size());
    return Origin{sources[row / perSource], rows.sourceRow(row % perSource)};
}

std::optional<OutputTensor::Origin> OutputTensor::outputOrigin(std::uint64_t row) const
{
    return turnedRows && !sources.empty() ? std::optional(Origin{sources.front(), turnedRows->sourceRow(row)}) : origin(row);
}

std::uint64_t OutputTensor::sizeBytes() const
{
    const auto bytes = tensorBytes(type, shape());
    assert(bytes && "types are chosen so that rows fit");
    return bytes.value_or(0);
}

GgufOutput makeGgufOutput(std::shared_ptr<const Model> model, const Plan& plan, const MetadataEdits& edits,
                          const ImportanceMatch* importance)
{
    GgufOutput output = model->format() == ModelFormat::Gguf ? describeGguf(model) : describeFolder(model, configFolder(*model));
    for (OutputTensor& target : output.tensors) {
        if (target.sources.empty())
            continue;
        target.type = typeOf(*model, target, plan);
        target.isCopy = target.type == target.weights.type() && !target.isShifted;
        const auto bytes = tensorBytes(target.type, target.shape());
        const auto stored = target.weights.bytes();
        const bool isStorable = target.isCopy && stored.empty() && bytes != 0u ? target.weights.canDecode() && codecFor(target.type).canEncode()
                                                                : !target.isCopy || stored.size() == bytes;
        if (info(target.type).ggmlId < 0 || !bytes || !isStorable) {
            throw Error(ErrorKind::Unsupported, fmt::format("{} cannot be stored in a GGUF", name(target.type)),
                        {model->path(), std::nullopt, model->tensors()[target.sources.front()].name()}, "Choose another type for it");
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
