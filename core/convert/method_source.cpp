// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/method_source.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/convert/row_views.h"

#include <algorithm>
#include <fmt/format.h>

namespace quantlathe {

namespace {

/// Copies of [rows x length] values, in the folder's order.
template <typename Value> std::vector<Value> gather(const std::vector<Value>& values, std::uint64_t length, std::uint64_t rows, const RowMap& map)
{
    std::vector<Value> result;
    result.reserve(rows * length);
    for (std::uint64_t row = 0; row < rows; ++row) {
        const auto begin = values.begin() + static_cast<std::ptrdiff_t>(map.sourceRow(row) * length);
        result.insert(result.end(), begin, begin + static_cast<std::ptrdiff_t>(length));
    }
    return result;
}

GroupQuantized inOrder(GroupQuantized matrix, std::uint64_t rows, const RowMap& map)
{
    matrix.codes = gather(matrix.codes, matrix.inputs, rows, map);
    matrix.scales = gather(matrix.scales, matrix.groups(), rows, map);
    matrix.zeros = gather(matrix.zeros, matrix.groups(), rows, map);
    matrix.outputs = rows;
    return matrix;
}

/// Nothing where rows that share scales there would not share them here.
std::optional<FloatQuantized> inOrder(FloatQuantized matrix, std::uint64_t rows, const RowMap& map)
{
    const std::uint64_t height = matrix.scheme.blockRows;
    const std::uint64_t blocks = matrix.scheme.inputBlocksOf(matrix.inputs);
    std::vector<float> scales;
    for (std::uint64_t row = 0; height > 0 && row < rows; ++row) {
        const std::uint64_t block = map.sourceRow(row) / height;
        if (block != map.sourceRow(row / height * height) / height)
            return std::nullopt;
        const auto begin = matrix.scales.begin() + static_cast<std::ptrdiff_t>(block * blocks);
        if (row % height == 0)
            scales.insert(scales.end(), begin, begin + static_cast<std::ptrdiff_t>(blocks));
    }
    if (height > 0)
        matrix.scales = std::move(scales);
    matrix.codes = gather(matrix.codes, matrix.inputs, rows, map);
    matrix.outputs = rows;
    return matrix;
}

} // namespace

MethodSource::MethodSource(std::shared_ptr<const Model> model, QuantizedLayers layers, std::string description)
    : m_model(std::move(model)), m_layers(std::move(layers)), m_description(std::move(description))
{
}

std::shared_ptr<const QuantizedTensor> MethodSource::load(std::size_t tensor)
{
    if (!m_last || m_last->tensor != tensor) {
        m_last.reset();
        m_last = m_layers.journal->load(tensor);
    }
    return m_last;
}

QuantizedMatrix MethodSource::quantize(const MatrixRequest& request, const RunControl& control)
{
    const FolderTensor& target = request.tensor;
    if (!m_layers.journal->holds(target.source))
        return m_rounded.quantize(request, control);
    const auto tensor = load(target.source);
    const auto refuse = [&](std::string_view what) {
        throw Error(ErrorKind::Unsupported, fmt::format("the method left {}, which the folder cannot take", what),
                    {m_model->path(), std::nullopt, printable(target.weights.name())});
    };
    const std::uint64_t rows = target.weights.shape().rowCount();
    const auto matches = [&](const auto& matrix) {
        return target.hasRows && target.rows.sourceRow(rows - 1) < matrix.outputs && matrix.inputs == target.weights.shape().rowLength();
    };
    if (const auto* integers = std::get_if<GroupQuantized>(&tensor->values)) {
        const auto* wanted = std::get_if<GroupScheme>(&request.choice.scheme);
        if (!wanted || !(integers->scheme == *wanted) || !matches(*integers))
            refuse("integers of another scheme");
        return inOrder(*integers, rows, target.rows);
    }
    if (const auto* floats = std::get_if<FloatQuantized>(&tensor->values)) {
        const auto* wanted = std::get_if<FloatScheme>(&request.choice.scheme);
        if (!wanted || !(floats->scheme == *wanted) || !matches(*floats))
            refuse("small floats of another scheme");
        auto ordered = inOrder(*floats, rows, target.rows);
        if (!ordered)
            refuse("blocks of rows that come in another order here");
        return std::move(*ordered);
    }
    refuse("plain weights");
    return {};
}

std::optional<Tensor> MethodSource::replacement(const FolderTensor& target)
{
    if (!m_layers.journal->holds(target.source))
        return std::nullopt;
    const auto tensor = load(target.source);
    const auto* plain = std::get_if<PlainTensor>(&tensor->values);
    if (!plain)
        return std::nullopt;
    const Tensor& stored = m_model->tensors()[target.source];
    const Shape& shape = target.weights.shape();
    // Of a vector weights are what rows are else.
    const std::uint64_t length = stored.shape().rank() < 2 ? 1 : shape.rowLength();
    std::vector<float> values = gather(plain->values, length, shape.weightCount() / length, target.rows);
    for (float& value : values)
        value = (value + target.shift.offset) * target.shift.factor;
    return computed(target.weights.name(), shape, std::move(values), stored.storage().file());
}

std::optional<double> MethodSource::relativeError(std::size_t source) const
{
    const std::string& name = m_model->tensors()[source].name();
    const auto found = std::find_if(m_layers.reports.begin(), m_layers.reports.end(), [&](const MatrixReport& report) { return report.tensor == name; });
    return found == m_layers.reports.end() ? std::nullopt : std::optional(found->relativeError);
}

} // namespace quantlathe
