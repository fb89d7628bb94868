// SPDX-License-Identifier: GPL-3.0-or-later
// What sets architectures apart when hyperparameters are read: rows, not code.
#pragma once

#include <cstdint>
#include <string_view>

namespace quantlathe::architectures {

/// True for architectures (GGUF ids) whose keys and tensor names follow the rules here.
bool isKnown(std::string_view name);

/// Layers whose cache is limited to a window: layer i when i mod period < period - 1.
struct SlidingWindow
{
    std::string_view architecture;
    std::uint64_t period;
    std::uint64_t defaultWindow; ///< used when the file names none; 0 = then there is no window
};
/// Null when llama.cpp keeps the whole cache in every layer, even if the file names a window.
const SlidingWindow* slidingWindow(std::string_view name);

/// Which layers keep a recurrent state, and which keep a key/value cache.
enum class Recurrence : std::uint8_t {
    None,
    Everywhere,                ///< all layers recurrent, none with attention
    BesideAttention,           ///< every layer has both (Falcon-H1)
    ByInterval,                ///< attention where (i + 1) mod full_attention_interval = 0
    WithoutHeads,              ///< recurrent where the layer has no key/value heads
    WithoutHeadsAndFeedForward ///< as before, but layers with a feed-forward length are plain feed-forward
                               ///< layers
};
Recurrence recurrence(std::string_view name);

} // namespace quantlathe::architectures
