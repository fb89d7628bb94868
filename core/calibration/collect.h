// SPDX-License-Identifier: GPL-3.0-or-later
// Importance measured on text: what goes into each matrix of the network while the text passes through it, as a sum of squares per
// input channel. The same quantities as llama-imatrix collects.
#pragma once

#include "core/inference/forward_pass.h"
#include "core/model/importance.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace quantlathe {

struct CollectOptions
{
    bool withOutput = false;  ///< the output matrix, too, where the model has one of its own (llama-imatrix --process-output)
    unsigned threads = 0;
    /// Half for hidden states, half for decoded weights: decides how many windows pass through the layers together.
    std::uint64_t memoryBytes = std::uint64_t{4} << 30;
    std::filesystem::path journal; ///< where the sums are kept after each pass; empty = nowhere. Removed at the end
    bool resume = false;           ///< continue from the journal where it is of the same model, text and options
};

/// A matrix some experts of which no token reached: their channels have no importance.
struct UnreachedExperts
{
    std::string name;                  ///< canonical
    std::vector<std::uint32_t> experts; ///< ascending
    std::uint64_t of = 0;
};

struct CollectedImportance
{
    std::shared_ptr<const Importance> importance; ///< sorted by name
    std::vector<UnreachedExperts> unreached;
    std::uint64_t tokens = 0;
    std::size_t passes = 0;
    std::size_t resumedPasses = 0; ///< of these, taken from the journal
};

/// @param windows independent sequences, of the same length (the chunk size that the file names)
/// @param textName goes into the file as the name of the data set
/// Deterministic for every thread count. Progress in tokens x layers.
/// @throws Error(InvalidArgument) for no or unequal windows and memory too little for one; Error(BadFormat) naming layer and tensor where NaN or
/// infinities come out; Error(Cancelled, SourceChanged); of the journal as writeFileAtomically()
CollectedImportance collectImportance(const std::shared_ptr<const Network>& network, const TokenBatch& windows, const std::string& textName,
                                      const CollectOptions& options, const RunControl& control = {});

} // namespace quantlathe
