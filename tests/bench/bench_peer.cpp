// SPDX-License-Identifier: GPL-3.0-or-later
// Our encoders against libggml's, type by type, in turn in one run, on one thread: speed in weights per
// second of this thread's processor time, and errors. Prints Markdown. Usage: README.md beside this file.
#include "core/base/text.h"
#include "core/codecs/codec.h"
#include "peer_inputs.h"
#include "peer_library.h"
#include "peer_objective.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <hwy/targets.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <functional>
#include <iostream>
#include <stdexcept>

#include <time.h>

using namespace quantlathe;
using namespace quantlathe::bench;

namespace {

struct Settings
{
    std::string library;
    std::vector<std::string> types;
    std::vector<std::string> models;
    std::string inputs = "gauss,heavy";
    std::string effort = "standard";
    std::string objective = "default";
    std::string target;
    double seconds = 1.0;
    unsigned rounds = 5;
    bool onlyErrors = false;
    bool noMemory = false;
    bool check = false;
};

constexpr std::size_t columns = 4096;
constexpr std::size_t poolWeights = std::size_t{4} << 20; ///< 16 MiB of floats
/// Types at least this fast are bound by memory and measured on arrays beyond the last cache, too.
constexpr double memoryBoundRate = 300e6;

double threadSeconds()
{
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values.empty() ? 0 : values[values.size() / 2];
}

/// Seconds per call, of at least one call and about @p seconds in all.
double secondsPerCall(const std::function<void()>& call, double seconds)
{
    const double begin = threadSeconds();
    double now = begin;
    unsigned calls = 0;
    do {
        call();
        ++calls;
        now = threadSeconds();
    } while (now - begin < seconds);
    return (now - begin) / calls;
}

/// One side of the comparison: encodes @p rows rows into the blocks.
using Encode = std::function<void(const float* weights, std::size_t rows, std::byte* blocks)>;

Encode ourEncoder(TensorType type, const EncodeOptions& options, const float* importance,
                  std::size_t rowLength)
{
    const Codec& codec = codecFor(type);
    const auto bytes = static_cast<std::size_t>(*rowBytes(type, rowLength));
    return [&codec, options, importance, rowLength, bytes](const float* weights, std::size_t rows,
                                                           std::byte* blocks) {
        for (std::size_t row = 0; row < rows; ++row)
            codec.encodeRow(weights + row * rowLength, importance, rowLength, options, blocks + row * bytes);
    };
}

struct Rates
{
    double ours = 0; ///< weights per second
    double peer = 0;
    Errors ourErrors;
    Errors peerErrors;
    bool hasPeer = false;
};

Errors judge(TensorType type, const Input& input, std::size_t rows, const std::vector<std::byte>& blocks,
             const std::vector<float>& objectiveWeights)
{
    std::vector<float> rebuilt(rows * input.columns);
    codecFor(type).decode(blocks.data(), rebuilt.data(), rebuilt.size());
    return errorsOf(input.weights.data(), rebuilt.data(), objectiveWeights);
}

/// As many rows as take @p seconds at the speed that a few rows show.
std::size_t rowsFor(const Encode& encode, const Input& input, double seconds, std::vector<std::byte>& blocks)
{
    const std::size_t few = std::min<std::size_t>(8, input.rows);
    const double perRow = secondsPerCall([&] { encode(input.weights.data(), few, blocks.data()); }, 0.0) /
                          static_cast<double>(few);
    const double rows = seconds / std::max(perRow, 1e-9);
    return std::clamp<std::size_t>(rows < 1e9 ? static_cast<std::size_t>(rows) : input.rows, few, input.rows);
}

Rates measure(const PeerLibrary& peer, TensorType type, const EncodeOptions& options, const Input& input,
              bool hasImportance, const Settings& settings)
{
    const float* importance = hasImportance ? input.importance.data() : nullptr;
    const Encode ours = ourEncoder(type, options, importance, input.columns);
    const Encode theirs = [&](const float* weights, std::size_t rows, std::byte* blocks) {
        peer.encode(type, weights, importance, rows, input.columns, blocks);
    };
    const auto bytes = static_cast<std::size_t>(*rowBytes(type, input.columns)) * input.rows;
    std::vector<std::byte> ourBlocks(bytes);
    std::vector<std::byte> peerBlocks(bytes);
    Rates rates;
    rates.hasPeer = peer.canEncode(type, hasImportance);
    const double perRound = settings.seconds / settings.rounds;
    std::size_t rows = rowsFor(ours, input, perRound, ourBlocks);
    if (rates.hasPeer)
        rows = std::min(rows, rowsFor(theirs, input, perRound, peerBlocks));

    std::vector<double> ourSeconds;
    std::vector<double> peerSeconds;
    for (unsigned round = 0; round < (settings.onlyErrors ? 1 : settings.rounds); ++round) {
        const double least = settings.onlyErrors ? 0 : perRound;
        ourSeconds.push_back(
            secondsPerCall([&] { ours(input.weights.data(), rows, ourBlocks.data()); }, least));
        if (rates.hasPeer)
            peerSeconds.push_back(
                secondsPerCall([&] { theirs(input.weights.data(), rows, peerBlocks.data()); }, least));
    }
    const auto weights = static_cast<double>(rows * input.columns);
    rates.ours = weights / median(ourSeconds);
    const auto judged =
        objectiveWeights(type, options.objective, input.weights.data(), importance, rows, input.columns);
    rates.ourErrors = judge(type, input, rows, ourBlocks, judged);
    if (rates.hasPeer) {
        rates.peer = weights / median(peerSeconds);
        rates.peerErrors = judge(type, input, rows, peerBlocks, judged);
    }
    return rates;
}

/// Encoding from and to arrays that no cache holds, against memcpy of the same floats; bytes of floats per
/// second.
struct MemoryRates
{
    double encode = 0;
    double copy = 0;
};

class MemoryBench
{
public:
    /// @param weights beyond the last cache: 512 MiB
    explicit MemoryBench(const Input& input) : m_weights(std::size_t{128} << 20), m_copy(m_weights.size())
    {
        for (std::size_t at = 0; at < m_weights.size(); at += input.weights.size())
            std::copy_n(input.weights.data(), std::min(input.weights.size(), m_weights.size() - at),
                        m_weights.data() + at);
    }

