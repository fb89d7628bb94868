// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/adapter_file.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/formats/json/json_file.h"
#include "core/formats/open.h"

#include <cmath>
#include <fmt/format.h>
#include <system_error>

namespace quantlathe {

namespace {

using nlohmann::json;

class AdapterReader
{
public:
    explicit AdapterReader(const std::filesystem::path& folder) : m_folder(folder), m_config(JsonFile::read(folder / "adapter_config.json")) {}

    AdapterFile read()
    {
        checkKind();
        m_result.isFanInFanOut = m_config.boolean("fan_in_fan_out").value_or(false);
        const auto file = m_folder / "adapter_model.safetensors";
        std::error_code ignored;
        if (!std::filesystem::exists(file, ignored)) {
            throw Error(ErrorKind::NotFound, "the adapter's weights are missing", {file, std::nullopt, {}},
                        "Save the adapter as safetensors (other forms cannot be opened)");
        }
        m_result.tensors = openModel(file);
        for (const Tensor& tensor : m_result.tensors->tensors())
            sort(tensor);
        for (auto& [module, pair] : m_result.pairs)
            complete(module, pair);
        if (m_result.pairs.empty() && m_result.replaced.empty())
            throw Error(ErrorKind::BadFormat, "the adapter changes nothing: it holds no tensors", {file, std::nullopt, {}});
        return std::move(m_result);
    }

private:
    [[noreturn]] void refuse(const std::string& what) const { throw Error(ErrorKind::Unsupported, what, {m_config.path(), std::nullopt, {}}); }

    void checkKind() const
    {
        const std::string kind = m_config.string("peft_type").value_or("");
        if (kind != "LORA")
            refuse(fmt::format("the adapter is of the kind '{}'; LoRA can be merged", printable(kind, 40)));
        for (const char* flag : {"use_dora", "lora_bias", "use_qalora"}) {
            if (m_config.boolean(flag).value_or(false))
                refuse(fmt::format("the adapter uses '{}', which cannot be merged yet", flag));
        }
    }

    [[noreturn]] void refuseTensor(const Tensor& tensor) const
    {
        throw Error(ErrorKind::Unsupported, "is no part of a LoRA adapter that can be merged", {m_folder / "adapter_model.safetensors", std::nullopt, printable(tensor.name())});
    }

    void sort(const Tensor& tensor)
    {
        std::string_view name = tensor.name();
        for (const std::string_view front : {"base_model.model.", "base_model."}) {
            if (name.starts_with(front)) {
                name.remove_prefix(front.size());
                break;
            }
        }
        struct Ending
        {
            std::string_view text;
            bool isDown;
            bool isEmbedding;
        };
        for (const Ending& ending : {Ending{".lora_A.weight", true, false}, {".lora_B.weight", false, false}, {".lora_A.default.weight", true, false},
                                     {".lora_B.default.weight", false, false}, {".lora_embedding_A", true, true}, {".lora_embedding_B", false, true}}) {
            if (!name.ends_with(ending.text))
                continue;
            if (tensor.shape().rank() != 2)
                refuseTensor(tensor);
            LowRankPair& pair = m_result.pairs[std::string(name.substr(0, name.size() - ending.text.size()))];
            (ending.isDown ? pair.down : pair.up) = tensor;
            pair.isEmbedding = ending.isEmbedding;
            return;
        }
        if (name.find("lora_") != std::string_view::npos)
            refuseTensor(tensor);
        std::string whole(name);
        for (const std::string_view inner : {".modules_to_save.default", ".modules_to_save", ".base_layer"}) {
            if (const auto at = whole.find(inner); at != std::string::npos) {
                whole.erase(at, inner.size());
                break;
            }
        }
        m_result.replaced.emplace(std::move(whole), tensor);
    }

    void complete(const std::string& module, LowRankPair& pair) const
    {
        const ErrorPlace place{m_folder / "adapter_model.safetensors", std::nullopt, printable(module)};
        if (!pair.down || !pair.up)
            throw Error(ErrorKind::BadFormat, fmt::format("has the matrix {} of a pair only", pair.down ? "A" : "B"), place);
        const std::uint64_t rank = pair.down->shape().rowCount();
        if (rank == 0 || pair.up->shape().rowLength() != rank) {
            throw Error(ErrorKind::BadFormat, fmt::format("the matrices are {} and {}: their ranks differ", pair.down->shape().toString(), pair.up->shape().toString()), place);
        }
        const double alpha = patterned("alpha_pattern", module).value_or(m_config.real("lora_alpha").value_or(8));
        const double stated = patterned("rank_pattern", module).value_or(m_config.real("r").value_or(static_cast<double>(rank)));
        if (stated != static_cast<double>(rank)) {
            throw Error(ErrorKind::BadFormat, fmt::format("the matrices have rank {}, but adapter_config.json says {}", rank, stated), place);
        }
        pair.scale = alpha / (m_config.boolean("use_rslora").value_or(false) ? std::sqrt(stated) : stated);
        if (!std::isfinite(pair.scale))
            m_config.fail(fmt::format("'lora_alpha' is {}", alpha));
    }

    /// The value that alpha_pattern or rank_pattern has for a module.
    [[nodiscard]] std::optional<double> patterned(const char* key, const std::string& module) const
    {
        const json* table = m_config.find(key);
        if (!table)
            return std::nullopt;
        if (!table->is_object())
            m_config.fail(fmt::format("'{}' is no object", key));
        for (const auto& [pattern, value] : table->items()) {
            const auto isMatch = matchesModule(pattern, module);
            if (!isMatch)
                refuse(fmt::format("the pattern '{}' in '{}' is an expression that is not understood", printable(pattern, 60), key));
            if (!value.is_number())
                m_config.fail(fmt::format("'{}' has no number for '{}'", key, printable(pattern, 60)));
            if (*isMatch)
                return value.get<double>();
        }
        return std::nullopt;
    }

    const std::filesystem::path& m_folder;
    JsonFile m_config;
    AdapterFile m_result;
};

} // namespace

AdapterFile readAdapter(const std::filesystem::path& folder)
{
    return AdapterReader(folder).read();
}

std::optional<bool> matchesModule(std::string_view pattern, std::string_view module)
{
    const bool isWhole = pattern.starts_with('^');
    if (isWhole)
        pattern.remove_prefix(1);
    if (pattern.ends_with('$') && !pattern.ends_with("\\$"))
        pattern.remove_suffix(1);
    std::string wanted; // '\0' for any character
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        const char character = pattern[at];
        if (character == '\\' && at + 1 < pattern.size() && pattern[at + 1] == '.')
            wanted += pattern[++at];
        else if (character == '.')
            wanted += '\0';
        else if (std::string_view("\\^$*+?()[]{}|").find(character) != std::string_view::npos)
            return std::nullopt;
        else
            wanted += character;
    }
    if (wanted.size() > module.size())
        return false;
    const std::size_t front = module.size() - wanted.size();
    if (front > 0 && (isWhole || module[front - 1] != '.'))
        return false;
    for (std::size_t at = 0; at < wanted.size(); ++at) {
        if (wanted[at] != '\0' && wanted[at] != module[front + at])
            return false;
    }
    return true;
}

} // namespace quantlathe
