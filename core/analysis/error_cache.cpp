// SPDX-License-Identifier: GPL-3.0-or-later
// The file: "QLERRORS", version, count of model files, their modification times; count of figures; count of pairs; the
// records; a hash of all before. Numbers are 64 bits wide, little-endian.
#include "core/analysis/error_cache.h"

#include "core/base/atomic_file.h"
#include "core/base/content_hash.h"
#include "core/model/importance_match.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <fmt/format.h>
#include <limits>

namespace quantlathe {

namespace {

/// Raise it when an encoder gives other bytes than before, or the file changes.
constexpr std::uint64_t version = 2;
constexpr std::uint64_t magic = 0x53524f5252454c51u; // "QLERRORS"
constexpr std::string_view suffix = ".errors";

class Writer
{
public:
    void add(std::uint64_t number)
    {
        for (int byte = 0; byte < 8; ++byte)
            m_bytes.push_back(static_cast<std::byte>(number >> (8 * byte) & 0xff));
    }
    void add(double number) { add(std::bit_cast<std::uint64_t>(number)); }
    [[nodiscard]] const std::vector<std::byte>& bytes() const { return m_bytes; }

private:
    std::vector<std::byte> m_bytes;
};

class Reader
{
public:
    explicit Reader(std::span<const std::byte> bytes) : m_bytes(bytes) {}
    [[nodiscard]] std::size_t left() const { return m_bytes.size() / 8; }
    std::uint64_t number()
    {
        if (m_bytes.size() < 8) {
            m_isGood = false;
            return 0;
        }
        std::uint64_t number = 0;
        for (int byte = 7; byte >= 0; --byte)
            number = number << 8 | static_cast<std::uint64_t>(m_bytes[static_cast<std::size_t>(byte)]);
        m_bytes = m_bytes.subspan(8);
        return number;
    }
    double real() { return std::bit_cast<double>(number()); }
    [[nodiscard]] bool isGood() const { return m_isGood; }

private:
    std::span<const std::byte> m_bytes;
    bool m_isGood = true;
};

constexpr std::size_t figuresNumbers = 8;
constexpr std::size_t pairNumbers = 17;

void add(Writer& writer, std::size_t tensor, const WeightFigures& figures)
{
    writer.add(tensor);
    writer.add(static_cast<std::uint64_t>(figures.quality));
    writer.add(figures.standardDeviation);
    writer.add(figures.minimum);
    writer.add(figures.maximum);
    writer.add(figures.excessKurtosis);
    writer.add(figures.outlierShare);
    writer.add(figures.sampleHash);
}

std::pair<std::size_t, WeightFigures> readFigures(Reader& reader)
{
    const std::uint64_t tensor = reader.number();
    WeightFigures figures;
    figures.quality = reader.number() == static_cast<std::uint64_t>(PairError::Quality::Exact) ? PairError::Quality::Exact
                                                                                               : PairError::Quality::Sampled;
    figures.standardDeviation = reader.real();
    figures.minimum = reader.real();
    figures.maximum = reader.real();
    figures.excessKurtosis = reader.real();
    figures.outlierShare = reader.real();
    figures.sampleHash = reader.number();
    return {tensor, figures};
}

void add(Writer& writer, const ErrorSurvey::Measured& measured)
{
    const PairError& error = measured.pair.error;
    const ErrorSums& sums = measured.pair.sums;
    writer.add(measured.key.tensor);
    writer.add(static_cast<std::uint64_t>(info(measured.key.type).ggmlId));
    writer.add(static_cast<std::uint64_t>(error.quality));
    writer.add(error.squaredError);
    writer.add(error.standardError);
    writer.add(error.relativeSquared);
    writer.add(error.relativeStandardError);
    writer.add(error.relativeWeighted);
    writer.add(error.relativeWeightedStandardError);
    writer.add(sums.weights);
    writer.add(sums.squaredWeights);
    writer.add(sums.squaredRebuilt);
    writer.add(sums.product);
    writer.add(sums.squaredError);
    writer.add(sums.maximumError);
    writer.add(sums.weightedSquares);
    writer.add(sums.weightedError);
}

std::optional<ErrorSurvey::Measured> readPair(Reader& reader)
{
    ErrorSurvey::Measured measured;
    measured.key.tensor = reader.number();
    const std::uint64_t id = reader.number();
    const auto type = id <= std::numeric_limits<std::uint32_t>::max() ? tensorTypeFromGgmlId(static_cast<std::uint32_t>(id))
                                                                      : std::nullopt;
    PairError& error = measured.pair.error;
    error.quality = reader.number() == static_cast<std::uint64_t>(PairError::Quality::Exact) ? PairError::Quality::Exact
                                                                                             : PairError::Quality::Sampled;
    error.squaredError = reader.real();
    error.standardError = reader.real();
    error.relativeSquared = reader.real();
    error.relativeStandardError = reader.real();
    error.relativeWeighted = reader.real();
    error.relativeWeightedStandardError = reader.real();
    ErrorSums& sums = measured.pair.sums;
    sums.weights = reader.number();
    sums.squaredWeights = reader.real();
    sums.squaredRebuilt = reader.real();
    sums.product = reader.real();
    sums.squaredError = reader.real();
    sums.maximumError = reader.real();
    sums.weightedSquares = reader.real();
    sums.weightedError = reader.real();
    error.maximumError = sums.maximumError;
    if (!type)
        return std::nullopt;
    measured.key.type = *type;
    return measured;
}

std::uint64_t hashOf(std::span<const std::byte> bytes)
{
    ContentHash hash;
    hash.add(bytes);
    return hash.value()[0];
}

/// Keeps the sampled figures of tensors whose sample is still the same.
void dropChanged(ErrorSurvey::Results& results, const Model& model, const RunControl& control)
{
    std::vector<bool> isSame(model.tensors().size());
    std::erase_if(results.figures, [&](const auto& entry) {
        control.throwIfCancelled();
        const auto& [tensor, figures] = entry;
        if (tensor >= model.tensors().size() || figures.sampleHash == 0)
            return true;
        const std::uint64_t all = model.tensors()[tensor].shape().weightCount();
        const WeightSample sample(model.tensors()[tensor], ErrorSurvey::sampleWeights(all, TensorType::F16));
        isSame[tensor] = sample.hash() == figures.sampleHash;
        return !isSame[tensor] || (figures.quality == PairError::Quality::Exact && !sample.isWhole());
    });
    // The samples of slow types are others than the hashed one.
    std::erase_if(results.pairs, [&](const ErrorSurvey::Measured& measured) {
        return measured.key.tensor >= isSame.size() || !isSame[measured.key.tensor] || ErrorSurvey::isSlow(measured.key.type)
            || measured.pair.error.quality == PairError::Quality::Exact;
    });
}

} // namespace

ErrorCache::ErrorCache(std::filesystem::path folder, std::uint64_t maximumBytes)
    : m_folder(std::move(folder))
    , m_maximumBytes(maximumBytes)
{
}

std::filesystem::path ErrorCache::defaultFolder()
{
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache && *cache)
        return std::filesystem::path(cache) / "quantlathe" / "errors";
    if (const char* home = std::getenv("HOME"); home && *home)
        return std::filesystem::path(home) / ".cache" / "quantlathe" / "errors";
    return {};
}

