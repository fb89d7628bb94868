// SPDX-License-Identifier: GPL-3.0-or-later
// Large arrays of floats that are used again instead of being returned to the system: fresh pages for every layer would cost about a
// tenth of a forward pass.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace quantlathe {

class BufferPool;

/// An array from a pool, given back when it goes. Its contents are whatever was there before.
class FloatBuffer
{
public:
    FloatBuffer() = default;
    FloatBuffer(FloatBuffer&&) noexcept = default;
    FloatBuffer& operator=(FloatBuffer&& other) noexcept;
    ~FloatBuffer();

    [[nodiscard]] float* data() { return m_values.get(); }
    [[nodiscard]] const float* data() const { return m_values.get(); }
    [[nodiscard]] bool isEmpty() const { return !m_values; }

private:
    friend class BufferPool;
    std::unique_ptr<float[]> m_values;
    std::size_t m_capacity = 0;
    std::shared_ptr<BufferPool> m_pool;
};

/// Thread-safe. Shared by what it gives out.
class BufferPool : public std::enable_shared_from_this<BufferPool>
{
public:
    /// @param idleBytes at most this much is kept while nobody uses it
    explicit BufferPool(std::uint64_t idleBytes) : m_idleBytes(idleBytes) {}
    /// At least @p count floats. @throws std::bad_alloc
    [[nodiscard]] FloatBuffer take(std::size_t count);

private:
    friend class FloatBuffer;
    struct Idle
    {
        std::unique_ptr<float[]> values;
        std::size_t capacity = 0;
    };
    void giveBack(std::unique_ptr<float[]> values, std::size_t capacity);

    std::mutex m_mutex;
    std::vector<Idle> m_idle;
    std::uint64_t m_idleBytes;
    std::uint64_t m_idleNow = 0;
};

} // namespace quantlathe
