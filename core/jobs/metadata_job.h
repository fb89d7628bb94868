// SPDX-License-Identifier: GPL-3.0-or-later
// Writing edited metadata of a GGUF model: as a new file, or into the file itself.
#pragma once

#include "core/base/run_control.h"
#include "core/model/metadata_edits.h"
#include "core/model/model.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace quantlathe {

struct MetadataSaveRequest
{
    std::shared_ptr<const Model> model;
    MetadataEdits edits;
    /// A new file; of a split model the name of its first part, or the common name of all. Empty = the model itself, which only
    /// an explicit wish of the person may ask for.
    std::filesystem::path target;
    /// Room for later edits that a newly written header gets; 0 = what the alignment leaves.
    std::uint64_t reserveBytes = 0;
};

/// What saving will do, before it starts.
struct MetadataSaveOutlook
{
    bool isHeaderOnly = false;       ///< the new header fits where the old one is: nothing else is written
    std::uint64_t headerBytes = 0;   ///< of the new header, padded
    std::uint64_t writtenBytes = 0;  ///< in all
    std::vector<std::filesystem::path> files; ///< that are written
};

struct MetadataSaveResult
{
    bool isHeaderOnly = false;
    std::uint64_t writtenBytes = 0;
    double seconds = 0;
    std::vector<std::filesystem::path> files;
};

/// Checks everything that can be checked without writing. @throws Error(InvalidArgument) for edits that cannot be (checkEdits),
/// a target that is the model itself or a folder; Unsupported for models that are no GGUF; DiskFull, AccessDenied, NotFound
MetadataSaveOutlook metadataOutlook(const MetadataSaveRequest& request);

/// Header-only: in milliseconds, with a backup beside the file until it is on disk (core/formats/gguf/header_edit.h). Otherwise
/// the tensor data are copied by the system (shared, where the file system can), everything is read back and compared, and
/// only then renamed: the original, or what was there, stays until then. Progress in bytes, written and read back.
/// After saving into the model's own file request.model shows a file that has changed: open it again.
/// @throws as metadataOutlook(); SourceChanged, Io; Cancelled
MetadataSaveResult saveMetadata(const MetadataSaveRequest& request, const RunControl& control);

} // namespace quantlathe
