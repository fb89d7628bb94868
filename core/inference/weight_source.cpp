// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/weight_source.h"

#include "core/base/parallel.h"
#include "core/base/text.h"
#include "core/codecs/codec.h"
#include "core/inference/turned_matrix.h"
#include "core/model/stored_orientation.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <span>
#include <utility>
#include <vector>

namespace quantlathe {

namespace {

class StoredRows final : public WeightRows
{
public:
    explicit StoredRows(Tensor tensor) : m_tensor(std::move(tensor)) {}
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override { m_tensor.decodeRows(first, count, weights); }

private:
    Tensor m_tensor;
};

/// Rows as a type holds them.
class EncodedRows final : public WeightRows
{
public:
    EncodedRows(const Codec& codec, std::uint64_t rowLength, std::uint64_t rowBytes, std::vector<std::byte> bytes, bool isTurned)
        : m_codec(codec), m_rowLength(rowLength), m_rowBytes(rowBytes), m_bytes(std::move(bytes)), m_isTurned(isTurned)
    {
    }
    bool isTurned() const override { return m_isTurned; }
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        m_codec.decode(m_bytes.data() + first * m_rowBytes, weights, static_cast<std::size_t>(count * m_rowLength));
    }

private:
    const Codec& m_codec;
    std::uint64_t m_rowLength;
    std::uint64_t m_rowBytes;
    std::vector<std::byte> m_bytes;
    bool m_isTurned;
};

class StoredWeights final : public WeightSource
{
public:
    explicit StoredWeights(std::shared_ptr<const Model> model) : m_model(std::move(model)) {}
    const Model& model() const override { return *m_model; }
    bool isAsStored(std::size_t) const override { return true; }
    std::shared_ptr<const WeightRows> rows(std::size_t tensor, unsigned, const RunControl&) const override { return storedRows(*m_model, tensor); }

private:
    std::shared_ptr<const Model> m_model;
};

void throwIfNotFinite(const Model& model, std::size_t index, std::uint64_t firstRow, std::span<const float> weights)
{
    const auto bad = std::find_if(weights.begin(), weights.end(), [](float weight) { return !std::isfinite(weight); });
    if (bad == weights.end())
        return;
    const MatrixExtents extents = matrixExtents(model, index);
    const auto position = static_cast<std::uint64_t>(bad - weights.begin());
    std::uint64_t row = firstRow + position / extents.inputs;
    std::uint64_t column = position % extents.inputs;
    if (isStoredTransposed(model, index)) {
        const std::uint64_t output = row % extents.outputs;
        row = row / extents.outputs * extents.inputs + column;
        column = output;
    }
    throw Error(ErrorKind::BadFormat, fmt::format("the weight in row {}, column {} is {}: it cannot be quantized", row, column, *bad),
                {model.path(), std::nullopt, model.tensors()[index].name()});
}

class PlannedWeights final : public WeightSource
{
public:
    PlannedWeights(std::shared_ptr<const Model> model, const Plan& plan, std::shared_ptr<const ImportanceMatch> importance)
        : m_model(std::move(model)), m_importance(std::move(importance)), m_encoding(plan.encoding)
    {
        m_types.reserve(m_model->tensors().size());
        for (std::size_t index = 0; index < m_model->tensors().size(); ++index) {
            const auto choice = plan.choice(m_model->tensors()[index].name());
            const WrittenType written = writtenType(computedFacts(*m_model, index), choice ? std::optional(choice->type) : std::nullopt);
            const TensorType stored = m_model->tensors()[index].type();
            // What holds every value of the stored type changes nothing.
            m_types.push_back(isWider(written.type, stored) ? stored : written.type);
        }
    }

    const Model& model() const override { return *m_model; }
    TensorType type(std::size_t tensor) const override { return m_types[tensor]; }
    bool isAsStored(std::size_t tensor) const override { return m_types[tensor] == m_model->tensors()[tensor].type(); }

