// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/adapters.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/convert/adapter_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <string>
#include <utility>

namespace quantlathe {

namespace {

std::vector<float> decoded(const Tensor& tensor)
{
    std::vector<float> weights(tensor.shape().weightCount());
    tensor.decodeRows(0, tensor.shape().rowCount(), weights.data());
    tensor.throwIfSourceChanged();
    return weights;
}

/// One low-rank addition to a matrix [rows x columns]: row r gets scale * sum over k of left[r, k] * right[k, column].
struct Addition
{
    std::uint64_t rank = 0;
    std::vector<float> left;  ///< [rows x rank], scale included
    std::vector<float> right; ///< [rank x columns]
};

std::vector<float> turned(const std::vector<float>& matrix, std::uint64_t rows, std::uint64_t columns)
{
    std::vector<float> result(matrix.size());
    for (std::uint64_t row = 0; row < rows; ++row) {
        for (std::uint64_t column = 0; column < columns; ++column)
            result[column * rows + row] = matrix[row * columns + column];
    }
    return result;
}

class MergedWeights final : public TensorStorage
{
public:
    explicit MergedWeights(Tensor base) : m_base(std::move(base)) {}
    void add(Addition addition) { m_additions.push_back(std::move(addition)); }

    [[nodiscard]] bool canDecode() const override { return m_base.canDecode(); }
    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        m_base.decodeRows(first, count, weights);
        const std::uint64_t columns = m_base.shape().rowLength();
        std::vector<float> change(columns);
        for (const Addition& addition : m_additions) {
            for (std::uint64_t row = 0; row < count; ++row) {
                std::fill(change.begin(), change.end(), 0.0f);
                const float* left = addition.left.data() + (first + row) * addition.rank;
                for (std::uint64_t k = 0; k < addition.rank; ++k) {
                    const float* right = addition.right.data() + k * columns;
                    for (std::uint64_t column = 0; column < columns; ++column)
                        change[column] += left[k] * right[column];
                }
                float* target = weights + row * columns;
                for (std::uint64_t column = 0; column < columns; ++column)
                    target[column] += change[column];
            }
        }
    }
    [[nodiscard]] std::span<const std::byte> bytes() const override { return {}; }
    [[nodiscard]] const std::shared_ptr<const MappedFile>& file() const override { return m_base.storage().file(); }
    [[nodiscard]] std::uint64_t fileOffset() const override { return m_base.storage().fileOffset(); }
    [[nodiscard]] std::string_view scheme() const override { return m_base.scheme(); }

private:
    Tensor m_base;
    std::vector<Addition> m_additions;
};

class Merger
{
public:
    explicit Merger(const std::shared_ptr<const Model>& model) : m_model(model)
    {
        m_contents.format = model->format();
        m_contents.path = model->path();
        m_contents.files.assign(model->files().begin(), model->files().end());
        m_contents.mappings.assign(model->mappings().begin(), model->mappings().end());
        m_contents.formatVersion = model->formatVersion();
        m_contents.alignment = model->alignment();
        m_contents.metadata = model->metadata();
        m_contents.architecture = model->architecture();
        m_contents.tensors.assign(model->tensors().begin(), model->tensors().end());
        for (std::size_t index = 0; index < model->tensors().size(); ++index) {
            m_contents.places.push_back(model->place(index));
            m_byPlace.emplace(key(model->place(index)), index);
        }
    }

    void merge(const Adapter& adapter)
    {
        const AdapterFile file = readAdapter(adapter.folder);
        m_file = file.tensors->path();
        for (const auto& [name, tensor] : file.replaced)
            replace(name, tensor);
        for (const auto& [module, pair] : file.pairs)
            add(module, pair, file.isFanInFanOut, adapter.scale);
        m_contents.files.push_back(m_file);
        m_contents.mappings.insert(m_contents.mappings.end(), file.tensors->mappings().begin(), file.tensors->mappings().end());
        const std::string prefix = fmt::format("quantlathe.adapter.{}.", m_count++);
        m_contents.metadata.append(prefix + "name", MetadataValue::ofString(adapter.folder.filename().string()));
        m_contents.metadata.append(prefix + "scale", MetadataValue::ofF64(adapter.scale));
    }

    std::shared_ptr<const Model> finish()
    {
        for (auto& [index, storage] : m_merged) {
            const Tensor& base = m_contents.tensors[index];
            // Codes of other engines' schemes cannot hold the sum.
            const bool isPlain = info(base.type()).family == TypeFamily::Float && info(base.type()).bytesPerBlock > 1;
            m_contents.tensors[index] = Tensor(base.name(), base.shape(), isPlain ? base.type() : TensorType::BF16, std::move(storage));
        }
        return std::make_shared<const Model>(std::move(m_contents));
    }

private:
    static std::string key(const TensorPlace& place) { return place.expert ? fmt::format("{}#{}", place.canonicalName, *place.expert) : place.canonicalName; }

