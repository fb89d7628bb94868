// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli evaluate MODEL [TYPES | --method METHOD] --text FILE [--kl] [--against ORIGINAL]: what a plan does to the predictions.
#include "app/cli/adapter_options.h"
#include "app/cli/console_progress.h"
#include "app/cli/invocation.h"
#include "app/cli/method_options.h"
#include "app/cli/plan_options.h"
#include "app/cli/table.h"
#include "core/base/text.h"
#include "core/formats/open.h"
#include "core/inference/evaluation.h"
#include "core/inference/neutral_text.h"
#include "core/inference/rounded_inputs.h"
#include "core/inference/text_tokens.h"
#include "core/inference/tokenizer/tokenizer.h"
#include "core/inference/verdict.h"
#include "core/plan/recipe.h"

#include <fmt/format.h>
#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string file;
    AdapterOptions adapters;
    PlanOptions plan;
    MethodOptions method;
    std::string against;
    std::string text;
    std::uint64_t context = 512;
    std::uint64_t chunks = 0;
    std::uint64_t memoryMiB = 4096;
    unsigned threads = 0;
    bool wantsDivergence = false;
    bool roundsActivations = false;
    bool isW8a8 = false;
    bool hasExactInputs = false;
    bool resume = false;
};

/// A model as it is evaluated.
struct Side
{
    std::shared_ptr<const Model> model;
    std::shared_ptr<const Network> network;
    TextTokens text;
};

Side open(std::shared_ptr<const Model> model, std::string_view text)
{
    Side side;
    side.model = std::move(model);
    side.network = makeNetwork(side.model);
    side.text = tokensOfText(*loadTokenizer(*side.model), *side.network, text);
    return side;
}

Json interval(const UncertainValue& value)
{
    return Json::array({number(value.low()), number(value.high())});
}

Json jsonOf(const Spread& spread)
{
    Json list = Json::array();
    for (std::size_t index = 0; index < spread.values.size(); ++index)
        list.push_back(Json::array({Spread::fractions[index], number(spread.values[index])}));
    return list;
}

Json numbers(const std::vector<double>& values)
{
    Json list = Json::array();
    for (const double value : values)
        list.push_back(number(value));
    return list;
}

void addDivergence(Json& json, const EvaluationResult& result)
{
    const Divergence& divergence = *result.divergence;
    json["original_perplexity"] = number(divergence.originalPerplexity.value);
    json["original_perplexity_stderr"] = number(divergence.originalPerplexity.standardError);
    json["ln_perplexity_ratio"] = number(divergence.logRatio.value);
    json["ln_perplexity_ratio_stderr"] = number(divergence.logRatio.standardError);
    json["kl_mean"] = number(divergence.mean.value);
    json["kl_mean_stderr"] = number(divergence.mean.standardError);
    json["kl_mean_95"] = interval(divergence.mean);
    json["kl_median"] = number(divergence.spread.median());
    json["kl_90"] = number(divergence.spread.at(0.9));
    json["kl_95"] = number(divergence.spread.at(0.95));
    json["kl_99"] = number(divergence.spread.at(0.99));
    json["kl_999"] = number(divergence.spread.at(0.999));
    json["kl_max"] = number(divergence.spread.maximum());
    json["same_top"] = number(divergence.sameTop.value);
    json["same_top_stderr"] = number(divergence.sameTop.standardError);
    json["same_top_95"] = interval(divergence.sameTop);
    json["dp_mean"] = number(divergence.probabilityChange.value);
    json["dp_mean_stderr"] = number(divergence.probabilityChange.standardError);
    json["dp_rms"] = number(divergence.probabilityChangeRms.value);
    json["dp_rms_stderr"] = number(divergence.probabilityChangeRms.standardError);
    json["dp_spread"] = jsonOf(divergence.probabilityChanges);
    json["kl_by_position"] = numbers(divergence.byPosition);
    json["layer_errors"] = numbers(divergence.layerErrors);
    const DamageVerdict verdict = verdictOf(result).value();
    json["verdict"] = Json{{"level", name(verdict.level)},
                           {"against_line", name(verdict.againstLine)},
                           {"perplexity_change", number(verdict.perplexityChange.value)},
                           {"perplexity_change_95", interval(verdict.perplexityChange)},
                           {"flips_per_hundred", number(verdict.flipsPerHundred.value)},
                           {"is_rough", verdict.isRough},
                           {"sentence", sentenceOf(verdict)}};
}

