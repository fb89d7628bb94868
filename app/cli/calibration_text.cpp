// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/calibration_text.h"

#include "core/inference/tokenizer/tokenizer.h"

#include <fmt/format.h>

#include <utility>

namespace quantlathe::cli {

void CalibrationTextOptions::add(CLI::App* command, bool isRequired, const std::string& contextOption)
{
    CLI::Option* text = command->add_option("--text", file, "Text to run the model on, UTF-8")->type_name("FILE");
    if (isRequired)
        text->required();
    addNumber(command, contextOption, context, "Tokens in a window of text; default 512", 1, std::uint64_t{1} << 24)->type_name("N");
    addNumber(command, "--chunks", chunks, fmt::format("Windows to use; 0 = the whole text; default {}", chunks), 0, std::uint64_t{1} << 31)
        ->type_name("N");
    addNumber(command, "--memory", memoryMiB, "Memory to use at most beside the mapped model; default 4096", 1, std::uint64_t{1} << 24)
        ->type_name("MiB");
}

ModelText CalibrationTextOptions::textFor(const std::shared_ptr<const Model>& model) const
{
    auto network = makeNetwork(model);
    const auto tokenizer = loadTokenizer(*model);
    TextTokens tokens = tokensOfText(*tokenizer, *network, readText(file));
    for (const std::string& note : tokens.notes)
        fmt::print(stderr, "note: {}\n", note);
    TextWindows windows(tokens.tokens, tokens.begin, context, chunks);
    return {std::move(network), std::move(tokens), std::move(windows)};
}

std::string CalibrationTextOptions::name() const { return std::filesystem::path(file).filename().string(); }

std::filesystem::path journalFor(const std::string& output)
{
    const std::filesystem::path target(output);
    return target.parent_path() / ("." + target.filename().string() + ".quantlathe-journal");
}

} // namespace quantlathe::cli
