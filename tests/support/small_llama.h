// SPDX-License-Identifier: GPL-3.0-or-later
// A Llama of two layers as a complete folder, with weights made on the spot, a tokenizer, and a text for it.
#pragma once

#include <cstdint>
#include <filesystem>

namespace quantlathe::test {

/// 128 channels, 256 in the feed-forward part, 60 tokens, 256 positions; bfloat16.
/// @param inner of the feed-forward part  @return the folder
std::filesystem::path writeSmallLlama(const std::filesystem::path& folder, std::uint64_t inner = 256);

/// Some thousand letters that the tokenizer of writeSmallLlama() knows. @return the file
std::filesystem::path writeSmallText(const std::filesystem::path& file);

} // namespace quantlathe::test
