// SPDX-License-Identifier: GPL-3.0-or-later
// The options that change metadata: --set, --set-file, --remove.
#pragma once

#include "core/model/metadata_edits.h"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace quantlathe::cli {

class MetadataOptions
{
public:
    void add(CLI::App* command);
    [[nodiscard]] bool isGiven() const { return !m_set.empty() || !m_files.empty() || !m_remove.empty(); }
    /// @param stored tells the types of keys. @throws UsageError naming the option; Error(NotFound, InvalidArgument)
    [[nodiscard]] MetadataEdits editsFor(const Metadata& stored) const;

private:
    std::vector<std::string> m_set;
    std::vector<std::string> m_files;
    std::vector<std::string> m_remove;
};

} // namespace quantlathe::cli