    MemoryRates measure(TensorType type, const EncodeOptions& options, unsigned rounds)
    {
        const Encode ours = ourEncoder(type, options, nullptr, columns);
        const std::size_t rows = m_weights.size() / columns;
        const auto bytes = static_cast<double>(m_weights.size() * sizeof(float));
        auto* blocks = reinterpret_cast<std::byte*>(m_copy.data()); // no type is wider than F32
        std::vector<double> encodes;
        std::vector<double> copies;
        for (unsigned round = 0; round < rounds; ++round) {
            encodes.push_back(secondsPerCall([&] { ours(m_weights.data(), rows, blocks); }, 0));
            copies.push_back(secondsPerCall(
                [&] { std::memcpy(m_copy.data(), m_weights.data(), m_weights.size() * sizeof(float)); }, 0));
        }
        return {bytes / median(encodes), bytes / median(copies)};
    }

private:
    std::vector<float> m_weights;
    std::vector<float> m_copy;
};

/// Runs only on SIMD targets whose name contains @p name ("avx3" and "avx512" mean the same).
void restrictTargets(const std::string& name)
{
    std::string wanted = toLower(name);
    if (wanted == "avx512")
        wanted = "avx3";
    std::int64_t allowed = 0;
    std::string known;
    for (std::int64_t rest = hwy::SupportedTargets(); rest != 0; rest &= rest - 1) {
        const std::int64_t target = rest & -rest;
        const std::string targetName = toLower(hwy::TargetName(target));
        known += " " + targetName;
        // "avx3" takes the whole AVX-512 family; else the exact name, so that "avx2" does not become more.
        if (targetName == wanted || (wanted == "avx3" && targetName.starts_with(wanted)))
            allowed |= target;
    }
    if (allowed == 0)
        throw std::runtime_error("no SIMD target " + name + " here; there are:" + known);
    hwy::SetSupportedTargetsForTest(allowed);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

std::string orDash(double value)
{
    return value > 0 ? fmt::format("{:.1f}", value) : "-";
}

void printTables(const PeerLibrary& peer, const std::vector<TensorType>& types)
{
    // The first use of a type builds its tables.
    std::string lines;
    for (const TensorType type : types) {
        std::vector<float> weights(256, 0.01f);
        weights[3] = -0.02f;
        std::vector<std::byte> blocks(256 * sizeof(float));
        const Encode ours = ourEncoder(type, codecFor(type).defaults(), nullptr, weights.size());
        const double first = secondsPerCall([&] { ours(weights.data(), 1, blocks.data()); }, 0);
        const bool hasPeer = peer.canEncode(type, true);
        const double theirs = hasPeer ? secondsPerCall([&] { peer.prepare(type); }, 0) : 0;
        if (first > 0.5e-3 || theirs > 0.5e-3)
            lines += fmt::format("| {} | {:.1f} | {} |\n", name(type), 1e3 * first, orDash(1e3 * theirs));
    }
    if (!lines.empty())
        fmt::print("| first use (tables) | ours ms | libggml ms |\n|---|---|---|\n{}\n", lines);
}

std::vector<TensorType> wantedTypes(const std::vector<std::string>& names)
{
    std::vector<TensorType> types;
    for (const std::string& text : names) {
        const auto type = tensorTypeFromName(text);
        if (!type || !codecFor(*type).canEncode())
            throw std::runtime_error(text + " is no type that can be encoded");
        types.push_back(*type);
    }
    if (!names.empty())
        return types;
    for (const TensorTypeInfo& facts : allTensorTypes()) {
        if (codecFor(facts.type).canEncode() && facts.family != TypeFamily::Integer &&
            (facts.isQuantized() || facts.type == TensorType::F16 || facts.type == TensorType::BF16))
            types.push_back(facts.type);
    }
    return types;
}

EncodeOptions optionsFor(TensorType type, const Settings& settings)
{
    EncodeOptions options = codecFor(type).defaults();
    options.effort = effortFromName(settings.effort).value();
    if (settings.objective != "default")
        options.objective = objectiveFromName(settings.objective).value();
    return options;
}

int run(const Settings& settings)
{
    if (!settings.target.empty())
        restrictTargets(settings.target);
    const PeerLibrary peer(settings.library);
    const std::vector<TensorType> types = wantedTypes(settings.types);
    std::vector<Input> inputs;
    if (settings.inputs.find("gauss") != std::string::npos)
        inputs.push_back(gaussianInput(poolWeights / columns, columns));
    if (settings.inputs.find("heavy") != std::string::npos)
        inputs.push_back(heavyInput(poolWeights / columns, columns));
    for (const std::string& model : settings.models)
        inputs.push_back(modelInput(model, poolWeights));

    const std::int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
    fmt::print("libggml {}, SIMD target {}, effort {}, objective {}; Mw/s = million weights per second of "
               "one thread's "
               "processor time; objective error: ours / libggml, below 1 is better\n\n",
               peer.version(), hwy::TargetName(targets & -targets), settings.effort, settings.objective);
    printTables(peer, types);
    fmt::print("| type | input | importance | ours Mw/s | libggml Mw/s | ratio | rel. RMS ours | rel. RMS "
               "libggml | objective "
               "error | encode GB/s (of memcpy) |\n|---|---|---|---|---|---|---|---|---|---|\n");
    std::optional<MemoryBench> memory;
    int worse = 0;
    for (const TensorType type : types) {
        const EncodeOptions options = optionsFor(type, settings);
        for (const Input& input : inputs) {
            for (const bool hasImportance : {false, true}) {
                if (hasImportance && !info(type).isQuantized())
                    continue;
                const Rates rates = measure(peer, type, options, input, hasImportance, settings);
                std::string bandwidth;
                if (!hasImportance && rates.ours > memoryBoundRate && !settings.noMemory &&
                    !settings.onlyErrors && input.columns == columns) {
                    if (!memory)
                        memory.emplace(input);
                    const MemoryRates found = memory->measure(type, options, settings.rounds);
                    bandwidth = fmt::format("{:.1f} of {:.1f} ({:.0f} %)", found.encode / 1e9,
                                            found.copy / 1e9, 100 * found.encode / found.copy);
                }
                std::string objective = "-";
                // Equal results may differ in the last digits: sums run in another order.
                worse += settings.check && rates.hasPeer &&
                         rates.ourErrors.objective > rates.peerErrors.objective * (1 + 1e-4);
                if (rates.hasPeer && rates.peerErrors.objective > 0)
                    objective = fmt::format("{:.4f}", rates.ourErrors.objective / rates.peerErrors.objective);
                if (rates.hasPeer && type == TensorType::Q2_K && !hasImportance)
                    objective += fmt::format(" (absolute {:.4f})",
                                             rates.ourErrors.absolute / rates.peerErrors.absolute);
                fmt::print("| {} | {} | {} | {:.1f} | {} | {} | {:.5f}{} | {} | {} | {} |\n", name(type),
                           input.name, hasImportance ? "yes" : "no", rates.ours / 1e6,
                           orDash(rates.peer / 1e6), orDash(rates.hasPeer ? rates.ours / rates.peer : 0),
                           rates.ourErrors.relativeRms, rates.ourErrors.isFinite ? "" : " NOT FINITE",
                           rates.hasPeer ? fmt::format("{:.5f}", rates.peerErrors.relativeRms) : "-",
                           objective, bandwidth);
                std::fflush(stdout);
            }
        }
    }
    if (worse > 0)
        fmt::print("\n{} cases are worse than libggml's\n", worse);
    return worse > 0 ? 1 : 0;
}

} // namespace

int main(int argc, char** argv)
{
    Settings settings;
    CLI::App app("Our encoders against libggml's: speed and error per type, as a Markdown table");
    app.add_option("library", settings.library, "libggml-base.so")->required();
    app.add_option("--types", settings.types, "Only these (Q4_K,IQ4_NL)")->delimiter(',');
    app.add_option("--inputs", settings.inputs, "gauss,heavy")->capture_default_str();
    app.add_option("--model", settings.models, "Weights of this model, too (repeatable)");
    app.add_option("--seconds", settings.seconds, "Per side, type and input")->capture_default_str();
    app.add_option("--rounds", settings.rounds, "Of which the median counts")
        ->capture_default_str()
        ->check(CLI::Range(1u, 1000u));
    app.add_option("--effort", settings.effort)
        ->check(CLI::IsMember({"standard", "best"}))
        ->capture_default_str();
    app.add_option("--objective", settings.objective)
        ->check(CLI::IsMember({"default", "magnitude", "squared-error", "unbiased"}))
        ->capture_default_str();
    app.add_option("--target", settings.target, "Only this SIMD target: avx2, avx512, sse4, ...");
    app.add_flag("--only-errors", settings.onlyErrors, "One round: errors count, speeds do not");
    app.add_flag("--check", settings.check, "Fail where our error is the larger one");
    app.add_flag("--no-memory", settings.noMemory, "Without the comparison with memcpy");
    CLI11_PARSE(app, argc, argv);
    try {
        return run(settings);
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
