// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/codecs/codec.h"

#include "core/codecs/families.h"

#include <array>
#include <cassert>

namespace quantlathe {

namespace {

using Table = std::array<Codec, tensorTypeCount>;

Table gatherCodecs()
{
    Table table;
    for (std::size_t index = 0; index < table.size(); ++index)
        table[index].type = static_cast<TensorType>(index);
    for (const auto& family :
         {codecs::plainCodecs(), codecs::legacyCodecs(), codecs::kQuantCodecs(), codecs::iq4Codecs(),
          codecs::ternaryCodecs(), codecs::fp4Codecs(), codecs::latticeCodecs()}) {
        for (const Codec& codec : family)
            table[static_cast<std::size_t>(codec.type)] = codec;
    }
    return table;
}

} // namespace

const Codec& codecFor(TensorType type)
{
    static const Table table = gatherCodecs();
    const auto index = static_cast<std::size_t>(type);
    assert(index < table.size());
    return table[index];
}

} // namespace quantlathe
