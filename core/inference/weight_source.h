// SPDX-License-Identifier: GPL-3.0-or-later
// Where the forward pass takes weights from: as they are stored, or as they come out of a plan's types, encoded and decoded on
// the fly, without a file in between.
#pragma once

#include "core/base/run_control.h"
#include "core/inference/activation_rounding.h"
#include "core/model/importance_match.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <memory>

namespace quantlathe {

/// All rows of one tensor, ready to be decoded. Immutable, thread-safe.
class WeightRows
{
public:
    virtual ~WeightRows() = default;
    /// Writes count rows, row-major, of the tensor's row length, or where turned of as many as its inputs. @throws Error(Unsupported, SourceChanged)
    virtual void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const = 0;
    /// True when the rows are outputs, as a GGUF holds them, although the tensor is stored as inputs x outputs (model/stored_orientation.h).
    [[nodiscard]] virtual bool isTurned() const { return false; }
};

/// Immutable and thread-safe.
class WeightSource
{
public:
    virtual ~WeightSource() = default;
    [[nodiscard]] virtual const Model& model() const = 0;
    /// True when the tensor's values are those of the model: what was computed with them holds for both.
    [[nodiscard]] virtual bool isAsStored(std::size_t tensor) const = 0;
    /// What the tensor's values are encoded as.
    [[nodiscard]] virtual TensorType type(std::size_t tensor) const;
    /// What the engine that these weights are for does to what they are multiplied with (rounded_inputs.h).
    [[nodiscard]] virtual ActivationRounding inputRounding(std::size_t) const { return ActivationRounding::None; }
    /// Made anew at each call (encoding may take a while); memory of the size of the encoded tensor.
    /// @throws Error(Unsupported) naming a type that cannot be decoded or written; Error(BadFormat) for NaN and infinities that are to be
    /// encoded; Error(Cancelled)
    [[nodiscard]] virtual std::shared_ptr<const WeightRows> rows(std::size_t tensor, unsigned threads, const RunControl& control) const = 0;
};

/// Rows as the model holds them. @throws Error(Unsupported) for a type that cannot be decoded
std::shared_ptr<const WeightRows> storedRows(const Model& model, std::size_t tensor);
/// The weights as the model holds them.
std::shared_ptr<const WeightSource> storedWeights(std::shared_ptr<const Model> model);

/// The weights as an export of @p plan would hold them: what effectiveChoice() says, the same encoders, options and importance, the same
/// bytes. @param importance of the same model, or null
/// @throws Error(Unsupported) for plans that take more than rounding (throwUnlessRounded())
std::shared_ptr<const WeightSource> plannedWeights(std::shared_ptr<const Model> model, Plan plan,
                                                   std::shared_ptr<const ImportanceMatch> importance = {});

} // namespace quantlathe
