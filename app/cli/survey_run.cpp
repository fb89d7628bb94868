// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/survey_run.h"

#include "app/cli/console_progress.h"
#include "core/analysis/error_cache.h"
#include "core/plan/possible_types.h"

#include <fmt/format.h>

namespace quantlathe::cli {

void SurveyOptions::add(CLI::App* command)
{
    command->add_flag("--exact", exact, "From all weights; without it from samples, with a confidence interval");
    command->add_flag("--no-cache", noCache, "Neither use nor keep figures measured before");
    addThreads(command, threads);
}

std::string_view name(PairError::Quality quality)
{
    switch (quality) {
    case PairError::Quality::Sampled:
        return "sampled";
    case PairError::Quality::Exact:
        return "exact";
    case PairError::Quality::Failed:
        return "failed";
    case PairError::Quality::Unknown:
        break;
    }
    return "unknown";
}

std::string csvField(std::string_view text)
{
    std::string result = "\"";
    for (const char character : text) {
        if (character == '"')
            result += '"';
        result += character;
    }
    return result + '"';
}

void measure(const Invocation& invocation, const SurveyOptions& options, const std::shared_ptr<const Model>& model,
             const Encoding& encoding, const ImportanceMatch* importance, ErrorSurvey& survey)
{
    const ErrorCache cache(options.noCache ? std::filesystem::path() : ErrorCache::defaultFolder());
    survey.restore(cache.load(*model, encoding, invocation.control(nullptr), importance));
    ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Items);
    const auto last = options.exact ? ErrorSurvey::Stage::Done : ErrorSurvey::Stage::SampleSlow;
    bool isNew = false;
    const auto save = [&] {
        if (!isNew)
            return;
        // What another call measured of other types or tensors stays.
        ErrorSurvey whole(model, possibleTypes(*model));
        whole.restore(survey.results());
        whole.restore(cache.load(*model, encoding, {}, importance));
        try {
            cache.save(*model, encoding, whole.results(), importance);
        } catch (const Error& error) {
            fmt::print(stderr, "note: the figures are not kept: {}\n", error.what());
        }
    };
    try {
        while (const auto batch = survey.nextBatch(last)) {
            const auto done = survey.progress();
            progress.report(batch->isExact() ? "exactly" : "sampling", batch->isExact() ? done.exact : done.known, done.total);
            survey.store(*batch, ErrorSurvey::run(*model, *batch, encoding, options.threads, invocation.control(nullptr), importance));
            isNew = true;
        }
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::Cancelled)
            save();
        throw;
    }
    save();
}

} // namespace quantlathe::cli
