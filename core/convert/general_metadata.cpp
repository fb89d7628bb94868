// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/general_metadata.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/convert/model_card.h"
#include "core/convert/model_name.h"
#include "core/formats/json/json_file.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <limits>

namespace quantlathe {

namespace {

struct WeightCounts
{
    std::uint64_t all = 0;
    std::uint64_t shared = 0;  ///< not in experts
    std::uint64_t expert = 0;  ///< of one expert of every layer
    std::uint64_t experts = 0; ///< of a layer
};

WeightCounts countWeights(const std::vector<OutputTensor>& tensors)
{
    WeightCounts counts;
    for (const OutputTensor& tensor : tensors) {
        const std::uint64_t weights = tensor.shape().weightCount();
        counts.all += weights;
        if (tensor.name().find("_exps.") != std::string::npos && tensor.shape().rank() >= 3) {
            counts.experts = tensor.shape().dimensions().front();
            counts.expert += weights / std::max<std::uint64_t>(1, counts.experts);
        } else {
            counts.shared += weights;
        }
    }
    return counts;
}

class GeneralWriter
{
public:
    GeneralWriter(const std::filesystem::path& folder, GgufOutput& output)
        : m_folder(folder), m_output(output), m_card(ModelCard::read(folder)), m_counts(countWeights(output.tensors))
    {
    }

    void write()
    {
        sampling();
        std::string name = m_card.text("model_name");
        const std::string id = m_output.source->architecture().displayName;
        if (name.empty())
            name = id;
        text("general.name", loadableName(name));
        text("general.author", m_card.text("model_creator"));
        const NameParts parts = namePartsOf(id, m_counts.all);
        text("general.version", parts.version);
        text("general.finetune", parts.finetune);
        text("general.basename", parts.basename);
        text("general.size_label", parts.size.empty() ? computedSize() : parts.size);
        std::string licences;
        for (const std::string& licence : m_card.list("license"))
            licences += (licences.empty() ? "" : ",") + licence;
        text("general.license", licences);
        text("general.license.name", m_card.text("license_name"));
        text("general.license.link", m_card.text("license_link"));
        baseModels();
        auto tags = m_card.list("tags");
        const auto& pipelines = m_card.list("pipeline_tag");
        tags.insert(tags.end(), pipelines.begin(), pipelines.end());
        texts("general.tags", tags);
        texts("general.languages", m_card.list("language"));
    }

private:
    [[nodiscard]] std::string computedSize() const
    {
        return m_counts.experts > 0 ? fmt::format("{}x{}", m_counts.experts, sizeLabel(m_counts.shared + m_counts.expert)) : sizeLabel(m_counts.all);
    }

    [[nodiscard]] std::string loadableName(std::string name) const
    {
        const std::string lower = toLower(name);
        if (lower.find("phi-3") == std::string::npos && lower.find("phi3") == std::string::npos)
            return name;
        constexpr std::array<std::string_view, 4> needed{"</s>", "<unk>", "<s>", "<|endoftext|>"};
        std::size_t found = 0;
        if (const MetadataArray* tokens = m_output.metadata.array("tokenizer.ggml.tokens")) {
            tokens->forEachString([&](std::uint64_t, std::string_view token) {
                found += std::find(needed.begin(), needed.end(), token) != needed.end() ? 1 : 0;
            });
        }
        if (found >= needed.size())
            return name;
        for (std::size_t at = 0; at + 4 <= name.size(); ++at) {
            const std::string part = toLower(name.substr(at, 5));
            if (part == "phi-3")
                name[at + 3] = ' ';
            else if (part.starts_with("phi3"))
                name.insert(at + 3, 1, ' ');
        }
        return name;
    }

    void baseModels()
    {
        const auto& models = m_card.list("base_model");
        if (models.empty() || models.size() > 100)
            return;
        m_output.metadata.append("general.base_model.count", MetadataValue::ofU32(static_cast<std::uint32_t>(models.size())));
        for (std::size_t index = 0; index < models.size(); ++index) {
            const std::string prefix = fmt::format("general.base_model.{}.", index);
            const auto slash = models[index].find('/');
            const bool isAddress = models[index].find("://") != std::string::npos;
            if (isAddress) {
                text(prefix + "repo_url", models[index]);
                continue;
            }
            const std::string name = slash == std::string::npos ? models[index] : models[index].substr(slash + 1);
            text(prefix + "name", titleOf(name));
            text(prefix + "version", namePartsOf(name, m_counts.all).version);
            if (slash != std::string::npos) {
                text(prefix + "organization", titleOf(models[index].substr(0, slash)));
                text(prefix + "repo_url", "https://huggingface.co/" + models[index]);
            }
        }
    }

    /// What the makers recommend for drawing tokens.
    void sampling()
    {
        std::optional<JsonFile> file;
        try {
            file = JsonFile::readIfThere(m_folder / "generation_config.json");
        } catch (const Error&) {
            return; // a recommendation that cannot be read is none
        }
        const auto number = [&](const char* name) -> std::optional<double> {
            const auto* value = file ? file->find(name) : nullptr;
            return value && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
        };
        if (const auto top = number("top_k"); top && *top >= 0 && *top <= std::numeric_limits<std::int32_t>::max())
            m_output.metadata.append("general.sampling.top_k", MetadataValue::ofI32(static_cast<std::int32_t>(*top)));
        for (const auto& [key, name] : {std::pair{"top_p", "top_p"}, {"min_p", "min_p"}, {"temp", "temperature"}, {"penalty_repeat", "repetition_penalty"}}) {
            if (const auto value = number(name))
                m_output.metadata.append(fmt::format("general.sampling.{}", key), MetadataValue::ofF32(static_cast<float>(*value)));
        }
    }

    void text(const std::string& key, const std::string& value)
    {
        if (!value.empty())
            m_output.metadata.append(key, MetadataValue::ofString(value));
    }
    void texts(const std::string& key, const std::vector<std::string>& values)
    {
        if (!values.empty())
            m_output.metadata.append(key, MetadataValue::ofArray(MetadataArray::fromStrings(values)));
    }

    const std::filesystem::path& m_folder;
    GgufOutput& m_output;
    ModelCard m_card;
    WeightCounts m_counts;
};

} // namespace

void appendGeneralMetadata(const std::filesystem::path& folder, GgufOutput& output)
{
    GeneralWriter(folder, output).write();
}

} // namespace quantlathe