    std::shared_ptr<const WeightRows> rows(std::size_t index, unsigned threads, const RunControl& control) const override
    {
        const Tensor& tensor = m_model->tensors()[index];
        if (isAsStored(index) || !tensor.canDecode())
            return storedRows(*m_model, index);
        const Codec& codec = codecFor(m_types[index]);
        if (!codec.canEncode() || !codec.canDecode()) {
            throw Error(ErrorKind::Unsupported, fmt::format("{} cannot be written yet", name(m_types[index])),
                        {m_model->path(), std::nullopt, tensor.name()}, "Choose another type for this tensor");
        }
        const MatrixExtents extents = matrixExtents(*m_model, index);
        const std::uint64_t rowBytes = sizeBytesOf(m_types[index], extents.inputs);
        const std::uint64_t rowsPerChunk = std::max<std::uint64_t>(1, weightsPerChunk / extents.inputs);
        std::vector<std::byte> bytes(extents.matrices * extents.outputs * rowBytes);
        const auto encode = [&](std::uint64_t firstRow, std::uint64_t count, const float* weights) {
            throwIfNotFinite(*m_model, index, firstRow, {weights, count * extents.inputs});
            const std::vector<float> factors = factorsOf(index, firstRow, firstRow + count);
            codec.encodeRow(weights, factors.empty() ? nullptr : factors.data(), count * extents.inputs, codec.options(m_encoding),
                            bytes.data() + firstRow * rowBytes);
        };
        const bool isTurned = isStoredTransposed(*m_model, index);
        if (!isTurned) {
            parallelFor(extents.matrices * extents.outputs, rowsPerChunk, threads, control, [&](std::size_t begin, std::size_t end) {
                std::vector<float> weights((end - begin) * extents.inputs);
                tensor.decodeRows(begin, end - begin, weights.data());
                encode(begin, end - begin, weights.data());
            });
        } else {
            // A column lies in all rows: one matrix at a time is turned whole.
            std::vector<float> weights(extents.outputs * extents.inputs);
            for (std::uint64_t matrix = 0; matrix < extents.matrices; ++matrix) {
                turn(*storedRows(*m_model, index), {matrix * extents.inputs, extents.inputs, extents.outputs, 0, 1, extents.outputs}, threads, control,
                     weights.data());
                parallelFor(extents.outputs, rowsPerChunk, threads, control, [&](std::size_t begin, std::size_t end) {
                    encode(matrix * extents.outputs + begin, end - begin, weights.data() + begin * extents.inputs);
                });
            }
        }
        tensor.throwIfSourceChanged();
        return std::make_shared<EncodedRows>(codec, extents.inputs, rowBytes, std::move(bytes), isTurned);
    }

private:
    static constexpr std::uint64_t weightsPerChunk = 64 * 1024;

    /// The importance of rows [begin, end), one after the other; empty = none.
    std::vector<float> factorsOf(std::size_t index, std::uint64_t begin, std::uint64_t end) const
    {
        if (!m_importance || m_importance->of(index).isEmpty())
            return {};
        const TensorImportance& importance = m_importance->of(index);
        const std::size_t length = importance.rowLength();
        std::vector<float> factors((end - begin) * length);
        for (std::uint64_t row = begin; row < end; ++row)
            importance.read(row, 0, {factors.data() + (row - begin) * length, length});
        return factors;
    }

    static bool isWider(TensorType type, TensorType stored)
    {
        return type == TensorType::F32 && (stored == TensorType::F16 || stored == TensorType::BF16);
    }
    static std::uint64_t sizeBytesOf(TensorType type, std::uint64_t weights)
    {
        return weights / info(type).weightsPerBlock * info(type).bytesPerBlock;
    }

    std::shared_ptr<const Model> m_model;
    std::shared_ptr<const ImportanceMatch> m_importance;
    Encoding m_encoding;
    std::vector<TensorType> m_types; ///< as used, by tensor
};

} // namespace

std::shared_ptr<const WeightRows> storedRows(const Model& model, std::size_t index)
{
    const Tensor& tensor = model.tensors()[index];
    if (!tensor.canDecode()) {
        throw Error(ErrorKind::Unsupported, fmt::format("weights stored as {} cannot be decoded yet", name(tensor.type())),
                    {model.path(), std::nullopt, tensor.name()});
    }
    return std::make_shared<StoredRows>(tensor);
}

TensorType WeightSource::type(std::size_t tensor) const
{
    return model().tensors()[tensor].type();
}

std::shared_ptr<const WeightSource> storedWeights(std::shared_ptr<const Model> model)
{
    return std::make_shared<StoredWeights>(std::move(model));
}

std::shared_ptr<const WeightSource> plannedWeights(std::shared_ptr<const Model> model, Plan plan,
                                                   std::shared_ptr<const ImportanceMatch> importance)
{
    throwUnlessRounded(plan);
    return std::make_shared<PlannedWeights>(std::move(model), plan, std::move(importance));
}

} // namespace quantlathe
