// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/sensitivities.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/json/json_file.h"
#include "core/formats/json/strict_tree.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

namespace quantlathe {

namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;
using State = TensorSensitivity::State;

constexpr std::string_view formatName = "quantlathe-sensitivity";
constexpr std::uint64_t formatVersion = 2; // 1 knew no importance
constexpr std::uint64_t largestFile = 256u << 20; // bytes; 250 a tensor are usual
constexpr TensorType smallestBlock = TensorType::Q4_0; // rows that do not fit it fit no type that is probed
constexpr int deepestNesting = 4;                 // our own files need 3
constexpr std::array units = {SensitivityUnit::Tensor, SensitivityUnit::Role, SensitivityUnit::Layer};

/// Reads strictly. Every complaint names the key; the file comes from the place.
class Reader
{
public:
    Reader(const Model& model, std::filesystem::path file) : m_model(model), m_file(std::move(file)) {}

    Sensitivities read(std::string_view text)
    {
        const Json root = json::parseTree(text, m_file, deepestNesting);
        if (!root.is_object() || !root.contains("format") || root["format"] != formatName)
            fail(fmt::format("no sensitivities: 'format' is not '{}'", formatName));
        const std::uint64_t version = whole(root, "version");
        if (version != formatVersion && version != 1)
            fail(fmt::format("version {} is not known (this program reads versions 1 and {})", version, formatVersion),
                 "A newer Quantlathe wrote it");
        Sensitivities result;
        result.text = string(root, "text");
        result.conditions = string(root, "conditions");
        result.importance = version == 1 ? std::string() : string(root, "importance");
        result.context = whole(root, "context");
        result.chunks = whole(root, "chunks");
        result.tokens = whole(root, "tokens");
        result.probe = type(root, "probe");
        result.isOfPlan = boolean(root, "isOfPlan");
        const auto unit = sensitivityUnitFromName(string(root, "unit"));
        if (!unit)
            fail(fmt::format("unknown unit '{}'", printable(string(root, "unit"))));
        result.unit = *unit;
        if (!root.contains("tensors") || !root["tensors"].is_array())
            fail("'tensors' is missing or no array");
        result.tensors.resize(m_model.tensors().size());
        for (const Json& entry : root["tensors"])
            readTensor(entry, result);
        checkNoneIsMissing(result);
        return result;
    }

private:
    [[noreturn]] void fail(std::string message, std::string advice = {}) const
    {
        throw Error(ErrorKind::BadFormat, std::move(message), {m_file, std::nullopt, {}}, std::move(advice));
    }
    [[noreturn]] void failAsAnother(std::string message, std::string tensor) const
    {
        throw Error(ErrorKind::InvalidArgument, std::move(message), {m_file, std::nullopt, std::move(tensor)},
                    "The sensitivities are those of another model: measure this one's");
    }

    const Json& member(const Json& object, const char* key) const
    {
        if (!object.contains(key))
            fail(fmt::format("'{}' is missing", key));
        return object[key];
    }
    std::string string(const Json& object, const char* key) const
    {
        if (!member(object, key).is_string())
            fail(fmt::format("'{}' is no string", key));
        return object[key].get<std::string>();
    }
    std::uint64_t whole(const Json& object, const char* key) const
    {
        if (!member(object, key).is_number_unsigned())
            fail(fmt::format("'{}' is no whole number", key));
        return object[key].get<std::uint64_t>();
    }
    bool boolean(const Json& object, const char* key) const
    {
        if (!member(object, key).is_boolean())
            fail(fmt::format("'{}' is neither true nor false", key));
        return object[key].get<bool>();
    }
    double figure(const Json& object, const char* key) const
    {
        const double value = member(object, key).is_number() ? object[key].get<double>() : -1;
        if (!(value >= 0) || !std::isfinite(value))
            fail(fmt::format("'{}' is no number of at least 0", key));
        return value;
    }
    TensorType type(const Json& object, const char* key) const
    {
        const std::string text = string(object, key);
        const auto found = tensorTypeFromName(text);
        if (!found)
            fail(fmt::format("'{}' is no type: '{}'", key, printable(text)));
        return *found;
    }

    std::size_t indexOf(const std::string& own, const std::string& canonical) const
    {
        if (const auto found = m_model.indexOf(own))
            return *found;
        std::optional<std::size_t> only;
        for (std::size_t index = 0; index < m_model.tensors().size(); ++index) {
            if (m_model.place(index).canonicalName != canonical)
                continue;
            if (only) // experts that are tensors of their own here and were one there
                failAsAnother("the model has several tensors for this one", printable(canonical));
            only = index;
        }
        if (!only)
            failAsAnother("the model has no such tensor", printable(own));
        return *only;
    }

    void readTensor(const Json& entry, Sensitivities& result) const
    {
        if (!entry.is_object())
            fail("'tensors' has an entry that is no object");
        const std::string own = string(entry, "name");
        const std::size_t index = indexOf(own, string(entry, "canonicalName"));
        const Shape& shape = m_model.tensors()[index].shape();
        const Json& dimensions = member(entry, "shape");
        const bool isSame = dimensions.is_array() && dimensions.size() == shape.rank()
            && std::equal(dimensions.begin(), dimensions.end(), shape.dimensions().begin(), [](const Json& one, std::uint64_t other) {
                                return one.is_number_unsigned() && one.get<std::uint64_t>() == other;
                            });
        if (!isSame)
            failAsAnother(fmt::format("its shape is {} in the model and {} in the file", shape.toString(), printable(dimensions.dump())),
                          printable(own));
        TensorSensitivity& tensor = result.tensors[index];
        if (tensor.state != State::None)
            fail(fmt::format("tensor '{}' stands there twice", printable(own)));
        tensor.state = boolean(entry, "isMeasured") ? State::Measured : State::Estimated;
        tensor.probe = type(entry, "probe");
        tensor.kl = figure(entry, "kl");
        tensor.klStandardError = figure(entry, "klStandardError");
        tensor.relativeSquared = figure(entry, "relativeSquared");
        tensor.weight = figure(entry, "weight");
    }

