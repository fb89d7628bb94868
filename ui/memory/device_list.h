// SPDX-License-Identifier: GPL-3.0-or-later
// The devices a model is to run on: presets found by typing, own entries, and this machine's GPUs.
#pragma once

#include "core/memory/devices.h"
#include "ui/background.h"

#include <QWidget>

#include <vector>

class QListWidget;
class QPushButton;

namespace quantlathe::ui {

class DeviceCombo;

class DeviceList : public QWidget
{
    Q_OBJECT
public:
    explicit DeviceList(QWidget* parent = nullptr);

    /// Shows @p devices without a signal.
    void showDevices(const std::vector<Device>& devices);
    [[nodiscard]] const std::vector<Device>& devices() const { return m_devices; }
    /// Asks NVIDIA's management library in the background and adds what it finds.
    void detect(const std::string& library = "libnvidia-ml.so.1");
    [[nodiscard]] DeviceCombo& combo() const { return *m_combo; }

Q_SIGNALS:
    void devicesChosen(const std::vector<quantlathe::Device>& devices);
    /// What was typed is no device, or no GPU was found.
    void notUnderstood(const QString& problem);

protected:
    void changeEvent(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void add(const std::vector<Device>& devices);
    void removeCurrent();
    void showRows();
    void fitHeight();

    std::vector<Device> m_devices;
    QListWidget* m_list;
    DeviceCombo* m_combo;
    QPushButton* m_remove;
    QPushButton* m_detect;
    LatestJob m_job;
};

} // namespace quantlathe::ui
