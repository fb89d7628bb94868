// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/row_views.h"

#include "core/codecs/codec.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

namespace quantlathe {

namespace {

/// What all views share: no bytes of their own, and the file of the first part.
class View : public TensorStorage
{
public:
    explicit View(const Tensor& first) : m_file(first.storage().file()), m_offset(first.storage().fileOffset()) {}
    View(std::shared_ptr<const MappedFile> file) : m_file(std::move(file)) {}
    [[nodiscard]] std::span<const std::byte> bytes() const override { return {}; }
    [[nodiscard]] const std::shared_ptr<const MappedFile>& file() const override { return m_file; }
    [[nodiscard]] std::uint64_t fileOffset() const override { return m_offset; }

private:
    std::shared_ptr<const MappedFile> m_file;
    std::uint64_t m_offset = 0;
};

void apply(const WeightShift& shift, float* weights, std::uint64_t count)
{
    if (shift == WeightShift{})
        return;
    for (std::uint64_t index = 0; index < count; ++index)
        weights[index] = (weights[index] + shift.offset) * shift.factor;
}

bool canDecodeAll(const std::vector<Tensor>& parts)
{
    return std::all_of(parts.begin(), parts.end(), [](const Tensor& part) { return part.canDecode(); });
}

class GatheredRows final : public View
{
public:
    GatheredRows(std::vector<Tensor> parts, std::uint64_t rowsPerPart, const RowMap& map, const WeightShift& shift)
        : View(parts.front()), m_parts(std::move(parts)), m_rowsPerPart(rowsPerPart), m_map(map), m_shift(shift)
    {
    }
    [[nodiscard]] bool canDecode() const override { return canDecodeAll(m_parts); }
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        const std::uint64_t rowLength = m_parts.front().shape().rowLength();
        std::uint64_t done = 0;
        while (done < count) {
            const std::uint64_t part = (first + done) / m_rowsPerPart;
            const std::uint64_t begin = m_map.sourceRow((first + done) % m_rowsPerPart);
            std::uint64_t run = 1; // rows that follow each other in the source too are decoded together
            while (done + run < count && (first + done + run) / m_rowsPerPart == part
                   && m_map.sourceRow((first + done + run) % m_rowsPerPart) == begin + run)
                ++run;
            m_parts[part].decodeRows(begin, run, weights + done * rowLength);
            done += run;
        }
        apply(m_shift, weights, count * rowLength);
    }

private:
    std::vector<Tensor> m_parts;
    std::uint64_t m_rowsPerPart;
    RowMap m_map;
    WeightShift m_shift;
};

/// Small tensors: each part is decoded whole.
class GatheredWeights final : public View
{
public:
    GatheredWeights(std::vector<Tensor> parts, std::uint64_t perPart, std::uint64_t rowLength, const RowMap& map, const WeightShift& shift)
        : View(parts.front()), m_parts(std::move(parts)), m_perPart(perPart), m_rowLength(rowLength), m_map(map), m_shift(shift)
    {
    }
    [[nodiscard]] bool canDecode() const override { return canDecodeAll(m_parts); }
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        std::vector<float> source;
        const Tensor* decoded = nullptr;
        for (std::uint64_t index = 0; index < count * m_rowLength; ++index) {
            const std::uint64_t weight = first * m_rowLength + index;
            const Tensor& part = m_parts[weight / m_perPart];
            if (decoded != &part) {
                source.resize(part.shape().weightCount());
                part.decodeRows(0, part.shape().rowCount(), source.data());
                decoded = &part;
            }
            weights[index] = source[m_map.sourceRow(weight % m_perPart)];
        }
        apply(m_shift, weights, count * m_rowLength);
    }

private:
    std::vector<Tensor> m_parts;
    std::uint64_t m_perPart;
    std::uint64_t m_rowLength;
    RowMap m_map;
    WeightShift m_shift;
};

class TransposedMatrices final : public View
{
public:
    TransposedMatrices(Tensor source, const ColumnMap& map) : View(source), m_source(std::move(source)), m_map(map) {}
    [[nodiscard]] bool canDecode() const override { return m_source.canDecode(); }
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        std::vector<float> row;
        std::uint64_t done = 0;
        while (done < count) {
            const std::uint64_t matrix = (first + done) / m_map.columns;
            const std::uint64_t column = (first + done) % m_map.columns;
            const std::uint64_t run = std::min(count - done, m_map.columns - column);
            const std::uint64_t from = m_map.firstColumn + column * m_map.step;
            row.resize((run - 1) * m_map.step + 1);
            for (std::uint64_t k = 0; k < m_map.rows; ++k) {
                read(m_map.firstRow + matrix * m_map.stride + k, from, row);
                for (std::uint64_t j = 0; j < run; ++j)
                    weights[(done + j) * m_map.rows + k] = row[j * m_map.step];
            }
            done += run;
        }
    }

private:
    /// Weights [from, from + weights.size()) of one source row.
    void read(std::uint64_t sourceRow, std::uint64_t from, std::vector<float>& weights) const
    {
        const std::uint64_t rowLength = m_source.shape().rowLength();
        const TensorTypeInfo& type = info(m_source.type());
        if (const auto bytes = m_source.bytes(); !bytes.empty() && type.weightsPerBlock == 1) {
            codecFor(m_source.type()).decode(bytes.data() + (sourceRow * rowLength + from) * type.bytesPerBlock, weights.data(), weights.size());
            return;
        }
        std::vector<float> whole(rowLength);
        m_source.decodeRows(sourceRow, 1, whole.data());
        std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(from), weights.size(), weights.begin());
    }

    Tensor m_source;
    ColumnMap m_map;
};

