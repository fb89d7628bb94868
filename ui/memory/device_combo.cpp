// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/memory/device_combo.h"

#include "ui/text.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QLineEdit>

namespace quantlathe::ui {

DeviceCombo::DeviceCombo(QWidget* parent) : QComboBox(parent)
{
    setEditable(true);
    setInsertPolicy(QComboBox::NoInsert);
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(14);
    setMaxVisibleItems(20);
    addItem(tr("No device"), -1);
    int row = 0;
    for (const Device& device : devicePresets()) {
        addItem(tr("%1 – %2").arg(toQString(device.name), bytesText(device.totalBytes)), row++);
        setItemData(count() - 1,
                    tr("%1, usable: %2").arg(toQString(device.vendor), bytesText(device.usableBytes)), Qt::ToolTipRole);
    }
    completer()->setCompletionMode(QCompleter::PopupCompletion);
    completer()->setFilterMode(Qt::MatchContains);
    completer()->setCaseSensitivity(Qt::CaseInsensitive);
    completer()->setMaxVisibleItems(12);
    lineEdit()->setPlaceholderText(tr("Device, or an amount such as 24 GiB"));
    setToolTip(tr("Type part of a name, or an amount of memory such as 24 GiB"));
    connect(this, &QComboBox::activated, this, &DeviceCombo::takeRow);
    connect(lineEdit(), &QLineEdit::editingFinished, this, &DeviceCombo::takeText);
}

void DeviceCombo::showDevice(const std::optional<Device>& device)
{
    const QSignalBlocker blocker(this);
    if (!device) {
        setCurrentIndex(0);
        return;
    }
    for (int row = 1; row < count(); ++row) {
        if (devicePresets()[static_cast<std::size_t>(row - 1)].name == device->name) {
            setCurrentIndex(row);
            return;
        }
    }
    setCurrentIndex(-1);
    setEditText(toQString(device->name));
}

void DeviceCombo::takeRow(int row)
{
    if (row <= 0)
        Q_EMIT deviceChosen(std::nullopt);
    else
        Q_EMIT deviceChosen(devicePresets()[static_cast<std::size_t>(row - 1)]);
}

void DeviceCombo::takeText()
{
    const QString text = currentText().trimmed();
    if (const int row = findText(text, Qt::MatchFixedString); row >= 0) {
        setCurrentIndex(row);
        takeRow(row);
        return;
    }
    if (text.isEmpty()) {
        setCurrentIndex(0);
        Q_EMIT deviceChosen(std::nullopt);
        return;
    }
    try {
        Q_EMIT deviceChosen(parseDevice(text.toStdString()));
    } catch (const Error& error) {
        Q_EMIT notUnderstood(messageText(error));
    }
}

} // namespace quantlathe::ui
