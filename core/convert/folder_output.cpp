// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/folder_output.h"

#include "core/base/text.h"
#include "core/convert/features.h"
#include "core/convert/general_metadata.h"
#include "core/convert/rope_settings.h"
#include "core/convert/tensor_assembly.h"
#include "core/convert/tokenizer_output.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace quantlathe {

namespace {

Metadata generalFirst(const Metadata& metadata)
{
    Metadata ordered;
    for (const bool isGeneral : {true, false}) {
        for (const Metadata::Entry& entry : metadata.entries()) {
            if (entry.key.starts_with("general.") == isGeneral)
                ordered.append(entry.key, entry.value);
        }
    }
    return ordered;
}

} // namespace

GgufOutput describeFolder(const std::shared_ptr<const Model>& model, const std::filesystem::path& folder)
{
    const ModelConfig config(*model, folder);
    const std::string className = config.className();
    const ArchitectureRow* architecture = findArchitecture(className);
    if (!architecture) {
        config.refuse(fmt::format("models of the architecture '{}' cannot be exported to GGUF yet",
                                  printable(className.empty() ? "(not named)" : className, 60)));
    }
    TensorAssembly assembly(*model, *architecture);
    const std::uint64_t width = config.size({"hidden_size", "n_embd"});
    const ModelSizes sizes = readSizes(config, *architecture, assembly.embedding(width).shape().rowCount());

    GgufOutput output;
    output.source = model;
    checkFeatures(config, *architecture, sizes, output.notes);
    Metadata& metadata = output.metadata;
    metadata.append("general.architecture", MetadataValue::ofString(std::string(architecture->id)));
    metadata.append("general.type", MetadataValue::ofString("model"));
    appendHyperparameters(config, *architecture, sizes, metadata);
    if (architecture->outside.empty()) // learned positions else
        appendRope(config, *architecture, sizes, output);
    const bool isTied = config.flag({"tie_word_embeddings"}).value_or(architecture->isGemma || architecture->isLayerNorm);
    auto tensors = assembly.assemble(sizes, isTied, queryFactor(config, *architecture, sizes));
    output.tensors.insert(output.tensors.end(), std::make_move_iterator(tensors.begin()), std::make_move_iterator(tensors.end()));
    appendTokenizer(metadata, folder, sizes.vocabulary);
    appendGeneralMetadata(folder, output); // needs to know the rest
    for (const Metadata::Entry& entry : model->metadata().entries()) {
        if (entry.key.starts_with("quantlathe.adapter.")) // what was merged while reading
            metadata.append(entry.key, entry.value);
    }
    output.metadata = generalFirst(output.metadata);
    return output;
}

} // namespace quantlathe