std::filesystem::path ErrorCache::fileFor(const Model& model, const Encoding& encoding, const ImportanceMatch* importance) const
{
    ContentHash hash;
    hash.add(version);
    hash.add(static_cast<std::uint64_t>(encoding.effort));
    hash.add(encoding.objective ? 1 + static_cast<std::uint64_t>(*encoding.objective) : 0);
    hash.add(importance ? std::string_view(importance->importance()->hash()) : std::string_view());
    for (const auto& file : model.mappings())
        hash.add(file->identity().sizeBytes);
    for (const Tensor& tensor : model.tensors()) {
        hash.add(tensor.name());
        hash.add(static_cast<std::uint64_t>(tensor.type()));
        for (const std::uint64_t dimension : tensor.shape().dimensions())
            hash.add(dimension);
        hash.add(tensor.storage().fileOffset());
    }
    return m_folder / (hash.text() + std::string(suffix));
}

ErrorSurvey::Results ErrorCache::load(const Model& model, const Encoding& encoding, const RunControl& control,
                                     const ImportanceMatch* importance) const
{
    ErrorSurvey::Results results;
    if (m_folder.empty())
        return results;
    const std::filesystem::path path = fileFor(model, encoding, importance);
    std::shared_ptr<const MappedFile> file;
    try {
        file = MappedFile::open(path);
    } catch (const Error&) {
        return results; // none yet
    }
    std::error_code ignored;
    std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now(), ignored);
    const auto bytes = file->bytes();
    if (bytes.size() < 8 || hashOf(bytes.first(bytes.size() - 8)) != Reader(bytes.last(8)).number())
        return results;
    Reader reader(bytes.first(bytes.size() - 8));
    if (reader.number() != magic || reader.number() != version || reader.number() != model.mappings().size())
        return results;
    bool isUntouched = true;
    for (const auto& mapping : model.mappings())
        isUntouched = static_cast<std::int64_t>(reader.number()) == mapping->identity().modifiedNanoseconds && isUntouched;
    const std::uint64_t figures = reader.number();
    const std::uint64_t pairs = reader.number();
    if (figures > reader.left() || pairs > reader.left() || figures * figuresNumbers + pairs * pairNumbers != reader.left())
        return results;
    for (std::uint64_t index = 0; index < figures; ++index)
        results.figures.push_back(readFigures(reader));
    for (std::uint64_t index = 0; index < pairs; ++index) {
        if (auto pair = readPair(reader))
            results.pairs.push_back(std::move(*pair));
    }
    if (!isUntouched)
        dropChanged(results, model, control);
    return results;
}

