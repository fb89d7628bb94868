// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/buffer_pool.h"

#include <algorithm>
#include <utility>

namespace quantlathe {

FloatBuffer& FloatBuffer::operator=(FloatBuffer&& other) noexcept
{
    std::swap(m_values, other.m_values);
    std::swap(m_capacity, other.m_capacity);
    std::swap(m_pool, other.m_pool);
    return *this;
}

FloatBuffer::~FloatBuffer()
{
    if (m_values)
        m_pool->giveBack(std::move(m_values), m_capacity);
}

FloatBuffer BufferPool::take(std::size_t count)
{
    FloatBuffer buffer;
    buffer.m_pool = shared_from_this();
    {
        const std::scoped_lock lock(m_mutex);
        // The smallest that fits, unless it is much too large.
        auto best = m_idle.end();
        for (auto idle = m_idle.begin(); idle != m_idle.end(); ++idle) {
            if (idle->capacity >= count && idle->capacity / 2 <= count && (best == m_idle.end() || idle->capacity < best->capacity))
                best = idle;
        }
        if (best != m_idle.end()) {
            buffer.m_values = std::move(best->values);
            buffer.m_capacity = best->capacity;
            m_idleNow -= best->capacity * sizeof(float);
            m_idle.erase(best);
            return buffer;
        }
    }
    buffer.m_capacity = std::max<std::size_t>(count, 1);
    buffer.m_values = std::make_unique_for_overwrite<float[]>(buffer.m_capacity);
    return buffer;
}

void BufferPool::giveBack(std::unique_ptr<float[]> values, std::size_t capacity)
{
    const std::uint64_t bytes = capacity * sizeof(float);
    std::vector<Idle> dropped; // freed outside the lock
    const std::scoped_lock lock(m_mutex);
    if (bytes > m_idleBytes)
        return;
    // The oldest make room.
    while (m_idleNow + bytes > m_idleBytes) {
        m_idleNow -= m_idle.front().capacity * sizeof(float);
        dropped.push_back(std::move(m_idle.front()));
        m_idle.erase(m_idle.begin());
    }
    m_idle.push_back({std::move(values), capacity});
    m_idleNow += bytes;
}

} // namespace quantlathe
