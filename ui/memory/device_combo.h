// SPDX-License-Identifier: GPL-3.0-or-later
// Chooses a device preset by typing part of its name, or an amount of memory ("24 GiB"); empty again afterwards.
#pragma once

#include "core/memory/devices.h"

#include <QComboBox>

#include <optional>

namespace quantlathe::ui {

class DeviceCombo : public QComboBox
{
    Q_OBJECT
public:
    explicit DeviceCombo(QWidget* parent = nullptr);

Q_SIGNALS:
    void deviceChosen(const std::optional<quantlathe::Device>& device);
    /// What was typed is neither a device nor an amount; @p problem says so.
    void notUnderstood(const QString& problem);

private:
    void takeRow(int row);
    void takeText();
    void forget();
};

} // namespace quantlathe::ui
