// SPDX-License-Identifier: GPL-3.0-or-later
// What the commands that run a model over a text have in common: --text, --ctx, --chunks, --memory, and the text as windows of tokens.
#pragma once

#include "app/cli/invocation.h"
#include "core/inference/network.h"
#include "core/inference/text_tokens.h"
#include "core/inference/text_windows.h"

#include <cstdint>
#include <memory>
#include <string>

namespace quantlathe::cli {

struct ModelText
{
    std::shared_ptr<const Network> network;
    TextTokens tokens;
    TextWindows windows;
};

struct CalibrationTextOptions
{
    std::string file;
    std::uint64_t context = 512;
    std::uint64_t chunks = 0; ///< 0 = all
    std::uint64_t memoryMiB = 4096;

    /// @param contextOption "--ctx", but where that means something else
    void add(CLI::App* command, bool isRequired, const std::string& contextOption = "--ctx");
    /// Reads the text and makes tokens of it. Notes go to standard error.
    /// @throws Error of makeNetwork(), loadTokenizer(), readText(), tokensOfText() and TextWindows
    [[nodiscard]] ModelText textFor(const std::shared_ptr<const Model>& model) const;
    [[nodiscard]] std::uint64_t memoryBytes() const { return memoryMiB << 20; }
    /// The file's name without its folder.
    [[nodiscard]] std::string name() const;
};

/// The hidden file beside @p output in which interrupted work is kept.
std::filesystem::path journalFor(const std::string& output);

} // namespace quantlathe::cli
