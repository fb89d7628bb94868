// SPDX-License-Identifier: GPL-3.0-or-later
// The options that say how matrices are quantized with calibration: --method, --bits, --group, ..., and the run itself.
#pragma once

#include "app/cli/invocation.h"
#include "core/methods/quantize_layers.h"

#include <cstdint>
#include <string>

namespace quantlathe::cli {

class MethodOptions
{
public:
    void add(CLI::App* command);
    [[nodiscard]] bool isGiven() const { return !m_method.empty(); }
    /// Checks the words before any file is opened. @throws UsageError
    void check() const;
    /// Quantizes the network's layers; what deserves to be known goes to standard error. @throws Error
    [[nodiscard]] QuantizedLayers run(const Invocation& invocation, const std::shared_ptr<const Network>& network, unsigned threads,
                                      std::uint64_t memoryBytes) const;
    /// Tells this run from others of the model.
    [[nodiscard]] std::string identity() const;

private:
    [[nodiscard]] Scheme scheme() const;

    std::string m_method;
    std::string m_float;
    unsigned m_bits = 4;
    std::uint64_t m_group = 128;
    bool m_isAsymmetric = false;
    bool m_isPerTensor = false;
    std::string m_calibration;
    std::uint64_t m_context = 512;
    std::uint64_t m_chunks = 128;
    double m_damping = 0.01;
    bool m_isInOrder = false;
    bool m_searchesClip = false;
    double m_smoothing = 0.5;
};

} // namespace quantlathe::cli
