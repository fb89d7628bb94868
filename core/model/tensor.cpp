// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/tensor.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/codecs/codec.h"

#include <cassert>
#include <fmt/format.h>
#include <utility>

namespace quantlathe {

namespace {

class ContiguousStorage final : public TensorStorage
{
public:
    ContiguousStorage(std::shared_ptr<const MappedFile> file, std::uint64_t offset, std::uint64_t size,
                      std::uint64_t rowBytes, std::uint64_t rowLength, const Codec& codec)
        : m_file(std::move(file)), m_offset(offset), m_size(size), m_rowBytes(rowBytes),
          m_rowLength(rowLength), m_codec(codec)
    {
    }

    [[nodiscard]] bool canDecode() const override { return m_codec.canDecode(); }
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        const auto blocks = bytes().subspan(static_cast<std::size_t>(first * m_rowBytes));
        m_codec.decode(blocks.data(), weights, static_cast<std::size_t>(count * m_rowLength));
    }
    [[nodiscard]] std::span<const std::byte> bytes() const override
    {
        return m_file->bytes().subspan(static_cast<std::size_t>(m_offset), static_cast<std::size_t>(m_size));
    }
    [[nodiscard]] const std::shared_ptr<const MappedFile>& file() const override { return m_file; }
    [[nodiscard]] std::uint64_t fileOffset() const override { return m_offset; }

private:
    std::shared_ptr<const MappedFile> m_file;
    std::uint64_t m_offset;
    std::uint64_t m_size;
    std::uint64_t m_rowBytes;
    std::uint64_t m_rowLength;
    const Codec& m_codec;
};

std::uint64_t storedBytes(TensorType type, const Shape& shape, const TensorStorage& storage)
{
    if (storage.pieces().empty())
        return tensorBytes(type, shape).value_or(0);
    std::uint64_t sum = 0; // pieces lie side by side in files: no overflow
    for (const StoredPiece& piece : storage.pieces())
        sum += piece.sizeBytes;
    return sum;
}

} // namespace

Tensor::Tensor(std::string name, Shape shape, TensorType type, std::shared_ptr<const TensorStorage> storage)
    : m_name(std::move(name)), m_shape(std::move(shape)), m_type(type),
      m_sizeBytes(storedBytes(type, m_shape, *storage)), m_storage(std::move(storage))
{
}

Tensor Tensor::stored(std::string name, Shape shape, TensorType type, std::shared_ptr<const MappedFile> file,
                      std::uint64_t fileOffset)
{
    const auto size = tensorBytes(type, shape);
    const auto bytesOfRow = rowBytes(type, shape.rowLength());
    assert(size && bytesOfRow);
    assert(fileOffset <= file->bytes().size() && *size <= file->bytes().size() - fileOffset);
    auto storage = std::make_shared<const ContiguousStorage>(std::move(file), fileOffset, *size, *bytesOfRow,
                                                             shape.rowLength(), codecFor(type));
    return {std::move(name), std::move(shape), type, std::move(storage)};
}

void Tensor::decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const
{
    assert(first <= m_shape.rowCount() && count <= m_shape.rowCount() - first);
    if (!canDecode()) {
        throw Error(ErrorKind::Unsupported,
                    fmt::format("weights of type {} cannot be decoded yet", info(m_type).name),
                    {m_storage->file()->path(), m_storage->fileOffset(), printable(m_name)});
    }
    if (count > 0 && m_shape.rowLength() > 0)
        m_storage->decodeRows(first, count, weights);
}

void Tensor::throwIfSourceChanged() const
{
    try {
        m_storage->file()->throwIfChanged();
        for (const StoredPiece& piece : m_storage->pieces())
            piece.file->throwIfChanged();
    } catch (const Error& error) {
        throw Error(error.kind(), error.message(),
                    {error.place().file, m_storage->fileOffset(), printable(m_name)}, error.advice());
    }
}

} // namespace quantlathe
