// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/invocation.h"

#include "core/base/text.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <memory>
#include <utility>

namespace quantlathe::cli {

CLI::App* addCommand(CLI::App& app, Invocation& invocation, const std::string& name,
                     const std::string& description, std::function<void()> command)
{
    CLI::App* sub = app.add_subcommand(name, description);
    sub->add_flag("--json", invocation.json, "Print the result as JSON on standard output");
    sub->add_flag("-q,--quiet", invocation.quiet, "No progress on standard error");
    sub->callback([&invocation, run = std::move(command)] { invocation.command = run; });
    return sub;
}

void addThreads(CLI::App* command, unsigned& threads)
{
    addNumber(command, "--threads", threads,
              "Threads to use; 0 = all processors. The result does not depend on it", 0, 1024)
        ->type_name("N");
}

std::uint64_t parseNumber(const std::string& option, const std::string& text, std::uint64_t low,
                          std::uint64_t high)
{
    std::uint64_t number = 0;
    const char* const last = text.data() + text.size();
    const auto [end, failure] = std::from_chars(text.data(), last, number);
    if (failure != std::errc() || end != last || number < low || number > high)
        throw CLI::ValidationError(
            option, fmt::format("'{}' is no whole number from {} to {}", printable(text), low, high));
    return number;
}

void print(const std::string& text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fputc('\n', stdout);
}

void print(const Json& json)
{
    // Names from files may hold anything: broken UTF-8 becomes U+FFFD.
    print(json.dump(2, ' ', false, Json::error_handler_t::replace));
}

Json number(double value)
{
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

} // namespace quantlathe::cli
