// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/methods/quantize_matrix.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/codecs/codec.h"
#include "core/methods/block_rounding.h"
#include "core/methods/float_rounding.h"
#include "core/methods/integer_rounding.h"
#include "core/model/stored_orientation.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace quantlathe {

namespace {

constexpr std::uint64_t rowsAtOnce = 64;

/// Sum of squares of weights, and of their distance from what @p decoded says of them.
struct Squares
{
    double weights = 0;
    double difference = 0;
};

template <typename Decode> Squares compare(const float* weights, std::uint64_t outputs, std::uint64_t inputs, unsigned threads, const RunControl& control, const Decode& decode)
{
    const std::uint64_t chunks = (outputs + rowsAtOnce - 1) / rowsAtOnce;
    std::vector<Squares> parts(chunks);
    parallelFor(chunks, 1, threads, control, [&](std::size_t begin, std::size_t end) {
        std::vector<float> decoded(rowsAtOnce * inputs);
        for (std::size_t chunk = begin; chunk < end; ++chunk) {
            const std::uint64_t first = chunk * rowsAtOnce;
            const std::uint64_t count = std::min(rowsAtOnce, outputs - first);
            decode(first, count, decoded.data());
            for (std::uint64_t index = 0; index < count * inputs; ++index) {
                const double weight = weights[first * inputs + index];
                parts[chunk].weights += weight * weight;
                parts[chunk].difference += (weight - decoded[index]) * (weight - decoded[index]);
            }
        }
    });
    return std::accumulate(parts.begin(), parts.end(), Squares{},
                           [](const Squares& a, const Squares& b) { return Squares{a.weights + b.weights, a.difference + b.difference}; });
}

void setError(MatrixReport& report, const Squares& squares)
{
    report.relativeError = squares.weights > 0 ? squares.difference / squares.weights : 0;
}

/// What rounding did to the outputs, where their Hessian is known.
template <typename Decode>
void setLoss(MatrixReport& report, const float* weights, const Linear& linear, const MatrixInputs& inputs, unsigned threads, const RunControl& control,
             const Decode& decode)
{
    if (!inputs.hessian)
        return;
    std::vector<float> differences(linear.outputs * linear.inputs);
    decode(0, linear.outputs, differences.data());
    for (std::uint64_t index = 0; index < differences.size(); ++index)
        differences[index] = weights[index] - differences[index];
    const double energy = inputs.hessian->loss(weights, linear.outputs, threads, control);
    report.relativeLoss = energy > 0 ? inputs.hessian->loss(differences.data(), linear.outputs, threads, control) / energy : 0;
}

/// What an error in each channel costs once later ones have made up for it as well as they can: the loop's own measure, 1 / U_ii^2.
std::vector<float> scaleImportance(const InverseFactor& factor)
{
    std::vector<float> importance(factor.inputs());
    for (std::uint64_t step = 0; step < factor.inputs(); ++step)
        importance[factor.order()[step]] = 1 / (factor.diagonal()[step] * factor.diagonal()[step]);
    return importance;
}

double sumOfSquares(const float* weights, std::uint64_t count)
{
    double sum = 0;
    for (std::uint64_t index = 0; index < count; ++index)
        sum += double{weights[index]} * weights[index];
    return sum;
}

} // namespace

TensorInWork::TensorInWork(const Model& model, std::size_t tensor, const Choice& choice) : m_model(model), m_choice(choice)
{
    m_result.tensor = tensor;
    const MatrixExtents extents = matrixExtents(model, tensor);
    const std::uint64_t rows = extents.matrices * extents.outputs;
    const std::uint64_t inputs = extents.inputs;
    m_matrixRows = extents.outputs;
    m_result.turnedInputs = isStoredTransposed(model, tensor) ? inputs : 0;
    if (const auto* integers = std::get_if<GroupScheme>(&choice.scheme)) {
        const std::uint64_t scales = rows * integers->groupsOf(inputs);
        m_result.values = GroupQuantized{*integers, rows, inputs, std::vector<std::uint8_t>(rows * inputs), std::vector<float>(scales, 1.0f),
                                         std::vector<std::uint8_t>(scales), {}};
    } else if (const auto* floats = std::get_if<FloatScheme>(&choice.scheme)) {
        m_result.values = FloatQuantized{*floats, rows, inputs, std::vector<std::uint8_t>(rows * inputs),
                                         std::vector<float>(floats->rowBlocksOf(rows) * floats->inputBlocksOf(inputs), 1.0f)};
    } else {
        const auto bytes = rowBytes(choice.type, inputs);
        if (!bytes || !codecFor(choice.type).canEncode() || !codecFor(choice.type).canDecode()) {
            throw Error(ErrorKind::Unsupported, fmt::format("rows of {} weights cannot be written as {}", inputs, name(choice.type)),
                        {model.path(), std::nullopt, model.tensors()[tensor].name()}, "Choose another type for this tensor");
        }
        m_result.values = EncodedTensor{choice.type, std::vector<std::byte>(rows * *bytes)};
    }
}

