// SPDX-License-Identifier: GPL-3.0-or-later
// The tables behind placeOf(): GGUF's tensor names with their roles, and what other files call the same
// tensors.
#pragma once

#include "core/model/architecture.h"

#include <optional>
#include <string_view>

namespace quantlathe::names {

/// Role of a GGUF name without "blk.N." and suffix ("attn_q"); nothing when unknown.
std::optional<TensorRole> roleInLayer(std::string_view name);
/// Role of a GGUF name outside the layers, without suffix ("token_embd").
std::optional<TensorRole> roleOutsideLayers(std::string_view name);
/// Roles that the form of a name gives away ("..._norm", "ssm_..."), for names no table has.
std::optional<TensorRole> roleFromForm(std::string_view name);

/// What a tensor of another format is called in GGUF.
struct Translation
{
    std::string_view
        foreign; ///< without the layer's prefix; an expert's number is '#'; with or without suffix
    std::string_view
        gguf; ///< without suffix, or with the suffix that GGUF gives it where the foreign name has none
    /// Only these architectures (GGUF ids, separated by spaces); empty = all others.
    std::string_view architectures = {};
    TensorRole role = TensorRole::Other; ///< Other = as the GGUF name says
};

/// Inside a layer ("self_attn.q_proj" -> attn_q). Null when unknown.
const Translation* translationInLayer(std::string_view foreign, std::string_view architecture);
/// Outside ("embed_tokens" -> token_embd). Null when unknown.
const Translation* translationOutsideLayers(std::string_view foreign, std::string_view architecture);

/// "layers", "h", "blocks" ...: what stands before a layer's number outside GGUF.
bool isLayerContainer(std::string_view component);
/// "model", "transformer" ...: what may stand before a name without meaning anything.
bool isWrapper(std::string_view component);
/// "vision_tower", "audio_tower" ...: parts of multimodal models that are no layers of the language model.
bool isForeignTower(std::string_view component);

} // namespace quantlathe::names
