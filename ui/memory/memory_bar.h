// SPDX-License-Identifier: GPL-3.0-or-later
// A stacked bar: parts of memory against a limit.
#pragma once

#include <QString>
#include <QWidget>

#include <cstdint>
#include <vector>

namespace quantlathe::ui {

/// Paints what it is given; computes lengths only.
class MemoryBar : public QWidget
{
    Q_OBJECT
public:
    struct Part
    {
        QString label;
        std::uint64_t bytes = 0;
        int series = 0; ///< colour
    };

    explicit MemoryBar(QWidget* parent = nullptr);

    /// @param limitBytes the device's memory, 0 = none
    void setParts(std::vector<Part> parts, std::uint64_t limitBytes);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    [[nodiscard]] std::uint64_t totalBytes() const;

    std::vector<Part> m_parts;
    std::uint64_t m_limitBytes = 0;
};

} // namespace quantlathe::ui
