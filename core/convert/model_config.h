// SPDX-License-Identifier: GPL-3.0-or-later
// The values of a Hugging Face model's config.json for the conversion, with errors that name file and key.
#pragma once

#include "core/model/model.h"

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

/// Reads the language model's part ("text_config") where there is one, else the top. Keys are dotted ("rope_scaling.factor");
/// of several names the first that is there counts. References the model, which outlives this.
class ModelConfig
{
public:
    ModelConfig(const Model& model, std::filesystem::path folder);

    /// Sizes above this are no model's, and products of two stay far inside 64 bits.
    static constexpr std::uint64_t largestSize = std::uint64_t{1} << 24;

    [[nodiscard]] const Model& model() const { return m_model; }
    [[nodiscard]] const std::filesystem::path& folder() const { return m_folder; }
    using Names = std::initializer_list<std::string_view>;

    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
    /// Missing (or null) gives nothing. @throws Error(BadFormat) for a value of another kind
    [[nodiscard]] std::optional<std::uint64_t> whole(Names names) const;
    [[nodiscard]] std::optional<double> real(Names names) const;
    [[nodiscard]] std::optional<bool> flag(Names names) const;
    [[nodiscard]] std::optional<std::string> text(Names names) const;
    /// Null when missing or no list of one kind.
    [[nodiscard]] const MetadataArray* list(std::string_view name) const;
    [[nodiscard]] std::vector<double> reals(std::string_view name) const;

    /// A size, from 1 to largestSize. @throws Error(BadFormat) when it is missing or outside
    [[nodiscard]] std::uint64_t size(Names names) const;
    /// The same, @p otherwise where no name is there.
    [[nodiscard]] std::uint64_t size(Names names, std::uint64_t otherwise) const;

    /// "LlamaForCausalLM"; the model type where no class is named; empty when the file says neither.
    [[nodiscard]] std::string className() const;

    /// Errors of this file. @throws Error(BadFormat) / Error(Unsupported)
    [[noreturn]] void fail(const std::string& message) const;
    [[noreturn]] void refuse(const std::string& message) const;

private:
    [[nodiscard]] const MetadataValue* find(std::string_view name) const;
    [[nodiscard]] const MetadataScalar* scalar(Names names, std::string_view& found) const;

    const Model& m_model;
    std::filesystem::path m_folder;
    std::string m_part; ///< "text_config." or empty
};

} // namespace quantlathe
