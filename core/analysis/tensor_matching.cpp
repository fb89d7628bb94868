// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/tensor_matching.h"

#include <algorithm>
#include <map>
#include <string>

namespace quantlathe {

namespace {

using Dimensions = std::vector<std::uint64_t>;

Dimensions withoutLeadingOnes(const Shape& shape)
{
    const auto& all = shape.dimensions();
    return {std::find_if(all.begin(), all.end(), [](std::uint64_t d) { return d != 1; }), all.end()};
}

/// The shape of one expert in a stack.
Dimensions expertShape(const Shape& stack)
{
    const auto& all = stack.dimensions();
    return {all.begin() + 1, all.end()};
}

class Matcher
{
public:
    Matcher(const Model& first, const Model& second)
        : m_first(first)
        , m_second(second)
        , m_isUsed(second.tensors().size())
    {
        for (std::size_t index = 0; index < second.tensors().size(); ++index)
            m_byCanonicalName[second.place(index).canonicalName].push_back(index);
    }

    std::vector<TensorMatch> run()
    {
        std::vector<TensorMatch> matches;
        for (std::size_t index = 0; index < m_first.tensors().size(); ++index)
            matches.push_back(match(index));
        for (std::size_t index = 0; index < m_isUsed.size(); ++index)
            if (!m_isUsed[index])
                matches.push_back({std::nullopt, index, false, {}});
        return matches;
    }

private:
    TensorMatch match(std::size_t index)
    {
        if (const auto same = m_second.indexOf(m_first.tensors()[index].name()))
            return whole(index, *same);
        const auto found = m_byCanonicalName.find(m_first.place(index).canonicalName);
        if (found == m_byCanonicalName.end())
            return {index, std::nullopt, false, {}};
        const std::vector<std::size_t>& candidates = found->second;
        const auto expert = m_first.place(index).expert;
        for (const std::size_t candidate : candidates)
            if (m_second.place(candidate).expert == expert)
                return whole(index, candidate);
        if (!expert)
            return stackAgainstExperts(index, candidates);
        for (const std::size_t candidate : candidates)
            if (!m_second.place(candidate).expert)
                return expertAgainstStack(index, *expert, candidate);
        return {index, std::nullopt, false, {}};
    }

    TensorMatch whole(std::size_t first, std::size_t second)
    {
        m_isUsed[second] = true;
        const Shape& shape = m_first.tensors()[first].shape();
        TensorMatch match{first, second, false, {}};
        match.isShapeEqual = withoutLeadingOnes(shape) == withoutLeadingOnes(m_second.tensors()[second].shape());
        if (match.isShapeEqual)
            match.rows.push_back({first, second, 0, 0, shape.rowCount()});
        return match;
    }

    TensorMatch expertAgainstStack(std::size_t first, int expert, std::size_t second)
    {
        m_isUsed[second] = true;
        const Shape& shape = m_first.tensors()[first].shape();
        const Shape& stack = m_second.tensors()[second].shape();
        TensorMatch match{first, second, false, {}};
        match.isShapeEqual = stack.rank() >= 2 && expert >= 0
            && static_cast<std::uint64_t>(expert) < stack.dimensions()[0] && expertShape(stack) == shape.dimensions();
        if (match.isShapeEqual)
            match.rows.push_back({first, second, 0, static_cast<std::uint64_t>(expert) * shape.rowCount(), shape.rowCount()});
        return match;
    }

    TensorMatch stackAgainstExperts(std::size_t first, const std::vector<std::size_t>& experts)
    {
        const Shape& stack = m_first.tensors()[first].shape();
        TensorMatch match{first, experts.front(), false, {}};
        std::vector<bool> isThere(experts.size());
        bool fits = stack.rank() >= 2 && stack.dimensions()[0] == experts.size();
        for (const std::size_t second : experts) {
            m_isUsed[second] = true;
            const Shape& shape = m_second.tensors()[second].shape();
            const int number = m_second.place(second).expert.value_or(-1);
            fits = fits && number >= 0 && static_cast<std::size_t>(number) < experts.size() && !isThere[number]
                && expertShape(stack) == shape.dimensions();
            if (!fits)
                continue;
            isThere[number] = true;
            match.rows.push_back({first, second, static_cast<std::uint64_t>(number) * shape.rowCount(), 0, shape.rowCount()});
        }
        match.isShapeEqual = fits;
        if (!fits)
            match.rows.clear();
        // Sums are added in the order of the rows, not of the second file.
        std::sort(match.rows.begin(), match.rows.end(),
                  [](const MatchedRows& a, const MatchedRows& b) { return a.firstRow < b.firstRow; });
        return match;
    }

    const Model& m_first;
    const Model& m_second;
    std::vector<bool> m_isUsed; ///< tensors of the second model
    std::map<std::string, std::vector<std::size_t>, std::less<>> m_byCanonicalName;
};

std::uint64_t headCount(const Model& model, const TensorPlace& place)
{
    const Hyperparameters& parameters = model.architecture().parameters;
    const auto& heads = place.role == TensorRole::AttentionQuery ? parameters.headCount : parameters.headCountKv;
    const auto layer = static_cast<std::size_t>(place.layer.value_or(0));
    return layer < heads.size() ? heads[layer] : 0;
}

} // namespace

std::vector<TensorMatch> matchTensors(const Model& first, const Model& second)
{
    return Matcher(first, second).run();
}

std::uint64_t RopeOrder::toHuggingFace(std::uint64_t ggufRow) const
{
    const std::uint64_t inHead = ggufRow % headLength;
    return ggufRow - inHead + inHead % 2 * (headLength / 2) + inHead / 2;
}

std::uint64_t RopeOrder::toGguf(std::uint64_t huggingFaceRow) const
{
    const std::uint64_t inHead = huggingFaceRow % headLength;
    const std::uint64_t half = headLength / 2;
    return huggingFaceRow - inHead + inHead % half * 2 + inHead / half;
}

std::optional<RopeOrder> possibleRopeOrder(const Model& firstModel, std::size_t first, const Model& secondModel,
                                           std::size_t second)
{
    if ((firstModel.format() == ModelFormat::Gguf) == (secondModel.format() == ModelFormat::Gguf))
        return std::nullopt;
    const TensorPlace& place = firstModel.place(first);
    if (place.role != TensorRole::AttentionQuery && place.role != TensorRole::AttentionKey)
        return std::nullopt;
    std::uint64_t heads = headCount(firstModel, place);
    if (heads == 0)
        heads = headCount(secondModel, secondModel.place(second));
    const Shape& shape = firstModel.tensors()[first].shape();
    const std::uint64_t rows = shape.rowCount() == 1 ? shape.rowLength() : shape.rowCount(); // a bias is one row
    if (heads == 0 || rows == 0 || rows % heads != 0)
        return std::nullopt;
    const RopeOrder order{rows / heads};
    if (order.headLength % 2 != 0 || order.headLength < 4) // two rows per head: both orders are the same
        return std::nullopt;
    return order;
}

} // namespace quantlathe