void ErrorCache::save(const Model& model, const Encoding& encoding, const ErrorSurvey::Results& results,
                      const ImportanceMatch* importance) const
{
    if (m_folder.empty())
        return;
    Writer writer;
    writer.add(magic);
    writer.add(version);
    writer.add(model.mappings().size());
    for (const auto& mapping : model.mappings())
        writer.add(static_cast<std::uint64_t>(mapping->identity().modifiedNanoseconds));
    const auto failures = std::count_if(results.pairs.begin(), results.pairs.end(), [](const auto& pair) { return pair.failure.has_value(); });
    writer.add(results.figures.size());
    writer.add(results.pairs.size() - static_cast<std::size_t>(failures));
    for (const auto& [tensor, figures] : results.figures)
        add(writer, tensor, figures);
    for (const ErrorSurvey::Measured& measured : results.pairs) {
        if (!measured.failure)
            add(writer, measured);
    }
    const std::uint64_t check = hashOf(writer.bytes());
    writer.add(check);
    if (writer.bytes().size() > m_maximumBytes)
        return;

    std::error_code failed;
    std::filesystem::create_directories(m_folder, failed);
    if (failed)
        throw Error(ErrorKind::AccessDenied, fmt::format("cannot create the folder: {}", failed.message()), {m_folder, std::nullopt, {}});
    const std::filesystem::path path = fileFor(model, encoding, importance);
    writeFileAtomically(path, writer.bytes());
    keepWithinLimit(path);
}

namespace {

struct Entry
{
    std::filesystem::path path;
    std::uint64_t sizeBytes = 0;
    std::filesystem::file_time_type used;
};

std::vector<Entry> entriesOf(const std::filesystem::path& folder)
{
    std::vector<Entry> entries;
    std::error_code failed;
    for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
        std::error_code gone;
        if (at->path().extension() == suffix && at->is_regular_file(gone))
            entries.push_back({at->path(), at->file_size(gone), at->last_write_time(gone)});
    }
    return entries;
}

} // namespace

std::uint64_t ErrorCache::sizeBytes() const
{
    std::uint64_t total = 0;
    for (const Entry& entry : entriesOf(m_folder))
        total += entry.sizeBytes;
    return total;
}

void ErrorCache::keepWithinLimit(const std::filesystem::path& newest) const
{
    std::vector<Entry> entries = entriesOf(m_folder);
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
    std::uint64_t total = 0;
    for (const Entry& entry : entries)
        total += entry.sizeBytes;
    for (const Entry& entry : entries) {
        if (total <= m_maximumBytes)
            return;
        if (entry.path == newest)
            continue;
        std::error_code ignored; // another program may have been faster
        std::filesystem::remove(entry.path, ignored);
        total -= entry.sizeBytes;
    }
}

void ErrorCache::clear() const
{
    for (const Entry& entry : entriesOf(m_folder)) {
        std::error_code failed;
        std::filesystem::remove(entry.path, failed);
        if (failed)
            throw Error(ErrorKind::AccessDenied, fmt::format("cannot delete: {}", failed.message()), {entry.path, std::nullopt, {}});
    }
}

} // namespace quantlathe
