// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/quantized/assemble.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/quantized/schemes.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace quantlathe::quantized {

namespace {

/// Module and suffix of a stored tensor's name; nothing when it is no piece of the scheme.
std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view name, const SchemeNames& names)
{
    std::optional<std::pair<std::string_view, std::string_view>> longest;
    for (const std::string_view suffix : names.suffixes) {
        const std::size_t tail = suffix.size() + names.separator.size();
        if (name.size() <= tail || !name.ends_with(suffix) || name.substr(name.size() - tail, names.separator.size()) != names.separator)
            continue;
        if (!longest || suffix.size() > longest->second.size())
            longest = {name.substr(0, name.size() - tail), suffix};
    }
    return longest;
}

/// The layers that have a mark of the scheme.
std::vector<ModulePieces> quantizedModules(const std::vector<Tensor>& tensors, const SchemeNames& names)
{
    std::vector<ModulePieces> modules;
    std::vector<bool> isQuantized;
    std::unordered_map<std::string, std::size_t> byName;
    for (std::size_t index = 0; index < tensors.size(); ++index) {
        const auto found = split(tensors[index].name(), names);
        if (!found)
            continue;
        const auto [entry, isNew] = byName.try_emplace(std::string(found->first), modules.size());
        if (isNew) {
            modules.emplace_back(std::string(found->first));
            isQuantized.push_back(false);
        }
        modules[entry->second].add(found->second, index, tensors[index]);
        if (std::find(names.marks.begin(), names.marks.end(), found->second) != names.marks.end())
            isQuantized[entry->second] = true;
    }
    std::vector<ModulePieces> result;
    for (std::size_t index = 0; index < modules.size(); ++index) {
        if (isQuantized[index])
            result.push_back(std::move(modules[index]));
    }
    return result;
}

struct AssembleVisitor
{
    const ModulePieces& pieces;
    template <typename Config> Tensor operator()(const Config& config) const { return assemble(config, pieces); }
    Tensor operator()(const UndecodedConfig&) const { pieces.fail("is not decoded"); }
};

/// Codes of 8-bit floats without a scale would pass for the weights.
void refuseBareFloats(const Model::Contents& contents, const QuantizationConfig& config, Completeness completeness)
{
    if (!std::holds_alternative<Fp8Config>(config) || completeness == Completeness::Shard)
        return;
    for (const Tensor& tensor : contents.tensors) {
        if (tensor.type() == TensorType::F8_E4M3 && tensor.name().ends_with(".weight")) {
            ModulePieces bare(tensor.name().substr(0, tensor.name().size() - std::string_view(".weight").size()));
            bare.add("weight", 0, tensor);
            (void)bare.need("weight_scale");
        }
    }
}

/// "<module>.weight" beside the quantized one.
void refuseTwins(const std::vector<Tensor>& tensors)
{
    std::unordered_set<std::string_view> names;
    for (const Tensor& tensor : tensors)
        names.insert(tensor.name());
    if (names.size() == tensors.size())
        return;
    std::unordered_set<std::string_view> seen;
    for (const Tensor& tensor : tensors) {
        if (!seen.insert(tensor.name()).second) {
            throw Error(ErrorKind::BadFormat, "is stored both quantized and as it is",
                        {tensor.storage().file()->path(), std::nullopt, printable(tensor.name())});
        }
    }
}

} // namespace

std::vector<std::string> assembleQuantized(Model::Contents& contents, const std::filesystem::path& folder, Completeness completeness)
{
    const auto config = readQuantizationConfig(folder);
    if (!config)
        return {};
    if (const auto* undecoded = std::get_if<UndecodedConfig>(&*config)) {
        return {fmt::format("quantized with {}, which is not decoded yet: the stored tensors are listed as they are", undecoded->what)};
    }
    std::vector<std::string> notes;
    std::map<std::size_t, Tensor> assembled; // by the place of the first piece
    std::vector<bool> isPiece(contents.tensors.size());
    std::size_t left = 0;
    for (const ModulePieces& pieces : quantizedModules(contents.tensors, namesOf(*config))) {
        try {
            assembled.emplace(pieces.place(), std::visit(AssembleVisitor{pieces}, *config));
        } catch (const Error& error) {
            if (completeness == Completeness::Whole && error.kind() != ErrorKind::Unsupported)
                throw;
            if (left++ == 0)
                notes.push_back(fmt::format("the stored tensors of '{}' are listed as they are: {}", printable(pieces.module()), error.message()));
            continue;
        }
        for (const std::size_t index : pieces.indices())
            isPiece[index] = true;
    }
    if (left > 1)
        notes.push_back(fmt::format("so are those of {} more layers", left - 1));
    std::vector<Tensor> tensors;
    for (std::size_t index = 0; index < contents.tensors.size(); ++index) {
        if (const auto found = assembled.find(index); found != assembled.end())
            tensors.push_back(std::move(found->second));
        else if (!isPiece[index])
            tensors.push_back(std::move(contents.tensors[index]));
    }
    refuseTwins(tensors);
    contents.tensors = std::move(tensors);
    refuseBareFloats(contents, *config, completeness);
    return notes;
}

} // namespace quantlathe::quantized
