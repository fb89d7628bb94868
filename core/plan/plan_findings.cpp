// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan_findings.h"

#include "core/model/importance_match.h"
#include "core/plan/presets.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <tuple>

namespace quantlathe {

namespace {

using enum TensorType;

constexpr const char* chooseAnother = "Choose another type where the program matters (Q4_K, IQ4_XS, Q8_0 ...)";

// Sources: llama.cpp pull requests 15091 (MXFP4, August 2025), 19769 and 20644 (NVFP4, March 2026), 21629 (Q1_0, April
// 2026), 28769 (TQ2_0 with CUDA, still open in September 2026); vLLM's list of GGUF types, in which none of these stands.
constexpr std::array supportTable = {
    TypeSupport{TQ1_0, Severity::Warning, "is computed on the processor only: llama.cpp has no GPU code for it, and vLLM does not read it", chooseAnother},
    TypeSupport{TQ2_0, Severity::Warning, "is computed on the processor when the GPU is used through CUDA, and vLLM does not read it", chooseAnother},
    TypeSupport{Q1_0, Severity::Warning, "needs llama.cpp of April 2026 or newer; vLLM does not read it", chooseAnother},
    TypeSupport{Q2_0, Severity::Warning, "needs llama.cpp of 2026; vLLM does not read it", chooseAnother},
    TypeSupport{NVFP4, Severity::Warning, "needs llama.cpp of March 2026 or newer and is slow on GPUs without code for it; vLLM does not read it from GGUF files", chooseAnother},
    TypeSupport{MXFP4, Severity::Hint, "needs llama.cpp of August 2025 or newer; vLLM does not read it from GGUF files", chooseAnother},
    TypeSupport{F64, Severity::Warning, "is not computed with by llama.cpp", "Choose F32"},
    TypeSupport{Q8_1, Severity::Problem, "is a format of intermediate results, not of files: llama.cpp does not compute with such weights", "Choose Q8_0"},
    TypeSupport{Q8_K, Severity::Problem, "is a format of intermediate results, not of files: llama.cpp does not compute with such weights", "Choose Q8_0"},
};

std::string countText(std::size_t tensors)
{
    return tensors == 1 ? std::string("1 tensor") : fmt::format("{} tensors", tensors);
}

class TypeCheck
{
public:
    TypeCheck(const Model& model, const Plan& plan, const ImportanceMatch* importance)
        : m_model(model)
        , m_plan(plan)
        , m_importance(importance)
    {
        m_choices.reserve(model.tensors().size());
        for (std::size_t index = 0; index < model.tensors().size(); ++index)
            m_choices.push_back(effectiveChoice(model, index, plan));
    }

    std::vector<Finding> run()
    {
        addFallbacks();
        addUnwritable();
        addRequantized();
        addImportance();
        addSupport();
        if (m_plan.choices().empty())
            addFileType();
        return std::move(m_findings);
    }

private:
    [[nodiscard]] TensorType stored(std::size_t index) const { return m_model.tensors()[index].type(); }

    Finding& add(FindingKind kind, Severity severity, std::string what, std::string advice, std::vector<std::size_t> tensors)
    {
        Finding& finding = m_findings.emplace_back();
        finding.kind = kind;
        finding.severity = severity;
        finding.what = std::move(what);
        finding.advice = std::move(advice);
        finding.tensors = std::move(tensors);
        return finding;
    }

    void addFallbacks()
    {
        std::map<std::pair<FallbackReason, std::string>, std::vector<std::size_t>> groups;
        for (std::size_t index = 0; index < m_choices.size(); ++index) {
            const EffectiveChoice& choice = m_choices[index];
            const bool isAsked = m_plan.choice(m_model.tensors()[index].name()).has_value();
            if (isAsked && choice.reason != FallbackReason::None && choice.requested != choice.type)
                groups[{choice.reason, choice.explanation}].push_back(index);
        }
        for (auto& [key, tensors] : groups) {
            const bool isShape = key.first == FallbackReason::RowLength;
            std::string what = fmt::format("{}: {}", countText(tensors.size()), key.second);
            add(FindingKind::FellBack, isShape ? Severity::Warning : Severity::Hint, std::move(what),
                isShape ? "Look at the size: it may be larger than the type promises; a type with shorter blocks (Q4_0, Q8_0, IQ4_NL) may fit"
                        : "Nothing to do: the export writes what engines need",
                std::move(tensors));
        }
    }

