// SPDX-License-Identifier: GPL-3.0-or-later
// Measuring the error of many tensors in many types, with figures kept from earlier calls.
#pragma once

#include "app/cli/invocation.h"
#include "core/analysis/error_survey.h"
#include "core/codecs/encode_options.h"
#include "core/model/importance_match.h"

#include <memory>

namespace quantlathe::cli {

struct SurveyOptions
{
    bool exact = false;
    bool noCache = false;
    unsigned threads = 0;

    /// --exact, --no-cache, --threads
    void add(CLI::App* command);
};

/// Brings all pairs of @p survey up to date, at least by sample, with progress on standard error. What is new goes into
/// the cache, also when cancelled. @throws Error(Cancelled, SourceChanged)
void measure(const Invocation& invocation, const SurveyOptions& options, const std::shared_ptr<const Model>& model,
             const Encoding& encoding, const ImportanceMatch* importance, ErrorSurvey& survey);

/// "sampled", "exact", "failed", "unknown".
std::string_view name(PairError::Quality quality);
/// A field of a line of comma-separated values, quoted.
std::string csvField(std::string_view text);

} // namespace quantlathe::cli
