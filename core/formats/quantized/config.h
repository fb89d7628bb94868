// SPDX-License-Identifier: GPL-3.0-or-later
// What a folder says about how its weights are quantized: quantization_config in config.json, or quantize_config.json (GPTQ)
// or quant_config.json (AWQ) beside it. Read strictly: a value of the wrong kind or out of range is an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace quantlathe::quantized {

/// Group sizes of 0 mean one group over the whole row.
struct GptqConfig
{
    unsigned bits = 4;
    std::uint64_t groupSize = 128;
    bool isSymmetric = true;
    bool isActOrder = false;
    bool isV2 = false;         ///< checkpoint_format "gptq_v2": zero points as they are
    bool isDynamic = false;    ///< `dynamic` gives some layers other bits and groups: their shapes tell
};

struct AwqConfig
{
    std::uint64_t groupSize = 128;
};

/// A module's exact name, a regular expression that must match from the name's start ("re:..."), or a class name ("Linear").
class NameMatcher
{
public:
    /// @throws Error(Unsupported) for an expression that RE2 does not know; @p path is for the message
    NameMatcher(std::string text, const std::filesystem::path& path);
    [[nodiscard]] bool matches(std::string_view module) const;
    /// True for the name of a class of modules: which those are the weights do not say.
    [[nodiscard]] bool isClass() const { return !m_expression && m_text.find('.') == std::string::npos; }

private:
    struct Expression;
    std::string m_text;
    std::shared_ptr<const Expression> m_expression; ///< null for plain names
};

struct CompressedWeights
{
    enum class Strategy { Tensor, Channel, Group, Block, TensorGroup };
    unsigned bits = 4;
    bool isFloat = false;
    bool isSymmetric = true;
    Strategy strategy = Strategy::Group;
    std::uint64_t groupSize = 0;  ///< Group, TensorGroup
    std::uint64_t blockRows = 0;  ///< Block
    std::uint64_t blockInputs = 0;
    bool isActOrder = false;      ///< actorder "group"
};

struct CompressedConfig
{
    struct Group
    {
        std::vector<NameMatcher> targets;
        CompressedWeights weights;
    };
    std::vector<Group> groups; ///< those with weights
    std::vector<NameMatcher> ignore;

    /// The scheme of @p module: exact names before expressions before classes; null without one.
    [[nodiscard]] const CompressedWeights* weightsOf(std::string_view module) const;
    [[nodiscard]] bool isIgnored(std::string_view module) const;
};

struct Fp8Config
{
    std::uint64_t blockRows = 0; ///< 0 = one scale for the tensor or for each row
    std::uint64_t blockInputs = 0;
};

struct BitsAndBytesConfig
{
    bool isFourBit = true; ///< else LLM.int8
    bool isDouble = false;
};

struct Mxfp4Config
{
};

/// Recognised, but not decoded; says why ("AWQ in the version 'gemv'").
struct UndecodedConfig
{
    std::string what;
};

using QuantizationConfig
    = std::variant<GptqConfig, AwqConfig, CompressedConfig, Fp8Config, BitsAndBytesConfig, Mxfp4Config, UndecodedConfig>;

/// Nothing when the folder says nothing. @throws Error(BadFormat, NotFound ...) naming file and key
std::optional<QuantizationConfig> readQuantizationConfig(const std::filesystem::path& folder);

} // namespace quantlathe::quantized
