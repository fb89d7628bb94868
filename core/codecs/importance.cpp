// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/codecs/importance.h"

#include <algorithm>

namespace quantlathe::codecs {

WholeImportance::WholeImportance(const float* importance, std::size_t count, std::size_t blockWeights)
    : m_values(importance)
{
    if (!importance)
        return;
    for (std::size_t first = 0; first < count; first += blockWeights) {
        const float* block = importance + first;
        if (std::any_of(block, block + blockWeights, [](float value) { return value > 0; }))
            continue;
        if (m_filled.empty())
            m_filled.assign(importance, importance + count);
        std::fill_n(m_filled.begin() + static_cast<std::ptrdiff_t>(first), blockWeights, 1.0f);
        m_values = m_filled.data();
    }
}

} // namespace quantlathe::codecs
