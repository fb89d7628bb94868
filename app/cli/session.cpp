// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/session.h"

#include <cmath>
#include <cstdio>
#include <memory>
#include <utility>

namespace quantlathe::cli {

CLI::App* addCommand(CLI::App& app, Session& session, const std::string& name, const std::string& description,
                     std::function<void()> command)
{
    CLI::App* sub = app.add_subcommand(name, description);
    sub->add_flag("--json", session.json, "Print the result as JSON on standard output");
    sub->add_flag("-q,--quiet", session.quiet, "No progress on standard error");
    sub->callback([&session, run = std::move(command)] { session.command = run; });
    return sub;
}

void addThreads(CLI::App* command, unsigned& threads)
{
    command->add_option("--threads", threads, "Threads to use; 0 = all processors. The result does not depend on it")
        ->check(CLI::Range(0, 1024))
        ->type_name("N");
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