class PackedFp4Rows final : public View
{
public:
    PackedFp4Rows(StoredPiece blocks, StoredPiece scales, std::uint64_t rowLength)
        : View(blocks.file), m_blocks(std::move(blocks)), m_scales(std::move(scales)), m_blocksPerRow(rowLength / weightsPerBlock)
    {
    }
    [[nodiscard]] bool canDecode() const override { return true; }
    /// Each block is brought into GGUF's order (weight j in the low, weight j + 16 in the high nibble), which our codec reads.
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        const auto codes = m_blocks.file->bytes().subspan(m_blocks.offset, m_blocks.sizeBytes);
        const auto scales = m_scales.file->bytes().subspan(m_scales.offset, m_scales.sizeBytes);
        constexpr std::size_t bytes = weightsPerBlock / 2;
        for (std::uint64_t block = first * m_blocksPerRow; block < (first + count) * m_blocksPerRow; ++block) {
            std::array<std::byte, 1 + bytes> gguf{scales[block]};
            const auto nibble = [&](std::size_t weight) {
                const std::byte pair = codes[block * bytes + weight / 2];
                return weight % 2 == 0 ? pair & std::byte{15} : pair >> 4;
            };
            for (std::size_t j = 0; j < bytes; ++j)
                gguf[1 + j] = nibble(j) | nibble(j + bytes) << 4;
            codecFor(TensorType::MXFP4).decode(gguf.data(), weights, weightsPerBlock);
            weights += weightsPerBlock;
        }
    }

private:
    static constexpr std::size_t weightsPerBlock = 32;
    StoredPiece m_blocks;
    StoredPiece m_scales;
    std::uint64_t m_blocksPerRow;
};

class ComputedWeights final : public View
{
public:
    ComputedWeights(std::vector<float> weights, std::uint64_t rowLength, std::shared_ptr<const MappedFile> file)
        : View(std::move(file)), m_weights(std::move(weights)), m_rowLength(rowLength)
    {
    }
    [[nodiscard]] bool canDecode() const override { return true; }
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        std::copy_n(m_weights.begin() + static_cast<std::ptrdiff_t>(first * m_rowLength), count * m_rowLength, weights);
    }

private:
    std::vector<float> m_weights;
    std::uint64_t m_rowLength;
};

} // namespace

std::uint64_t RowMap::sourceRow(std::uint64_t row) const
{
    const std::uint64_t number = block == 0 ? 0 : row / block;
    std::uint64_t inBlock = block == 0 ? row : row % block;
    if (isRotated)
        inBlock = (inBlock % 2) * (block / 2) + inBlock / 2;
    if (isUnrotated)
        inBlock = inBlock < block / 2 ? 2 * inBlock : 2 * (inBlock - block / 2) + 1;
    return first + number * stride + inBlock * step;
}

RowMap RowMap::rotated(std::uint64_t rows)
{
    return {.block = rows, .stride = rows, .isRotated = true};
}

Tensor renamed(std::string name, Shape shape, const Tensor& source)
{
    assert(shape.weightCount() == source.shape().weightCount());
    if (const auto bytes = source.bytes(); !bytes.empty())
        return Tensor::stored(std::move(name), std::move(shape), source.type(), source.storage().file(), source.storage().fileOffset());
    return gathered(std::move(name), std::move(shape), {source}, {}, {}, shape.rowLength() != source.shape().rowLength());
}

Tensor gathered(std::string name, Shape shape, std::vector<Tensor> parts, const RowMap& map, const WeightShift& shift, bool countsWeights)
{
    assert(!parts.empty());
    const TensorType type = parts.front().type();
    const std::uint64_t count = parts.size();
    std::shared_ptr<const TensorStorage> storage;
    if (countsWeights || shape.rank() < 2)
        storage = std::make_shared<const GatheredWeights>(std::move(parts), std::max<std::uint64_t>(1, shape.weightCount() / count), shape.rowLength(), map, shift);
    else
        storage = std::make_shared<const GatheredRows>(std::move(parts), std::max<std::uint64_t>(1, shape.rowCount() / count), map, shift);
    return {std::move(name), std::move(shape), type, std::move(storage)};
}

Tensor transposed(std::string name, Shape shape, Tensor source, const ColumnMap& map)
{
    assert(shape.rowLength() == map.rows);
    const TensorType type = source.type();
    return {std::move(name), std::move(shape), type, std::make_shared<const TransposedMatrices>(std::move(source), map)};
}

Tensor packedFp4(std::string name, Shape shape, StoredPiece blocks, StoredPiece scales)
{
    assert(blocks.sizeBytes == shape.weightCount() / 2 && scales.sizeBytes == shape.weightCount() / 32);
    const std::uint64_t rowLength = shape.rowLength();
    return {std::move(name), std::move(shape), TensorType::MXFP4, std::make_shared<const PackedFp4Rows>(std::move(blocks), std::move(scales), rowLength)};
}

Tensor computed(std::string name, Shape shape, std::vector<float> weights, std::shared_ptr<const MappedFile> file)
{
    assert(shape.weightCount() == weights.size());
    const std::uint64_t rowLength = shape.rowLength();
    return {std::move(name), std::move(shape), TensorType::F32, std::make_shared<const ComputedWeights>(std::move(weights), rowLength, std::move(file))};
}

} // namespace quantlathe
