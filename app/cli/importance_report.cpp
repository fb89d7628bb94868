// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/importance_report.h"

#include "core/base/text.h"

#include <fmt/format.h>

namespace quantlathe::cli {

namespace {

bool isTrouble(ImportanceUse use)
{
    return use == ImportanceUse::PartlyUsed || use == ImportanceUse::Missing || use == ImportanceUse::WrongSize || use == ImportanceUse::BadValues;
}

} // namespace

void noteImportance(const Invocation& invocation, const ImportanceMatch* importance, const Plan& plan)
{
    if (!importance)
        return;
    const ImportanceReport report = importanceReport(*importance, plan);
    for (const ImportanceReport::Group& group : report.groups) {
        if (invocation.quiet && !isTrouble(group.use))
            continue;
        fmt::print(stderr, "importance: {} {}: {}{}\n", group.tensors.size(), group.tensors.size() == 1 ? "tensor" : "tensors", consequence(group.use),
                   group.example.empty() ? "" : fmt::format(" ({}{})", group.tensors.size() == 1 ? "" : "such as ", group.example));
    }
    if (!report.unknownNames.empty() && !invocation.quiet)
        fmt::print(stderr, "importance: {} names in the data are not in the model, such as '{}'\n", report.unknownNames.size(),
                   printable(report.unknownNames.front()));
}

Json importanceJson(const ImportanceMatch* importance, const Plan& plan)
{
    if (!importance)
        return nullptr;
    const ImportanceReport report = importanceReport(*importance, plan);
    const Importance& data = *importance->importance();
    Json uses = Json::array();
    for (const ImportanceReport::Group& group : report.groups) {
        Json names = Json::array();
        for (const std::size_t tensor : group.tensors)
            names.push_back(importance->model()->tensors()[tensor].name());
        uses.push_back({{"use", name(group.use)},
                        {"what", consequence(group.use)},
                        {"example", group.example.empty() ? Json(nullptr) : Json(group.example)},
                        {"tensors", std::move(names)}});
    }
    return {{"file", data.file().string()},
            {"hash", data.hash()},
            {"datasets", std::vector<std::string>(data.datasets().begin(), data.datasets().end())},
            {"chunks", data.chunkCount()},
            {"chunkSize", data.chunkSize()},
            {"entries", data.entries().size()},
            {"uses", std::move(uses)},
            {"unknown", report.unknownNames}};
}

} // namespace quantlathe::cli
