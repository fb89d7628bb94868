// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/memory/device_combo.h"

#include "ui/text.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QLineEdit>
#include <QTimer>

namespace quantlathe::ui {

DeviceCombo::DeviceCombo(QWidget* parent) : QComboBox(parent)
{
    setEditable(true);
    setInsertPolicy(QComboBox::NoInsert);
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(14);
    setMaxVisibleItems(20);
    for (const Device& device : devicePresets()) {
        addItem(tr("%1 – %2").arg(toQString(device.name), bytesText(device.totalBytes)));
        setItemData(count() - 1,
                    tr("%1, usable: %2").arg(toQString(device.vendor), bytesText(device.usableBytes)), Qt::ToolTipRole);
    }
    completer()->setCompletionMode(QCompleter::PopupCompletion);
    completer()->setFilterMode(Qt::MatchContains);
    completer()->setCaseSensitivity(Qt::CaseInsensitive);
    completer()->setMaxVisibleItems(12);
    lineEdit()->setPlaceholderText(tr("Add a device, or 24 GiB"));
    setToolTip(tr("Type part of a name, an amount of memory such as 24 GiB, or an own card such as\nmy card: 24 GiB, 900 GB/s"));
    setCurrentIndex(-1);
    connect(this, &QComboBox::activated, this, &DeviceCombo::takeRow);
    connect(lineEdit(), &QLineEdit::returnPressed, this, &DeviceCombo::takeText);
}

void DeviceCombo::takeRow(int row)
{
    if (row < 0 || row >= static_cast<int>(devicePresets().size()))
        return;
    forget();
    Q_EMIT deviceChosen(devicePresets()[static_cast<std::size_t>(row)]);
}

void DeviceCombo::takeText()
{
    const QString text = currentText().trimmed();
    if (text.isEmpty())
        return;
    if (const int row = findText(text, Qt::MatchFixedString); row >= 0)
        return; // Return on a whole entry activates it by itself
    try {
        const Device device = parseDevice(text.toStdString());
        clearEditText(); // at once: a completer passes Return on a second time
        forget();
        Q_EMIT deviceChosen(device);
    } catch (const Error& error) {
        Q_EMIT notUnderstood(messageText(error));
    }
}

void DeviceCombo::forget()
{
    // After the combo box itself has put the chosen text there.
    QTimer::singleShot(0, this, [this] {
        setCurrentIndex(-1);
        clearEditText();
    });
}

} // namespace quantlathe::ui
