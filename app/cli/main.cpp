// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli: everything the window does, without a display. Arguments in, jobs of core/ out.
#include "app/cli/invocation.h"
#include "app/cli/signals.h"
#include "core/base/error.h"
#include "core/base/text.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <new>
#include <string_view>

namespace quantlathe::cli {

namespace {

/// One line on standard error, and with --json an object on standard output.
void reportFailure(const Invocation& invocation, const std::string& text, Json details)
{
    fmt::print(stderr, "error: {}\n", text);
    if (invocation.json)
        print(Json{{"error", std::move(details)}});
}

int runCommand(const Invocation& invocation)
{
    try {
        invocation.command();
        if (std::fflush(stdout) != 0) {
            fmt::print(stderr, "error: cannot write to standard output\n");
            return Failed;
        }
        return invocation.exitCode;
    } catch (const UsageError& error) {
        reportFailure(invocation, error.what(), {{"kind", "usage"}, {"message", error.what()}});
        return Usage;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::Cancelled) {
            fmt::print(stderr, "cancelled\n");
            if (invocation.json)
                print(Json{{"error", {{"kind", name(error.kind())}, {"message", error.message()}}}});
            return Cancelled;
        }
        Json details{{"kind", name(error.kind())}, {"message", error.message()}};
        if (!error.place().file.empty())
            details["file"] = error.place().file.string();
        if (error.place().offset)
            details["offset"] = *error.place().offset;
        if (!error.place().tensor.empty())
            details["tensor"] = error.place().tensor;
        if (!error.advice().empty())
            details["advice"] = error.advice();
        reportFailure(invocation, error.what(), std::move(details));
        return Failed;
    } catch (const std::bad_alloc&) {
        reportFailure(invocation, "not enough memory",
                      {{"kind", "memory"}, {"message", "not enough memory"}});
        return Failed;
    } catch (const std::exception& error) {
        reportFailure(invocation, error.what(), {{"kind", "internal"}, {"message", error.what()}});
        return Failed;
    }
}

int run(int argumentCount, char** arguments)
{
    Invocation invocation;
    stopOnSignals(invocation.stop);
    CLI::App app("Looks into neural-network model files and writes quantized GGUF files.", "quantlathe-cli");
    app.set_version_flag("--version", std::string("quantlathe-cli ") + QUANTLATHE_VERSION);
    app.require_subcommand(1);
    app.footer("Exit codes: 0 done, 1 failed, 2 wrong usage, 130 cancelled.");
    addInspect(app, invocation);
    addStats(app, invocation);
    addError(app, invocation);
    addPlan(app, invocation);
    addEstimate(app, invocation);
    addEvaluate(app, invocation);
    addQuantize(app, invocation);
    addCompare(app, invocation);
    addFit(app, invocation);
    addCurve(app, invocation);
    addComparePlans(app, invocation);
    addSurvey(app, invocation);
    addMap(app, invocation);
    addChannels(app, invocation);
    addFindings(app, invocation);
    addMetadata(app, invocation);
    addTokenize(app, invocation);
    addCalibrate(app, invocation);
    addSensitivity(app, invocation);
    try {
        app.parse(argumentCount, arguments);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0)
            return app.exit(error); // --help, --version
        // Parsing ended early, perhaps before it came to the flag.
        invocation.json = std::find(arguments + 1, arguments + argumentCount, std::string_view("--json")) !=
                          arguments + argumentCount;
        const auto chosen = app.get_subcommands();
        const std::string help = chosen.empty()
                                     ? "quantlathe-cli --help"
                                     : fmt::format("quantlathe-cli {} --help", chosen.front()->get_name());
        std::string message = error.what();
        if (chosen.empty() && argumentCount > 1 && arguments[1][0] != '-')
            message = fmt::format("there is no command '{}'", printable(arguments[1]));
        reportFailure(invocation, fmt::format("{}. See {}", message, help),
                      {{"kind", "usage"}, {"message", message}});
        return Usage;
    }
    return runCommand(invocation);
}

} // namespace

} // namespace quantlathe::cli

int main(int argumentCount, char** arguments)
{
    return quantlathe::cli::run(argumentCount, arguments);
}
