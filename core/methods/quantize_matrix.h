// SPDX-License-Identifier: GPL-3.0-or-later
// One tensor of a layer, matrix by matrix, with the method its choice asks for.
#pragma once

#include "core/inference/network.h"
#include "core/methods/inverse_factor.h"
#include "core/methods/quantized_tensor.h"
#include "core/plan/plan.h"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace quantlathe {

struct MatrixSettings
{
    bool searchesClip = false; ///< integers: see GridSettings
    bool isStatic = true;
    double damping = 0.01;     ///< where codes are chosen by the hessian
    Encoding encoding;         ///< of GGUF's types
    unsigned threads = 0;
};

/// What is known of a matrix' inputs.
struct MatrixInputs
{
    std::uint64_t tokens = 0;
    const InverseFactor* factor = nullptr; ///< null = rounded without feedback
    std::span<const float> meanSquares;    ///< [inputs]; empty = not known
    const Hessian* hessian = nullptr;      ///< for judging what rounding without feedback costs; null = not known
    bool roundsByOutputs = false;          ///< integers: ranges and codes are chosen by the hessian (output_rounding.h)
};

/// What a tensor becomes, filled in matrix by matrix: rows [first, first + step, ...) of it, outputs in any case.
class TensorInWork
{
public:
    TensorInWork(const Model& model, std::size_t tensor, const Choice& choice);

    [[nodiscard]] std::size_t tensor() const { return m_result.tensor; }
    [[nodiscard]] const Choice& choice() const { return m_choice; }
    /// Quantizes a matrix of it: [linear.outputs x linear.inputs], row-major.
    /// @throws Error(BadFormat) for weights that are not finite; Error(Unsupported) for what cannot be written; Error(Cancelled)
    void add(const Linear& linear, const float* weights, const MatrixInputs& inputs, const MatrixSettings& settings, const RunControl& control);
    /// Says of the last matrix that it was rounded for want of tokens.
    void noteFewTokens();
    [[nodiscard]] std::shared_ptr<const QuantizedTensor> finish();

private:
    void addIntegers(const GroupScheme& scheme, const Linear& linear, const float* weights, const MatrixInputs& inputs, const MatrixSettings& settings,
                     MatrixReport& report, const RunControl& control);
    void addFloats(const FloatScheme& scheme, const Linear& linear, const float* weights, const MatrixInputs& inputs, const MatrixSettings& settings,
                   MatrixReport& report, const RunControl& control);
    void addBlocks(const Linear& linear, const float* weights, const MatrixInputs& inputs, const MatrixSettings& settings, MatrixReport& report,
                   const RunControl& control);

    /// Of output 0 of a matrix.
    [[nodiscard]] std::uint64_t firstRowOf(const Linear& linear) const { return linear.firstRow + (linear.isTransposed ? linear.expert * m_matrixRows : 0); }

    const Model& m_model;
    Choice m_choice;
    std::uint64_t m_matrixRows = 0; ///< outputs of one matrix of the stack
    QuantizedTensor m_result;
};

} // namespace quantlathe
