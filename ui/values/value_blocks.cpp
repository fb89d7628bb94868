// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/values/value_blocks.h"

#include <algorithm>
#include <functional>

namespace quantlathe::ui {

std::vector<float> valuesOf(const Tensor& tensor, TensorType type, const Encoding& encoding, const TensorImportance& importance,
                            ValueKind kind, const ValueWindow& window, const RunControl& control)
{
    if (kind == ValueKind::Stored)
        return decodeWindow(tensor, window, control);
    std::vector<float> values = quantizedWindow(tensor, type, window, control, encoding, importance);
    if (kind == ValueKind::Difference) {
        const std::vector<float> before = decodeWindow(tensor, window, control);
        std::transform(values.begin(), values.end(), before.begin(), values.begin(), std::minus<>());
    }
    return values;
}

ValueGrid ValueGrid::of(const Shape& shape)
{
    if (shape.rank() <= 1)
        return {shape.weightCount(), 1, true};
    return {shape.rowCount(), shape.rowLength(), false};
}

ValueBlocks::ValueBlocks(QObject* parent) : QObject(parent) {}

void ValueBlocks::setTensor(std::shared_ptr<const Model> model, std::size_t tensor, TensorType type, ValueKind kind,
                            const Encoding& encoding, const TensorImportance& importance)
{
    m_job.cancel();
    m_blocks.clear();
    m_wanted.clear();
    m_hasFailed = false;
    m_model = std::move(model);
    m_tensor = tensor;
    m_type = type;
    m_encoding = encoding;
    m_importance = importance;
    m_kind = kind;
    m_grid = m_model ? ValueGrid::of(m_model->tensors()[tensor].shape()) : ValueGrid{};
}

ValueWindow ValueBlocks::windowOf(const Key& key) const
{
    const std::uint64_t rows = m_grid.isVector ? vectorBlock : blockRows;
    ValueWindow window{key.first * rows, 0, key.second * blockColumns, 0};
    window.rows = std::min(rows, m_grid.rows - window.firstRow);
    window.columns = std::min(blockColumns, m_grid.columns - window.firstColumn);
    return window;
}

std::optional<float> ValueBlocks::value(std::uint64_t row, std::uint64_t column)
{
    const std::uint64_t rows = m_grid.isVector ? vectorBlock : blockRows;
    const Key key{row / rows, column / blockColumns};
    if (const std::vector<float>* block = m_blocks.object(key)) {
        const ValueWindow window = windowOf(key);
        return (*block)[(row - window.firstRow) * window.columns + (column - window.firstColumn)];
    }
    if (m_hasFailed || !m_model)
        return std::nullopt;
    if (m_wanted.empty() || m_wanted.back() != key) {
        std::erase(m_wanted, key);
        m_wanted.push_back(key);
        if (m_wanted.size() > blocksWanted)
            m_wanted.erase(m_wanted.begin());
    }
    // Views ask while they paint: start afterwards.
    if (!m_isStartQueued && !m_job.isRunning()) {
        m_isStartQueued = true;
        QMetaObject::invokeMethod(this, &ValueBlocks::startNext, Qt::QueuedConnection);
    }
    return std::nullopt;
}

void ValueBlocks::startNext()
{
    m_isStartQueued = false;
    if (m_wanted.empty() || !m_model || m_hasFailed || m_job.isRunning())
        return;
    const Key key = m_wanted.back();
    m_wanted.pop_back();
    m_job.start(
        [model = m_model, tensor = m_tensor, type = m_type, encoding = m_encoding, importance = m_importance, kind = m_kind, isVector = m_grid.isVector,
         window = windowOf(key)](const RunControl& control) {
            const Tensor& source = model->tensors()[tensor];
            const ValueWindow stored = isVector ? ValueWindow{0, 1, window.firstRow, window.rows} : window;
            return valuesOf(source, type, encoding, importance, kind, stored, control);
        },
        [this, key](std::vector<float> values) {
            m_blocks.insert(key, new std::vector<float>(std::move(values))); // the cache owns it
            const ValueWindow window = windowOf(key);
            Q_EMIT blockLoaded(window.firstRow, window.rows, window.firstColumn, window.columns);
            startNext();
        },
        [this](const Error& error) {
            m_hasFailed = true;
            m_wanted.clear();
            Q_EMIT failed(error);
        });
}

} // namespace quantlathe::ui
