// SPDX-License-Identifier: GPL-3.0-or-later
// What the subcommands share: options that all have, output, cancellation, exit codes.
#pragma once

#include "core/base/run_control.h"

#include <CLI/CLI.hpp>
#include <concepts>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <stop_token>
#include <string>

namespace quantlathe::cli {

/// Keys keep the order in which they are set.
using Json = nlohmann::ordered_json;

enum ExitCode { Done = 0, Failed = 1, Usage = 2, Found = 3, Cancelled = 130 };

/// Characters shown of a path; more than a file system takes.
inline constexpr std::size_t longestPath = 4096;

/// A command line that makes no sense; exit code 2.
class UsageError : public std::runtime_error
{
public:
    using std::runtime_error::runtime_error;
};

struct Invocation
{
    bool json = false;
    bool quiet = false;
    int exitCode = Done; ///< of a command that ends without an error
    std::stop_source stop;
    std::function<void()> command; ///< what the chosen subcommand does; set while parsing

    /// Cancellation by signal; progress goes to @p progress (may be null).
    [[nodiscard]] RunControl control(Progress* progress) const { return {stop.get_token(), progress}; }
};

/// A subcommand with --json and --quiet that runs @p command when chosen.
CLI::App* addCommand(CLI::App& app, Invocation& invocation, const std::string& name,
                     const std::string& description, std::function<void()> command);
/// --threads N
void addThreads(CLI::App* command, unsigned& threads);

/// @throws CLI::ValidationError naming @p option
std::uint64_t parseNumber(const std::string& option, const std::string& text, std::uint64_t low,
                          std::uint64_t high);
/// An option that takes a whole number in decimal digits. CLI11 itself would wrap "-5" around, read "010" as
/// octal and clamp what is too large.
template <std::unsigned_integral Number>
CLI::Option* addNumber(CLI::App* command, const std::string& option, Number& number,
                       const std::string& description, std::uint64_t low, std::uint64_t high)
{
    return command->add_option_function<std::string>(
        option,
        [&number, option, low, high](const std::string& text) {
            number = static_cast<Number>(parseNumber(option, text, low, high));
        },
        description);
}

/// One line of text, or JSON, on stdout.
void print(const std::string& text);
void print(const Json& json);
/// A number, or null where JSON has none (infinity, NaN).
Json number(double value);

// The subcommands, one file each.
void addInspect(CLI::App& app, Invocation& invocation);
void addStats(CLI::App& app, Invocation& invocation);
void addError(CLI::App& app, Invocation& invocation);
void addPlan(CLI::App& app, Invocation& invocation);
void addEstimate(CLI::App& app, Invocation& invocation);
void addEvaluate(CLI::App& app, Invocation& invocation);
void addQuantize(CLI::App& app, Invocation& invocation);
void addCompare(CLI::App& app, Invocation& invocation);
void addFit(CLI::App& app, Invocation& invocation);
void addCurve(CLI::App& app, Invocation& invocation);
void addComparePlans(CLI::App& app, Invocation& invocation);
void addSurvey(CLI::App& app, Invocation& invocation);
void addMap(CLI::App& app, Invocation& invocation);
void addChannels(CLI::App& app, Invocation& invocation);
void addFindings(CLI::App& app, Invocation& invocation);
void addMetadata(CLI::App& app, Invocation& invocation);
void addTokenize(CLI::App& app, Invocation& invocation);
void addCalibrate(CLI::App& app, Invocation& invocation);
void addSensitivity(CLI::App& app, Invocation& invocation);

} // namespace quantlathe::cli
