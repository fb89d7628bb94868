// SPDX-License-Identifier: GPL-3.0-or-later
// Measured errors on disk, so that a model opened again shows them at once.
#pragma once

#include "core/analysis/error_survey.h"

#include <filesystem>

namespace quantlathe {

/// One file per model, encoding and importance data, named by what the model's header says (names, shapes, types, places and file sizes) and by the
/// version of the encoders, wherever the model lies and whatever it is called. Beside the figures it keeps the
/// modification times of the model's files and a hash of each tensor's sample.
///
/// Times that are the same: everything is taken over. Others (a copy, or other weights under the same header): only the
/// sampled figures of tensors whose sample is the same, bit for bit; what was exact is measured again.
///
/// A cache can be deleted at any time, is bounded (oldest first), and never in the way: what cannot be read is ignored.
/// Thread-safe; two programs may share the folder.
class ErrorCache
{
public:
    static constexpr std::uint64_t defaultMaximumBytes = 128u << 20;

    explicit ErrorCache(std::filesystem::path folder = defaultFolder(), std::uint64_t maximumBytes = defaultMaximumBytes);
    /// $XDG_CACHE_HOME/quantlathe/errors, or ~/.cache/quantlathe/errors; empty (no cache) where neither is set.
    static std::filesystem::path defaultFolder();

    [[nodiscard]] const std::filesystem::path& folder() const { return m_folder; }
    [[nodiscard]] std::filesystem::path fileFor(const Model& model, const Encoding& encoding, const ImportanceMatch* importance = nullptr) const;
    /// What is known of @p model; empty when nothing. Reads samples of the model's weights where times differ.
    /// @throws Error(Cancelled)
    [[nodiscard]] ErrorSurvey::Results load(const Model& model, const Encoding& encoding, const RunControl& control,
                                            const ImportanceMatch* importance = nullptr) const;
    /// Replaces what is stored. @throws Error(AccessDenied, DiskFull, Io)
    void save(const Model& model, const Encoding& encoding, const ErrorSurvey::Results& results,
              const ImportanceMatch* importance = nullptr) const;
    /// Deletes all entries. @throws Error(AccessDenied, Io)
    void clear() const;
    [[nodiscard]] std::uint64_t sizeBytes() const;

private:
    void keepWithinLimit(const std::filesystem::path& newest) const;

    std::filesystem::path m_folder;
    std::uint64_t m_maximumBytes;
};

} // namespace quantlathe
