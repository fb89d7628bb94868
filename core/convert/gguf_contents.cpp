// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/gguf_contents.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/convert/joined_heads.h"
#include "core/convert/row_views.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <span>
#include <utility>

namespace quantlathe {

namespace {

/// A stem of GGUF ("attn_q") and of a folder ("self_attn.q_proj").
struct NamePair
{
    std::string_view gguf;
    std::string_view folder;
};

constexpr NamePair common[] = {
    {"attn_norm", "input_layernorm"},       {"ffn_norm", "post_attention_layernorm"}, {"attn_q", "self_attn.q_proj"},
    {"attn_k", "self_attn.k_proj"},         {"attn_v", "self_attn.v_proj"},           {"attn_output", "self_attn.o_proj"},
    {"attn_q_norm", "self_attn.q_norm"},    {"attn_k_norm", "self_attn.k_norm"},      {"ffn_gate", "mlp.gate_proj"},
    {"ffn_up", "mlp.up_proj"},              {"ffn_down", "mlp.down_proj"},
};
constexpr NamePair mixtral[] = {{"ffn_gate_inp", "block_sparse_moe.gate"}, {"ffn_gate_exps", "block_sparse_moe.experts.#.w1"},
                                {"ffn_up_exps", "block_sparse_moe.experts.#.w3"}, {"ffn_down_exps", "block_sparse_moe.experts.#.w2"}};
constexpr NamePair qwenExperts[] = {{"ffn_gate_inp", "mlp.gate"},
                                    {"ffn_gate_exps", "mlp.experts.#.gate_proj"},
                                    {"ffn_up_exps", "mlp.experts.#.up_proj"},
                                    {"ffn_down_exps", "mlp.experts.#.down_proj"},
                                    {"ffn_gate_shexp", "mlp.shared_expert.gate_proj"},
                                    {"ffn_up_shexp", "mlp.shared_expert.up_proj"},
                                    {"ffn_down_shexp", "mlp.shared_expert.down_proj"},
                                    {"ffn_gate_inp_shexp", "mlp.shared_expert_gate"}};
constexpr NamePair gemmaNorms[] = {{"post_attention_norm", "post_attention_layernorm"}, {"ffn_norm", "pre_feedforward_layernorm"},
                                   {"post_ffw_norm", "post_feedforward_layernorm"}};
constexpr NamePair latent[] = {{"attn_q_a", "self_attn.q_a_proj"},
                               {"attn_q_a_norm", "self_attn.q_a_layernorm"},
                               {"attn_q_b", "self_attn.q_b_proj"},
                               {"attn_kv_a_mqa", "self_attn.kv_a_proj_with_mqa"},
                               {"attn_kv_a_norm", "self_attn.kv_a_layernorm"},
                               {"attn_kv_b", "self_attn.kv_b_proj"}, // older files have it whole
                               {"ffn_gate_inp", "mlp.gate"},
                               {"ffn_gate_exps", "mlp.experts.#.gate_proj"},
                               {"ffn_up_exps", "mlp.experts.#.up_proj"},
                               {"ffn_down_exps", "mlp.experts.#.down_proj"},
                               {"ffn_gate_shexp", "mlp.shared_experts.gate_proj"},
                               {"ffn_up_shexp", "mlp.shared_experts.up_proj"},
                               {"ffn_down_shexp", "mlp.shared_experts.down_proj"}};
constexpr NamePair gpt2[] = {{"attn_norm", "ln_1"}, {"ffn_norm", "ln_2"}, {"attn_qkv", "attn.c_attn"}, {"attn_output", "attn.c_proj"},
                             {"ffn_up", "mlp.c_fc"}, {"ffn_down", "mlp.c_proj"}};
constexpr NamePair outside[] = {{"token_embd", "model.embed_tokens"}, {"output", "lm_head"}, {"output_norm", "model.norm"}};
constexpr NamePair gpt2Outside[] = {{"token_embd", "transformer.wte"}, {"position_embd", "transformer.wpe"}, {"output", "lm_head"},
                                    {"output_norm", "transformer.ln_f"}};
constexpr NamePair phi[] = {{"attn_qkv", "self_attn.qkv_proj"}, {"ffn_up", "mlp.gate_up_proj"}};

struct BackwardRow
{
    std::string_view architecture;
    std::span<const NamePair> own;  ///< before the common ones
    bool isRotated = false;         ///< rows of queries and keys are reordered
    bool isGemma = false;           ///< norms hold w + 1
    bool isTurned = false;          ///< matrices of the layers are inputs x outputs in the folder
    std::string_view layers = "model.layers";
    std::span<const NamePair> outsideNames = outside;
};

constexpr BackwardRow backwardRows[] = {
    {"llama", mixtral, true},         {"qwen2", {}},          {"qwen2moe", qwenExperts}, {"qwen3", {}},  {"qwen3moe", qwenExperts},
    {"gemma", {}, false, true},       {"gemma2", gemmaNorms, false, true}, {"gemma3", gemmaNorms, false, true}, {"phi3", phi},
    {"olmo2", gemmaNorms},            {"smollm3", {}, true},  {"deepseek2", latent},
    {"gpt2", gpt2, false, false, true, "transformer.h", gpt2Outside},
};

class Translator
{
public:
    explicit Translator(const std::shared_ptr<const Model>& model) : m_model(*model)
    {
        m_contents.model = model;
        const auto* found = std::find_if(std::begin(backwardRows), std::end(backwardRows),
                                         [&](const BackwardRow& row) { return row.architecture == m_model.architecture().name; });
        if (found == std::end(backwardRows)) {
            throw Error(ErrorKind::Unsupported,
                        fmt::format("the architecture '{}' cannot be translated back into a folder yet", printable(m_model.architecture().name, 60)),
                        {m_model.path(), std::nullopt, {}});
        }
        m_row = found;
    }

