// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli inspect FILE: what a file holds.
#include "app/cli/adapter_options.h"
#include "app/cli/model_json.h"
#include "app/cli/invocation.h"
#include "app/cli/table.h"
#include "core/base/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string file;
    AdapterOptions adapters;
    bool isFull = false;
};

const char* formatId(ModelFormat format)
{
    switch (format) {
    case ModelFormat::Gguf: return "gguf";
    case ModelFormat::Safetensors: return "safetensors";
    case ModelFormat::HuggingFace: return "huggingface";
    }
    return "";
}

Json toJson(const Model& model, bool isFull)
{
    Json files = Json::array();
    for (const auto& file : model.files())
        files.push_back(file.string());
    Json tensors = Json::array();
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const Tensor& tensor = model.tensors()[index];
        const TensorPlace& place = model.place(index);
        tensors.push_back({{"name", tensor.name()},
                           {"canonicalName", place.canonicalName},
                           {"shape", tensor.shape().dimensions()},
                           {"type", name(tensor.type())},
                           {"scheme", tensor.scheme().empty() ? Json(nullptr) : Json(tensor.scheme())},
                           {"bytes", tensor.sizeBytes()},
                           {"file", tensor.storage().file()->path().string()},
                           {"offset", tensor.storage().fileOffset()},
                           {"layer", place.layer ? Json(*place.layer) : Json(nullptr)},
                           {"role", name(place.role)}});
    }
    const Architecture& architecture = model.architecture();
    return {{"format", formatId(model.format())},
            {"formatVersion", model.formatVersion()},
            {"path", model.path().string()},
            {"files", std::move(files)},
            {"fileBytes", model.fileBytes()},
            {"tensorBytes", model.tensorBytes()},
            {"weights", model.weightCount()},
            {"alignment", model.alignment()},
            {"architecture", architecture.name},
            {"name", architecture.displayName},
            {"isArchitectureKnown", architecture.isKnown},
            {"notes", architecture.notes},
            {"hyperparameters", cli::toJson(architecture.parameters)},
            {"metadata", cli::toJson(model.metadata(), isFull)},
            {"tensors", std::move(tensors)}};
}

std::string layerText(const std::vector<std::uint64_t>& values)
{
    if (values.empty())
        return "-";
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return *low == *high ? fmt::format("{}", *low) : fmt::format("{} to {}, by layer", *low, *high);
}

void printSummary(const Model& model)
{
    const Architecture& architecture = model.architecture();
    const Hyperparameters& p = architecture.parameters;
    const double bits = model.weightCount() > 0
        ? 8.0 * static_cast<double>(model.tensorBytes()) / static_cast<double>(model.weightCount())
        : 0;
    Table table({"", ""});
    table.add({"File", printable(model.path().string(), 400)});
    table.add({"Format", model.formatVersion() > 0 ? fmt::format("{} version {}", name(model.format()), model.formatVersion())
                                                   : std::string(name(model.format()))});
    table.add({"Architecture", architecture.name.empty() ? "not named" : printable(architecture.name)});
    if (!architecture.displayName.empty())
        table.add({"Name", printable(architecture.displayName)});
    table.add({"Weights", fmt::format("{} in {} tensors, {:.2f} bits each", countText(static_cast<double>(model.weightCount())),
                                      model.tensors().size(), bits)});
    table.add({"Size", fmt::format("{} ({} bytes) in {} file{}", formatBytes(model.fileBytes()), model.fileBytes(),
                                   model.files().size(), model.files().size() == 1 ? "" : "s")});
    if (p.layerCount > 0) {
        table.add({"Layers", fmt::format("{}", p.layerCount)});
        table.add({"Context", fmt::format("{}", p.contextLength)});
        table.add({"Embedding", fmt::format("{}", p.embeddingLength)});
        table.add({"Feed-forward", layerText(p.feedForwardLength)});
        table.add({"Heads", fmt::format("{} query, {} key/value of {} dimensions", layerText(p.headCount),
                                        layerText(p.headCountKv), p.keyLength)});
        if (p.expertCount > 0)
            table.add({"Experts", fmt::format("{}, {} used", p.expertCount, p.expertUsedCount)});
        table.add({"Vocabulary", fmt::format("{}{}", p.vocabularySize, p.isEmbeddingTied ? ", tied embedding" : "")});
    }
    for (const std::string& note : architecture.notes)
        table.add({"Note", printable(note, 400)});
    const std::string text = table.text();
    print(text.substr(text.find('\n') + 1)); // the titles are empty
}

void printMetadata(const Model& model, bool isFull)
{
    Table table({"Key", "Type", "Value"});
    for (const Metadata::Entry& entry : model.metadata().entries()) {
        table.add({printable(entry.key), std::string(name(entry.value.type)),
                   printable(entry.value.toText(isFull ? 1'000'000 : 100), isFull ? 1'000'000 : 120)});
    }
    print(fmt::format("\nMetadata ({})\n{}", model.metadata().entries().size(), table.text()));
}

void printTensors(const Model& model)
{
    const bool hasSchemes = std::ranges::any_of(model.tensors(), [](const Tensor& tensor) { return !tensor.scheme().empty(); });
    std::vector<std::string> titles{"Tensor", "Shape", "Type", ">Bytes", ">Offset", ">Layer", "Role"};
    if (hasSchemes)
        titles.emplace_back("Scheme");
    Table table(titles);
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const Tensor& tensor = model.tensors()[index];
        const TensorPlace& place = model.place(index);
        std::vector<std::string> cells{printable(tensor.name()), tensor.shape().toString(), std::string(name(tensor.type())),
                                       fmt::format("{}", tensor.sizeBytes()), fmt::format("{}", tensor.storage().fileOffset()),
                                       place.layer ? fmt::format("{}", *place.layer) : std::string(),
                                       std::string(label(place.role))};
        if (hasSchemes)
            cells.emplace_back(tensor.scheme());
        table.add(std::move(cells));
    }
    print(fmt::format("\nTensors ({})\n{}", model.tensors().size(), table.text()));
}

} // namespace

void addInspect(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "inspect", "Show what a model file holds", [&invocation, options] {
        const auto model = options->adapters.open(options->file);
        if (invocation.json) {
            print(toJson(*model, options->isFull));
            return;
        }
        printSummary(*model);
        printMetadata(*model, options->isFull);
        printTensors(*model);
    });
    command->add_option("FILE", options->file, "GGUF file, safetensors file or Hugging Face folder")->required();
    options->adapters.add(command);
    command->add_flag("--full", options->isFull, "Print long metadata arrays whole");
}

} // namespace quantlathe::cli
