// SPDX-License-Identifier: GPL-3.0-or-later
// What the planned model needs to run, live on every edit: weights and KV cache against a device.
#pragma once

#include <QWidget>

#include <array>

class QComboBox;
class QGridLayout;
class QLabel;
class QSlider;
class QSpinBox;

namespace quantlathe::ui {

class DeviceCombo;
class Document;
class MemoryBar;

class MemoryPanel : public QWidget
{
    Q_OBJECT
public:
    explicit MemoryPanel(Document& document, QWidget* parent = nullptr);

protected:
    void changeEvent(QEvent* event) override;

private:
    enum Figure { FileSize, Weights, HostWeights, KvCache, Total, Free, FigureCount };

    QWidget* makeSettings();
    void addFigure(QGridLayout& grid, Figure figure, const QString& text, const QString& toolTip, int series);
    void takeModel();
    void applySettings();
    void setContext(int tokens);
    void update();
    void showProblem(const QString& problem);
    void paintKeys();

    Document& m_document;
    QSlider* m_contextSlider;
    QSpinBox* m_contextSpin;
    QComboBox* m_keyType;
    QComboBox* m_valueType;
    DeviceCombo* m_device;
    MemoryBar* m_bar;
    QLabel* m_verdictIcon;
    QLabel* m_verdict;
    QLabel* m_notes;
    std::array<QLabel*, FigureCount> m_values{};
    std::array<QLabel*, FigureCount> m_names{};
    std::array<QLabel*, FigureCount> m_keys{}; ///< little squares in the bar's colours; null without
    std::array<int, FigureCount> m_series{};
};

} // namespace quantlathe::ui
