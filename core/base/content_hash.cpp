// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/content_hash.h"

#include <fmt/format.h>

namespace quantlathe {

std::string ContentHash::text() const
{
    const auto lanes = value();
    return fmt::format("{:016x}{:016x}", lanes[0], lanes[1]);
}

} // namespace quantlathe
