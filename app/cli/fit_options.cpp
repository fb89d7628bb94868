// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/fit_options.h"

#include "app/cli/console_progress.h"
#include "app/cli/table.h"
#include "core/base/text.h"
#include "core/budget/fit_errors.h"
#include "core/jobs/export_layout.h"
#include "core/plan/presets.h"

#include <fmt/format.h>

#include <cmath>

namespace quantlathe::cli {

namespace {

/// "a,b" and "a" "b" alike.
std::vector<std::string> words(const std::vector<std::string>& values)
{
    std::vector<std::string> result;
    for (const std::string& value : values) {
        std::size_t begin = 0;
        while (begin <= value.size()) {
            const std::size_t end = std::min(value.find(',', begin), value.size());
            if (end > begin)
                result.push_back(value.substr(begin, end - begin));
            begin = end + 1;
        }
    }
    return result;
}

TensorRole parseRole(const std::string& text)
{
    std::string names;
    for (std::size_t number = 0; number < tensorRoleCount; ++number) {
        const auto role = static_cast<TensorRole>(number);
        if (name(role) == toLower(text))
            return role;
        names += fmt::format("{}{}", names.empty() ? "" : ", ", name(role));
    }
    throw UsageError(fmt::format("there is no role '{}'; there are {}", printable(text), names));
}

bool& agreementOf(FitAgreement& agreement, const std::string& text)
{
    if (text == "qkv")
        return agreement.attentionInputs;
    if (text == "gate-up")
        return agreement.gateUp;
    if (text == "experts")
        return agreement.experts;
    throw UsageError(fmt::format("'{}' is no group of tensors; there are qkv, gate-up, experts", printable(text)));
}

} // namespace

void FitOptions::add(CLI::App* command)
{
    m_base.add(command, PlanOptions::Recipe::Allowed);
    m_base.addEncoding(command);
    m_base.addImportance(command);
    command->add_option("--allow", m_allowed, "Types to choose from, such as Q4_K,Q6_K; default: those that serve well without importance data, and as stored")
        ->type_name("TYPE,...");
    command->add_option("--min", m_minimums, "At least the bits of this type for tensors whose name matches; may be repeated")
        ->type_name("REGEX=TYPE");
    command->add_option("--min-role", m_roleMinimums, "The same for a role, such as attn_v=Q5_K; may be repeated")->type_name("ROLE=TYPE");
    command->add_option("--lock", m_locked, "Tensors whose name matches keep their type of --plan, --preset, --type, or as stored; may be repeated")
        ->type_name("REGEX");
    command->add_option("--agree", m_agree, "Tensors of a layer that get the same type: qkv, gate-up, experts")->type_name("GROUP,...");
    command->add_option("--no-agree", m_disagree, "Tensors of a layer that need not agree; gate-up do unless named here")->type_name("GROUP,...");
    command->add_option("--sensitivity", m_sensitivity, "Figures of the command sensitivity: errors count by what they do to predictions, instead of a proxy")
        ->type_name("FILE");
    command->add_flag("--exact", m_isExact, "Measure errors on all weights instead of samples: slower");
    command->add_flag("!--no-cache", m_hasCache, "Neither use nor keep errors that were measured before");
    addThreads(command, m_threads);
}

FitConstraints FitOptions::typesAndMinimums() const
{
    FitConstraints constraints;
    for (const std::string& type : words(m_allowed))
        constraints.allowed.push_back(parseType(type));
    try {
        for (const std::string& rule : m_minimums)
            constraints.minimumByName.push_back(TypeRule::parse(rule));
        for (const std::string& pattern : m_locked)
            (void)TypeRule(pattern, TensorType::F16);
    } catch (const Error& error) {
        throw UsageError(error.what());
    }
    for (const std::string& rule : m_roleMinimums) {
        const std::size_t equals = rule.find('=');
        if (equals == std::string::npos)
            throw UsageError(fmt::format("'{}' is no minimum; an example: attn_v=Q5_K", printable(rule)));
        constraints.minimumByRole[parseRole(rule.substr(0, equals))] = parseType(rule.substr(equals + 1));
    }
    for (const std::string& group : words(m_agree))
        agreementOf(constraints.agreement, group) = true;
    for (const std::string& group : words(m_disagree))
        agreementOf(constraints.agreement, group) = false;
    return constraints;
}

void FitOptions::check() const
{
    m_base.check(false);
    (void)typesAndMinimums();
}

FitConstraints FitOptions::constraintsFor(const Model& model, const ImportanceMatch* importance) const
{
    FitConstraints constraints = typesAndMinimums();
    constraints.hasImportance = importance != nullptr;
    for (const std::string& pattern : m_locked) {
        const TypeRule rule(pattern, TensorType::F16); // the type is not used
        bool isUsed = false;
        for (std::size_t index = 0; index < model.tensors().size(); ++index) {
            if (rule.matches(model.place(index).canonicalName)) {
                constraints.locked.insert(index);
                isUsed = true;
            }
        }
        if (!isUsed)
            fmt::print(stderr, "note: --lock {} matches no tensor\n", printable(pattern));
    }
    return constraints;
}

ErrorTable FitOptions::errorsFor(const std::shared_ptr<const Model>& model, const FitConstraints& constraints, std::span<const Plan> plans,
                                 const Encoding& encoding, const ImportanceMatch* importance, const Invocation& invocation) const
{
    const ErrorCache cache;
    ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Items);
    return measureErrors(model, typesToMeasure(*model, constraints, plans),
                         {encoding, m_isExact, m_threads, m_hasCache ? &cache : nullptr, importance}, invocation.control(&progress));
}

