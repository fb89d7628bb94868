// SPDX-License-Identifier: GPL-3.0-or-later
// What the subcommands share: options that all have, output, cancellation, exit codes.
#pragma once

#include "core/base/run_control.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>

namespace quantlathe::cli {

/// Keys keep the order in which they are set.
using Json = nlohmann::ordered_json;

enum ExitCode { Done = 0, Failed = 1, Usage = 2, Cancelled = 130 };

/// A command line that makes no sense; exit code 2.
class UsageError : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

struct Session
{
    bool json = false;
    bool quiet = false;
    std::stop_source stop;
    std::function<void()> command; ///< what the chosen subcommand does; set while parsing

    /// Cancellation by signal; progress goes to @p progress (may be null).
    [[nodiscard]] RunControl control(Progress* progress) const { return {stop.get_token(), progress}; }
};

/// A subcommand with --json and --quiet that runs @p command when chosen.
CLI::App* addCommand(CLI::App& app, Session& session, const std::string& name, const std::string& description,
                     std::function<void()> command);
/// --threads N
void addThreads(CLI::App* command, unsigned& threads);

/// One line of text, or JSON, on stdout.
void print(const std::string& text);
void print(const Json& json);
/// A number, or null where JSON has none (infinity, NaN).
Json number(double value);

// The subcommands, one file each.
void addInspect(CLI::App& app, Session& session);
void addStats(CLI::App& app, Session& session);
void addError(CLI::App& app, Session& session);
void addPlan(CLI::App& app, Session& session);
void addEstimate(CLI::App& app, Session& session);
void addQuantize(CLI::App& app, Session& session);
void addCompare(CLI::App& app, Session& session);

} // namespace quantlathe::cli