    void checkNoneIsMissing(const Sensitivities& result) const
    {
        using enum TensorRole;
        constexpr std::array kept = {Norm, Rope, Router, SharedExpertRouter, AttentionSinks, StateSpace, Other};
        for (std::size_t index = 0; index < result.tensors.size(); ++index) {
            const TensorPlace& place = m_model.place(index);
            const Tensor& tensor = m_model.tensors()[index];
            const bool isMatrix = place.layer && !place.isBias && tensor.shape().rank() > 1 && tensor.canDecode() && fitsRow(smallestBlock, tensor.shape().rowLength())
                && std::find(kept.begin(), kept.end(), place.role) == kept.end();
            if (isMatrix && result.tensors[index].state == State::None)
                failAsAnother("the file says nothing about this tensor", tensor.name());
        }
    }

    const Model& m_model;
    std::filesystem::path m_file;
};

} // namespace

std::string_view name(SensitivityUnit unit)
{
    switch (unit) {
    case SensitivityUnit::Tensor:
        return "tensor";
    case SensitivityUnit::Role:
        return "role";
    case SensitivityUnit::Layer:
        return "layer";
    }
    return {};
}

std::optional<SensitivityUnit> sensitivityUnitFromName(std::string_view text)
{
    const auto found = std::find_if(units.begin(), units.end(), [text](SensitivityUnit unit) { return name(unit) == text; });
    return found == units.end() ? std::nullopt : std::optional(*found);
}

std::size_t Sensitivities::count(State state) const
{
    return static_cast<std::size_t>(
        std::count_if(tensors.begin(), tensors.end(), [state](const TensorSensitivity& tensor) { return tensor.state == state; }));
}

std::vector<double> Sensitivities::weights() const
{
    std::vector<double> result;
    result.reserve(tensors.size());
    for (const TensorSensitivity& tensor : tensors)
        result.push_back(tensor.weight);
    return result;
}

bool isOfImportance(const Sensitivities& sensitivities, const Importance* importance)
{
    return sensitivities.importance == (importance ? importance->hash() : std::string());
}

void throwIfOtherImportance(const Sensitivities& sensitivities, const Importance* importance, const std::filesystem::path& file)
{
    if (isOfImportance(sensitivities, importance))
        return;
    const std::string_view measured = sensitivities.importance.empty() ? "without importance data, which are used here"
        : importance ? "with other importance data" : "with importance data, which are not used here";
    throw Error(ErrorKind::InvalidArgument, fmt::format("the sensitivities were measured {}", measured), {file, std::nullopt, {}},
                "Give the same importance data as when they were measured, or measure them anew");
}

std::string sensitivitiesToJson(const Sensitivities& sensitivities, const Model& model)
{
    OrderedJson root = {{"format", formatName},
                        {"version", formatVersion},
                        {"text", sensitivities.text},
                        {"conditions", sensitivities.conditions},
                        {"importance", sensitivities.importance},
                        {"context", sensitivities.context},
                        {"chunks", sensitivities.chunks},
                        {"tokens", sensitivities.tokens},
                        {"probe", name(sensitivities.probe)},
                        {"isOfPlan", sensitivities.isOfPlan},
                        {"unit", name(sensitivities.unit)}};
    const auto text = [](const OrderedJson& json) { return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace); };
    std::string result = text(root);
    result.back() = ','; // instead of the closing brace
    result += "\n\"tensors\": [";
    bool isFirst = true;
    for (std::size_t index = 0; index < sensitivities.tensors.size(); ++index) {
        const TensorSensitivity& tensor = sensitivities.tensors[index];
        if (tensor.state == State::None)
            continue;
        const OrderedJson entry = {{"name", model.tensors()[index].name()},
                                   {"canonicalName", model.place(index).canonicalName},
                                   {"shape", model.tensors()[index].shape().dimensions()},
                                   {"probe", name(tensor.probe)},
                                   {"isMeasured", tensor.state == State::Measured},
                                   {"kl", tensor.kl},
                                   {"klStandardError", tensor.klStandardError},
                                   {"relativeSquared", tensor.relativeSquared},
                                   {"weight", tensor.weight}};
        result += fmt::format("{}\n{}", isFirst ? "" : ",", text(entry));
        isFirst = false;
    }
    return result + "\n]}\n";
}

Sensitivities sensitivitiesFromJson(std::string_view json, const Model& model, const std::filesystem::path& file)
{
    return Reader(model, file).read(json);
}

void saveSensitivities(const std::filesystem::path& file, const Sensitivities& sensitivities, const Model& model)
{
    const std::string json = sensitivitiesToJson(sensitivities, model);
    writeFileAtomically(file, std::as_bytes(std::span(json)));
}

Sensitivities loadSensitivities(const std::filesystem::path& file, const Model& model)
{
    return sensitivitiesFromJson(readText(file, largestFile), model, file);
}

} // namespace quantlathe