    void addUnwritable()
    {
        std::map<TensorType, std::vector<std::size_t>> groups;
        for (std::size_t index = 0; index < m_choices.size(); ++index) {
            if (!m_choices[index].canWrite)
                groups[m_choices[index].type].push_back(index);
        }
        for (auto& [type, tensors] : groups) {
            std::string what = fmt::format("{} cannot be written by this version ({})", name(type), countText(tensors.size()));
            add(FindingKind::CannotWrite, Severity::Problem, std::move(what), "Choose another type: the export refuses this one", std::move(tensors));
        }
    }

    void addRequantized()
    {
        std::map<std::pair<TensorType, TensorType>, std::vector<std::size_t>> groups;
        for (std::size_t index = 0; index < m_choices.size(); ++index) {
            const TensorType type = m_choices[index].type;
            if (info(stored(index)).isQuantized() && info(type).isQuantized() && type != stored(index))
                groups[{stored(index), type}].push_back(index);
        }
        for (auto& [types, tensors] : groups) {
            const bool isLarge = info(types.first).bitsPerWeight() >= 8;
            std::string what = fmt::format("{} stored as {} would be quantized a second time, to {}: the errors add up", countText(tensors.size()),
                                           name(types.first), name(types.second));
            add(FindingKind::Requantized, isLarge ? Severity::Hint : Severity::Warning, std::move(what),
                "Start from the original in 16 or 32 bits, or keep these tensors as they are", std::move(tensors));
        }
    }

    void addImportance()
    {
        for (const TensorType type : typesNeedingImportance(m_model, m_plan, m_importance)) {
            std::vector<std::size_t> tensors;
            for (std::size_t index = 0; index < m_choices.size(); ++index) {
                if (m_choices[index].type == type && stored(index) != type && !(m_importance && m_importance->fit(index).isUsed()))
                    tensors.push_back(index);
            }
            std::string what = fmt::format("{} is meant to be used with importance data, of which there are none{} ({})", name(type),
                                           m_importance ? " for some tensors" : "", countText(tensors.size()));
            add(FindingKind::NeedsImportance, Severity::Warning, std::move(what), "Choose a K-quant of similar size, or expect worse answers",
                std::move(tensors));
        }
    }

    void addSupport()
    {
        std::map<TensorType, std::vector<std::size_t>> groups;
        for (std::size_t index = 0; index < m_choices.size(); ++index)
            groups[m_choices[index].type].push_back(index);
        for (auto& [type, tensors] : groups) {
            if (const TypeSupport* support = typeSupport(type)) {
                std::string what = fmt::format("{} {} ({})", name(type), support->what, countText(tensors.size()));
                add(FindingKind::UnsupportedType, support->severity, std::move(what), std::string(support->advice), std::move(tensors));
            }
        }
    }

    /// general.file_type of the file as it is, against its tensors.
    void addFileType()
    {
        const auto fileType = m_model.metadata().unsignedInteger("general.file_type");
        if (!fileType)
            return;
        const auto presets = allPresets();
        const auto preset = std::find_if(presets.begin(), presets.end(), [&](const Preset& row) { return row.fileType == *fileType; });
        if (preset == presets.end())
            return;
        const bool isThere = std::any_of(m_model.tensors().begin(), m_model.tensors().end(),
                                         [&](const Tensor& tensor) { return tensor.type() == preset->baseType; });
        if (!isThere) {
            add(FindingKind::FileType, Severity::Hint,
                fmt::format("general.file_type says {}, but no tensor is stored as {}", preset->id, name(preset->baseType)),
                "Programs show the wrong name of the quantization; an export sets the key anew", {})
                .key = "general.file_type";
        }
    }

    const Model& m_model;
    const Plan& m_plan;
    const ImportanceMatch* m_importance;
    std::vector<EffectiveChoice> m_choices;
    std::vector<Finding> m_findings;
};

} // namespace

const TypeSupport* typeSupport(TensorType type)
{
    const auto found = std::find_if(supportTable.begin(), supportTable.end(), [type](const TypeSupport& row) { return row.type == type; });
    return found == supportTable.end() ? nullptr : &*found;
}

std::vector<Finding> checkTypes(const Model& model, const Plan& plan, const ImportanceMatch* importance)
{
    return TypeCheck(model, plan, importance).run();
}

} // namespace quantlathe
