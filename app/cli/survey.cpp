// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli survey FILE [--type T ...] [--exact]: the error of every tensor in every type.
#include "app/cli/invocation.h"
#include "app/cli/model_json.h"
#include "app/cli/plan_options.h"
#include "app/cli/survey_run.h"
#include "app/cli/table.h"
#include "core/base/text.h"
#include "core/formats/open.h"
#include "core/plan/possible_types.h"

#include <fmt/format.h>
#include <memory>

namespace quantlathe::cli {

namespace {

struct Options
{
    std::string file;
    PlanOptions encoding;
    std::vector<std::string> types;
    std::vector<std::string> tensors;
    SurveyOptions survey;
    bool csv = false;
};

/// Every tensor with the types that were asked for, in the model's order.
struct Wanted
{
    std::vector<std::size_t> tensors;
    std::vector<std::vector<TensorType>> types; ///< by tensor of the model
};

Wanted wantedOf(const Model& model, const Options& options)
{
    std::vector<TensorType> asked;
    for (const std::string& type : options.types)
        asked.push_back(parseType(type));
    Wanted wanted{chosenTensors(model, options.tensors), std::vector<std::vector<TensorType>>(model.tensors().size())};
    for (const std::size_t tensor : wanted.tensors) {
        auto& types = wanted.types[tensor];
        types = possibleTypes(model, tensor);
        std::erase(types, model.tensors()[tensor].type());
        if (asked.empty())
            continue;
        std::erase_if(types, [&](TensorType type) {
            return std::none_of(asked.begin(), asked.end(), [&](TensorType one) { return writtenType(factsOf(model, tensor), one).type == type; });
        });
    }
    return wanted;
}

Json jsonOf(const ErrorSurvey& survey, const ErrorSurvey::Key& key, const Tensor& tensor)
{
    const PairError& error = survey.table().at(key.tensor, key.type);
    Json json{{"type", quantlathe::name(key.type)}, {"bytes", *tensorBytes(key.type, tensor.shape())}, {"quality", name(error.quality)}};
    if (error.isKnown()) {
        const auto interval = error.relativeRmsInterval();
        json["relativeRms"] = number(error.relativeRms());
        json["relativeRms95"] = Json::array({number(interval[0]), number(interval[1])});
        json["snrDb"] = number(error.signalToNoiseDb());
        if (survey.weightedSquares(key.tensor) > 0) {
            const auto weighted = error.weightedRelativeRmsInterval();
            json["weightedRelativeRms"] = number(error.weightedRelativeRms());
            json["weightedRelativeRms95"] = Json::array({number(weighted[0]), number(weighted[1])});
        }
        json["squaredError"] = number(error.squaredError);
        json["squaredErrorStandardError"] = number(error.standardError);
        json["maximumError"] = number(error.maximumError);
    }
    if (const Error* failure = survey.failure(key))
        json["failure"] = failure->message();
    return json;
}

void printJson(const Model& model, const Wanted& wanted, const Encoding& encoding, const ErrorSurvey& survey)
{
    Json list = Json::array();
    for (const std::size_t index : wanted.tensors) {
        const Tensor& tensor = model.tensors()[index];
        const TensorPlace& place = model.place(index);
        Json json{{"name", tensor.name()}, {"role", quantlathe::name(place.role)}, {"layer", place.layer ? Json(*place.layer) : Json()},
                  {"storedType", quantlathe::name(tensor.type())}, {"weights", tensor.shape().weightCount()}};
        const WeightFigures& figures = survey.figures(index);
        if (figures.isKnown())
            json["spread"] = Json{{"quality", name(figures.quality)}, {"standardDeviation", number(figures.standardDeviation)},
                                  {"minimum", number(figures.minimum)}, {"maximum", number(figures.maximum)},
                                  {"excessKurtosis", number(figures.excessKurtosis)}, {"outlierShare", number(figures.outlierShare)}};
        Json types = Json::array();
        for (const TensorType type : wanted.types[index])
            types.push_back(jsonOf(survey, {index, type}, tensor));
        json["types"] = std::move(types);
        list.push_back(std::move(json));
    }
    print(Json{{"path", model.path().string()}, {"encoding", toJson(encoding)}, {"tensors", std::move(list)}});
}

void printCsv(const Model& model, const Wanted& wanted, const ErrorSurvey& survey)
{
    std::string text = "tensor,role,layer,stored,type,bytes,bits_per_weight,quality,relative_rms,relative_rms_low,relative_rms_high,snr_db,weighted_rms";
    for (const std::size_t index : wanted.tensors) {
        const Tensor& tensor = model.tensors()[index];
        const TensorPlace& place = model.place(index);
        for (const TensorType type : wanted.types[index]) {
            const PairError& error = survey.table().at(index, type);
            text += fmt::format("\n{},{},{},{},{},{},{:.4f},{}", csvField(tensor.name()), quantlathe::name(place.role),
                                place.layer ? fmt::to_string(*place.layer) : "", quantlathe::name(tensor.type()), quantlathe::name(type),
                                *tensorBytes(type, tensor.shape()), info(type).bitsPerWeight(), name(error.quality));
            if (error.isKnown()) {
                const auto interval = error.relativeRmsInterval();
                text += fmt::format(",{:.6g},{:.6g},{:.6g},{:.4f},{}", error.relativeRms(), interval[0], interval[1], error.signalToNoiseDb(),
                                    survey.weightedSquares(index) > 0 ? fmt::format("{:.6g}", error.weightedRelativeRms()) : std::string());
            } else {
                text += ",,,,,";
            }
        }
    }
    print(text);
}

void printTable(const Model& model, const Wanted& wanted, const ErrorSurvey& survey, bool isWeighted)
{
    std::array<bool, tensorTypeCount> used{};
    for (const std::size_t index : wanted.tensors) {
        for (const TensorType type : wanted.types[index])
            used[static_cast<std::size_t>(type)] = true;
    }
    std::vector<std::string> titles{"Tensor", "Stored"};
    for (const TensorTypeInfo& type : allTensorTypes()) {
        if (used[static_cast<std::size_t>(type.type)])
            titles.push_back(">" + std::string(type.name));
    }
    Table table(std::move(titles));
    bool isSampled = false;
    for (const std::size_t index : wanted.tensors) {
        if (wanted.types[index].empty())
            continue;
        const Tensor& tensor = model.tensors()[index];
        std::vector<std::string> cells{printable(tensor.name()), std::string(quantlathe::name(tensor.type()))};
        for (const TensorTypeInfo& type : allTensorTypes()) {
            if (!used[static_cast<std::size_t>(type.type)])
                continue;
            const auto& types = wanted.types[index];
            const PairError& error = survey.table().at(index, type.type);
            if (std::find(types.begin(), types.end(), type.type) == types.end() || !error.isKnown()) {
                cells.emplace_back(error.quality == PairError::Quality::Failed ? "failed" : "-");
                continue;
            }
            const bool isRough = error.quality == PairError::Quality::Sampled;
            isSampled = isSampled || isRough;
            cells.push_back(fmt::format("{}{:.3g}%", isRough ? "~" : "", 100 * error.weightedRelativeRms()));
        }
        table.add(std::move(cells));
    }
    print(table.text());
    print(std::string("\nRelative RMS error of the weights") + (isWeighted ? ", weighted by importance where the data have it" : "") + (isSampled ? "; ~: from a sample (--json and --csv give the 95 % interval)" : ""));
}

void run(const Invocation& invocation, const Options& options)
{
    if (options.csv && invocation.json)
        throw UsageError("--csv and --json exclude each other");
    options.encoding.check(false);
    std::shared_ptr<const Model> model = openModel(options.file);
    const auto importance = options.encoding.importanceFor(model);
    const Encoding encoding = options.encoding.planFor(*model, importance.get()).encoding;
    const Wanted wanted = wantedOf(*model, options);
    ErrorSurvey survey(model, wanted.types);
    measure(invocation, options.survey, model, encoding, importance.get(), survey);
    if (invocation.json)
        printJson(*model, wanted, encoding, survey);
    else if (options.csv)
        printCsv(*model, wanted, survey);
    else
        printTable(*model, wanted, survey, importance != nullptr);
}

} // namespace

void addSurvey(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "survey", "Measure the error of every tensor in every type",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("FILE", options->file, "GGUF file, safetensors file or Hugging Face folder")->required();
    command->add_option("--type", options->types, "Only this type; may be repeated")->type_name("TYPE")->allow_extra_args(false);
    command->add_option("--tensor", options->tensors, "Only this tensor; may be repeated")->type_name("NAME")->allow_extra_args(false);
    command->add_flag("--csv", options->csv, "One line per tensor and type");
    options->encoding.addEncoding(command);
    options->encoding.addImportance(command);
    options->survey.add(command);
}

} // namespace quantlathe::cli
