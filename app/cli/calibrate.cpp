// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli calibrate MODEL --text FILE -o FILE: importance data, as llama-imatrix makes them.
#include "app/cli/calibration_text.h"
#include "app/cli/console_progress.h"
#include "core/base/text.h"
#include "core/calibration/collect.h"
#include "core/calibration/imatrix_file.h"
#include "core/formats/open.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string file;
    CalibrationTextOptions text;
    std::string output;
    std::string format;
    bool withOutput = false;
    bool resume = false;
    unsigned threads = 0;
};

ImportanceFormat formatOf(const Options& options)
{
    const std::string word = toLower(options.format);
    if (word == "gguf")
        return ImportanceFormat::Gguf;
    if (word == "dat")
        return ImportanceFormat::Dat;
    if (!word.empty())
        throw UsageError(fmt::format("'{}' is no format of importance data; there are gguf, dat", printable(options.format)));
    return importanceFormatFor(options.output);
}

std::string expertsText(const UnreachedExperts& unreached)
{
    constexpr std::size_t shown = 8;
    std::string text;
    for (std::size_t index = 0; index < std::min(shown, unreached.experts.size()); ++index)
        text += fmt::format("{}{}", index == 0 ? "" : ", ", unreached.experts[index]);
    return unreached.experts.size() > shown ? text + fmt::format(" and {} more", unreached.experts.size() - shown) : text;
}

void run(const Invocation& invocation, const Options& options)
{
    const ImportanceFormat format = formatOf(options);
    const auto begin = std::chrono::steady_clock::now();
    const auto model = openModel(options.file);
    const ModelText text = options.text.textFor(model);
    CollectOptions collect;
    collect.withOutput = options.withOutput;
    collect.threads = options.threads;
    collect.memoryBytes = options.text.memoryBytes();
    collect.journal = journalFor(options.output);
    collect.resume = options.resume;
    CollectedImportance result;
    try {
        ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Items);
        result = collectImportance(text.network, text.windows.batch(0, text.windows.count()), options.text.name(), collect,
                                   invocation.control(&progress));
    } catch (const Error&) {
        std::error_code failure;
        if (!invocation.quiet && std::filesystem::exists(collect.journal, failure))
            fmt::print(stderr, "Finished passes are kept: repeat the command with --resume to continue\n");
        throw;
    }
    writeImportance(*result.importance, options.output, format);
    std::error_code ignored;
    std::filesystem::remove(collect.journal, ignored);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

    if (invocation.json) {
        Json unreached = Json::array();
        for (const UnreachedExperts& one : result.unreached)
            unreached.push_back({{"name", one.name}, {"experts", one.experts}, {"of", one.of}});
        print(Json{{"path", model->path().string()},
                   {"output", options.output},
                   {"format", toLower(name(format))},
                   {"text", options.text.name()},
                   {"chunks", text.windows.count()},
                   {"chunkSize", text.windows.length()},
                   {"tokens", result.tokens},
                   {"entries", result.importance->entries().size()},
                   {"passes", result.passes},
                   {"resumedPasses", result.resumedPasses},
                   {"seconds", seconds},
                   {"unreached", std::move(unreached)}});
        return;
    }
    for (const UnreachedExperts& one : result.unreached)
        fmt::print(stderr, "note: {}: no token reached {} of {} experts ({}); they have no importance\n", printable(one.name), one.experts.size(),
                   one.of, expertsText(one));
    print(fmt::format("{} tensors, {} windows of {} tokens, {} passes{}, {:.1f} s: {}", result.importance->entries().size(), text.windows.count(),
                      text.windows.length(), result.passes,
                      result.resumedPasses > 0 ? fmt::format(" ({} taken over)", result.resumedPasses) : "", seconds,
                      printable(options.output, longestPath)));
}

} // namespace

void addCalibrate(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "calibrate", "Measure importance data (imatrix) on a text",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("MODEL", options->file, "GGUF file or Hugging Face folder")->required();
    options->text.add(command, true);
    command->add_option("-o,--output", options->output, "Where to write the importance data")->type_name("FILE")->required();
    command->add_option("--format", options->format, "gguf or dat (the older format); default by the file's ending")->type_name("FORMAT");
    command->add_flag("--process-output", options->withOutput, "The output matrix, too");
    command->add_flag("--resume", options->resume, "Continue an interrupted run of the same command");
    addThreads(command, options->threads);
}

} // namespace quantlathe::cli
