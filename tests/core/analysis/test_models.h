// SPDX-License-Identifier: GPL-3.0-or-later
// Small models around tensors made from numbers.
#pragma once

#include "test_tensors.h"

#include <memory>

namespace quantlathe::test {

/// One file per tensor; places by name.
inline std::shared_ptr<const Model> modelOf(std::vector<Tensor> tensors)
{
    Model::Contents contents;
    contents.path = tensors.front().storage().file()->path();
    for (Tensor& tensor : tensors) {
        contents.files.push_back(tensor.storage().file()->path());
        contents.places.push_back(placeOf(tensor.name()));
        contents.tensors.push_back(std::move(tensor));
    }
    return std::make_shared<const Model>(std::move(contents));
}

} // namespace quantlathe::test
