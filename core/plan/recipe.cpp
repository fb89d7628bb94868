// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/recipe.h"

#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "core/plan/presets.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace quantlathe {

namespace {

using Json = nlohmann::json;

constexpr std::string_view formatName = "quantlathe-recipe";
constexpr int formatVersion = 3; // written only where "importance" is there
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
        const Json root = parse(text);
        if (!root.is_object())
            fail("a recipe is a JSON object");
        checkFormat(root);
        const int version = root["version"].get<int>();
        allowOnly(root, "the recipe",
                  version == oldestVersion ? std::initializer_list<std::string_view>{"format", "version", "target", "preset", "tensors"}
                      : version == plainVersion
                      ? std::initializer_list<std::string_view>{"format", "version", "target", "preset", "encoding", "tensors"}
                      : std::initializer_list<std::string_view>{"format", "version", "target", "preset", "encoding", "importance", "tensors"});
        if (root.contains("target") && string(root["target"], "target") != name(Target::Gguf))
            fail(fmt::format("unknown target '{}' (this version knows 'gguf')", printable(string(root["target"], "target"))));
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

    Json parse(std::string_view text) const
    {
        if (text.size() > largestRecipe)
            fail(fmt::format("{} bytes are too many for a recipe", text.size()));
        std::vector<std::set<std::string>> openObjects;
        const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
            if (depth > deepestNesting)
                fail(fmt::format("nested deeper than {} levels", deepestNesting));
            if (event == Json::parse_event_t::object_start)
                openObjects.emplace_back();
            else if (event == Json::parse_event_t::object_end)
                openObjects.pop_back();
            else if (event == Json::parse_event_t::key
                     && !openObjects.back().insert(parsed.get_ref<const std::string&>()).second)
                fail(fmt::format("'{}' stands there twice", printable(parsed.get_ref<const std::string&>())));
            return true;
        };
        try {
            return Json::parse(text.begin(), text.end(), watch);
        } catch (const Json::parse_error& error) {
            // "[json.exception.parse_error.101] parse error at line 1, column 3: syntax error while ..."
            std::string_view problem = error.what();
            problem.remove_prefix(std::min(problem.find("] ") + 2, problem.size()));
            throw Error(ErrorKind::BadFormat, fmt::format("no JSON: {}", printable(problem, 200)),
                        {m_file, error.byte, {}});
        } catch (const Json::out_of_range&) {
            throw Error(ErrorKind::BadFormat, "no JSON: a number is beyond every range", {m_file, std::nullopt, {}});
        }
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
        allowOnly(value, what, {"type", "method"});
        if (!value.contains("type") || !value["type"].is_string())
            fail(fmt::format("{} has no 'type'", what));
        const std::string typeName = value["type"].get<std::string>();
        const auto type = tensorTypeFromName(typeName);
        if (!type)
            fail(fmt::format("{} has an unknown type '{}'", what, printable(typeName)));
        if (!isTargetType(*type))
            fail(fmt::format("{}: nothing can be written as {}", what, name(*type)));
        if (value.contains("method")) {
            const std::string method = string(value["method"], what + ": method");
            if (method != name(Method::RoundToNearest))
                fail(fmt::format("{} has an unknown method '{}'", what, printable(method)));
        }
        apply(tensorName, {*type});
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
};

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

    nlohmann::ordered_json root = {{"format", formatName}, {"version", importance ? formatVersion : plainVersion}, {"target", name(plan.target)}};
    if (!plan.preset.empty())
        root["preset"] = plan.preset;
    root["encoding"] = {{"effort", name(plan.encoding.effort)}, {"objective", objectiveName(plan.encoding)}};
    if (importance) {
        const RecipeImportance made = recipeImportanceOf(*importance);
        root["importance"] = {{"file", made.file}, {"hash", made.hash}};
    }
    nlohmann::ordered_json& tensors = root["tensors"] = nlohmann::ordered_json::object();
    const auto add = [&tensors](std::string_view key, const Choice& choice) {
        tensors.push_back({std::string(key), {{"type", name(choice.type)}, {"method", name(choice.method)}}});
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
    const auto mapped = MappedFile::open(file);
    if (mapped->bytes().size() > largestRecipe)
        throw Error(ErrorKind::BadFormat, fmt::format("{} bytes are too many for a recipe", mapped->bytes().size()),
                    {file, std::nullopt, {}});
    const std::string json(reinterpret_cast<const char*>(mapped->bytes().data()), mapped->bytes().size());
    mapped->throwIfChanged();
    return recipeFromJson(json, model, file);
}

} // namespace quantlathe
