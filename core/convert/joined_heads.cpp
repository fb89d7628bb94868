// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/joined_heads.h"

#include "core/convert/row_views.h"

#include <algorithm>
#include <utility>

namespace quantlathe {

namespace {

class JoinedHeads final : public TensorStorage
{
public:
    JoinedHeads(Tensor keys, Tensor values, std::uint64_t keyRows, std::uint64_t valueRows)
        : m_keys(std::move(keys)), m_values(std::move(values)), m_keyRows(keyRows), m_valueRows(valueRows)
    {
    }
    [[nodiscard]] bool canDecode() const override { return m_keys.canDecode() && m_values.canDecode(); }
    [[nodiscard]] std::span<const std::byte> bytes() const override { return {}; }
    [[nodiscard]] const std::shared_ptr<const MappedFile>& file() const override { return m_keys.storage().file(); }
    [[nodiscard]] std::uint64_t fileOffset() const override { return m_keys.storage().fileOffset(); }

    void decodeRows(std::uint64_t first, std::uint64_t count, float* weights) const override
    {
        const std::uint64_t length = m_values.shape().rowLength();
        const std::uint64_t both = m_keyRows + m_valueRows;
        while (count > 0) {
            const std::uint64_t head = first / both;
            const std::uint64_t row = first % both;
            const bool isKey = row < m_keyRows;
            // Turned rows cost a pass over all of a head's, so they are asked for together.
            const std::uint64_t run = std::min(count, (isKey ? m_keyRows : both) - row);
            if (isKey)
                m_keys.decodeRows(head * m_keyRows + row, run, weights);
            else
                m_values.decodeRows(head * m_valueRows + row - m_keyRows, run, weights);
            first += run;
            count -= run;
            weights += run * length;
        }
    }

private:
    Tensor m_keys; ///< [heads * keys x rank]
    Tensor m_values;
    std::uint64_t m_keyRows;
    std::uint64_t m_valueRows;
};

} // namespace

Tensor joinedHeads(std::string name, const Tensor& keys, const Tensor& values)
{
    const auto& extents = keys.shape().dimensions();
    const std::uint64_t heads = extents[0];
    const std::uint64_t rank = extents[1];
    const std::uint64_t keyRows = extents[2];
    const std::uint64_t valueRows = values.shape().dimensions()[1];
    Tensor turned = transposed(name, Shape({heads * keyRows, rank}), keys, {.rows = rank, .stride = rank, .columns = keyRows});
    return {std::move(name), Shape({heads * (keyRows + valueRows), rank}), keys.type(),
            std::make_shared<const JoinedHeads>(std::move(turned), values, keyRows, valueRows)};
}

} // namespace quantlathe