    /// By its own name, or by its place where wrappers differ ("language_model.model." for "model.language_model.").
    [[nodiscard]] std::size_t require(const std::string& name) const
    {
        if (const auto index = m_model->indexOf(name))
            return *index;
        const auto found = m_byPlace.find(key(placeOf(name, m_model->architecture().name)));
        if (found == m_byPlace.end()) {
            throw Error(ErrorKind::BadFormat, fmt::format("the model has no tensor '{}', which the adapter changes", printable(name, 200)), {m_file, std::nullopt, {}},
                        "The adapter belongs to another model");
        }
        return found->second;
    }

    [[noreturn]] void failShape(const std::string& name, const std::string& what, const Tensor& base) const
    {
        throw Error(ErrorKind::BadFormat, fmt::format("{} does not fit '{}', which is {}", what, printable(base.name(), 200), base.shape().toString()),
                    {m_file, std::nullopt, printable(name)}, "The adapter belongs to another model");
    }

    void replace(const std::string& name, const Tensor& tensor)
    {
        const std::size_t index = require(name);
        const Tensor& base = m_contents.tensors[index];
        if (tensor.shape() != base.shape())
            failShape(name, fmt::format("the adapter's tensor of {}", tensor.shape().toString()), base);
        const auto bytes = tensor.bytes();
        m_contents.tensors[index] = bytes.empty() ? Tensor(base.name(), base.shape(), tensor.type(), std::make_shared<const MergedWeights>(tensor))
                                                  : Tensor::stored(base.name(), base.shape(), tensor.type(), tensor.storage().file(), tensor.storage().fileOffset());
        m_merged.erase(index); // what was added before belonged to the other
    }

    void add(const std::string& module, const LowRankPair& pair, bool isFanInFanOut, double scale)
    {
        const std::size_t index = require(module + ".weight");
        const Tensor& base = m_contents.tensors[index];
        const std::uint64_t rank = pair.down->shape().rowCount();
        const std::uint64_t inputs = pair.down->shape().rowLength();
        const std::uint64_t outputs = pair.up->shape().rowCount();
        // GPT-2's layers keep their matrices turned; PEFT says so for all of an adapter's modules or for none.
        const bool isLayerOfGpt2 = m_model->architecture().name == "gpt2" && m_model->place(index).layer.has_value();
        const bool isTurned = pair.isEmbedding || isLayerOfGpt2 || (isFanInFanOut && m_model->architecture().name != "gpt2");
        if (base.shape() != (isTurned ? Shape({inputs, outputs}) : Shape({outputs, inputs})))
            failShape(module, fmt::format("the product of {} and {}", pair.up->shape().toString(), pair.down->shape().toString()), base);
        Addition addition;
        addition.rank = rank;
        addition.left = isTurned ? turned(decoded(*pair.down), rank, inputs) : decoded(*pair.up);
        addition.right = isTurned ? turned(decoded(*pair.up), outputs, rank) : decoded(*pair.down);
        for (float& value : addition.left)
            value *= static_cast<float>(scale * pair.scale);
        auto [merged, isNew] = m_merged.try_emplace(index);
        if (isNew)
            merged->second = std::make_shared<MergedWeights>(base);
        merged->second->add(std::move(addition));
    }

    std::shared_ptr<const Model> m_model;
    Model::Contents m_contents;
    std::map<std::string, std::size_t> m_byPlace;
    std::map<std::size_t, std::shared_ptr<MergedWeights>> m_merged;
    std::filesystem::path m_file;
    int m_count = 0;
};

} // namespace

Adapter parseAdapter(std::string_view text)
{
    Adapter adapter;
    const auto colon = text.rfind(':');
    if (colon != std::string_view::npos && colon + 1 < text.size() && text.find('/', colon) == std::string_view::npos) {
        const std::string_view number = text.substr(colon + 1);
        const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), adapter.scale);
        if (problem != std::errc() || end != number.data() + number.size() || !std::isfinite(adapter.scale))
            throw Error(ErrorKind::InvalidArgument, fmt::format("'{}' is no scale of an adapter", printable(number, 60)), {}, "Write FOLDER or FOLDER:NUMBER");
        text = text.substr(0, colon);
    }
    if (text.empty())
        throw Error(ErrorKind::InvalidArgument, "an adapter needs the name of its folder", {}, "Write FOLDER or FOLDER:NUMBER");
    adapter.folder = std::filesystem::path(text).lexically_normal();
    if (!adapter.folder.has_filename()) // "adapter/"
        adapter.folder = adapter.folder.parent_path();
    return adapter;
}

std::shared_ptr<const Model> withAdapters(std::shared_ptr<const Model> model, const std::vector<Adapter>& adapters)
{
    if (adapters.empty())
        return model;
    if (model->format() != ModelFormat::HuggingFace) {
        throw Error(ErrorKind::Unsupported, fmt::format("is a {}; adapters can be merged into Hugging Face folders, which keep rows in their order", name(model->format())),
                    {model->path(), std::nullopt, {}}, "Merge into the folder the file was made from");
    }
    Merger merger(model);
    for (const Adapter& adapter : adapters)
        merger.merge(adapter);
    return merger.finish();
}

} // namespace quantlathe
