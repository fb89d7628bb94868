// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/method_options.h"

#include "app/cli/console_progress.h"
#include "core/base/text.h"
#include "core/methods/scheme_plan.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe::cli {

void MethodOptions::add(CLI::App* command)
{
    command->add_option("--method", m_method, "Quantize the layers' matrices first: round-to-nearest, gptq, awq or smoothquant")->type_name("METHOD");
    addNumber(command, "--bits", m_bits, "Of the integers: 2, 3, 4 or 8", 1, 8)->type_name("N")->default_str("4");
    addNumber(command, "--group", m_group, "Inputs that share a scale; 0 = the whole row", 0, 1u << 20)->type_name("N")->default_str("128");
    command->add_flag("--asymmetric", m_isAsymmetric, "A zero point for each group");
    command->add_flag("--per-tensor", m_isPerTensor, "One scale for each tensor");
    command->add_option("--float", m_float, "Small floats instead of integers: e4m3, e5m2, nf4; with --group 0 a scale for each row, otherwise for blocks")->type_name("TYPE");
    addCalibration(command);
    command->add_flag("--clip", m_searchesClip, "Try narrower ranges and take the best for each group");
    command->add_option("--smoothing", m_smoothing, "SmoothQuant: share of the activations' range that goes into the weights")->type_name("X")->default_str("0.5")->check(CLI::Range(0.0, 1.0));
}

void MethodOptions::addForTypes(CLI::App* command)
{
    command->add_option("--method", m_method, "Codes from calibration on a text, layer by layer: gptq; with --to also awq, smoothquant; default round-to-nearest")->type_name("METHOD");
    addCalibration(command);
}

void MethodOptions::addCalibration(CLI::App* command)
{
    command->add_option("--calibration", m_calibration, "Text that the methods look at; without it a neutral sample text that is built in")->type_name("FILE");
    addNumber(command, "--calibration-ctx", m_context, "Tokens in a window of it", 4, 1u << 20)->type_name("N")->default_str("512");
    addNumber(command, "--calibration-chunks", m_chunks, "Windows at most; 0 = the whole text", 0, 1u << 30)->type_name("N")->default_str("128");
    command->add_option("--damping", m_damping, "GPTQ: added to the Hessian's diagonal, as a fraction of its mean")->type_name("X")->default_str("0.01")->check(CLI::Range(0.0, 10.0));
    command->add_flag("--in-order", m_isInOrder, "GPTQ: channels in their own order, scales of a group as earlier errors leave it");
}

Scheme MethodOptions::scheme() const
{
    if (m_float.empty())
        return GroupScheme{m_bits, m_isPerTensor ? 0 : m_group, !m_isAsymmetric, TensorType::F16, m_isPerTensor};
    const auto code = floatCodeFromName(toLower(m_float));
    if (!code)
        throw UsageError(fmt::format("'{}' is none of e4m3, e5m2, nf4", printable(m_float)));
    if (m_isPerTensor)
        return FloatScheme{*code, 0, 0, TensorType::F32};
    return *code == FloatCode::Nf4 || m_group == 0 ? FloatScheme{*code, 1, m_group, TensorType::F32} : FloatScheme{*code, m_group, m_group, TensorType::F32};
}

void MethodOptions::check() const
{
    if (!isGiven())
        return;
    if (!methodFromName(toLower(m_method)))
        throw UsageError(fmt::format("'{}' is none of round-to-nearest, gptq, awq, smoothquant", printable(m_method)));
    const Scheme chosen = scheme();
    if (const auto* integers = std::get_if<GroupScheme>(&chosen)) {
        if (const auto problem = problemOf(*integers))
            throw UsageError(*problem);
    }
}

void MethodOptions::checkForTypes() const
{
    check();
    if (isGiven() && methodFromName(toLower(m_method)) != Method::Gptq)
        throw UsageError(fmt::format("'{}' makes no GGUF: gptq does; leave --method away for rounding", printable(m_method)));
}

std::string MethodOptions::identity() const
{
    return fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {}", m_method, m_float, m_bits, m_group, m_isAsymmetric, m_isPerTensor, m_calibration, m_context, m_chunks,
                       m_damping, m_isInOrder, m_searchesClip, m_smoothing);
}

Method MethodOptions::method() const
{
    return isGiven() ? *methodFromName(toLower(m_method)) : Method::RoundToNearest;
}

Plan MethodOptions::planFor(const Model& model, const std::optional<Plan>& types) const
{
    return types ? withMethod(model, *types, method()) : planFromScheme(model, Target::Safetensors, method(), scheme());
}

MethodSettings MethodOptions::settings(unsigned threads, std::uint64_t memoryBytes) const
{
    MethodSettings settings;
    settings.text = {m_calibration, m_context, m_chunks};
    settings.isInOrder = m_isInOrder;
    settings.layers.damping = m_damping;
    settings.layers.searchesClip = m_searchesClip;
    settings.layers.smoothing = m_smoothing;
    settings.layers.threads = threads;
    settings.layers.memoryBytes = memoryBytes;
    return settings;
}

MethodOutcome MethodOptions::run(const Invocation& invocation, const std::shared_ptr<const Network>& network, const Plan& plan, unsigned threads, std::uint64_t memoryBytes) const
{
    ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Items);
    return runMethods(network, plan, settings(threads, memoryBytes), {}, false, invocation.quiet ? std::function<void(const LayerReport&)>() : printLayer,
                      invocation.control(&progress));
}

void printLayer(const LayerReport& report)
{
    for (const MatrixReport& matrix : report.matrices) {
        if (!matrix.note.empty())
            fmt::print(stderr, "note: {}: {}\n", printable(matrix.tensor), matrix.note);
    }
    fmt::print(stderr, "layer {} of {}: largest error {:.4f} %\n", report.layer + 1, report.layers, 100 * largestError(report));
}

} // namespace quantlathe::cli
