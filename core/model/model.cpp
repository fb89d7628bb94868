// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

namespace quantlathe {

namespace {

/// Every file once, in order of first use.
void addTensorFiles(Model::Contents& contents)
{
    const auto add = [&](const std::shared_ptr<const MappedFile>& file) {
        // Tensors come file by file: the last mapping is nearly always the right one.
        if (!contents.mappings.empty() && contents.mappings.back() == file)
            return;
        if (std::find(contents.mappings.begin(), contents.mappings.end(), file) == contents.mappings.end())
            contents.mappings.push_back(file);
    };
    for (const Tensor& tensor : contents.tensors) {
        add(tensor.storage().file());
        for (const StoredPiece& piece : tensor.storage().pieces())
            add(piece.file);
    }
}

} // namespace

std::string_view name(ModelFormat format)
{
    switch (format) {
    case ModelFormat::Gguf:
        return "GGUF";
    case ModelFormat::Safetensors:
        return "safetensors";
    case ModelFormat::HuggingFace:
        return "Hugging Face folder";
    }
    return "unknown";
}

Model::Model(Contents contents) : m_contents(std::move(contents)), m_byName(m_contents.tensors.size())
{
    assert(m_contents.places.size() == m_contents.tensors.size());
    addTensorFiles(m_contents);
    std::iota(m_byName.begin(), m_byName.end(), std::size_t{0});
    const auto nameOf = [this](std::size_t index) -> const std::string& {
        return m_contents.tensors[index].name();
    };
    std::sort(m_byName.begin(), m_byName.end(),
              [&](std::size_t a, std::size_t b) { return nameOf(a) < nameOf(b); });
    for (const Tensor& tensor : m_contents.tensors) {
        m_weightCount += tensor.shape().weightCount();
        m_tensorBytes += tensor.sizeBytes();
    }
    for (const auto& file : m_contents.mappings)
        m_fileBytes += file->identity().sizeBytes;
}

std::optional<std::size_t> Model::indexOf(std::string_view tensorName) const
{
    const auto found = std::lower_bound(
        m_byName.begin(), m_byName.end(), tensorName,
        [this](std::size_t index, std::string_view name) { return m_contents.tensors[index].name() < name; });
    if (found == m_byName.end() || m_contents.tensors[*found].name() != tensorName)
        return std::nullopt;
    return *found;
}

void Model::throwIfSourceChanged() const
{
    for (const auto& file : m_contents.mappings)
        file->throwIfChanged();
}

} // namespace quantlathe
