// SPDX-License-Identifier: GPL-3.0-or-later
// What codec.cpp gathers: each family of formats lives in its own file and hands over its rows of the
// registry.
#pragma once

#include "core/codecs/codec.h"

#include <span>

namespace quantlathe::codecs {

std::span<const Codec> plainCodecs();
std::span<const Codec> legacyCodecs();
std::span<const Codec> kQuantCodecs();
std::span<const Codec> iq4Codecs();
std::span<const Codec> ternaryCodecs();
std::span<const Codec> fp4Codecs();
std::span<const Codec> latticeCodecs();

} // namespace quantlathe::codecs
