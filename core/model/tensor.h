// SPDX-License-Identifier: GPL-3.0-or-later
// A named, typed view of stored weights that decodes rows on demand.
#pragma once

#include "core/base/mapped_file.h"
#include "core/types/tensor_type.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace quantlathe {

/// One stored tensor that assembled storage is made of.
struct StoredPiece
{
    std::string name; ///< as in the file
    std::shared_ptr<const MappedFile> file;
    std::uint64_t offset = 0; ///< bytes from the start of the file
    std::uint64_t sizeBytes = 0;
};

/// Where and how weights are stored. Immutable, thread-safe. Contiguous bytes of one type, or (for formats that spread a
/// matrix over several stored tensors) assembled: callers cannot tell, except that assembled storage has no bytes().
class TensorStorage
{
public:
    virtual ~TensorStorage() = default;
    [[nodiscard]] virtual bool canDecode() const = 0;
    /// Writes count * rowLength floats. @throws Error(Unsupported, SourceChanged); BadFormat where stored numbers that only
    /// decoding reads (a group's number) make no sense
    virtual void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const = 0;
    /// The stored bytes in the file mapping; empty when assembled.
    [[nodiscard]] virtual std::span<const std::byte> bytes() const = 0;
    /// The file that holds (the first piece of) the weights; never null.
    [[nodiscard]] virtual const std::shared_ptr<const MappedFile>& file() const = 0;
    /// Bytes from the start of file() to the first weight.
    [[nodiscard]] virtual std::uint64_t fileOffset() const = 0;
    /// What assembled storage is made of, file() and fileOffset() those of the first; empty for contiguous bytes.
    [[nodiscard]] virtual std::span<const StoredPiece> pieces() const { return {}; }
    /// How the weights are quantized, in words ("GPTQ 4 bit, groups of 128, symmetric"), where the type alone does not say;
    /// else empty.
    [[nodiscard]] virtual std::string_view scheme() const { return {}; }
};

/// Value type, cheap to copy (shares its storage). Rows are the last dimension (see Shape).
class Tensor
{
public:
    Tensor(std::string name, Shape shape, TensorType type, std::shared_ptr<const TensorStorage> storage);

    /// The usual case: contiguous little-endian blocks of @p type at @p fileOffset. The range must lie inside the file
    /// (readers have checked it; asserted here).
    static Tensor stored(std::string name, Shape shape, TensorType type, std::shared_ptr<const MappedFile> file,
                         std::uint64_t fileOffset);

    [[nodiscard]] const std::string& name() const { return m_name; }
    [[nodiscard]] const Shape& shape() const { return m_shape; }
    [[nodiscard]] TensorType type() const { return m_type; }
    /// Bytes of the stored weights, without padding; of all pieces where they are assembled.
    [[nodiscard]] std::uint64_t sizeBytes() const { return m_sizeBytes; }
    [[nodiscard]] const TensorStorage& storage() const { return *m_storage; }
    [[nodiscard]] std::span<const std::byte> bytes() const { return m_storage->bytes(); }
    /// As TensorStorage::scheme().
    [[nodiscard]] std::string_view scheme() const { return m_storage->scheme(); }

    [[nodiscard]] bool canDecode() const { return m_storage->canDecode(); }
    /// Decodes rows [first, first + count) into count * shape().rowLength() floats. Thread-safe. Does not check whether
    /// the file changed: call throwIfSourceChanged() after a pass.
    /// @throws Error(Unsupported) naming the tensor and type when the type is not decoded
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const;
    /// @throws Error(SourceChanged) naming this tensor
    void throwIfSourceChanged() const;

private:
    std::string m_name;
    Shape m_shape;
    TensorType m_type;
    std::uint64_t m_sizeBytes = 0;
    std::shared_ptr<const TensorStorage> m_storage;
};

} // namespace quantlathe
