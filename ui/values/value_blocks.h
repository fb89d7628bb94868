// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers of a tensor on demand: decoded block by block in the background, the last ones kept.
#pragma once

#include "core/analysis/value_window.h"
#include "core/model/model.h"
#include "ui/background.h"

#include <QCache>
#include <QObject>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace quantlathe::ui {

/// Which numbers are shown.
enum class ValueKind {
    Stored,
    Quantized, ///< under the chosen type
    Difference ///< quantized minus stored
};

/// The numbers of @p kind in @p window of @p tensor. For worker threads. @throws as quantizedWindow()
/// @param importance of the tensor, or empty
std::vector<float> valuesOf(const Tensor& tensor, TensorType type, const Encoding& encoding, const TensorImportance& importance,
                            ValueKind kind, const ValueWindow& window, const RunControl& control);

/// A tensor as a grid: rows and columns of a matrix (further dimensions flattened into rows); a vector stands upright, one
/// number per row.
struct ValueGrid
{
    std::uint64_t rows = 0;
    std::uint64_t columns = 0;
    bool isVector = false;

    static ValueGrid of(const Shape& shape);
};

/// Asking for a value never waits: it is there, or it is fetched and blockLoaded() follows. What was asked for last comes
/// first; what has scrolled out of sight is forgotten. Lives on the window's thread.
class ValueBlocks : public QObject
{
    Q_OBJECT
public:
    explicit ValueBlocks(QObject* parent = nullptr);

    /// @param model null for nothing; @param type what Quantized and Difference quantize to
    void setTensor(std::shared_ptr<const Model> model, std::size_t tensor, TensorType type, ValueKind kind,
                   const Encoding& encoding = {}, const TensorImportance& importance = {});
    [[nodiscard]] const ValueGrid& grid() const { return m_grid; }
    [[nodiscard]] const Tensor* tensor() const { return m_model ? &m_model->tensors()[m_tensor] : nullptr; }
    /// Nothing while it is being fetched.
    std::optional<float> value(std::uint64_t row, std::uint64_t column);

Q_SIGNALS:
    /// Rows and columns of the grid.
    void blockLoaded(quint64 firstRow, quint64 rows, quint64 firstColumn, quint64 columns);
    /// Nothing more is fetched until the next setTensor().
    void failed(const quantlathe::Error& error);

private:
    using Key = std::pair<std::uint64_t, std::uint64_t>; ///< block row, block column
    static constexpr std::uint64_t blockRows = 64;
    static constexpr std::uint64_t blockColumns = 256; ///< a multiple of every type's block
    static constexpr std::uint64_t vectorBlock = 4096;
    static constexpr int blocksKept = 256;             ///< 64 KiB each
    static constexpr std::size_t blocksWanted = 48;    ///< more than a screen shows

    [[nodiscard]] ValueWindow windowOf(const Key& key) const; ///< in rows and columns of the grid
    void startNext();

    std::shared_ptr<const Model> m_model;
    std::size_t m_tensor = 0;
    TensorType m_type = TensorType::F32;
    Encoding m_encoding;
    TensorImportance m_importance;
    ValueKind m_kind = ValueKind::Stored;
    ValueGrid m_grid;
    QCache<Key, std::vector<float>> m_blocks{blocksKept};
    std::vector<Key> m_wanted; ///< most recent last
    bool m_hasFailed = false;
    bool m_isStartQueued = false;
    LatestJob m_job; ///< last member: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
