// SPDX-License-Identifier: GPL-3.0-or-later
// What makeNetwork() looks up: tensors by their canonical names with their shapes checked, and values by their GGUF key or by the names
// they have in a config.json.
#pragma once

#include "core/inference/network.h"

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

class NetworkFacts
{
public:
    explicit NetworkFacts(const Model& model);

    [[nodiscard]] const Model& model() const { return m_model; }
    [[nodiscard]] const Hyperparameters& parameters() const { return m_model.architecture().parameters; }
    [[nodiscard]] bool isGguf() const { return m_model.format() == ModelFormat::Gguf; }
    [[nodiscard]] bool is(std::initializer_list<std::string_view> architectures) const;

    // --- values: GGUF key without the architecture, or the first of @p config that is there ---
    [[nodiscard]] std::optional<double> real(std::string_view ggufKey, std::initializer_list<std::string_view> config) const;
    [[nodiscard]] std::optional<std::uint64_t> number(std::string_view ggufKey, std::initializer_list<std::string_view> config) const;
    [[nodiscard]] std::optional<std::string> string(std::string_view ggufKey, std::initializer_list<std::string_view> config) const;
    [[nodiscard]] std::optional<bool> configFlag(std::string_view name) const;
    /// A list of the config; null for GGUF models.
    [[nodiscard]] const MetadataArray* configList(std::string_view name) const;

    // --- tensors ---
    /// "blk.3.attn_q.weight"; nothing when the model has none of this canonical name.
    [[nodiscard]] std::optional<std::size_t> find(const std::string& canonicalName) const;
    /// With one shape that it must have. @throws Error(BadFormat)
    [[nodiscard]] std::optional<std::size_t> find(const std::string& canonicalName, std::initializer_list<std::uint64_t> shape) const;
    [[nodiscard]] std::size_t require(const std::string& canonicalName, std::initializer_list<std::uint64_t> shape) const;
    /// A vector of @p count weights, however its dimensions are written.
    [[nodiscard]] std::optional<std::size_t> findVector(const std::string& canonicalName, std::uint64_t count) const;
    /// All weights of a small tensor.
    [[nodiscard]] std::vector<float> values(std::size_t tensor) const;

    /// NAME.weight [outputs x inputs] with its bias, where there is one. @throws Error(BadFormat) naming what is missing or misshapen
    [[nodiscard]] Linear linear(const std::string& name, std::uint64_t outputs, std::uint64_t inputs) const;
    [[nodiscard]] bool hasLinear(const std::string& name) const { return find(name + ".weight").has_value(); }
    /// Rows [first, first + outputs) of a fused matrix with @p rows rows, and of its bias.
    [[nodiscard]] Linear part(const std::string& name, std::uint64_t rows, std::uint64_t first, std::uint64_t outputs, std::uint64_t inputs) const;
    /// Expert by expert: one stacked tensor, or one tensor each.
    [[nodiscard]] std::vector<Linear> expertLinears(const std::string& name, std::uint64_t experts, std::uint64_t outputs,
                                                    std::uint64_t inputs) const;

    [[noreturn]] void unsupported(const std::string& what) const;
    [[noreturn]] void inconsistent(const std::string& what, const std::string& tensor = {}) const;
    /// A number that must be there and be at least 1 and no larger than any real model's.
    [[nodiscard]] std::uint64_t size(std::uint64_t value, std::string_view what) const;

private:
    [[nodiscard]] const MetadataValue* lookUp(std::string_view ggufKey, std::initializer_list<std::string_view> config) const;
    [[nodiscard]] std::size_t checked(std::size_t tensor, std::initializer_list<std::uint64_t> shape) const;
    /// GPT-2's checkpoints store the layers' matrices as inputs x outputs.
    [[nodiscard]] bool isTransposed(std::string_view name) const { return !isGguf() && is({"gpt2"}) && name != "output"; }

    const Model& m_model;
    std::map<std::string, std::vector<std::size_t>, std::less<>> m_byName; ///< tensors by canonical name; several where experts are apart
};

} // namespace quantlathe