void printJson(const Options& options, const EvaluationResult& result, const InputRoundings& roundings)
{
    Json rounded = Json::object();
    for (const ActivationRounding rounding : roundings) {
        if (rounding != ActivationRounding::None)
            rounded[std::string(name(rounding))] = rounded.value(std::string(name(rounding)), 0) + 1;
    }
    Json json{{"path", options.file}, {"against", options.against.empty() ? Json() : Json(options.against)},
              {"text", options.text.empty() ? Json() : Json(options.text)}};
    json["rounded_inputs"] = std::move(rounded);
    json["ctx"] = result.contextLength;
    json["chunks"] = result.chunks.size();
    json["chunks_available"] = result.availableChunks;
    json["chunks_resumed"] = result.resumedChunks;
    json["first_scored"] = result.firstScored;
    json["tokens"] = result.tokens;
    json["perplexity"] = number(result.perplexity.value);
    json["perplexity_stderr"] = number(result.perplexity.standardError);
    json["perplexity_95"] = interval(result.perplexity);
    json["nll_mean"] = number(result.nll.value);
    if (result.divergence)
        addDivergence(json, result);
    Json chunks = Json::array();
    for (const ChunkFigures& chunk : result.chunks) {
        Json entry{{"nll", number(chunk.nll)}};
        if (result.divergence) {
            entry["original_nll"] = number(chunk.originalNll);
            entry["kl"] = number(chunk.divergence);
            entry["same_top"] = number(chunk.sameTop);
        }
        chunks.push_back(std::move(entry));
    }
    json["chunk_figures"] = std::move(chunks);
    print(json);
}

void printText(const EvaluationResult& result, const InputRoundings& roundings)
{
    if (const std::string sentence = sentenceOf(roundings); !sentence.empty())
        print(sentence);
    print(fmt::format("{} tokens scored, in {} of {} windows of {}", result.tokens, result.chunks.size(), result.availableChunks, result.contextLength));
    print(fmt::format("Perplexity      {:.4f} +/- {:.4f}", result.perplexity.value, result.perplexity.standardError));
    if (!result.divergence)
        return;
    const Divergence& divergence = *result.divergence;
    print(fmt::format("Original's      {:.4f} +/- {:.4f}", divergence.originalPerplexity.value, divergence.originalPerplexity.standardError));
    print(fmt::format("ln of the ratio {:.6f} +/- {:.6f}\n", divergence.logRatio.value, divergence.logRatio.standardError));
    print(fmt::format("KL divergence   {:.6f} +/- {:.6f} (median {:.6f}, 90 % {:.6f}, 99 % {:.6f}, 99.9 % {:.6f}, largest {:.6f})", divergence.mean.value,
                      divergence.mean.standardError, divergence.spread.median(), divergence.spread.at(0.9), divergence.spread.at(0.99),
                      divergence.spread.at(0.999), divergence.spread.maximum()));
    print(fmt::format("Same top token  {:.2f} % +/- {:.2f} %", 100 * divergence.sameTop.value, 100 * divergence.sameTop.standardError));
    print(fmt::format("Right token's probability: mean change {:+.3f} %, RMS {:.3f} %\n", 100 * divergence.probabilityChange.value,
                      100 * divergence.probabilityChangeRms.value));
    print(fmt::format("{}: {}", name(verdictOf(result)->level), sentenceOf(*verdictOf(result))));
}

