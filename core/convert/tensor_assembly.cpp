// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/tensor_assembly.h"

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/model/tensor_names.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace quantlathe {

namespace {

/// Parts of multimodal models that are no layers of the language model.
bool isOfTower(std::string_view name)
{
    while (!name.empty()) {
        const std::size_t dot = name.find('.');
        if (names::isForeignTower(name.substr(0, dot)))
            return true;
        name = dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
    }
    return false;
}

/// What older checkpoints carry along though engines compute it: rotary tables, attention masks.
bool isComputedByEngines(std::string_view name)
{
    for (const std::string_view ending : {"rotary_emb.inv_freq", "rotary_emb.cos_cached", "rotary_emb.sin_cached", ".attn.bias", ".attn.masked_bias"}) {
        if (name.ends_with(ending))
            return true;
    }
    return false;
}

bool isNormWeight(std::string_view name)
{
    return name.ends_with("norm.weight");
}

} // namespace

TensorAssembly::TensorAssembly(const Model& model, const ArchitectureRow& architecture) : m_model(model), m_architecture(architecture)
{
    for (std::size_t index = 0; index < model.tensors().size(); ++index) {
        const TensorPlace& place = model.place(index);
        if (architecture.dropsOtherTowers && isOfTower(model.tensors()[index].name()))
            continue;
        Source& source = m_byName[place.canonicalName];
        for (const std::size_t other : source.tensors) {
            if (!place.expert || model.place(other).expert == place.expert) {
                throw Error(ErrorKind::BadFormat,
                            fmt::format("stands for the same GGUF tensor '{}' as '{}'", printable(place.canonicalName), printable(tensor(other).name())),
                            {model.path(), std::nullopt, printable(model.tensors()[index].name())});
            }
        }
        source.tensors.push_back(index);
    }
}

TensorAssembly::Source* TensorAssembly::find(const std::string& canonicalName)
{
    const auto found = m_byName.find(canonicalName);
    return found == m_byName.end() ? nullptr : &found->second;
}

void TensorAssembly::failMissing(const std::string& name) const
{
    const auto method = m_model.metadata().string("quantization_config.quant_method");
    throw Error(ErrorKind::BadFormat,
                method ? fmt::format("the tensor for '{}' is missing: the folder is already quantized by '{}' in a form that cannot be read", name, printable(*method, 40))
                       : fmt::format("the tensor for '{}' is missing", name),
                {m_model.path(), std::nullopt, {}});
}

void TensorAssembly::requireShape(std::size_t index, const Shape& shape) const
{
    if (tensor(index).shape() != shape) {
        throw Error(ErrorKind::BadFormat,
                    fmt::format("has the shape {}, but config.json asks for {}", tensor(index).shape().toString(), shape.toString()),
                    {m_model.path(), std::nullopt, printable(tensor(index).name())});
    }
}

Shape TensorAssembly::shapeOf(const TensorRow& row) const
{
    std::vector<std::uint64_t> dimensions;
    for (const Extent extent : row.shape) {
        if (extent != Extent::None)
            dimensions.push_back(m_sizes.of(extent));
    }
    auto shape = Shape::make(std::move(dimensions));
    if (!shape) {
        throw Error(ErrorKind::BadFormat, fmt::format("the sizes in config.json make '{}' larger than anything can be", row.name),
                    {m_model.path(), std::nullopt, {}});
    }
    return *shape;
}

const Tensor& TensorAssembly::embedding(std::uint64_t width) const
{
    const auto found = m_byName.find("token_embd.weight");
    if (found == m_byName.end())
        failMissing("token_embd.weight");
    const Tensor& table = tensor(found->second.tensors.front());
    if (table.shape().rank() != 2 || table.shape().rowCount() == 0 || table.shape().rowCount() > std::numeric_limits<std::int32_t>::max()
        || table.shape().rowLength() != width) {
        throw Error(ErrorKind::BadFormat, fmt::format("has the shape {}, which is no embedding of {} dimensions", table.shape().toString(), width),
                    {m_model.path(), std::nullopt, printable(table.name())});
    }
    return table;
}

std::vector<OutputTensor> TensorAssembly::assemble(const ModelSizes& sizes, bool isTied, double queryFactor)
{
    m_sizes = sizes;
    m_queryFactor = queryFactor;
    m_result.clear();
    addRow({"token_embd.weight", {Extent::Vocabulary, Extent::Width}}, {});
    for (std::uint64_t layer = 0; layer < sizes.layers; ++layer)
        addLayer(layer);
    addOutside(isTied);
    refuseLeftOvers(isTied);
    return std::move(m_result);
}

void TensorAssembly::addLayer(std::uint64_t layer)
{
    const std::string prefix = fmt::format("blk.{}.", layer);
    for (const TensorRows rows : m_architecture.layer) {
        for (const TensorRow& row : rows)
            addRow(row, prefix);
    }
    const bool canHaveExperts = m_sizes.experts > 0;
    const bool hasExperts = canHaveExperts && (!m_architecture.canMixLayers || find(prefix + "ffn_gate_inp.weight"));
    if (canHaveExperts && !find(prefix + "ffn_gate_inp.weight") && find(prefix + "ffn_gate.weight") && !m_architecture.canMixLayers) {
        throw Error(ErrorKind::Unsupported, fmt::format("layer {} has no experts, others have: a {} GGUF cannot express that", layer, m_architecture.id),
                    {m_model.path(), std::nullopt, {}});
    }
    for (const TensorRow& row : hasExperts ? m_architecture.experts : m_architecture.dense)
        addRow(row, prefix);
}

void TensorAssembly::addOutside(bool isTied)
{
    for (const TensorRow& row : m_architecture.outside)
        addRow(row, {});
    addRow({"output_norm.weight", {Extent::Width}}, {});
    if (!isTied) // absent all the same: tied without saying so
        addRow({"output.weight", {Extent::Vocabulary, Extent::Width}, true}, {});
}

void TensorAssembly::addRow(const TensorRow& row, const std::string& prefix)
{
    const std::string name = fmt::format("{}{}", prefix, row.name);
    const std::string sourceName = row.source.empty() ? name : fmt::format("{}{}", prefix, row.source);
    Source* source = find(sourceName);
    if (!source && row.shape[0] == Extent::Experts && row.shape[2] != Extent::None && row.source.empty()) {
        // Gate and up matrices of all experts as one stack, gates first.
        const bool isSecond = row.name == "ffn_up_exps.weight";
        Source* both = isSecond || row.name == "ffn_gate_exps.weight" ? find(prefix + "ffn_gate_up_exps.weight") : nullptr;
        if (both && both->tensors.size() == 1) {
            both->isTaken = true;
            m_result.push_back(halfOfStack(name, shapeOf(row), both->tensors.front(), isSecond));
            return;
        }
    }
    if (!source) {
        if (row.isOptional)
            return;
        failMissing(sourceName);
    }
    source->isTaken = true;
    m_result.push_back(make(row, name, sourceName, *source));
}

OutputTensor TensorAssembly::make(const TensorRow& row, const std::string& name, const std::string& sourceName, Source& source) const
{
    const Shape shape = shapeOf(row);
    if (row.transform == Transform::None && shape.rank() == 3)
        return stack(name, shape, source);
    const std::size_t index = source.tensors.front();
    if (source.tensors.size() > 1) {
        throw Error(ErrorKind::BadFormat, fmt::format("experts have tensors of their own for '{}', which is no stack", sourceName),
                    {m_model.path(), std::nullopt, printable(tensor(index).name())});
    }
    if (row.transform == Transform::Transposed || row.transform == Transform::EvenColumns || row.transform == Transform::OddColumns
        || row.transform == Transform::LatentKeys)
        return turned(row, name, shape, index);

    RowMap map;
    WeightShift shift;
    bool countsWeights = false;
    Shape stored = shape;
    switch (row.transform) {
    case Transform::RotatedQuery:
    case Transform::RotatedKey:
        map = RowMap::rotated(m_sizes.headLength);
        break;
    case Transform::EvenWeights:
    case Transform::OddWeights:
        map = {.first = row.transform == Transform::OddWeights ? 1u : 0u, .block = m_sizes.expertLength, .stride = 2 * m_sizes.expertLength, .step = 2};
        stored = Shape({m_sizes.experts, 2 * m_sizes.expertLength});
        countsWeights = true;
        break;
    case Transform::LatentValues: {
        const std::uint64_t both = m_sizes.plainLength + m_sizes.valueLength;
        map = {.first = m_sizes.plainLength, .block = m_sizes.valueLength, .stride = both};
        stored = Shape({m_sizes.heads * both, m_sizes.latentRank});
        break;
    }
    default:
        break;
    }
    requireShape(index, stored);
    if (m_architecture.isGemma && isNormWeight(row.name))
        shift.offset = 1;
    // The queries carry what scores are multiplied with: where they are normed, their norm does.
    const bool hasQueryNorm = std::any_of(m_architecture.layer.begin(), m_architecture.layer.end(), [](TensorRows rows) {
        return std::any_of(rows.begin(), rows.end(), [](const TensorRow& other) { return other.name == "attn_q_norm.weight"; });
    });
    if (row.name == (hasQueryNorm ? "attn_q_norm.weight" : "attn_q.weight"))
        shift.factor = static_cast<float>(m_queryFactor);
    const bool isPlain = map == RowMap{} && shift == WeightShift{};
    return {.weights = isPlain ? renamed(name, shape, tensor(index)) : gathered(name, shape, {tensor(index)}, map, shift, countsWeights),
            .sources = {index},
            .rows = map,
            .isShifted = !(shift == WeightShift{}),
            .hasRowOrigins = !countsWeights};
}

/// Experts, each a tensor of its own, or a stack of all of them.
OutputTensor TensorAssembly::stack(const std::string& name, const Shape& shape, Source& source) const
{
    const auto& dimensions = shape.dimensions();
    if (source.tensors.size() == 1 && !m_model.place(source.tensors.front()).expert) {
        requireShape(source.tensors.front(), shape);
        return {.weights = renamed(name, shape, tensor(source.tensors.front())), .sources = {source.tensors.front()}};
    }
    std::vector<std::optional<std::size_t>> byExpert(dimensions.front());
    for (const std::size_t index : source.tensors) {
        const auto expert = m_model.place(index).expert;
        if (!expert || *expert < 0 || static_cast<std::uint64_t>(*expert) >= byExpert.size()) {
            throw Error(ErrorKind::BadFormat, fmt::format("is none of the {} experts that config.json names", byExpert.size()),
                        {m_model.path(), std::nullopt, printable(tensor(index).name())});
        }
        requireShape(index, Shape({dimensions[1], dimensions[2]}));
        byExpert[static_cast<std::size_t>(*expert)] = index;
    }
    std::vector<Tensor> parts;
    std::vector<std::size_t> sources;
    for (std::size_t expert = 0; expert < byExpert.size(); ++expert) {
        if (!byExpert[expert])
            failMissing(fmt::format("{} (expert {})", name, expert));
        sources.push_back(*byExpert[expert]);
        parts.push_back(tensor(*byExpert[expert]));
        if (parts.back().type() != parts.front().type()) {
            throw Error(ErrorKind::Unsupported, fmt::format("is stored as {}, other experts as {}: they become one tensor of one type", quantlathe::name(parts.back().type()), quantlathe::name(parts.front().type())),
                        {m_model.path(), std::nullopt, printable(parts.back().name())});
        }
    }
    return {.weights = gathered(name, shape, std::move(parts), {}), .sources = std::move(sources)};
}

OutputTensor TensorAssembly::halfOfStack(const std::string& name, const Shape& shape, std::size_t index, bool isSecond) const
{
    const std::uint64_t length = m_sizes.expertLength;
    requireShape(index, Shape({m_sizes.experts, 2 * length, m_sizes.width}));
    const RowMap map{.first = isSecond ? length : 0, .block = length, .stride = 2 * length};
    return {.weights = gathered(name, shape, {tensor(index)}, map), .sources = {index}, .rows = map};
}

OutputTensor TensorAssembly::turned(const TensorRow& row, const std::string& name, const Shape& shape, std::size_t index) const
{
    ColumnMap map;
    const auto& dimensions = shape.dimensions();
    map.rows = shape.rowLength();
    map.columns = dimensions[dimensions.size() - 2];
    map.stride = map.rows;
    std::vector<std::uint64_t> stored = dimensions;
    std::swap(stored[stored.size() - 1], stored[stored.size() - 2]);
    if (row.transform == Transform::EvenColumns || row.transform == Transform::OddColumns) {
        map.step = 2;
        map.firstColumn = row.transform == Transform::OddColumns ? 1 : 0;
        stored.back() *= 2;
    } else if (row.transform == Transform::LatentKeys) {
        map.stride = m_sizes.plainLength + m_sizes.valueLength;
        stored = {m_sizes.heads * map.stride, m_sizes.latentRank};
    }
    const auto storedShape = Shape::make(std::move(stored));
    if (!storedShape)
        failMissing(name);
    requireShape(index, *storedShape);
    // The inputs of latent keys are outputs of their source.
    std::optional<RowMap> rows;
    if (row.transform != Transform::LatentKeys)
        rows = RowMap{.first = map.firstColumn, .block = map.columns, .stride = map.columns * map.step, .step = map.step};
    if (auto packed = packedStack(name, shape, map, index))
        return {.weights = std::move(*packed), .sources = {index}, .hasRowOrigins = false, .turnedRows = rows};
    return {.weights = transposed(name, shape, tensor(index), map), .sources = {index}, .hasRowOrigins = false, .turnedRows = rows};
}

/// Stacks that are only shown turned, but lie in the file row by row as GGUF has them.
std::optional<Tensor> TensorAssembly::packedStack(const std::string& name, const Shape& shape, const ColumnMap& map, std::size_t index) const
{
    const auto pieces = tensor(index).storage().pieces();
    const std::uint64_t matrices = shape.dimensions().front();
    const std::uint64_t weights = shape.weightCount() * map.step;
    if (shape.rank() != 3 || tensor(index).type() != TensorType::FP4 || pieces.size() != 2 || map.rows % 32 != 0
        || pieces[0].sizeBytes != weights / 2 || pieces[1].sizeBytes != weights / 32)
        return std::nullopt;
    const std::uint64_t rows = map.columns * map.step;
    Tensor whole = packedFp4(name, Shape({matrices, rows, map.rows}), pieces[0], pieces[1]);
    return gathered(name, shape, {std::move(whole)}, {.first = map.firstColumn, .block = map.columns, .stride = rows, .step = map.step});
}

void TensorAssembly::refuseLeftOvers(bool isTied) const
{
    for (const auto& [canonical, source] : m_byName) {
        if (source.isTaken || (isTied && canonical == "output.weight"))
            continue;
        for (const std::size_t index : source.tensors) {
            const std::string& name = tensor(index).name();
            const auto layer = m_model.place(index).layer;
            const bool isBeyond = m_architecture.dropsExtraLayers && layer && static_cast<std::uint64_t>(*layer) >= m_sizes.layers;
            if (!isBeyond && !isComputedByEngines(name)) {
                throw Error(ErrorKind::Unsupported,
                            fmt::format("is no part of a {} model, and leaving it out would change the model", m_architecture.id),
                            {m_model.path(), std::nullopt, printable(name)});
            }
        }
    }
}

} // namespace quantlathe