DamageWeights FitOptions::weightsFor(const Model& model, const ImportanceMatch* importance) const
{
    if (m_sensitivity.empty())
        return proxyWeights(model);
    const Sensitivities sensitivities = loadSensitivities(m_sensitivity, model);
    throwIfOtherImportance(sensitivities, importance ? importance->importance().get() : nullptr, m_sensitivity);
    return measuredWeights(model, sensitivities);
}

std::shared_ptr<const MemoryModel> memoryModelFor(const std::shared_ptr<const Model>& model)
{
    const auto header = model->format() == ModelFormat::Gguf ? std::nullopt : exportHeaderBytes(model);
    return std::make_shared<const MemoryModel>(*model, header);
}

std::vector<Plan> presetPlans(const Model& model, const Encoding& encoding, bool hasImportance)
{
    std::vector<Plan> plans;
    for (const Preset& preset : allPresets()) {
        plans.push_back(planFromPreset(model, preset, {hasImportance, false, {}}));
        plans.back().encoding = encoding;
    }
    return plans;
}

std::string damageText(double damage)
{
    return damage > 0 ? fmt::format("{:.3g} % ({:.2f} dB)", 100 * relativeRmsOfDamage(damage), decibelsOfDamage(damage)) : "none";
}

std::string predictionText(double damage, const DamageWeights& weights)
{
    return weights.unit > 0 ? fmt::format(", a mean KL divergence of {:.3g} predicted", damage * weights.unit) : "";
}

Json toJson(const FitResult& result, const DamageWeights& weights)
{
    return {{"fileBytes", result.fileBytes},
            {"deviceBytes", result.deviceBytes},
            {"hostBytes", result.hostBytes},
            {"bitsPerWeight", number(result.bitsPerWeight)},
            {"damage", number(result.damage)},
            {"relativeRms", number(relativeRmsOfDamage(result.damage))},
            {"decibels", number(decibelsOfDamage(result.damage))},
            {"isProxy", weights.isProxy},
            {"predictedKl", weights.unit > 0 ? number(result.damage * weights.unit) : Json(nullptr)},
            {"isSampled", result.isSampled}};
}

} // namespace quantlathe::cli
