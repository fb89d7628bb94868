// SPDX-License-Identifier: GPL-3.0-or-later
// Llama-like GGUF files with real half floats as weights, of any size: for tests and benches that measure time.
#pragma once

#include <cstdint>
#include <filesystem>

namespace quantlathe::test {

struct HalfModelShape
{
    int layers = 1;
    std::uint64_t embedding = 256;
    std::uint64_t queryRows = 256; ///< heads x head size; attn_output has rows of that length
    std::uint64_t keyRows = 256;   ///< of keys and of values
    std::uint64_t headSize = 32;
    std::uint64_t feedForward = 256;
    std::uint64_t vocabulary = 1024;
    bool hasGate = true;           ///< ffn_gate and ffn_norm
    bool hasOutput = true;         ///< output.weight of its own
};

/// Half floats between 2^-15 and 2 of either sign by their bits, most of them small: fast to make, no NaN, the same every time.
void writeHalfModel(const std::filesystem::path& file, const HalfModelShape& shape);

} // namespace quantlathe::test