void run(const Invocation& invocation, const Options& options)
{
    options.plan.check(false);
    const bool wantsDivergence = options.wantsDivergence || !options.against.empty();
    options.method.check();
    if (wantsDivergence && options.against.empty() && !options.plan.isGiven() && !options.method.isGiven())
        throw UsageError("--kl compares with the original: give a plan (--plan, --preset, --type, --method) or --against ORIGINAL");

    const std::string text = options.text.empty() ? std::string(neutralText()) : readText(options.text);
    const Side judged = open(options.adapters.open(options.file), text);
    EvaluationRequest request;
    request.network = judged.network;
    request.tokens = judged.text.tokens;
    request.begin = judged.text.begin;
    InputRoundings roundings;
    if (options.method.isGiven()) {
        std::optional<Plan> types;
        if (options.plan.isGiven())
            types = options.plan.planFor(*judged.model);
        const Plan plan = options.method.planFor(*judged.model, types);
        roundings = plannedInputRoundings(*judged.model, plan, options.isW8a8);
        request.weights = options.method.run(invocation, judged.network, plan, options.threads, options.memoryMiB << 20).layers.weights;
        request.weightsIdentity = options.method.identity() + (types ? recipeToJson(*types, *judged.model) : std::string());
    } else if (options.plan.isGiven()) {
        const auto importance = options.plan.importanceFor(judged.model);
        const Plan plan = options.plan.planFor(*judged.model, importance.get());
        request.weights = plannedWeights(judged.model, plan, importance);
        request.weightsIdentity = recipeToJson(plan, *judged.model, importance ? importance->importance().get() : nullptr);
    } else {
        roundings = storedInputRoundings(*judged.model);
        request.weights = storedWeights(judged.model);
    }
    if (options.isW8a8 && sentenceOf(roundings).empty())
        throw UsageError("--w8a8 goes with --method METHOD --bits 8 --group 0: integers of 8 bits, symmetric, a scale for each row");
    if (options.hasExactInputs)
        roundings.clear();
    request.weights = withRoundedInputs(request.weights, roundings);
    request.weightsIdentity += sentenceOf(roundings);
    if (!options.against.empty()) {
        const Side original = open(openModel(options.against), text);
        throwIfTextDiffers(judged.text, *judged.network, original.text, *original.network);
        request.originalNetwork = original.network;
        if (!options.hasExactInputs) {
            const InputRoundings ofOriginal = storedInputRoundings(*original.model);
            request.original = withRoundedInputs(storedWeights(original.model), ofOriginal);
            request.weightsIdentity += sentenceOf(ofOriginal);
        }
    }
    for (const std::string& note : judged.text.notes)
        fmt::print(stderr, "note: {}\n", printable(note, longestPath));
    request.settings.contextLength = options.context;
    request.settings.maximumChunks = options.chunks;
    request.settings.wantsDivergence = wantsDivergence;
    request.settings.forward.threads = options.threads;
    request.settings.forward.roundsActivations = options.roundsActivations;
    request.settings.forward.memoryBytes = options.memoryMiB << 20;
    request.journal = defaultJournalPath(request);
    if (!options.resume) {
        std::error_code ignored; // there may be none
        std::filesystem::remove(request.journal, ignored);
    }
    EvaluationResult result;
    {
        ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Items);
        result = evaluate(request, invocation.control(&progress));
    }
    if (!result.journalFailure.empty())
        fmt::print(stderr, "note: a stopped run could not have been resumed: {}\n", printable(result.journalFailure, longestPath));
    if (invocation.json)
        printJson(options, result, roundings);
    else
        printText(result, roundings);
}

} // namespace

void addEvaluate(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "evaluate", "Run the model on a text: perplexity, KL divergence against the original",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("MODEL", options->file, "GGUF file or Hugging Face folder")->required();
    options->adapters.add(command);
    options->plan.add(command, PlanOptions::Recipe::Allowed);
    options->plan.addEncoding(command);
    options->plan.addImportance(command);
    options->method.add(command);
    command->add_option("--against", options->against, "The original, where it is another file; turns --kl on")->type_name("FILE");
    command->add_option("--text", options->text, "Text in UTF-8; without it a neutral sample text that is built in")->type_name("FILE");
    addNumber(command, "--ctx", options->context, "Tokens in a window, of which the second half is scored", 4, 1u << 20)->type_name("N")->default_str("512");
    addNumber(command, "--chunks", options->chunks, "Windows at most; 0 = the whole text", 0, 1u << 30)->type_name("N");
    command->add_flag("--kl", options->wantsDivergence, "Run the original too and compare the predictions");
    addNumber(command, "--memory", options->memoryMiB, "Memory for activations and weights in work", 64, 1u << 24)->type_name("MiB")->default_str("4096");
    command->add_flag("--round-activations", options->roundsActivations,
                      "Round activations as llama.cpp's processor kernels do, for its figures; without it only the weights' error counts");
    command->add_flag("--w8a8", options->isW8a8, "With --method and 8-bit integers, a scale for each row: round what goes into the matrices to 8 bits for each token, as engines do");
    command->add_flag("--exact-inputs", options->hasExactInputs,
                      "Not what engines do to the inputs of matrices in 8-bit floats, and of folders that say W8A8: only the weights' error counts");
    command->add_flag("--resume", options->resume, "Go on from the windows that a stopped run has finished");
    addThreads(command, options->threads);
}

} // namespace quantlathe::cli
