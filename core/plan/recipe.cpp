// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/recipe.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/json/json_file.h"
#include "core/formats/json/strict_tree.h"
#include "core/plan/presets.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace quantlathe {

namespace {

using Json = nlohmann::json;

constexpr std::string_view formatName = "quantlathe-recipe";
constexpr int formatVersion = 4;     // written only where something other than rounded GGUF types is planned
constexpr int importanceVersion = 3; // written only where "importance" is there
constexpr int plainVersion = 2;
constexpr int oldestVersion = 1; // without "encoding"
constexpr std::uint64_t largestRecipe = 64 << 20; // bytes; 100 a tensor are usual
constexpr int deepestNesting = 8;                 // our own recipes need 3

/// Reads @p json strictly. Every complaint names the key; the file comes from the place.
class RecipeReader
{
public:
    RecipeReader(const Model& model, std::filesystem::path file) : m_model(model), m_file(std::move(file)) {}

    AppliedRecipe read(std::string_view text)
    {
        const Json root = json::parseTree(text, m_file, deepestNesting);
        if (!root.is_object())
            fail("a recipe is a JSON object");
        checkFormat(root);
        m_version = root["version"].get<int>();
        allowOnly(root, "the recipe",
                  m_version == oldestVersion ? std::initializer_list<std::string_view>{"format", "version", "target", "preset", "tensors"}
                      : m_version == plainVersion
                      ? std::initializer_list<std::string_view>{"format", "version", "target", "preset", "encoding", "tensors"}
                      : std::initializer_list<std::string_view>{"format", "version", "target", "preset", "encoding", "importance", "tensors"});
        if (root.contains("target"))
            readTarget(string(root["target"], "target"));
        if (root.contains("preset"))
            readPreset(string(root["preset"], "preset"));
        if (root.contains("encoding"))
            readEncoding(root["encoding"]);
        if (root.contains("importance"))
            readImportance(root["importance"]);
        if (!root.contains("tensors") || !root["tensors"].is_object())
            fail("'tensors' is missing or no object");
        indexModel();
        for (const auto& [key, value] : root["tensors"].items())
            readTensor(key, value);
        return std::move(m_result);
    }

private:
    [[noreturn]] void fail(std::string message, std::string advice = {}) const
    {
        throw Error(ErrorKind::BadFormat, std::move(message), {m_file, std::nullopt, {}}, std::move(advice));
    }

    void checkFormat(const Json& root) const
    {
        if (!root.contains("format") || root["format"] != formatName)
            fail(fmt::format("no recipe: 'format' is not '{}'", formatName));
        if (!root.contains("version") || !root["version"].is_number_unsigned())
            fail("'version' is missing or no number");
        const auto version = root["version"].get<std::uint64_t>();
        if (version < oldestVersion || version > formatVersion)
            fail(fmt::format("recipe version {} is not known (this program reads versions {} to {})", version, oldestVersion,
                             formatVersion),
                 "A newer Quantlathe wrote it");
    }

    void allowOnly(const Json& object, std::string_view what, std::initializer_list<std::string_view> known) const
    {
        for (const auto& [key, value] : object.items()) {
            if (std::find(known.begin(), known.end(), key) == known.end())
                fail(fmt::format("{} has an unknown key '{}'", what, printable(key)));
        }
    }

    std::string string(const Json& value, std::string_view key) const
    {
        if (!value.is_string())
            fail(fmt::format("'{}' is no string", printable(key)));
        return value.get<std::string>();
    }

    void readTarget(const std::string& text)
    {
        const auto target = targetFromName(text);
        if (!target || (m_version < formatVersion && *target != Target::Gguf))
            fail(fmt::format("unknown target '{}'", printable(text)));
        m_result.plan.target = *target;
    }

    void readPreset(const std::string& id)
    {
        if (id.empty())
            return;
        const Preset* const preset = findPreset(id);
        if (!preset)
            fail(fmt::format("unknown preset '{}'", printable(id)));
        m_result.plan.preset = preset->id;
    }

    void readEncoding(const Json& value)
    {
        if (!value.is_object())
            fail("'encoding' is no object");
        allowOnly(value, "'encoding'", {"effort", "objective"});
        if (value.contains("effort")) {
            const std::string text = string(value["effort"], "effort");
            const auto effort = effortFromName(text);
            if (!effort)
                fail(fmt::format("unknown effort '{}'", printable(text)));
            m_result.plan.encoding.effort = *effort;
        }
        if (value.contains("objective")) {
            const std::string text = string(value["objective"], "objective");
            m_result.plan.encoding.objective = objectiveFromName(text);
            if (!m_result.plan.encoding.objective && text != defaultObjectiveName)
                fail(fmt::format("unknown objective '{}'", printable(text)));
        }
    }

