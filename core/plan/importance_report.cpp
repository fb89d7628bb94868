// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/importance_report.h"

#include "core/base/text.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace quantlathe {

namespace {

/// Float types round each weight by itself.
bool canBeWeighted(TensorType type) { return info(type).weightsPerBlock > 1; }

ImportanceUse useOf(const TensorFit& fit)
{
    switch (fit.fit) {
    case ImportanceFit::Full:
        return ImportanceUse::Used;
    case ImportanceFit::SomeUnreached:
        return ImportanceUse::PartlyUsed;
    case ImportanceFit::Missing:
        return ImportanceUse::Missing;
    case ImportanceFit::WrongSize:
        return ImportanceUse::WrongSize;
    case ImportanceFit::BadValues:
        return ImportanceUse::BadValues;
    }
    return ImportanceUse::Missing;
}

} // namespace

std::string_view name(ImportanceUse use)
{
    switch (use) {
    case ImportanceUse::Used:
        return "used";
    case ImportanceUse::PartlyUsed:
        return "partly-used";
    case ImportanceUse::Missing:
        return "missing";
    case ImportanceUse::WrongSize:
        return "wrong-size";
    case ImportanceUse::BadValues:
        return "bad-values";
    case ImportanceUse::NotWeighted:
        return "not-weighted";
    case ImportanceUse::Kept:
        return "kept";
    }
    return {};
}

std::string_view consequence(ImportanceUse use)
{
    switch (use) {
    case ImportanceUse::Used:
        return "encoded with importance";
    case ImportanceUse::PartlyUsed:
        return "experts that were never reached are encoded with all channels alike";
    case ImportanceUse::Missing:
        return "not in the data: encoded without importance";
    case ImportanceUse::WrongSize:
        return "of another size in the data: encoded without importance";
    case ImportanceUse::BadValues:
        return "not numbers or negative in the data: encoded without importance";
    case ImportanceUse::NotWeighted:
        return "written as floats, where there is nothing to weigh";
    case ImportanceUse::Kept:
        return "not quantized: importance does not matter";
    }
    return {};
}

bool isWeightedBy(const ImportanceMatch* match, std::size_t index, TensorType written)
{
    return match && match->fit(index).isUsed() && canBeWeighted(written);
}

std::size_t ImportanceReport::count(ImportanceUse use) const
{
    return static_cast<std::size_t>(std::count(uses.begin(), uses.end(), use));
}

bool ImportanceReport::hasTrouble() const
{
    return std::any_of(uses.begin(), uses.end(), [](ImportanceUse use) {
        return use == ImportanceUse::PartlyUsed || use == ImportanceUse::Missing || use == ImportanceUse::WrongSize || use == ImportanceUse::BadValues;
    });
}

ImportanceReport importanceReport(const ImportanceMatch& match, const Plan& plan)
{
    const Model& model = *match.model();
    ImportanceReport report;
    report.unknownNames = match.unknownNames();
    std::map<ImportanceUse, ImportanceReport::Group> groups;
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const Tensor& tensor = model.tensors()[index];
        const auto choice = plan.choice(tensor.name());
        const TensorFacts facts = factsOf(model, index);
        const TensorType written = writtenType(facts, choice ? std::optional(choice->type) : std::nullopt).type;
        ImportanceUse use = useOf(match.fit(index));
        if (written == tensor.type() || !facts.isQuantizable)
            use = ImportanceUse::Kept;
        else if (!canBeWeighted(written))
            use = ImportanceUse::NotWeighted;
        report.uses.push_back(use);
        ImportanceReport::Group& group = groups[use];
        group.use = use;
        const std::string& explanation = match.fit(index).explanation;
        if (use != ImportanceUse::Kept && use != ImportanceUse::NotWeighted && group.example.empty())
            group.example = use == ImportanceUse::Missing ? printable(tensor.name())
                : explanation.empty()                     ? std::string()
                                                          : fmt::format("{}: {}", printable(tensor.name()), explanation);
        group.tensors.push_back(index);
        const bool hasNone = use == ImportanceUse::Missing || use == ImportanceUse::WrongSize || use == ImportanceUse::BadValues;
        if (hasNone && info(written).needsImportance)
            report.needy.push_back(index);
    }
    for (auto& [use, group] : groups)
        report.groups.push_back(std::move(group));
    return report;
}

} // namespace quantlathe