void TensorInWork::add(const Linear& linear, const float* weights, const MatrixInputs& inputs, const MatrixSettings& settings, const RunControl& control)
{
    const std::string& tensorName = m_model.tensors()[m_result.tensor].name();
    const auto bad = std::find_if(weights, weights + linear.outputs * linear.inputs, [](float weight) { return !std::isfinite(weight); });
    if (bad != weights + linear.outputs * linear.inputs) {
        throw Error(ErrorKind::BadFormat, fmt::format("a weight of {} cannot be quantized", *bad), {m_model.path(), std::nullopt, tensorName},
                    "Look at the model's findings: the tensor may be damaged");
    }
    MatrixReport& report = m_result.reports.emplace_back();
    report.tensor = tensorName;
    report.part = static_cast<std::uint32_t>(m_result.reports.size() - 1);
    report.asked = report.used = m_choice.method;
    report.tokens = inputs.tokens;
    report.damping = inputs.factor ? inputs.factor->damping() : 0;
    if (const auto* integers = std::get_if<GroupScheme>(&m_choice.scheme))
        addIntegers(*integers, linear, weights, inputs, settings, report, control);
    else if (const auto* floats = std::get_if<FloatScheme>(&m_choice.scheme))
        addFloats(*floats, linear, weights, inputs, settings, report, control);
    else
        addBlocks(linear, weights, inputs, settings, report, control);
}

void TensorInWork::addIntegers(const GroupScheme& scheme, const Linear& linear, const float* weights, const MatrixInputs& inputs, const MatrixSettings& settings,
                               MatrixReport& report, const RunControl& control)
{
    GridSettings grid{settings.searchesClip, settings.isStatic, {}};
    if (inputs.roundsByOutputs && !scheme.isPerTensor) {
        grid.moments = inputs.hessian->upper().data();
        grid.damping = settings.damping;
    } else if (settings.searchesClip) {
        grid.importance = inputs.meanSquares;
    }
    IntegerRounding rounding(scheme, linear.outputs, linear.inputs, grid);
    if (scheme.isPerTensor)
        rounding.findTensorGrid(weights);
    const RoundingLoss loss = inputs.factor ? roundWithFeedback(weights, linear.outputs, *inputs.factor, rounding, settings.threads, control)
                                            : roundAlone(weights, linear.outputs, linear.inputs, rounding, settings.threads, control);
    report.relativeLoss = loss.relative();
    const double squares = sumOfSquares(weights, linear.outputs * linear.inputs);
    report.relativeError = squares > 0 ? loss.squares / squares : 0;
    const GroupQuantized part = rounding.take();
    if (!inputs.factor)
        setLoss(report, weights, linear, inputs, settings.threads, control, [&](std::uint64_t first, std::uint64_t count, float* decoded) { part.decodeRows(first, count, decoded); });
    auto& whole = std::get<GroupQuantized>(m_result.values);
    const std::uint64_t groups = part.groups();
    for (std::uint64_t output = 0; output < linear.outputs; ++output) {
        const std::uint64_t row = firstRowOf(linear) + output * linear.rowStep;
        std::copy_n(part.codes.begin() + static_cast<std::ptrdiff_t>(output * part.inputs), part.inputs, whole.codes.begin() + static_cast<std::ptrdiff_t>(row * part.inputs));
        std::copy_n(part.scales.begin() + static_cast<std::ptrdiff_t>(output * groups), groups, whole.scales.begin() + static_cast<std::ptrdiff_t>(row * groups));
        std::copy_n(part.zeros.begin() + static_cast<std::ptrdiff_t>(output * groups), groups, whole.zeros.begin() + static_cast<std::ptrdiff_t>(row * groups));
    }
}

