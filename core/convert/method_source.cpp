// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/method_source.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/convert/row_views.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe {

MethodSource::MethodSource(std::shared_ptr<const Model> model, QuantizedLayers layers, std::string description)
    : m_model(std::move(model)), m_layers(std::move(layers)), m_description(std::move(description))
{
    if (m_model->format() == ModelFormat::Gguf) {
        throw Error(ErrorKind::Unsupported, "folders with calibrated codes are written from Hugging Face folders only", {m_model->path(), std::nullopt, {}},
                    "Turn the GGUF into a folder first (--to safetensors)");
    }
}

QuantizedMatrix MethodSource::quantize(const MatrixRequest& request, const RunControl& control)
{
    if (!m_layers.journal->holds(request.source))
        return m_rounded.quantize(request, control);
    const auto tensor = m_layers.journal->load(request.source);
    const auto refuse = [&](std::string_view what) {
        throw Error(ErrorKind::Unsupported, fmt::format("the method left {} for it, which the folder cannot take", what),
                    {m_model->path(), std::nullopt, printable(request.weights.name())});
    };
    const auto matches = [&](const auto& matrix) {
        return matrix.outputs == request.weights.shape().rowCount() && matrix.inputs == request.weights.shape().rowLength();
    };
    if (const auto* integers = std::get_if<GroupQuantized>(&tensor->values)) {
        const auto* wanted = std::get_if<GroupScheme>(&request.choice.scheme);
        if (!wanted || !(integers->scheme == *wanted) || !matches(*integers))
            refuse("integers of another scheme");
        return *integers;
    }
    if (const auto* floats = std::get_if<FloatQuantized>(&tensor->values)) {
        const auto* wanted = std::get_if<FloatScheme>(&request.choice.scheme);
        if (!wanted || !(floats->scheme == *wanted) || !matches(*floats))
            refuse("small floats of another scheme");
        return *floats;
    }
    refuse("plain weights");
    return {};
}

std::optional<Tensor> MethodSource::replacement(std::size_t source)
{
    if (!m_layers.journal->holds(source))
        return std::nullopt;
    const auto tensor = m_layers.journal->load(source);
    const auto* plain = std::get_if<PlainTensor>(&tensor->values);
    if (!plain)
        return std::nullopt;
    const Tensor& stored = m_model->tensors()[source];
    return computed(stored.name(), stored.shape(), plain->values, stored.storage().file());
}

std::optional<double> MethodSource::relativeError(std::size_t source) const
{
    const std::string& name = m_model->tensors()[source].name();
    const auto found = std::find_if(m_layers.reports.begin(), m_layers.reports.end(), [&](const MatrixReport& report) { return report.tensor == name; });
    return found == m_layers.reports.end() ? std::nullopt : std::optional(found->relativeError);
}

} // namespace quantlathe