    void readImportance(const Json& value)
    {
        if (!value.is_object())
            fail("'importance' is no object");
        allowOnly(value, "'importance'", {"file", "hash"});
        RecipeImportance& importance = m_result.importance.emplace();
        if (value.contains("file"))
            importance.file = string(value["file"], "file");
        if (!value.contains("hash"))
            fail("'importance' has no 'hash'");
        importance.hash = string(value["hash"], "hash");
    }

    void indexModel()
    {
        for (std::size_t index = 0; index < m_model.tensors().size(); ++index)
            m_byCanonicalName[m_model.place(index).canonicalName].push_back(index);
    }

    void readTensor(const std::string& tensorName, const Json& value)
    {
        const std::string what = fmt::format("tensor '{}'", printable(tensorName));
        if (!value.is_object())
            fail(fmt::format("{} is no object", what));
        allowOnly(value, what, m_version < formatVersion ? std::initializer_list<std::string_view>{"type", "method"}
                                                         : std::initializer_list<std::string_view>{"type", "method", "scheme"});
        if (!value.contains("type") || !value["type"].is_string())
            fail(fmt::format("{} has no 'type'", what));
        const std::string typeName = value["type"].get<std::string>();
        const auto type = tensorTypeFromName(typeName);
        if (!type)
            fail(fmt::format("{} has an unknown type '{}'", what, printable(typeName)));
        if (!isTargetType(*type))
            fail(fmt::format("{}: nothing can be written as {}", what, name(*type)));
        Choice choice{*type};
        if (value.contains("method")) {
            const std::string text = string(value["method"], what + ": method");
            const auto method = methodFromName(text);
            if (!method || (m_version < formatVersion && *method != Method::RoundToNearest))
                fail(fmt::format("{} has an unknown method '{}'", what, printable(text)));
            choice.method = *method;
        }
        if (value.contains("scheme"))
            choice.scheme = schemeFrom(value["scheme"], what + ": scheme");
        apply(tensorName, choice);
    }

    std::uint64_t unsignedNumber(const Json& object, const char* key, const std::string& what) const
    {
        if (!object.contains(key) || !object[key].is_number_unsigned())
            fail(fmt::format("{}: '{}' is missing or no number", what, key));
        return object[key].get<std::uint64_t>();
    }

    TensorType scaleType(const Json& object, const std::string& what) const
    {
        const std::string text = object.contains("scales") ? string(object["scales"], what + ": scales") : std::string();
        const auto type = tensorTypeFromName(text);
        if (!type)
            fail(fmt::format("{} has scales of an unknown type '{}'", what, printable(text)));
        return *type;
    }

    bool flag(const Json& object, const char* key, const std::string& what) const
    {
        if (!object[key].is_boolean())
            fail(fmt::format("{}: '{}' is neither true nor false", what, key));
        return object[key].get<bool>();
    }

    Scheme schemeFrom(const Json& value, const std::string& what) const
    {
        if (!value.is_object())
            fail(fmt::format("{} is no object", what));
        if (value.contains("code")) {
            allowOnly(value, what, {"code", "rows", "inputs", "scales"});
            const std::string text = string(value["code"], what + ": code");
            const auto code = floatCodeFromName(text);
            if (!code)
                fail(fmt::format("{} has an unknown code '{}'", what, printable(text)));
            return checked(FloatScheme{*code, unsignedNumber(value, "rows", what), unsignedNumber(value, "inputs", what), scaleType(value, what)}, what);
        }
        allowOnly(value, what, {"bits", "group", "symmetric", "scales", "per_tensor"});
        GroupScheme scheme;
        scheme.bits = static_cast<unsigned>(std::min<std::uint64_t>(unsignedNumber(value, "bits", what), 64));
        scheme.groupSize = unsignedNumber(value, "group", what);
        scheme.scaleType = scaleType(value, what);
        if (value.contains("symmetric"))
            scheme.isSymmetric = flag(value, "symmetric", what);
        if (value.contains("per_tensor"))
            scheme.isPerTensor = flag(value, "per_tensor", what);
        return checked(scheme, what);
    }

    template <typename Kind>
    Scheme checked(const Kind& scheme, const std::string& what) const
    {
        if (const auto problem = problemOf(scheme))
            fail(fmt::format("{}: {}", what, *problem));
        return scheme;
    }

    void apply(const std::string& tensorName, Choice choice)
    {
        if (const auto found = m_byCanonicalName.find(tensorName); found != m_byCanonicalName.end()) {
            for (const std::size_t index : found->second)
                m_result.plan.setChoice(m_model.tensors()[index].name(), choice);
        } else if (m_model.indexOf(tensorName)) {
            m_result.plan.setChoice(tensorName, choice);
        } else {
            m_result.missing.push_back(tensorName);
        }
    }

