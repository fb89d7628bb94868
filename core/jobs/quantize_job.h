// SPDX-License-Identifier: GPL-3.0-or-later
// The streaming pipeline read -> quantize -> write -> verify -> rename, in bounded memory.
#pragma once

#include "core/analysis/quantization_error.h"
#include "core/base/run_control.h"
#include "core/jobs/export_layout.h"
#include "core/methods/layer_journal.h"
#include "core/model/importance_match.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace quantlathe {

struct QuantizeRequest
{
    std::shared_ptr<const Model> model;
    Plan plan;
    std::shared_ptr<const ImportanceMatch> importance; ///< of this model, or null: then encoders weigh as they do without
    /// Tensors that methods have already encoded (methods/quantize_layers.h): all those of the plan that are not simply rounded. Null = none.
    std::shared_ptr<const LayerJournal> calibrated;
    MetadataEdits edits;                            ///< of the metadata; all go into the output
    std::filesystem::path target;
    unsigned threads = 0;                           ///< 0 = automatic; the output does not depend on it
    std::uint64_t maximumMemoryBytes = 1ull << 30;  ///< beyond the mapped input
    std::uint64_t splitBytes = 0;                   ///< 0 = one file
    bool resume = false;    ///< continue an interrupted run of the same request; starts afresh when there is none
    bool keepPartial = true;///< after a failure or cancel leave what a later resume needs
    NonFinite nonFinite = NonFinite::Fail; ///< NaN and infinities in tensors that are not copied
    bool measureError = true; ///< fill TensorResult::error
};

struct TensorResult
{
    std::string name;
    TensorType sourceType;
    TensorType type;
    std::uint64_t sizeBytes = 0;
    bool isCopy = false;
    bool isWeighted = false; ///< importance data were used for it
    bool isCalibrated = false; ///< a method encoded it
    ErrorSums error;        ///< zero for copies; against the replaced weights where any were
    ReplacedWeights replaced{}; ///< with NonFinite::Clamp
};

struct QuantizeResult
{
    std::vector<std::filesystem::path> files;
    std::uint64_t totalBytes = 0;
    std::uint64_t resumedBytes = 0; ///< taken over from the interrupted run
    double seconds = 0;
    std::vector<TensorResult> tensors;
    std::vector<std::string> notes; ///< what engines will do otherwise than the source's configuration says
    ErrorSums error;        ///< over all quantized tensors
    ReplacedWeights replaced;
    Encoding encoding;      ///< as the plan asked
};

/// Refuses before any work what cannot end well: importance data of another model, target is (part of) the source, folder missing or read-only, not enough
/// free space. @throws Error(InvalidArgument, AccessDenied, NotFound, DiskFull, Unsupported)
void checkRequest(const QuantizeRequest& request, const ExportLayout& layout);

/// Runs on the calling thread plus request.threads workers. Progress in bytes of output. The target holds either the
/// complete new file(s) or what was there before, whenever the process ends.
/// @throws Error of any kind; Cancelled after control.stop
QuantizeResult runQuantize(const QuantizeRequest& request, const RunControl& control);

/// True when an interrupted run of the same request left something to resume.
bool canResume(const QuantizeRequest& request);
/// Removes what an interrupted run left beside @p target.
void discardPartial(const std::filesystem::path& target);

} // namespace quantlathe
