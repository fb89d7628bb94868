// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli metadata MODEL [--set KEY=VALUE ...] (-o NEW | --in-place): show or change the metadata of a GGUF file.
#include "app/cli/console_progress.h"
#include "app/cli/invocation.h"
#include "app/cli/metadata_options.h"
#include "app/cli/model_json.h"
#include "app/cli/plan_options.h"
#include "app/cli/table.h"
#include "core/analysis/findings.h"
#include "core/base/text.h"
#include "core/formats/metadata_text.h"
#include "core/formats/open.h"
#include "core/jobs/metadata_job.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string file;
    MetadataOptions edits;
    std::string output;
    bool isInPlace = false;
    std::string reserve;
};

constexpr std::size_t shownCharacters = 100;

std::string shown(const MetadataValue* value)
{
    return value ? printable(value->toText(shownCharacters), shownCharacters + 20) : std::string("-");
}

Json valueJson(const MetadataValue* value)
{
    if (!value)
        return nullptr;
    Metadata one;
    one.append("value", *value);
    return toJson(one, false)["value"];
}

/// What an edit makes worse: findings that the stored metadata did not have.
std::vector<Finding> newFindings(const Model& model, const Metadata& after)
{
    const auto before = checkHeader(model, model.metadata());
    auto findings = checkHeader(model, after);
    std::erase_if(findings, [&](const Finding& finding) { return std::find(before.begin(), before.end(), finding) != before.end(); });
    return findings;
}

void show(const Invocation& invocation, const Model& model)
{
    if (invocation.json) {
        print(Json{{"path", model.path().string()}, {"metadata", toJson(model.metadata(), true)}});
        return;
    }
    Table table({"Key", "Type", "Value"});
    for (const Metadata::Entry& entry : model.metadata().entries())
        table.add({printable(entry.key), kindText(kindOf(entry.value)), shown(&entry.value)});
    print(table.text());
}

void run(const Invocation& invocation, const Options& options)
{
    const bool isTargetGiven = !options.output.empty() || options.isInPlace;
    if (options.edits.isGiven() && !isTargetGiven)
        throw UsageError("say where the edited metadata go: -o NEW for a new file, or --in-place to change the model itself");
    if (!options.output.empty() && options.isInPlace)
        throw UsageError("give only one of -o and --in-place");
    if (isTargetGiven && !options.edits.isGiven())
        throw UsageError("nothing to change: give --set, --set-file or --remove");
    const auto model = openModel(options.file);
    if (!isTargetGiven) {
        show(invocation, *model);
        return;
    }
    MetadataSaveRequest request{model, options.edits.editsFor(model->metadata()), options.output, 0};
    if (!options.reserve.empty())
        request.reserveBytes = parseSize(options.reserve);
    constexpr std::uint64_t mostReserved = 256u << 20;
    if (request.reserveBytes > mostReserved)
        throw UsageError("--reserve takes at most 256MiB");
    checkEdits(model->metadata(), request.edits);
    const MetadataEdits edits = request.edits.reduced(model->metadata());
    const Metadata after = request.edits.applied(model->metadata());
    // Told before anything is written: arrays of the model are views into a file that is about to change.
    Json changes = Json::array();
    Table table({"Key", "Type", "Before", "After"});
    for (const MetadataEdits::Change& change : edits.changes()) {
        const MetadataValue* before = model->metadata().find(change.key);
        const MetadataValue* value = change.value ? &*change.value : nullptr;
        changes.push_back({{"key", change.key}, {"before", valueJson(before)}, {"after", valueJson(value)}});
        table.add({printable(change.key), kindText(kindOf(value ? *value : *before)), shown(before), shown(value)});
    }
    for (const Finding& finding : newFindings(*model, after))
        fmt::print(stderr, "{}: {}\n", finding.severity == Severity::Hint ? "note" : "warning", finding.what);
    MetadataSaveResult result;
    {
        ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Bytes);
        result = saveMetadata(request, invocation.control(&progress));
    }
    if (invocation.json) {
        Json files = Json::array();
        for (const auto& file : result.files)
            files.push_back(file.string());
        print(Json{{"files", std::move(files)},
                   {"isHeaderOnly", result.isHeaderOnly},
                   {"bytes", result.writtenBytes},
                   {"seconds", number(result.seconds)},
                   {"changes", std::move(changes)}});
        return;
    }
    print(edits.isEmpty() ? std::string("All values are as they were") : table.text());
    print(fmt::format("\n{} in {:.1f} s{}", formatBytes(result.writtenBytes), result.seconds,
                      result.isHeaderOnly ? ", the header only" : ""));
    for (const auto& file : result.files)
        print(printable(file.string(), longestPath));
}

} // namespace

void addMetadata(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "metadata", "Show or change the metadata of a GGUF file",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("FILE", options->file, "GGUF file")->required();
    options->edits.add(command);
    command->add_option("-o,--output", options->output, "Write a new file; the tensor data are copied, and shared where the disk can")
        ->type_name("NEW");
    command->add_flag("--in-place", options->isInPlace,
                      "Change FILE itself: at once where the header has room, otherwise by a new file that takes its place when it is complete");
    command->add_option("--reserve", options->reserve, "Room for later edits in a header that is written anew: 64KiB, 1M")->type_name("SIZE");
}

} // namespace quantlathe::cli
