// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/formats/quantized/module_pieces.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/codecs/codec.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace quantlathe::quantized {

std::string shapeText(const std::vector<std::uint64_t>& dimensions)
{
    return fmt::format("[{}]", fmt::join(dimensions, ", "));
}

void readNumbers(const Tensor& tensor, std::uint64_t first, std::span<float> values)
{
    const auto bytes = tensor.bytes().subspan(static_cast<std::size_t>(first * info(tensor.type()).bytesPerBlock));
    codecFor(tensor.type()).decode(bytes.data(), values.data(), values.size());
}

void ModulePieces::add(std::string_view suffix, std::size_t index, Tensor tensor)
{
    m_pieces.push_back({suffix, index, std::move(tensor)});
}

const Tensor* ModulePieces::find(std::string_view suffix) const
{
    for (const Piece& piece : m_pieces) {
        if (piece.suffix == suffix)
            return &piece.tensor;
    }
    return nullptr;
}

const Tensor& ModulePieces::need(std::string_view suffix) const
{
    const Tensor* tensor = find(suffix);
    if (!tensor)
        fail(fmt::format("the quantized layer has no '{}'", suffix));
    return *tensor;
}

const Tensor* ModulePieces::check(std::string_view suffix, std::initializer_list<TensorType> types, std::size_t rank) const
{
    return find(suffix) ? &need(suffix, types, rank) : nullptr;
}

const Tensor& ModulePieces::need(std::string_view suffix, std::initializer_list<TensorType> types, std::size_t rank) const
{
    const Tensor& tensor = need(suffix);
    if (std::find(types.begin(), types.end(), tensor.type()) == types.end()) {
        std::string wanted;
        for (const TensorType type : types)
            wanted += fmt::format("{}{}", wanted.empty() ? "" : " or ", name(type));
        fail(fmt::format("its '{}' is {}, but must be {}", suffix, name(tensor.type()), wanted));
    }
    if (tensor.shape().rank() != rank)
        fail(fmt::format("its '{}' has the shape {}, but must have {} dimensions", suffix, shapeText(tensor.shape().dimensions()), rank));
    return tensor;
}

void ModulePieces::requireShape(std::string_view suffix, const std::vector<std::uint64_t>& expected, std::string_view why) const
{
    const Tensor& tensor = need(suffix);
    if (tensor.shape().dimensions() != expected) {
        fail(fmt::format("its '{}' has the shape {}, but {} ask for {}", suffix, shapeText(tensor.shape().dimensions()), why,
                         shapeText(expected)));
    }
}

std::size_t ModulePieces::place() const
{
    const auto indices = this->indices();
    return *std::min_element(indices.begin(), indices.end());
}

std::vector<std::size_t> ModulePieces::indices() const
{
    std::vector<std::size_t> result;
    result.reserve(m_pieces.size());
    for (const Piece& piece : m_pieces)
        result.push_back(piece.index);
    return result;
}

std::vector<StoredPiece> ModulePieces::stored(std::string_view codes) const
{
    std::vector<StoredPiece> result;
    for (const Piece& piece : m_pieces) {
        const TensorStorage& storage = piece.tensor.storage();
        result.insert(piece.suffix == codes ? result.begin() : result.end(),
                      {piece.tensor.name(), storage.file(), storage.fileOffset(), piece.tensor.sizeBytes()});
    }
    return result;
}

void ModulePieces::fail(const std::string& message) const
{
    const auto& file = m_pieces.front().tensor.storage().file();
    throw Error(ErrorKind::BadFormat, message, {file->path(), std::nullopt, printable(m_module)});
}

} // namespace quantlathe::quantized
