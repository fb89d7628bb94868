// SPDX-License-Identifier: GPL-3.0-or-later
// Writes a folder for vLLM, TGI or transformers: quantize -> pack -> write -> read back -> rename, one matrix at a time.
#pragma once

#include "core/analysis/quantization_error.h"
#include "core/base/run_control.h"
#include "core/convert/export_folder.h"
#include "core/convert/quantized_source.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace quantlathe {

struct FolderRequest
{
    std::shared_ptr<const Model> model;
    Plan plan;                          ///< target is a folder's
    FolderOptions options;
    std::filesystem::path target;       ///< must not exist, or be an empty folder
    std::shared_ptr<QuantizedSource> source; ///< null: round to nearest
    unsigned threads = 0;               ///< 0 = automatic; the output does not depend on it
};

struct FolderTensorResult
{
    std::string name;
    TensorType sourceType;
    std::string scheme;        ///< in words, as the folder's reader calls it; empty for plain numbers
    TensorType type;           ///< as the folder's reader calls it
    std::uint64_t sizeBytes = 0;
    ErrorSums error;           ///< zero for plain numbers, and where the method moved scales between layers
    std::optional<double> relativeError{}; ///< then: what the method reports
};

struct FolderResult
{
    std::filesystem::path folder;
    std::vector<std::string> files;
    std::uint64_t totalBytes = 0;
    double seconds = 0;
    std::vector<FolderTensorResult> tensors;
    ErrorSums error;           ///< over all quantized tensors
    std::vector<LoadFinding> findings;
    std::vector<std::string> notes;
};

/// Refuses before any work what cannot end well: a target that is the source, a file or a folder with something in it; a folder that is missing or
/// read-only; less free space than @p bytes. @throws Error(InvalidArgument, AccessDenied, NotFound, DiskFull)
void checkFolderRequest(const FolderRequest& request, std::uint64_t bytes);

/// Everything is written into ".NAME.quantlathe-part" beside the target, put on the disk, opened again as any model and compared: every tensor must
/// decode to the weights that were meant, bit for bit. Then the folder gets its name. After a failure or cancel nothing is left.
/// Memory: about two bytes per weight of the largest matrix, and a chunk of rows per thread. Progress in bytes of output, written, then verified.
/// @throws Error(InvalidArgument, AccessDenied, DiskFull, Io, Cancelled, SourceChanged); as makeFolderOutput(); Io where what was read back is something else
FolderResult runFolderExport(const FolderRequest& request, const RunControl& control);

} // namespace quantlathe
