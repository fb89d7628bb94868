// SPDX-License-Identifier: GPL-3.0-or-later
// What an export ends with: --engine, --ctx, --device, the command that serves it and the memory that it takes there.
#pragma once

#include "app/cli/invocation.h"
#include "core/jobs/serving.h"

#include <cstdint>
#include <string>
#include <vector>

namespace quantlathe::cli {

class ServingOptions
{
public:
    void add(CLI::App* command);
    /// Checks the words before any file is opened. @throws UsageError; Error for devices that are not known
    void check() const;
    /// @param target what is written, @param findings what is known of it: the first engine that loads it, where none was named
    /// @throws Error(Unsupported) when the engine that was named does not load the folder, or not as it is meant
    [[nodiscard]] ServingWish wish(const Model& model, Target target, const std::vector<LoadFinding>& findings) const;

private:
    [[nodiscard]] Engine engine(Target target, const std::vector<LoadFinding>& findings) const;

    std::string m_engine;
    std::uint64_t m_context = 0;
    std::vector<std::string> m_devices;
};

/// Keys as in the README. Null `command` and `memory` where the engine does not take it.
Json toJson(const Serving& serving);
void print(const Serving& serving);

} // namespace quantlathe::cli
