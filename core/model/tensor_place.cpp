// SPDX-License-Identifier: GPL-3.0-or-later
// From a tensor's name to its layer, role and GGUF-style name.
#include "core/model/architecture.h"
#include "core/model/tensor_names.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace quantlathe {

namespace {

/// "self_attn.q_proj.weight": the part that names the tensor, and its suffix ("weight"; may be empty or have
/// dots).
struct Split
{
    std::string_view stem;
    std::string_view suffix;
};

/// Tries the whole name, then the name without its last one, two and three parts ("weight", or bitsandbytes'
/// "weight.quant_state.x"); @p accept(Split) says whether the stem is known.
template <typename Accept> bool trySuffixes(std::string_view text, Accept accept)
{
    std::size_t end = text.size();
    for (int parts = 0; parts <= 3; ++parts) {
        const std::string_view suffix = end == text.size() ? std::string_view{} : text.substr(end + 1);
        if (accept(Split{text.substr(0, end), suffix}))
            return true;
        if (end == 0)
            return false;
        end = text.rfind('.', end - 1);
        if (end == std::string_view::npos)
            return false;
    }
    return false;
}

std::string joined(std::string_view stem, std::string_view suffix)
{
    std::string text(stem);
    if (!suffix.empty())
        text.append(".").append(suffix);
    return text;
}

/// A layer's or expert's number: up to six digits and nothing else.
std::optional<int> numberIn(std::string_view component)
{
    int value = 0;
    if (component.empty() || component.size() > 6)
        return std::nullopt;
    const auto [end, error] = std::from_chars(component.data(), component.data() + component.size(), value);
    if (error != std::errc() || end != component.data() + component.size() || value < 0)
        return std::nullopt;
    return value;
}

/// Calls @p visit(component, its position) until it returns true.
template <typename Visit> bool forEachComponent(std::string_view name, Visit visit)
{
    std::size_t begin = 0;
    while (begin <= name.size()) {
        const std::size_t end = std::min(name.find('.', begin), name.size());
        if (visit(name.substr(begin, end - begin), begin))
            return true;
        begin = end + 1;
    }
    return false;
}

struct LayerPart
{
    std::string_view prefix; ///< "blk", "model.layers"
    int layer = 0;
    std::string_view tail; ///< after the number
};

/// Finds "CONTAINER.NUMBER." where @p isContainer accepts the word before the number.
template <typename IsContainer>
std::optional<LayerPart> layerPartOf(std::string_view name, IsContainer isContainer)
{
    std::optional<LayerPart> found;
    std::string_view previous;
    forEachComponent(name, [&](std::string_view component, std::size_t begin) {
        const auto number = numberIn(component);
        const std::size_t after = begin + component.size() + 1;
        if (number && begin > 0 && after < name.size() && isContainer(previous)) {
            found = {name.substr(0, begin - 1), *number, name.substr(after)};
            return true;
        }
        previous = component;
        return false;
    });
    return found;
}

/// Replaces an expert's number by '#' where it follows one of the words that announce one; the number goes to
/// @p expert.
std::string withoutExpertNumber(std::string_view tail, std::initializer_list<std::string_view> words,
                                std::optional<int>& expert)
{
    std::string result(tail);
    std::string_view previous;
    forEachComponent(tail, [&](std::string_view component, std::size_t begin) {
        const auto number = numberIn(component);
        if (number && std::find(words.begin(), words.end(), previous) != words.end()) {
            expert = number;
            result.replace(begin, component.size(), "#");
            return true;
        }
        previous = component;
        return false;
    });
    return result;
}

TensorRole roleFromForm(std::string_view tail)
{
    for (const std::string_view suffix : {".weight", ".bias"}) {
        if (tail.ends_with(suffix))
            tail.remove_suffix(suffix.size());
    }
    return names::roleFromForm(tail).value_or(TensorRole::Other);
}

bool placeGgufLayer(std::string_view name, TensorPlace& place)
{
    const auto part = layerPartOf(name, [](std::string_view word) { return word == "blk"; });
    if (!part || (part->prefix != "blk" && part->prefix != "enc.blk" && part->prefix != "dec.blk"))
        return false;
    place.layer = part->layer;
    const std::string tail =
        withoutExpertNumber(part->tail, {"ffn_gate", "ffn_up", "ffn_down"}, place.expert);
    const bool isKnown = trySuffixes(tail, [&](Split split) {
        const auto role = names::roleInLayer(split.stem);
        if (!role)
            return false;
        place.role = *role;
        if (place.expert) { // "ffn_gate.#" is stacked as ffn_gate_exps in today's files
            const std::string stacked = std::string(split.stem.substr(0, split.stem.find('.'))) + "_exps";
            place.canonicalName = joined(
                std::string(part->prefix) + "." + std::to_string(part->layer) + "." + stacked, split.suffix);
        }
        return true;
    });
    if (!isKnown)
        place.role = roleFromForm(tail);
    return true;
}

/// Takes over what a translation says. @p prefix stands before the GGUF name ("blk.3.").
void apply(const names::Translation& translation, std::string_view prefix, std::string_view suffix,
           TensorPlace& place)
{
    std::string_view stem = translation.gguf;
    // "exp_probs_b.bias", but not "enc.output_norm": only the last part can be a suffix, and only these are.
    static constexpr std::string_view ownSuffixes[] = {".weight", ".bias", ".blocks", ".scales"};
    for (const std::string_view own : ownSuffixes) {
        if (stem.ends_with(own)) {
            stem.remove_suffix(own.size());
            if (suffix.empty())
                suffix = own.substr(1);
            break;
        }
    }
    place.canonicalName = joined(std::string(prefix).append(stem), suffix);
    if (translation.role != TensorRole::Other) {
        place.role = translation.role;
        return;
    }
    auto role = prefix.empty() ? names::roleOutsideLayers(stem) : names::roleInLayer(stem);
    if (!role)
        role = names::roleFromForm(stem);
    place.role = role.value_or(TensorRole::Other);
}

bool placeForeignLayer(std::string_view name, std::string_view architecture, TensorPlace& place)
{
    const auto part = layerPartOf(name, names::isLayerContainer);
    if (!part)
        return false;
    place.layer = part->layer;
    // T5 numbers its two stacks separately.
    std::string prefix = "blk.";
    if (part->prefix.ends_with("encoder.block"))
        prefix = "enc.blk.";
    else if (part->prefix.ends_with("decoder.block"))
        prefix = "dec.blk.";
    prefix += std::to_string(part->layer) + ".";
    // The second norm of a T5 layer belongs to the cross attention in the decoder and to the feed-forward
    // part else.
    std::string tail = withoutExpertNumber(part->tail, {"experts"}, place.expert);
    if (tail == "layer.1.layer_norm.weight") {
        place.role = TensorRole::Norm;
        place.canonicalName =
            prefix + (prefix.starts_with("dec.") ? "cross_attn_norm.weight" : "ffn_norm.weight");
        return true;
    }
    const bool isKnown = trySuffixes(tail, [&](Split split) {
        const names::Translation* translation = names::translationInLayer(split.stem, architecture);
        if (translation)
            apply(*translation, prefix, split.suffix, place);
        return translation != nullptr;
    });
    if (!isKnown) {
        place.expert.reset();
        place.role = roleFromForm(tail);
    }
    return true;
}

bool placeOutsideLayers(std::string_view name, std::string_view architecture, TensorPlace& place)
{
    const bool isGguf = trySuffixes(name, [&](Split split) {
        const auto role = names::roleOutsideLayers(split.stem);
        place.role = role.value_or(TensorRole::Other);
        return role.has_value();
    });
    if (isGguf)
        return true;
    std::string_view rest = name;
    for (;;) {
        const bool isKnown = trySuffixes(rest, [&](Split split) {
            const names::Translation* translation = names::translationOutsideLayers(split.stem, architecture);
            if (translation)
                apply(*translation, {}, split.suffix, place);
            return translation != nullptr;
        });
        if (isKnown)
            return true;
        const std::size_t dot = rest.find('.');
        if (dot == std::string_view::npos || !names::isWrapper(rest.substr(0, dot)))
            return false;
        rest.remove_prefix(dot + 1);
    }
}

} // namespace

TensorPlace placeOf(std::string_view tensorName, std::string_view architecture)
{
    TensorPlace place;
    const bool isTower = forEachComponent(
        tensorName, [](std::string_view component, std::size_t) { return names::isForeignTower(component); });
    if (!isTower) {
        if (!placeGgufLayer(tensorName, place) && !placeForeignLayer(tensorName, architecture, place))
            placeOutsideLayers(tensorName, architecture, place);
    }
    if (place.canonicalName.empty())
        place.canonicalName = tensorName;
    place.isBias = place.canonicalName.ends_with(".bias") || place.canonicalName == "bias";
    return place;
}

} // namespace quantlathe
