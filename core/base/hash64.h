// SPDX-License-Identifier: GPL-3.0-or-later
// A fast 64-bit checksum of bytes: of what is written and read back, of tensors that may be equal. Not for security.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace quantlathe {

/// XXH64 (Yann Collet, the xxHash specification), the same on every machine.
std::uint64_t hash64(std::span<const std::byte> bytes, std::uint64_t seed = 0);

} // namespace quantlathe