void TensorInWork::addFloats(const FloatScheme& scheme, const Linear& linear, const float* weights, const MatrixInputs& inputs, const MatrixSettings& settings,
                             MatrixReport& report, const RunControl& control)
{
    auto& whole = std::get<FloatQuantized>(m_result.values);
    const std::uint64_t firstRow = firstRowOf(linear);
    const bool isWhole = firstRow == 0 && linear.rowStep == 1 && linear.outputs == whole.outputs;
    if (!isWhole && scheme.blockRows != 1 && (scheme.blockRows == 0 || firstRow % scheme.blockRows != 0 || linear.rowStep != 1)) {
        throw Error(ErrorKind::Unsupported, fmt::format("blocks of {} rows do not fit the matrices that this tensor is made of", scheme.blockRows),
                    {m_model.path(), std::nullopt, report.tensor}, "Choose a scale for each row");
    }
    report.used = Method::RoundToNearest;
    if (report.asked != Method::RoundToNearest)
        report.note = "small floats are rounded to nearest";
    FloatQuantized part = roundToFloats(scheme, weights, linear.outputs, linear.inputs, settings.threads, control);
    const auto decode = [&](std::uint64_t first, std::uint64_t count, float* decoded) { part.decodeRows(first, count, decoded); };
    setError(report, compare(weights, linear.outputs, linear.inputs, settings.threads, control, decode));
    setLoss(report, weights, linear, inputs, settings.threads, control, decode);
    const std::uint64_t blocks = scheme.inputBlocksOf(part.inputs);
    for (std::uint64_t output = 0; output < linear.outputs; ++output)
        std::copy_n(part.codes.begin() + static_cast<std::ptrdiff_t>(output * part.inputs), part.inputs,
                    whole.codes.begin() + static_cast<std::ptrdiff_t>((firstRow + output * linear.rowStep) * part.inputs));
    // Rows in turns have a scale each.
    const std::uint64_t firstBlock = scheme.blockRows == 0 ? 0 : firstRow / scheme.blockRows;
    for (std::uint64_t block = 0; block < scheme.rowBlocksOf(linear.outputs); ++block)
        std::copy_n(part.scales.begin() + static_cast<std::ptrdiff_t>(block * blocks), blocks,
                    whole.scales.begin() + static_cast<std::ptrdiff_t>((firstBlock + block * linear.rowStep) * blocks));
}

void TensorInWork::addBlocks(const Linear& linear, const float* weights, const MatrixInputs& inputs, const MatrixSettings& settings, MatrixReport& report,
                             const RunControl& control)
{
    auto& whole = std::get<EncodedTensor>(m_result.values);
    const Codec& codec = codecFor(whole.type);
    const std::uint64_t stride = rowBytes(whole.type, linear.inputs).value();
    const auto copyRow = [&](std::uint64_t output, const std::byte* row) {
        std::copy_n(row, stride, whole.bytes.data() + (firstRowOf(linear) + output * linear.rowStep) * stride);
    };
    if (inputs.factor && BlockRounding::canRound(whole.type, linear.inputs)) {
        BlockRounding rounding(whole.type, linear.outputs, linear.inputs, {settings.encoding.effort, settings.isStatic, scaleImportance(*inputs.factor)});
        const RoundingLoss loss = roundWithFeedback(weights, linear.outputs, *inputs.factor, rounding, settings.threads, control);
        report.relativeLoss = loss.relative();
        const double squares = sumOfSquares(weights, linear.outputs * linear.inputs);
        report.relativeError = squares > 0 ? loss.squares / squares : 0;
        const std::vector<std::byte> rows = rounding.take();
        for (std::uint64_t output = 0; output < linear.outputs; ++output)
            copyRow(output, rows.data() + output * stride);
        return;
    }
    report.used = Method::RoundToNearest;
    if (report.asked == Method::Gptq)
        report.note = fmt::format("{} is rounded to nearest, weighted by its inputs", name(whole.type));
    parallelFor(linear.outputs, 1, settings.threads, control, [&](std::size_t begin, std::size_t end) {
        for (std::size_t output = begin; output < end; ++output) {
            codec.encodeRow(weights + output * linear.inputs, inputs.meanSquares.empty() ? nullptr : inputs.meanSquares.data(), linear.inputs,
                            codec.options(settings.encoding), whole.bytes.data() + (firstRowOf(linear) + output * linear.rowStep) * stride);
        }
    });
    const auto decode = [&](std::uint64_t first, std::uint64_t count, float* decoded) {
        for (std::uint64_t row = first; row < first + count; ++row)
            codec.decode(whole.bytes.data() + (firstRowOf(linear) + row * linear.rowStep) * stride, decoded + (row - first) * linear.inputs, linear.inputs);
    };
    setError(report, compare(weights, linear.outputs, linear.inputs, settings.threads, control, decode));
    setLoss(report, weights, linear, inputs, settings.threads, control, decode);
}

void TensorInWork::noteFewTokens()
{
    MatrixReport& report = m_result.reports.back();
    report.used = Method::RoundToNearest;
    report.note = report.tokens == 0 ? "no token reached it: rounded to nearest" : fmt::format("only {} tokens reached it: rounded to nearest", report.tokens);
}

std::shared_ptr<const QuantizedTensor> TensorInWork::finish()
{
    return std::make_shared<const QuantizedTensor>(std::move(m_result));
}

} // namespace quantlathe
