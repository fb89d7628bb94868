// SPDX-License-Identifier: GPL-3.0-or-later
// What every storage made of several stored tensors has in common.
#pragma once

#include "core/model/tensor.h"

#include <string>
#include <utility>
#include <vector>

namespace quantlathe::quantized {

/// Decodes; has pieces and words instead of bytes().
class AssembledStorage : public TensorStorage
{
public:
    /// @param pieces not empty, the codes first
    AssembledStorage(std::vector<StoredPiece> pieces, std::string scheme)
        : m_pieces(std::move(pieces)), m_scheme(std::move(scheme))
    {
    }
    [[nodiscard]] bool canDecode() const override { return true; }
    [[nodiscard]] std::span<const std::byte> bytes() const override { return {}; }
    [[nodiscard]] const std::shared_ptr<const MappedFile>& file() const override { return m_pieces.front().file; }
    [[nodiscard]] std::uint64_t fileOffset() const override { return m_pieces.front().offset; }
    [[nodiscard]] std::span<const StoredPiece> pieces() const override { return m_pieces; }
    [[nodiscard]] std::string_view scheme() const override { return m_scheme; }

private:
    std::vector<StoredPiece> m_pieces;
    std::string m_scheme;
};

} // namespace quantlathe::quantized
