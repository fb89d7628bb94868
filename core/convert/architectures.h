// SPDX-License-Identifier: GPL-3.0-or-later
// What sets the architectures apart when they become GGUF, as tables: tensors with their shapes and transforms,
// hyperparameters, features. A new architecture is a new row. Facts: llama.cpp's converter and loader, the models of the
// transformers library; logits of every row's fixture are compared with the library's.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace quantlathe {

/// A dimension of a tensor, by its meaning.
enum class Extent : std::uint8_t {
    None, One,
    Vocabulary, Context, Width,
    Heads, HeadLength,
    QueryRows,   ///< heads x head length
    KeyRows,     ///< key/value heads x head length
    FusedRows,   ///< query, key and value rows
    FeedForward, TwiceFeedForward,
    Experts, ExpertLength, SharedLength,
    // latent attention (DeepSeek)
    LatentQuery,     ///< rank of the queries
    LatentRank,      ///< rank of keys and values
    LatentCache,     ///< the same and the rotated part
    LatentQueryRows, ///< heads x (plain and rotated part)
    PlainLength,     ///< part of a head that is not rotated
    ValueLength,
    ValueRows        ///< heads x value length
};

enum class Transform : std::uint8_t {
    None,
    RotatedQuery, RotatedKey, ///< rows of each head reordered for llama.cpp's rotary embedding
    Transposed,               ///< stored as inputs x outputs
    EvenColumns, OddColumns,  ///< of transposed stacks: gate and up in turns
    EvenWeights, OddWeights,  ///< of their biases
    LatentKeys, LatentValues  ///< halves of each head of kv_b, the keys' one turned
};

/// A tensor of the GGUF. Its source has the same canonical name unless said otherwise.
struct TensorRow
{
    std::string_view name;         ///< with suffix; inside a layer without "blk.N."
    std::array<Extent, 3> shape{}; ///< outermost first, None behind the last
    bool isOptional = false;
    Transform transform = Transform::None;
    std::string_view source = {};  ///< canonical name, without "blk.N."
};
using TensorRows = std::span<const TensorRow>;

enum class KeyKind : std::uint8_t { Whole, Real, Flag };

/// A hyperparameter that is written as config.json has it; left out where it is missing.
struct KeyRow
{
    std::string_view key;                  ///< without the architecture
    KeyKind kind = KeyKind::Whole;
    std::array<std::string_view, 3> names{}; ///< in config.json; the first that is there counts
};
using KeyRows = std::span<const KeyRow>;

/// Whether llama.cpp makes the weights of the chosen experts add up to 1.
enum class TopNormalisation : std::uint8_t { AsStated, Always, Never };

struct ArchitectureRow
{
    std::string_view id;                        ///< general.architecture
    std::array<std::string_view, 5> classes{};  ///< "architectures" in config.json
    std::array<TensorRows, 4> layer{};          ///< of every layer
    TensorRows dense{};                         ///< of layers without experts
    TensorRows experts{};                       ///< of layers with experts
    TensorRows outside{};                       ///< beside embedding, final norm and output
    KeyRows keys{};                             ///< beside those that all have
    bool isLayerNorm = false;                   ///< norms with mean and bias instead of root mean square
    bool isGemma = false;                       ///< norms are kept as w - 1
    bool canMixLayers = false;                  ///< some layers with experts, some without
    bool hasRopeSize = false;                   ///< rope.dimension_count and vocab_size are written
    bool hasPartialRope = false;
    bool hasRopeFactors = false;                ///< knows the tensor rope_freqs
    bool hasLongRope = false;                   ///< knows the tensors rope_factors_long and _short
    bool dropsOtherTowers = false;              ///< parts that see or hear are left out
    bool dropsExtraLayers = false;              ///< layers beyond the last one predict further tokens; engines do without
    bool hasWindowList = false;                 ///< which layers have a window is written
    std::uint64_t windowPeriod = 0;             ///< of n layers all but the last have a window
    std::uint64_t noRopePeriod = 0;             ///< every n-th layer is not rotated
    TopNormalisation topNormalisation = TopNormalisation::AsStated;
    double ropeBase = 1e4;                      ///< where the config does not say
    std::array<std::string_view, 3> activations{"silu", "swish", {}};
};

/// All that can be converted.
std::span<const ArchitectureRow> convertibleArchitectures();
/// Null when the class is not known.
const ArchitectureRow* findArchitecture(std::string_view className);
/// Hyperparameters that every architecture has.
KeyRows commonKeys();

} // namespace quantlathe