    FolderContents translate()
    {
        for (std::size_t index = 0; index < m_model.tensors().size(); ++index)
            add(index);
        for (FolderTensor& tensor : m_contents.tensors)
            tensor.place = placeOf(tensor.weights.name(), m_row->architecture);
        m_contents.denseType = denseType();
        m_contents.config = configOfGguf(m_model, m_contents.tensors, m_contents.notes);
        addTokenizerFiles(m_model, m_contents);
        return std::move(m_contents);
    }

private:
    /// What loses least: blocks have half scales, and half floats more digits than bfloat16.
    [[nodiscard]] TensorType denseType() const
    {
        const auto has = [&](auto test) {
            const auto tensors = m_model.tensors();
            return std::any_of(tensors.begin(), tensors.end(), [&](const Tensor& tensor) { return test(tensor.type()); });
        };
        const bool isHalf = has([](TensorType type) { return type == TensorType::F16 || info(type).isQuantized(); });
        return isHalf && !has([](TensorType type) { return type == TensorType::BF16; }) ? TensorType::F16 : TensorType::BF16;
    }
    [[noreturn]] void refuse(const Tensor& tensor, std::string message) const
    {
        throw Error(ErrorKind::Unsupported, std::move(message), {m_model.path(), std::nullopt, printable(tensor.name())});
    }

    void add(std::size_t index)
    {
        const Tensor& tensor = m_model.tensors()[index];
        const std::string_view name = tensor.name();
        // These become values of the configuration.
        if (name == "rope_freqs.weight" || name == "rope_factors_long.weight" || name == "rope_factors_short.weight")
            return;
        for (const NamePair& pair : m_row->outsideNames) {
            for (const std::string_view suffix : {".weight", ".bias"}) {
                if (name == fmt::format("{}{}", pair.gguf, suffix)) {
                    std::string folderName = fmt::format("{}{}", pair.folder, suffix);
                    return pair.gguf == "output_norm" ? pushNorm(index, std::move(folderName)) : push(index, renamed(std::move(folderName), tensor.shape(), tensor));
                }
            }
        }
        const TensorPlace& place = m_model.place(index);
        const std::string prefix = place.layer ? fmt::format("blk.{}.", *place.layer) : std::string();
        const std::size_t dot = name.rfind('.');
        if (prefix.empty() || !name.starts_with(prefix) || dot == std::string_view::npos || dot < prefix.size())
            refuse(tensor, "has no counterpart in a folder of this architecture");
        const std::string_view stem = name.substr(prefix.size(), dot - prefix.size());
        if (m_row->architecture == "deepseek2") {
            if (stem == "exp_probs_b")
                return push(index, renamed(fmt::format("{}.{}.mlp.gate.e_score_correction_bias", m_row->layers, *place.layer), tensor.shape(), tensor));
            if (stem == "attn_k_b")
                return addJoinedHeads(index, prefix, *place.layer);
            if (stem == "attn_v_b" && m_model.indexOf(prefix + "attn_k_b.weight"))
                return; // goes with the keys
        }
        const std::string folderStem = stemOf(stem, tensor);
        const std::string folderName = fmt::format("{}.{}.{}{}", m_row->layers, *place.layer, folderStem, name.substr(dot));
        if (folderName.find('#') != std::string::npos)
            return addExperts(index, folderName);
        if (folderName.ends_with("norm.weight"))
            return pushNorm(index, folderName);
        if (m_row->isRotated && (stem == "attn_q" || stem == "attn_k"))
            return pushUnrotated(index, folderName, stem == "attn_q");
        if (m_row->isTurned && tensor.shape().rank() == 2) {
            const std::uint64_t rows = tensor.shape().rowCount();
            const std::uint64_t columns = tensor.shape().rowLength();
            return push(index, transposed(folderName, Shape({columns, rows}), tensor, {.rows = rows, .stride = rows, .columns = columns}), {}, false);
        }
        Shape shape = tensor.shape();
        if (stem == "ffn_gate_inp_shexp")
            shape = Shape({1, tensor.shape().weightCount()});
        push(index, renamed(folderName, shape, tensor));
    }

