// SPDX-License-Identifier: GPL-3.0-or-later
// Writes safetensors files from named tensors for tests, wrong ones included. Deliberately not the product's writer.
#pragma once

#include "support/byte_builder.h"

#include <numeric>

namespace quantlathe::test {

class ShardBuilder
{
public:
    /// @p data shorter than the shape asks for is filled up with bytes counting up.
    ShardBuilder& add(const std::string& name, const std::string& dtype, const std::vector<std::uint64_t>& shape,
                      const std::vector<std::byte>& data = {})
    {
        static const std::vector<std::pair<std::string, std::size_t>> sizes
            = {{"I64", 8}, {"F32", 4}, {"I32", 4}, {"F16", 2}, {"BF16", 2}, {"U8", 1}, {"I8", 1}, {"F8_E4M3", 1}};
        std::size_t bytes = 1;
        for (const auto& [type, size] : sizes) {
            if (type == dtype)
                bytes = size;
        }
        bytes = std::accumulate(shape.begin(), shape.end(), bytes, std::multiplies<>());
        std::string extents;
        for (const std::uint64_t extent : shape)
            extents += (extents.empty() ? "" : ",") + std::to_string(extent);
        m_json += (m_json.empty() ? "" : ",") + ("\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + extents + "],\"data_offsets\":["
                  + std::to_string(m_data.size()) + "," + std::to_string(m_data.size() + bytes) + "]}");
        const std::size_t begin = m_data.size();
        m_data.insert(m_data.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(std::min(bytes, data.size())));
        while (m_data.size() < begin + bytes)
            m_data.push_back(static_cast<std::byte>(m_data.size() * 7 & 0x3F));
        return *this;
    }
    [[nodiscard]] std::vector<std::byte> file() const { return ByteBuilder().string("{" + m_json + "}").append(m_data).bytes(); }

private:
    std::string m_json;
    std::vector<std::byte> m_data;
};

} // namespace quantlathe::test
