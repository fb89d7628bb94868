// SPDX-License-Identifier: GPL-3.0-or-later
// What one device or main memory holds: a bar and its figures, line by line.
#pragma once

#include "core/memory/estimate.h"

#include <QWidget>

#include <vector>

class QGridLayout;
class QLabel;

namespace quantlathe::ui {

class MemoryBar;

class DeviceBlock : public QWidget
{
    Q_OBJECT
public:
    explicit DeviceBlock(QWidget* parent = nullptr);

    void showDevice(const DeviceMemory& memory, std::uint64_t layerCount);
    void showHost(const HostMemory& memory);

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Line
    {
        QLabel* key;
        QLabel* name;
        QLabel* value;
        int series;
    };
    struct Entry
    {
        QString name;
        QString value;
        QString toolTip;
        int series = -1; ///< colour in the bar; -1 = none
        bool isStrong = false;
    };
    void showEntries(const std::vector<Entry>& entries);
    void paintKeys();

    QLabel* m_title;
    QLabel* m_verdict;
    MemoryBar* m_bar;
    QGridLayout* m_grid;
    std::vector<Line> m_lines;
};

/// For people: "fits", "tight" ...
QString verdictText(Verdict verdict);
/// Name of the icon.
QString verdictIcon(Verdict verdict);
QColor verdictColour(const QPalette& palette, Verdict verdict);

} // namespace quantlathe::ui
