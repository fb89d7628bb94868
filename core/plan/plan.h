// SPDX-License-Identifier: GPL-3.0-or-later
// Which type every tensor gets. A Plan is a value: edited, undone, compared, saved as a recipe and applied again.
#pragma once

#include "core/codecs/encode_options.h"
#include "core/model/model.h"
#include "core/types/weight_scheme.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace quantlathe {

class ImportanceMatch;

/// What is written: a GGUF file, or a folder in the layout of another engine.
enum class Target { Gguf, Gptq, Awq, CompressedTensors, Fp8, Safetensors };
enum class Method { RoundToNearest, Gptq, Awq, SmoothQuant };
/// Stable ids for recipes: "gguf", "gptq", "awq", "compressed-tensors", "fp8", "safetensors"; "round-to-nearest", "gptq", "awq", "smoothquant".
std::string_view name(Target target);
std::string_view name(Method method);
std::optional<Target> targetFromName(std::string_view name);
std::optional<Method> methodFromName(std::string_view name);

/// Codes and scales of a folder's tensor; nothing = all of it is the choice's TensorType.
using Scheme = std::variant<std::monostate, GroupScheme, FloatScheme>;

/// What stands for "each type's own" where objectives are named.
inline constexpr std::string_view defaultObjectiveName = "default";
/// "default", "magnitude", "squared-error" or "unbiased".
std::string_view objectiveName(const Encoding& encoding);

/// What was asked for one tensor. Nothing in Plan for a tensor = keep it as stored.
struct Choice
{
    TensorType type = TensorType::F16; ///< of GGUF files, and of folders' tensors without scheme
    Method method = Method::RoundToNearest;
    Scheme scheme{}; ///< for folders only
    bool operator==(const Choice&) const = default;
};

class Plan
{
public:
    Target target = Target::Gguf;
    Encoding encoding;  ///< how all chosen types are encoded
    std::string preset; ///< id of the preset it started from ("Q4_K_M"), empty when none; informative and for general.file_type

    [[nodiscard]] const std::map<std::string, Choice, std::less<>>& choices() const { return m_choices; }
    /// By the tensor's own name; nothing = keep as stored.
    [[nodiscard]] std::optional<Choice> choice(std::string_view tensorName) const;
    void setChoice(std::string tensorName, std::optional<Choice> choice);
    bool operator==(const Plan&) const = default;

private:
    std::map<std::string, Choice, std::less<>> m_choices;
};

/// For work that knows GGUF's types only, each weight rounded for itself.
/// @throws Error(Unsupported) naming the target, or the first tensor with another method or a scheme
void throwUnlessRounded(const Plan& plan);

/// Why a tensor is written in another type than asked for.
enum class FallbackReason {
    None,           ///< written as asked
    RowLength,      ///< the row length is no multiple of the type's block: llama.cpp's fallback table applies
    KeptUnquantized,///< norms, one-dimensional tensors, routers ...: engines need them in full precision
    NotDecodable,   ///< the stored type cannot be decoded yet: copied as stored
    Integer,        ///< integer data is copied as stored
    NotInFormat     ///< the target has no such type (8-bit floats in GGUF): the nearest one that loses nothing
};
/// Stable id for JSON: "none", "row-length", "kept-unquantized", "not-decodable", "integer", "not-in-format".
std::string_view name(FallbackReason reason);

/// What will really be written for one tensor.
struct EffectiveChoice
{
    TensorType requested; ///< stored type when nothing was asked
    TensorType type;      ///< what is written
    FallbackReason reason = FallbackReason::None;
    /// False when this version cannot write `type` (IQ2_XS ...): plans may hold it, an export must refuse.
    bool canWrite = true;
    /// One sentence for people, empty when everything is as asked: "rows of 896 weights are no multiple of 256: Q5_0
    /// instead of Q4_K"; also says so when canWrite is false.
    std::string explanation;
    std::uint64_t sizeBytes = 0; ///< of the written tensor, without padding
    [[nodiscard]] bool isCopy(TensorType stored) const { return type == stored; }
};

/// llama.cpp's rule: the type used when rows do not fit (Q4_K -> Q5_0 ...); F16 at the end of the chain. @p type itself
/// when rows of @p rowLength weights fit.
TensorType fallbackType(TensorType type, std::uint64_t rowLength);

/// True for types a person can ask for: plain 16- and 32-bit floats and every block type that files may hold (not the
/// run-time formats Q8_1 and Q8_K).
bool isTargetType(TensorType type);

/// True for tensors that llama-quantize would quantize (two or more dimensions, a weight, no norm, router ...).
bool isQuantizable(const Tensor& tensor, const TensorPlace& place);

/// @p model's tensor @p index under @p plan. Hugging Face sources write norms and one-dimensional tensors as F32.
EffectiveChoice effectiveChoice(const Model& model, std::size_t index, const Plan& plan);
EffectiveChoice effectiveChoice(const Model& model, std::size_t index, std::optional<Choice> choice);

/// Types that @p plan would encode and that are meant to be used with importance data (llama-quantize refuses most of them
/// without): the quality suffers. In the order of the registry, without repetition.
/// @param importance what will be used, or null; tensors that it serves need nothing
std::vector<TensorType> typesNeedingImportance(const Model& model, const Plan& plan, const ImportanceMatch* importance = nullptr);

/// The part of effectiveChoice() that costs nothing: facts of a tensor, gathered once, and the written type by them.
struct TensorFacts
{
    TensorType stored = TensorType::F32;
    std::uint64_t rowLength = 0;
    bool isQuantizable = false;
    bool canDecode = false;
    bool isGgufSource = true;
};
TensorFacts factsOf(const Model& model, std::size_t index);

struct WrittenType
{
    TensorType type;
    FallbackReason reason = FallbackReason::None;
};
WrittenType writtenType(const TensorFacts& facts, std::optional<TensorType> requested);

} // namespace quantlathe
