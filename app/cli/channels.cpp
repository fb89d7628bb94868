// SPDX-License-Identifier: GPL-3.0-or-later
// quantlathe-cli channels FILE --tensor NAME [--type T]: rows x columns of one tensor, extremes kept.
#include "app/cli/console_progress.h"
#include "app/cli/invocation.h"
#include "app/cli/model_json.h"
#include "app/cli/plan_options.h"
#include "app/cli/table.h"
#include "core/analysis/channel_map.h"
#include "core/formats/open.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <memory>
#include <numeric>

namespace quantlathe::cli {

namespace {

constexpr std::uint64_t mostCells = 4096; // of the picture, each way
constexpr std::size_t listedChannels = 10;

struct Options
{
    std::string file;
    std::string tensor;
    std::string type;
    PlanOptions encoding;
    std::uint64_t rows = 64;
    std::uint64_t columns = 64;
    unsigned threads = 0;
    bool csv = false;
};

Json floats(const std::vector<float>& values)
{
    Json list = Json::array();
    for (const float value : values)
        list.push_back(number(static_cast<double>(value)));
    return list;
}

void printCsv(const ChannelMap& map)
{
    std::string text = "row_first,row_last,column_first,column_last,minimum,maximum,largest_error,rms_error";
    for (std::size_t row = 0; row < map.rows; ++row) {
        for (std::size_t column = 0; column < map.columns; ++column) {
            const std::size_t cell = row * map.columns + column;
            text += fmt::format("\n{},{},{},{},{:.9g},{:.9g}", map.firstRow(row), map.firstRow(row + 1) - 1, map.firstColumn(column),
                                map.firstColumn(column + 1) - 1, map.minimum[cell], map.maximum[cell]);
            text += map.rmsError.empty() ? ",," : fmt::format(",{:.9g},{:.9g}", map.largestError[cell], map.rmsError[cell]);
        }
    }
    print(text);
}

/// The input channels with the largest weights, against the typical one.
void printOutliers(const ChannelMap& map)
{
    std::vector<std::size_t> order(map.columnLargest.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return map.columnLargest[a] > map.columnLargest[b]; });
    const float typical = order.empty() ? 0 : map.columnLargest[order[order.size() / 2]];
    Table table({">Column", ">Largest |weight|", ">Times the median column"});
    for (std::size_t index = 0; index < std::min(listedChannels, order.size()); ++index) {
        const float largest = map.columnLargest[order[index]];
        table.add({fmt::to_string(order[index]), shortNumber(static_cast<double>(largest)),
                   typical > 0 ? shortNumber(static_cast<double>(largest) / static_cast<double>(typical)) : "-"});
    }
    print(fmt::format("{} rows, {} columns\n\n{}", map.tensorRows, map.tensorColumns, table.text()));
}

void run(const Invocation& invocation, const Options& options)
{
    if (options.csv && invocation.json)
        throw UsageError("--csv and --json exclude each other");
    options.encoding.check(false);
    ChannelMapOptions wanted;
    if (!options.type.empty())
        wanted.type = parseType(options.type);
    const auto model = openModel(options.file);
    const std::size_t index = chosenTensors(*model, {options.tensor}).front();
    const Tensor& tensor = model->tensors()[index];
    wanted.encoding = options.encoding.planFor(*model).encoding;
    wanted.maximumRows = options.rows;
    wanted.maximumColumns = options.columns;
    wanted.threads = options.threads;
    if (wanted.type)
        wanted.type = effectiveChoice(*model, index, Choice{*wanted.type}).type;
    ChannelMap map;
    {
        ConsoleProgress progress(invocation.quiet, ConsoleProgress::Unit::Weights);
        map = measureChannels(tensor, wanted, invocation.control(&progress));
    }
    if (options.csv) {
        printCsv(map);
    } else if (invocation.json) {
        Json json{{"tensor", tensor.name()}, {"type", wanted.type ? Json(name(*wanted.type)) : Json()}, {"tensorRows", map.tensorRows},
                  {"tensorColumns", map.tensorColumns}, {"rows", map.rows}, {"columns", map.columns}, {"minimum", floats(map.minimum)},
                  {"maximum", floats(map.maximum)}};
        if (wanted.type) {
            json["largestError"] = floats(map.largestError);
            json["rmsError"] = floats(map.rmsError);
        }
        json["columnLargest"] = floats(map.columnLargest);
        print(json);
    } else {
        printOutliers(map);
    }
}

} // namespace

void addChannels(CLI::App& app, Invocation& invocation)
{
    const auto options = std::make_shared<Options>();
    CLI::App* command = addCommand(app, invocation, "channels", "Show the extremes of a tensor's rows and columns",
                                   [&invocation, options] { run(invocation, *options); });
    command->add_option("FILE", options->file, "GGUF file, safetensors file or Hugging Face folder")->required();
    command->add_option("--tensor", options->tensor, "Name of the tensor")->type_name("NAME")->required();
    command->add_option("--type", options->type, "Errors against this type, too")->type_name("TYPE");
    addNumber(command, "--rows", options->rows, "Rows of the picture (64)", 1, mostCells);
    addNumber(command, "--columns", options->columns, "Columns of the picture (64)", 1, mostCells);
    command->add_flag("--csv", options->csv, "One line per cell");
    options->encoding.addEncoding(command);
    addThreads(command, options->threads);
}

} // namespace quantlathe::cli
