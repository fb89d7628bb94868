// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/memory/device_list.h"

#include "ui/memory/device_combo.h"
#include "ui/text.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int mostVisibleRows = 4;
constexpr std::size_t mostDevices = 16; ///< llama.cpp takes no more

} // namespace

DeviceList::DeviceList(QWidget* parent)
    : QWidget(parent), m_list(new QListWidget(this)), m_combo(new DeviceCombo(this)),
      m_remove(new QPushButton(tr("&Remove"), this)), m_detect(new QPushButton(tr("&This machine"), this))
{
    m_list->setObjectName(u"memoryDevices"_s);
    m_list->setAccessibleName(tr("Devices the model runs on"));
    m_list->setToolTip(tr("Each line is one card; the Delete key removes it"));
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->installEventFilter(this);
    m_combo->setObjectName(u"memoryDevice"_s);
    m_combo->setAccessibleName(tr("Add a device or an amount of memory"));
    m_remove->setObjectName(u"memoryRemoveDevice"_s);
    m_remove->setToolTip(tr("Takes the chosen device out of the list"));
    m_detect->setObjectName(u"memoryDetect"_s);
    m_detect->setToolTip(tr("Adds the GPUs of this machine, as NVIDIA's driver tells them"));

    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_remove);
    buttons->addWidget(m_detect);
    buttons->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_combo);
    layout->addWidget(m_list);
    layout->addLayout(buttons);

    connect(m_combo, &DeviceCombo::deviceChosen, this, [this](const std::optional<Device>& device) {
        if (device)
            add({*device});
    });
    connect(m_combo, &DeviceCombo::notUnderstood, this, &DeviceList::notUnderstood);
    connect(m_remove, &QPushButton::clicked, this, &DeviceList::removeCurrent);
    connect(m_detect, &QPushButton::clicked, this, [this] { detect(); });
    connect(m_list, &QListWidget::currentRowChanged, this, [this](int row) { m_remove->setEnabled(row >= 0); });
    showRows();
}

void DeviceList::showDevices(const std::vector<Device>& devices)
{
    if (devices == m_devices)
        return;
    m_devices = devices;
    showRows();
}

void DeviceList::add(const std::vector<Device>& devices)
{
    for (const Device& device : devices) {
        if (m_devices.size() < mostDevices)
            m_devices.push_back(device);
    }
    showRows();
    m_list->setCurrentRow(m_list->count() - 1);
    Q_EMIT devicesChosen(m_devices);
}

void DeviceList::removeCurrent()
{
    const int row = m_list->currentRow();
    if (row < 0 || row >= static_cast<int>(m_devices.size()))
        return;
    m_devices.erase(m_devices.begin() + row);
    showRows();
    m_list->setCurrentRow(qMin(row, m_list->count() - 1));
    Q_EMIT devicesChosen(m_devices);
}

void DeviceList::detect(const std::string& library)
{
    m_detect->setEnabled(false);
    m_job.start([library](const RunControl&) { return detectedDevices(library); },
                [this](const std::vector<Device>& found) {
                    m_detect->setEnabled(true);
                    if (found.empty())
                        Q_EMIT notUnderstood(tr("No NVIDIA GPU was found: the driver's management library is not there, or it knows none."));
                    else
                        add(found);
                },
                [this](const Error& error) {
                    m_detect->setEnabled(true);
                    Q_EMIT notUnderstood(messageText(error));
                });
}

void DeviceList::showRows()
{
    m_list->clear();
    for (const Device& device : m_devices) {
        const QString name = toQString(device.name);
        auto* item = new QListWidgetItem(tr("%1 – %2").arg(name, bytesText(device.usableBytes)), m_list);
        item->setToolTip(device.bandwidthGBs > 0
                             ? tr("%1: %2 usable, %3 GB/s").arg(name, bytesText(device.usableBytes)).arg(device.bandwidthGBs)
                             : tr("%1: %2 usable, bandwidth not known").arg(name, bytesText(device.usableBytes)));
    }
    m_list->setVisible(!m_devices.empty());
    m_remove->setVisible(!m_devices.empty());
    m_remove->setEnabled(m_list->currentRow() >= 0);
    fitHeight();
}

void DeviceList::fitHeight()
{
    const int rows = qBound(1, m_list->count(), mostVisibleRows);
    const int row = m_list->count() > 0 ? m_list->sizeHintForRow(0) : fontMetrics().height();
    m_list->setFixedHeight(rows * row + 2 * m_list->frameWidth() + 2);
}

void DeviceList::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        fitHeight();
}

bool DeviceList::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_list && event->type() == QEvent::KeyPress) {
        const auto key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Delete || key == Qt::Key_Backspace) {
            removeCurrent();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace quantlathe::ui