    const Model& m_model;
    std::filesystem::path m_file;
    std::map<std::string, std::vector<std::size_t>, std::less<>> m_byCanonicalName;
    AppliedRecipe m_result;
    int m_version = oldestVersion;
};

nlohmann::ordered_json jsonOf(const Choice& choice)
{
    nlohmann::ordered_json json{{"type", name(choice.type)}, {"method", name(choice.method)}};
    if (const auto* integers = std::get_if<GroupScheme>(&choice.scheme)) {
        json["scheme"] = {{"bits", integers->bits}, {"group", integers->groupSize}, {"symmetric", integers->isSymmetric}, {"scales", name(integers->scaleType)}};
        if (integers->isPerTensor)
            json["scheme"]["per_tensor"] = true;
    } else if (const auto* floats = std::get_if<FloatScheme>(&choice.scheme)) {
        json["scheme"] = {{"code", name(floats->code)}, {"rows", floats->blockRows}, {"inputs", floats->blockInputs}, {"scales", name(floats->scaleType)}};
    }
    return json;
}

int versionFor(const Plan& plan, const Importance* importance)
{
    const bool isPlain = plan.target == Target::Gguf && std::all_of(plan.choices().begin(), plan.choices().end(), [](const auto& entry) {
        return entry.second == Choice{entry.second.type};
    });
    return !isPlain ? formatVersion : importance ? importanceVersion : plainVersion;
}

} // namespace

RecipeImportance recipeImportanceOf(const Importance& importance)
{
    return {importance.file().filename().string(), importance.hash()};
}

std::optional<std::string> importanceWarning(const AppliedRecipe& recipe, const Importance* given)
{
    if (!recipe.importance || (given && given->hash() == recipe.importance->hash))
        return std::nullopt;
    const std::string made = recipe.importance->file.empty() ? std::string("importance data")
                                                             : fmt::format("the importance data '{}'", printable(recipe.importance->file));
    if (given)
        return fmt::format("the recipe was made with other importance data ({})", made);
    return fmt::format("the recipe was made with {}; without them its types cost more quality than it was made for", made);
}

std::string recipeToJson(const Plan& plan, const Model& model, const Importance* importance)
{
    // Experts that are separate tensors share a canonical name: one entry, unless their choices differ.
    std::map<std::string_view, std::vector<std::size_t>> byCanonicalName;
    for (std::size_t index = 0; index < model.tensors().size(); ++index)
        byCanonicalName[model.place(index).canonicalName].push_back(index);

    nlohmann::ordered_json root = {{"format", formatName}, {"version", versionFor(plan, importance)}, {"target", name(plan.target)}};
    if (!plan.preset.empty())
        root["preset"] = plan.preset;
    root["encoding"] = {{"effort", name(plan.encoding.effort)}, {"objective", objectiveName(plan.encoding)}};
    if (importance) {
        const RecipeImportance made = recipeImportanceOf(*importance);
        root["importance"] = {{"file", made.file}, {"hash", made.hash}};
    }
    nlohmann::ordered_json& tensors = root["tensors"] = nlohmann::ordered_json::object();
    const auto add = [&tensors](std::string_view key, const Choice& choice) {
        tensors.push_back({std::string(key), jsonOf(choice)});
    };
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const auto choice = plan.choice(model.tensors()[index].name());
        if (!choice)
            continue;
        const auto& siblings = byCanonicalName[model.place(index).canonicalName];
        const bool isAgreed = std::all_of(siblings.begin(), siblings.end(), [&](std::size_t sibling) {
            return plan.choice(model.tensors()[sibling].name()) == choice;
        });
        if (!isAgreed)
            add(model.tensors()[index].name(), *choice);
        else if (siblings.front() == index)
            add(model.place(index).canonicalName, *choice);
    }
    // Names from odd files may be no UTF-8: they are written with replacement characters and then count as missing.
    return root.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

AppliedRecipe recipeFromJson(std::string_view json, const Model& model, const std::filesystem::path& file)
{
    return RecipeReader(model, file).read(json);
}

void saveRecipe(const std::filesystem::path& file, const Plan& plan, const Model& model, const Importance* importance)
{
    const std::string json = recipeToJson(plan, model, importance);
    writeFileAtomically(file, std::as_bytes(std::span(json)));
}

AppliedRecipe loadRecipe(const std::filesystem::path& file, const Model& model)
{
    return recipeFromJson(readText(file, largestRecipe), model, file);
}

} // namespace quantlathe