    [[nodiscard]] std::string stemOf(std::string_view stem, const Tensor& tensor) const
    {
        for (const std::span<const NamePair> table : {m_row->own, std::span<const NamePair>(common)}) {
            for (const NamePair& pair : table) {
                if (pair.gguf == stem)
                    return std::string(pair.folder);
            }
        }
        refuse(tensor, "has no counterpart in a folder of this architecture");
    }

    void pushNorm(std::size_t index, std::string name)
    {
        const Tensor& tensor = m_model.tensors()[index];
        if (!m_row->isGemma)
            return push(index, renamed(std::move(name), tensor.shape(), tensor));
        const WeightShift shift{-1, 1};
        m_contents.tensors.push_back({.weights = gathered(std::move(name), tensor.shape(), {tensor}, RowMap{}, shift), .source = index, .shift = shift});
    }

    /// Rows of heads back in their first order: the first half of a head are its even rows, the second half its odd ones.
    void pushUnrotated(std::size_t index, std::string name, bool isQuery)
    {
        const Tensor& tensor = m_model.tensors()[index];
        const Hyperparameters& p = m_model.architecture().parameters;
        const auto& counts = isQuery ? p.headCount : p.headCountKv;
        const std::uint64_t heads = counts.empty() ? 0 : counts.front();
        const std::uint64_t rows = tensor.shape().rank() == 1 ? tensor.shape().rowLength() : tensor.shape().rowCount();
        if (heads == 0 || rows % heads != 0 || rows / heads % 2 != 0)
            refuse(tensor, fmt::format("its {} rows are not {} heads of an even number of rows", rows, heads));
        const RowMap map{.block = rows / heads, .stride = rows / heads, .isUnrotated = true};
        push(index, gathered(std::move(name), tensor.shape(), {tensor}, map), map);
    }

    void addExperts(std::size_t index, const std::string& name)
    {
        const Tensor& tensor = m_model.tensors()[index];
        if (tensor.shape().rank() != 3)
            refuse(tensor, "is no stack of experts");
        const auto& extents = tensor.shape().dimensions();
        for (std::uint64_t expert = 0; expert < extents[0]; ++expert) {
            RowMap map;
            map.first = expert * extents[1];
            std::string own = name;
            own.replace(own.find('#'), 1, std::to_string(expert));
            push(index, gathered(std::move(own), Shape({extents[1], extents[2]}), {tensor}, map), map);
        }
    }

    void addJoinedHeads(std::size_t index, const std::string& prefix, std::int64_t layer)
    {
        const Tensor& keys = m_model.tensors()[index];
        const auto other = m_model.indexOf(prefix + "attn_v_b.weight");
        if (!other)
            refuse(keys, fmt::format("is there without '{}attn_v_b.weight'", prefix));
        const Tensor& values = m_model.tensors()[*other];
        const auto& first = keys.shape().dimensions();
        const auto& second = values.shape().dimensions();
        if (first.size() != 3 || second.size() != 3 || first[0] != second[0] || first[1] != second[2])
            refuse(keys, fmt::format("its shape {} does not go with {} of the values", keys.shape().toString(), values.shape().toString()));
        push(index, joinedHeads(fmt::format("{}.{}.self_attn.kv_b_proj.weight", m_row->layers, layer), keys, values), {}, false);
    }

    void push(std::size_t index, Tensor weights, const RowMap& rows = {}, bool hasRows = true)
    {
        m_contents.tensors.push_back({.weights = std::move(weights), .source = index, .rows = rows, .hasRows = hasRows});
    }

    const Model& m_model;
    const BackwardRow* m_row = nullptr;
    FolderContents m_contents;
};

} // namespace

FolderContents contentsOfGguf(const std::shared_ptr<const Model>& model)
{
    return Translator(model).translate();
}

} // namespace quantlathe
