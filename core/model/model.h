// SPDX-License-Identifier: GPL-3.0-or-later
// An opened model: metadata, tensors and what they mean. Immutable; shared by pointer; cheap to open whatever its size.
#pragma once

#include "core/model/architecture.h"
#include "core/model/metadata.h"
#include "core/model/tensor.h"

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace quantlathe {

enum class ModelFormat { Gguf, Safetensors, HuggingFace };
/// "GGUF", "safetensors", "Hugging Face folder".
std::string_view name(ModelFormat format);

class Model
{
public:
    struct Contents
    {
        ModelFormat format = ModelFormat::Gguf;
        std::filesystem::path path;               ///< what the person opened: a file, or a folder
        std::vector<std::filesystem::path> files; ///< all files that hold tensors, in order
        /// The same files, mapped: their sizes count, and they are watched for changes, even where they hold no tensor.
        /// Files of the tensors are added by themselves.
        std::vector<std::shared_ptr<const MappedFile>> mappings;
        int formatVersion = 0;                    ///< GGUF version; 0 elsewhere
        std::uint64_t alignment = 32;             ///< GGUF data alignment, bytes
        Metadata metadata;
        Architecture architecture;
        std::vector<Tensor> tensors;              ///< in file order
        std::vector<TensorPlace> places;          ///< same order as tensors
    };

    explicit Model(Contents contents);

    [[nodiscard]] ModelFormat format() const { return m_contents.format; }
    [[nodiscard]] const std::filesystem::path& path() const { return m_contents.path; }
    [[nodiscard]] std::span<const std::filesystem::path> files() const { return m_contents.files; }
    /// All files, mapped; at least those of the tensors.
    [[nodiscard]] std::span<const std::shared_ptr<const MappedFile>> mappings() const { return m_contents.mappings; }
    [[nodiscard]] int formatVersion() const { return m_contents.formatVersion; }
    [[nodiscard]] std::uint64_t alignment() const { return m_contents.alignment; }
    [[nodiscard]] const Metadata& metadata() const { return m_contents.metadata; }
    [[nodiscard]] const Architecture& architecture() const { return m_contents.architecture; }
    [[nodiscard]] std::span<const Tensor> tensors() const { return m_contents.tensors; }
    [[nodiscard]] const TensorPlace& place(std::size_t tensorIndex) const { return m_contents.places[tensorIndex]; }
    /// Index of a tensor by its own name; nothing when absent.
    [[nodiscard]] std::optional<std::size_t> indexOf(std::string_view tensorName) const;

    [[nodiscard]] std::uint64_t weightCount() const { return m_weightCount; }
    /// Sum of the tensors' stored bytes, without headers and padding.
    [[nodiscard]] std::uint64_t tensorBytes() const { return m_tensorBytes; }
    /// Size of all files together.
    [[nodiscard]] std::uint64_t fileBytes() const { return m_fileBytes; }

    /// @throws Error(SourceChanged) when a file changed since it was opened
    void throwIfSourceChanged() const;

private:
    Contents m_contents;
    std::vector<std::size_t> m_byName; ///< tensor indices sorted by name
    std::uint64_t m_weightCount = 0;
    std::uint64_t m_tensorBytes = 0;
    std::uint64_t m_fileBytes = 0;
};

} // namespace quantlathe
