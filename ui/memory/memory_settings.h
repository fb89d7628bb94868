// SPDX-License-Identifier: GPL-3.0-or-later
// How the model is run: runner, context, cache, slots; the rest folded away.
#pragma once

#include "core/memory/runtime_settings.h"

#include <QTimer>
#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QSlider;
class QSpinBox;
class QToolButton;

namespace quantlathe::ui {

/// Remembers what was chosen in QSettings.
class MemorySettings : public QWidget
{
    Q_OBJECT
public:
    explicit MemorySettings(QWidget* parent = nullptr);
    ~MemorySettings() override;

    [[nodiscard]] RuntimeSettings settings() const;
    /// What the model allows: its longest context and its layers; 0 = unknown.
    void setModel(std::uint64_t longestContext, std::uint64_t layers, bool hasExperts);
    void setContext(std::uint64_t tokens);
    void setGpuLayers(unsigned layers);
    void setCpuExpertLayers(unsigned layers);

Q_SIGNALS:
    void settingsChosen(const quantlathe::RuntimeSettings& settings);

private:
    void makeMain();
    QWidget* makeAdvanced();
    void restore();
    void takeRunner();
    void takeContext(int tokens);
    void choose();
    void remember();
    void showForRunner();
    [[nodiscard]] Runner runner() const;

    QComboBox* m_runner;
    QSlider* m_contextSlider;
    QSpinBox* m_context;
    QComboBox* m_keyType;
    QComboBox* m_valueType;
    QSpinBox* m_slots;
    QCheckBox* m_isUnified;
    QToolButton* m_fold;
    QWidget* m_advanced;
    QCheckBox* m_isFlashAttention;
    QSpinBox* m_batch;
    QSpinBox* m_microBatch;
    QSpinBox* m_outputs;
    QSpinBox* m_gpuLayers;
    QSpinBox* m_cpuExperts;
    QLineEdit* m_split;
    QCheckBox* m_isCacheOnHost;
    QCheckBox* m_isWindowFull;
    QCheckBox* m_isOffloading;
    QSpinBox* m_utilization;
    QSpinBox* m_hostBandwidth;
    QTimer m_pause; ///< a settings file written on every step of the slider would make it stick
    bool m_isQuiet = false; ///< several controls are being set: one signal afterwards
};

} // namespace quantlathe::ui
