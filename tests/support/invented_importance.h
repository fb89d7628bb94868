// SPDX-License-Identifier: GPL-3.0-or-later
// Importance data for any model, made on the spot.
#pragma once

#include "core/model/importance_match.h"

#include <memory>
#include <utility>

namespace quantlathe::test {

/// Of every matrix in a layer: every third channel matters @p factor times as much as the others.
inline std::shared_ptr<const Importance> inventedImportance(const Model& model, float factor = 100)
{
    Importance::Contents contents;
    contents.datasets = {"invented"};
    contents.chunkCount = 1;
    contents.chunkSize = 512;
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const Shape& shape = model.tensors()[index].shape();
        if (!model.place(index).layer || shape.rank() < 2)
            continue;
        Importance::Entry entry{model.place(index).canonicalName, shape.rowLength(), {}, {1}};
        for (std::uint64_t channel = 0; channel < entry.rowLength; ++channel)
            entry.sumOfSquares.push_back(channel % 3 == 0 ? factor : 1.0F);
        contents.entries.push_back(std::move(entry));
    }
    return std::make_shared<const Importance>(std::move(contents));
}

} // namespace quantlathe::test
