// SPDX-License-Identifier: GPL-3.0-or-later
// --lora: adapters merged into the model that a command reads.
#pragma once

#include "core/model/model.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

namespace quantlathe::cli {

struct AdapterOptions
{
    std::vector<std::string> adapters; ///< "FOLDER" or "FOLDER:SCALE"

    void add(CLI::App* command);
    /// Opens @p file and merges. @throws as openModel() and withAdapters()
    [[nodiscard]] std::shared_ptr<const Model> open(const std::string& file) const;
};

} // namespace quantlathe::cli
