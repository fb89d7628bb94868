// SPDX-License-Identifier: GPL-3.0-or-later
// The options that say how matrices are quantized with calibration: --method, --bits, --group, ..., and the run itself.
#pragma once

#include "app/cli/invocation.h"
#include "core/methods/method_run.h"

#include <cstdint>
#include <optional>
#include <string>

namespace quantlathe::cli {

class MethodOptions
{
public:
    void add(CLI::App* command);
    /// Only what rounds into GGUF's types.
    void addForTypes(CLI::App* command);
    /// check(), and that the method is one of these. @throws UsageError
    void checkForTypes() const;
    [[nodiscard]] bool isGiven() const { return !m_method.empty(); }
    /// Checks the words before any file is opened. @throws UsageError
    void check() const;
    /// What was asked for; rounding to nearest where nothing was.
    [[nodiscard]] Method method() const;
    /// The method for @p types, a plan of GGUF's types into which it rounds, or for the scheme of --bits, --group, ...
    [[nodiscard]] Plan planFor(const Model& model, const std::optional<Plan>& types) const;
    [[nodiscard]] MethodSettings settings(unsigned threads, std::uint64_t memoryBytes) const;
    /// Quantizes what @p plan gives a scheme or a method, in a temporary file; what deserves to be known goes to standard error. @throws Error
    [[nodiscard]] MethodOutcome run(const Invocation& invocation, const std::shared_ptr<const Network>& network, const Plan& plan, unsigned threads,
                                    std::uint64_t memoryBytes) const;
    /// Tells this run from others of the model.
    [[nodiscard]] std::string identity() const;

private:
    void addCalibration(CLI::App* command);
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

/// A line on standard error for each layer, and what its matrices deserve to have said.
void printLayer(const LayerReport& report);

} // namespace quantlathe::cli
