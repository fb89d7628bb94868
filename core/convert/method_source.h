// SPDX-License-Identifier: GPL-3.0-or-later
// Codes that a method made while it walked through the network, for a folder.
#pragma once

#include "core/convert/rounded_source.h"
#include "core/methods/quantize_layers.h"

namespace quantlathe {

class MethodSource final : public QuantizedSource
{
public:
    /// @param layers of the model that is written, a folder or a GGUF file
    /// @param description for the README ("GPTQ on 65536 tokens")
    MethodSource(std::shared_ptr<const Model> model, QuantizedLayers layers, std::string description);

    /// What the journal holds; matrices that the method left alone are rounded.
    /// @throws Error(Unsupported) where it holds another kind of codes, another shape or order of rows than the folder takes
    QuantizedMatrix quantize(const MatrixRequest& request, const RunControl& control) override;
    /// Norms and biases that scales were folded into.
    std::optional<Tensor> replacement(const FolderTensor& tensor) override;
    [[nodiscard]] std::string description() const override { return m_description; }
    /// Folded scales change weights on purpose: then the method's own figures count.
    [[nodiscard]] std::optional<double> relativeError(std::size_t source) const override;

private:
    /// Keeps the one it was last asked for: experts of one stack follow each other.
    std::shared_ptr<const QuantizedTensor> load(std::size_t tensor);

    std::shared_ptr<const Model> m_model;
    QuantizedLayers m_layers;
    std::string m_description;
    RoundedSource m_rounded;
    std::shared_ptr<const QuantizedTensor> m_last;
};

} // namespace quantlathe
