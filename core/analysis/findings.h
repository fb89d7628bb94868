// SPDX-License-Identifier: GPL-3.0-or-later
// What deserves attention in a model: what it is, where, and what to do about it.
#pragma once

#include "core/base/run_control.h"
#include "core/model/model.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace quantlathe {

enum class Severity : std::uint8_t {
    Problem, ///< a runner refuses the file or computes nonsense
    Warning, ///< works, but probably not as meant
    Hint     ///< worth knowing
};
/// "problem", "warning", "hint".
std::string_view name(Severity severity);
std::optional<Severity> severityFromName(std::string_view name);

enum class FindingKind : std::uint8_t {
    // weights, by checkWeights()
    NonFiniteWeights, ConstantTensor, ConstantRows, DuplicateTensors,
    // header, by checkHeader()
    MissingKey, WrongKeyType, BadValue, TokenizerMismatch, BadTokenId, DuplicateTokens, MissingChatTemplate,
    MetadataContradictsShape, MissingLayer, MissingTensor, UnknownArchitecture, TensorLayout, TensorName,
    // types, by checkTypes() of core/plan
    UnsupportedType, FellBack, Requantized, NeedsImportance, CannotWrite, FileType
};
/// Stable id for JSON and CSV: "non-finite-weights", "fell-back" ...
std::string_view name(FindingKind kind);

struct Finding
{
    FindingKind kind = FindingKind::BadValue;
    Severity severity = Severity::Hint;
    std::string what;                 ///< a sentence without full stop, with the numbers involved
    std::string advice;               ///< what to do, a sentence without full stop; may be empty
    std::vector<std::size_t> tensors; ///< indices it is about, sorted; empty when it is about metadata
    std::optional<std::uint64_t> row; ///< of the first tensor: where it begins
    std::optional<std::uint64_t> column;
    std::string key;                  ///< metadata key it is about; may be empty

    bool operator==(const Finding&) const = default;
};

/// Problems first; otherwise in the order found.
void sortFindings(std::vector<Finding>& findings);

/// Where @p finding is, for people: "blk.0.attn_q.weight, row 5, column 7", "tokenizer.ggml.tokens", "12 tensors from ...".
std::string placeText(const Finding& finding, const Model& model);

/// What the header shows: keys, tokenizer, shapes, layout of the file. Milliseconds (a vocabulary is walked once).
/// @param metadata the model's own, or an edited copy
std::vector<Finding> checkHeader(const Model& model, const Metadata& metadata);

struct WeightCheckOptions
{
    unsigned threads = 0; ///< 0 = automatic; the result does not depend on it
};

/// Reads every weight once, at memory speed: NaN and infinities, constant tensors and rows, tensors with the same
/// content. Memory: some MiB per thread. Progress in weights.
/// @throws Error(Cancelled), Error(SourceChanged)
std::vector<Finding> checkWeights(const Model& model, const WeightCheckOptions& options, const RunControl& control);

} // namespace quantlathe
