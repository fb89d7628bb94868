// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/plan_options.h"

#include "app/cli/invocation.h"
#include "core/base/checked.h"
#include "core/base/text.h"
#include "core/calibration/imatrix_file.h"
#include "core/plan/presets.h"
#include "core/plan/recipe.h"

#include <charconv>
#include <fmt/format.h>
#include <map>

namespace quantlathe::cli {

namespace {

std::string typeNames()
{
    std::string names;
    for (const TensorTypeInfo& row : allTensorTypes()) {
        if (isTargetType(row.type))
            names += fmt::format("{}{}", names.empty() ? "" : ", ", row.name);
    }
    return names;
}

std::string presetNames()
{
    std::string names;
    for (const Preset& preset : allPresets())
        names += fmt::format("{}{}", names.empty() ? "" : ", ", preset.id);
    return names;
}

const Preset& parsePreset(const std::string& text)
{
    if (const Preset* preset = findPreset(text))
        return *preset;
    if (tensorTypeFromName(text))
        throw UsageError(fmt::format("'{}' is no preset but a type: use --type {}", text, text));
    throw UsageError(fmt::format("there is no preset '{}'; there are {}", printable(text), presetNames()));
}

/// A misspelt pattern changes nothing; better said than found out after writing 40 GB.
void warnOfIdleRules(const Model& model, const std::vector<TypeRule>& rules)
{
    std::size_t idle = 0;
    std::string example;
    for (const TypeRule& rule : rules) {
        bool isUsed = false;
        for (std::size_t index = 0; index < model.tensors().size() && !isUsed; ++index) {
            const TensorPlace& place = model.place(index);
            isUsed = isQuantizable(model.tensors()[index], place) && rule.matches(place.canonicalName);
        }
        if (!isUsed && ++idle == 1)
            example = fmt::format("{}={}", rule.pattern(), name(rule.type()));
    }
    if (idle > 0) {
        fmt::print(stderr, "note: {} of {} tensor-type rules match{} no tensor that can be quantized{}{}\n", idle, rules.size(),
                   idle == 1 ? "es" : "", idle == 1 ? ": " : ", such as ", printable(example));
    }
}

/// llama-quantize refuses these types without importance data; here a person is told and decides.
void noteImportance(const Model& model, const Plan& plan, const ImportanceMatch* importance)
{
    const std::vector<TensorType> types = typesNeedingImportance(model, plan, importance);
    std::string names;
    for (const TensorType type : types)
        names += fmt::format("{}{}", names.empty() ? "" : ", ", name(type));
    if (!types.empty())
        fmt::print(stderr, "note: {} {} meant to be used with importance data{}; without, the quality suffers\n", names,
                   types.size() == 1 ? "is" : "are", importance ? ", which some tensors do not have" : "");
}

} // namespace

void addNonFinite(CLI::App* command, NonFinite& policy)
{
    command
        ->add_option_function<std::string>(
            "--non-finite",
            [&policy](const std::string& text) {
                const auto found = nonFiniteFromName(text);
                if (!found)
                    throw CLI::ValidationError("--non-finite", fmt::format("'{}' is neither fail nor clamp", printable(text)));
                policy = *found;
            },
            "NaN and infinities in tensors that are quantized: fail (the default), or clamp: NaN becomes 0, an infinity "
            "the largest finite magnitude of its row")
        ->type_name("POLICY");
}

void noteReplaced(const std::string& tensor, const ReplacedWeights& replaced)
{
    if (replaced.total() > 0)
        fmt::print(stderr, "note: tensor '{}': {} NaN and {} infinite weights were replaced\n", printable(tensor), replaced.nan,
                   replaced.infinity);
}

TensorType parseType(const std::string& text)
{
    const auto type = tensorTypeFromName(text);
    if (type && isTargetType(*type))
        return *type;
    if (!type && findPreset(text))
        throw UsageError(fmt::format("'{}' is no type but a preset: use --preset {}", text, text));
    throw UsageError(fmt::format("there is no type '{}' to write; there are {}", printable(text), typeNames()));
}

std::uint64_t parseSize(const std::string& text)
{
    static const std::map<std::string, std::uint64_t> units{
        {"", 1},          {"k", 1000},         {"m", 1000'000},     {"g", 1000'000'000},
        {"kib", 1 << 10}, {"mib", 1 << 20},    {"gib", 1 << 30},
        {"kb", 1000},     {"mb", 1000'000},    {"gb", 1000'000'000}};
    std::uint64_t count = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
    const auto unit = units.find(toLower(std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end))));
    const auto bytes = failure == std::errc() && unit != units.end() ? checkedMultiply(count, unit->second) : std::nullopt;
    if (!bytes || *bytes == 0)
        throw UsageError(fmt::format("'{}' is no size; examples: 4G, 700M, 2GiB, 4000000000", printable(text)));
    return *bytes;
}

void PlanOptions::add(CLI::App* command, Recipe recipe)
{
    m_takesRecipe = recipe == Recipe::Allowed;
    if (m_takesRecipe)
        command->add_option("--plan", m_recipe, "Recipe: the type of every tensor (JSON)")->type_name("FILE");
    command->add_option("--preset", m_preset, "llama.cpp's mixture, such as Q4_K_M")->type_name("NAME");
    command->add_option("--type", m_type, "One type for every tensor that is quantized, such as Q4_K")->type_name("TYPE");
    command
        ->add_option("--tensor-type", m_rules,
                     "A type for tensors whose name matches; may be repeated, the first match wins")
        ->type_name("REGEX=TYPE")
        ->allow_extra_args(false);
    command->add_option("--tensor-type-file", m_ruleFile, "A file of REGEX=TYPE lines, applied after --tensor-type")
        ->type_name("FILE");
}

void PlanOptions::addEncoding(CLI::App* command)
{
    command->add_option("--effort", m_effort, "standard (fast, the default) or best (searches long for the smallest error)")
        ->type_name("EFFORT");
    command
        ->add_option("--objective", m_objective,
                     "What is minimised: default (what serves each type best), magnitude (large weights count more), "
                     "squared-error or unbiased (that weights of few bits keep their size)")
        ->type_name("NAME");
}

void PlanOptions::addImportance(CLI::App* command)
{
    command
        ->add_option("--imatrix", m_importance,
                     "Importance data (llama.cpp's imatrix, GGUF or .dat): errors of important channels count more")
        ->type_name("FILE");
}

std::shared_ptr<const ImportanceMatch> PlanOptions::importanceFor(const std::shared_ptr<const Model>& model) const
{
    if (m_importance.empty())
        return nullptr;
    return std::make_shared<const ImportanceMatch>(readImportance(m_importance), model);
}

void PlanOptions::check(bool isRequired) const
{
    if (!m_effort.empty() && !effortFromName(m_effort))
        throw UsageError(fmt::format("there is no effort '{}'; there are standard, best", printable(m_effort)));
    if (!m_objective.empty() && m_objective != defaultObjectiveName && !objectiveFromName(m_objective))
        throw UsageError(
            fmt::format("there is no objective '{}'; there are default, magnitude, squared-error, unbiased", printable(m_objective)));
    const int given = (m_recipe.empty() ? 0 : 1) + (m_preset.empty() ? 0 : 1) + (m_type.empty() ? 0 : 1);
    const char* choices = m_takesRecipe ? "--plan, --preset or --type" : "--preset or --type";
    if (given > 1)
        throw UsageError(fmt::format("give only one of {}", choices));
    if (given == 0 && isRequired)
        throw UsageError(fmt::format("say which types to write: {}", choices));
    if (!m_preset.empty())
        parsePreset(m_preset);
    if (!m_type.empty())
        parseType(m_type);
    try {
        for (const std::string& rule : m_rules)
            TypeRule::parse(rule);
    } catch (const Error& error) {
        throw UsageError(fmt::format("--tensor-type: {}", error.what()));
    }
}

std::vector<TypeRule> PlanOptions::rules() const
{
    std::vector<TypeRule> rules;
    for (const std::string& rule : m_rules)
        rules.push_back(TypeRule::parse(rule));
    if (!m_ruleFile.empty()) {
        for (TypeRule& rule : readTypeRules(m_ruleFile))
            rules.push_back(std::move(rule));
    }
    return rules;
}

Plan PlanOptions::planFor(const Model& model, const ImportanceMatch* importance) const
{
    Plan plan = typesFor(model, importance);
    if (!m_effort.empty())
        plan.encoding.effort = *effortFromName(m_effort);
    if (!m_objective.empty())
        plan.encoding.objective = objectiveFromName(m_objective);
    noteImportance(model, plan, importance);
    return plan;
}

Plan PlanOptions::typesFor(const Model& model, const ImportanceMatch* importance) const
{
    const auto rules = this->rules();
    warnOfIdleRules(model, rules);
    if (!m_preset.empty()) {
        return planFromPreset(model, parsePreset(m_preset), {importance != nullptr, false, rules});
    }
    if (!m_type.empty())
        return planFromType(model, parseType(m_type), rules);
    Plan plan;
    if (!m_recipe.empty()) {
        AppliedRecipe applied = loadRecipe(m_recipe, model);
        if (!applied.missing.empty()) {
            fmt::print(stderr, "note: the recipe names {} tensors that the model does not have, such as '{}'\n",
                       applied.missing.size(), printable(applied.missing.front()));
        }
        if (const auto warning = importanceWarning(applied, importance ? importance->importance().get() : nullptr))
            fmt::print(stderr, "note: {}\n", *warning);
        plan = std::move(applied.plan);
    }
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const Tensor& tensor = model.tensors()[index];
        if (!isQuantizable(tensor, model.place(index)))
            continue;
        for (const TypeRule& rule : rules) {
            if (rule.matches(model.place(index).canonicalName)) {
                plan.setChoice(tensor.name(), Choice{rule.type()});
                break;
            }
        }
    }
    return plan;
}

} // namespace quantlathe::cli
