// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli findings MODEL [--deep] [types]: what deserves attention, and what to do about it.
#include "app/cli/console_progress.h"
#include "app/cli/invocation.h"
#include "app/cli/plan_options.h"
#include "app/cli/table.h"
#include "core/base/text.h"
#include "core/formats/open.h"
#include "core/plan/plan_findings.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string file;
    PlanOptions plan;
    bool isDeep = false;
    std::string failOn = "problem";
    unsigned threads = 0;
};

Json toJson(const Finding& finding, const Model& model)
{
    Json tensors = Json::array();
    for (const std::size_t index : finding.tensors)
        tensors.push_back(model.tensors()[index].name());
    return {{"kind", name(finding.kind)},
            {"severity", name(finding.severity)},
            {"what", finding.what},
            {"advice", finding.advice},
            {"key", finding.key.empty() ? Json(nullptr) : Json(finding.key)},
            {"tensors", std::move(tensors)},
            {"row", finding.row ? Json(*finding.row) : Json(nullptr)},
            {"column", finding.column ? Json(*finding.column) : Json(nullptr)}};
}

std::string label(Severity severity)
{
    switch (severity) {
    case Severity::Problem: return "PROBLEM";
    case Severity::Warning: return "Warning";
    case Severity::Hint: return "Hint";
    }
    return {};
}

void printFindings(const std::vector<Finding>& findings, const Model& model)
{
    for (const Finding& finding : findings) {
        print(fmt::format("{}: {}", label(finding.severity), finding.what));
        if (const std::string place = placeText(finding, model); !place.empty())
            print(fmt::format("    at {}", place));
        if (!finding.advice.empty())
            print(fmt::format("    {}", finding.advice));
    }
}

void run(Invocation& invocation, const Options& options)
{
    options.plan.check(false);
    const auto limit = severityFromName(options.failOn);
    if (!limit && options.failOn != "never")
        throw UsageError("--fail-on takes problem, warning, hint or never");
    const auto model = openModel(options.file);
    const auto importance = options.plan.importanceFor(model);
    const Plan plan = options.plan.isGiven() ? options.plan.planFor(*model, importance.get()) : Plan{};
    std::vector<Finding> findings = checkHeader(*model, model->metadata());
    const auto types = checkTypes(*model, plan, importance.get());
    findings.insert(findings.end(), types.begin(), types.end());
    if (options.isDeep) {
        ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Weights);
        const auto weights = checkWeights(*model, {options.threads}, invocation.control(&progress));
        findings.insert(findings.end(), weights.begin(), weights.end());
    }
    sortFindings(findings);
    const auto count = [&](Severity severity) {
        return std::count_if(findings.begin(), findings.end(), [severity](const Finding& finding) { return finding.severity == severity; });
    };
    if (limit && std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) { return finding.severity <= *limit; }))
        invocation.exitCode = Found;
    if (invocation.json) {
        Json list = Json::array();
        for (const Finding& finding : findings)
            list.push_back(toJson(finding, *model));
        print(Json{{"path", model->path().string()},
                   {"isDeep", options.isDeep},
                   {"problems", count(Severity::Problem)},
                   {"warnings", count(Severity::Warning)},
                   {"hints", count(Severity::Hint)},
                   {"findings", std::move(list)}});
        return;
    }
    printFindings(findings, *model);
    const auto counted = [&](Severity severity) {
        return fmt::format("{} {}{}", count(severity), name(severity), count(severity) == 1 ? "" : "s");
    };
    print(fmt::format("{}{}, {}, {}{}", findings.empty() ? "" : "\n", counted(Severity::Problem), counted(Severity::Warning),
                      counted(Severity::Hint),
                      options.isDeep ? "" : "; the weights were not read (--deep reads them)"));
}

} // namespace

void addFindings(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "findings", "List what deserves attention in a model, and what to do about it",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("FILE", options->file, "GGUF file, safetensors file or Hugging Face folder")->required();
    options->plan.add(command, PlanOptions::Recipe::Allowed);
    options->plan.addImportance(command);
    command->add_flag("--deep", options->isDeep, "Read all weights too: NaN, infinities, constant rows, equal tensors");
    command->add_option("--fail-on", options->failOn, "Exit with code 3 on findings this severe: problem (default), warning, hint, never")
        ->type_name("SEVERITY");
    addThreads(command, options->threads);
    command->footer("Exit codes: 0 nothing severe found, 3 something found (see --fail-on), 1 failed, 2 wrong usage.");
}

} // namespace quantlathe::cli
