// SPDX-License-Identifier: GPL-3.0-or-later
// Which type every tensor gets. A Plan is a value: edited, undone, compared, saved as a recipe and applied again.
#pragma once

#include "core/model/model.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

enum class Target { Gguf };
enum class Method { RoundToNearest };
std::string_view name(Target target);
std::string_view name(Method method);

/// What was asked for one tensor. Nothing in Plan for a tensor = keep it as stored.
struct Choice
{
    TensorType type = TensorType::F16;
    Method method = Method::RoundToNearest;
    bool operator==(const Choice&) const = default;
};

class Plan
{
public:
    Target target = Target::Gguf;
    std::string preset; ///< id of the preset it started from ("Q4_K_M"), empty when none; informative and for general.file_type

    [[nodiscard]] const std::map<std::string, Choice, std::less<>>& choices() const { return m_choices; }
    /// By the tensor's own name; nothing = keep as stored.
    [[nodiscard]] std::optional<Choice> choice(std::string_view tensorName) const;
    void setChoice(std::string tensorName, std::optional<Choice> choice);
    bool operator==(const Plan&) const = default;

private:
    std::map<std::string, Choice, std::less<>> m_choices;
};

/// Why a tensor is written in another type than asked for.
enum class FallbackReason {
    None,           ///< written as asked
    RowLength,      ///< the row length is no multiple of the type's block: llama.cpp's fallback table applies
    KeptUnquantized,///< norms, one-dimensional tensors, routers ...: engines need them in full precision
    NotDecodable,   ///< the stored type cannot be decoded yet: copied as stored
    Integer         ///< integer data is copied as stored
};
std::string_view name(FallbackReason reason);

/// What will really be written for one tensor.
struct EffectiveChoice
{
    TensorType requested; ///< stored type when nothing was asked
    TensorType type;      ///< what is written
    FallbackReason reason = FallbackReason::None;
    std::string explanation; ///< one sentence for people, empty without a fallback: "rows of 896 weights are no multiple of 256: Q5_0 instead of Q4_K"
    std::uint64_t sizeBytes = 0; ///< of the written tensor, without padding
    [[nodiscard]] bool isCopy(TensorType stored) const { return type == stored; }
};

/// llama.cpp's rule: the type used when rows do not fit (Q4_K -> Q5_0 ...); F16 at the end of the chain.
TensorType fallbackType(TensorType type, std::uint64_t rowLength);

/// True for tensors that llama-quantize would quantize (two or more dimensions, a weight, no norm, router ...).
bool isQuantizable(const Tensor& tensor, const TensorPlace& place);

/// @p model's tensor @p index under @p plan. Hugging Face sources write norms and one-dimensional tensors as F32.
EffectiveChoice effectiveChoice(const Model& model, std::size_t index, const Plan& plan);
EffectiveChoice effectiveChoice(const Model& model, std::size_t index, std::optional<Choice> choice);

} // namespace quantlathe
