// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/serving_box.h"

#include "ui/look/theme.h"
#include "ui/text.h"

#include <QClipboard>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

QString devicesText(const std::vector<Device>& devices)
{
    QStringList names;
    for (const Device& device : devices)
        names << toQString(device.name);
    return names.join(u" + "_s);
}

QString servingMemoryText(const Serving& serving)
{
    if (!serving.memory)
        return {};
    const MemoryEstimate& memory = *serving.memory;
    QString text = ServingBox::tr("Memory in %1 with %2 tokens of context: %3 on the devices (weights %4, KV cache %5, compute buffers %6, driver about %7)")
                       .arg(toQString(label(serving.engine)), exactCountText(serving.settings.contextLength), bytesText(memory.totalBytes),
                            bytesText(memory.weightBytes), bytesText(memory.kvCacheBytes - memory.host.cache.total()), bytesText(memory.computeBytes))
                       .arg(bytesText(memory.overheadBytes));
    if (memory.host.totalBytes() > 0)
        text += ServingBox::tr(", %1 in main memory").arg(bytesText(memory.host.totalBytes()));
    if (serving.devices.empty())
        return text + ServingBox::tr(". No device is chosen in the memory panel.");
    const QString device = devicesText(serving.devices);
    switch (memory.verdict) {
    case Verdict::Fits:
        return text + ServingBox::tr(". It fits: %1 has %2.").arg(device, bytesText(memory.deviceBytes));
    case Verdict::LittleRoom:
        return text + ServingBox::tr(". It fits with little room: %1 has %2.").arg(device, bytesText(memory.deviceBytes));
    case Verdict::Tight:
        return text + ServingBox::tr(". It is tight: %1 has %2.").arg(device, bytesText(memory.deviceBytes));
    case Verdict::DoesNotFit:
        return text + ServingBox::tr(". It does not fit: %1 has %2.").arg(device, bytesText(memory.deviceBytes));
    case Verdict::Unknown:
        break;
    }
    return text + ServingBox::tr(". Not all could be counted.");
}

ServingBox::ServingBox(QWidget* parent)
    : QWidget(parent), m_title(new QLabel(this)), m_command(new QLineEdit(this)), m_copy(new QPushButton(tr("Co&py command"), this)), m_memory(new QLabel(this))
{
    m_title->setObjectName(u"servingTitle"_s);
    m_title->setBuddy(m_command);
    m_command->setObjectName(u"servingCommand"_s);
    m_command->setReadOnly(true);
    m_command->setAccessibleName(tr("Command line that runs the result"));
    QFont font; // the family alone: the size is the window's
    font.setFamily(QFontDatabase::systemFont(QFontDatabase::FixedFont).family());
    m_command->setFont(font);
    m_copy->setObjectName(u"copyServingCommand"_s);
    connect(m_copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_command->text()); });
    m_memory->setObjectName(u"servingMemory"_s);
    m_memory->setTextFormat(Qt::PlainText);
    m_memory->setWordWrap(true);
    m_memory->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* row = new QHBoxLayout;
    row->addWidget(m_title);
    row->addWidget(m_command, 1);
    row->addWidget(m_copy);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addLayout(row);
    layout->addWidget(m_memory);
}

void ServingBox::setServing(const Serving& serving)
{
    const QString command = toQString(serving.command);
    m_title->setText(tr("R&un with %1:").arg(toQString(label(serving.engine))));
    m_command->setText(command);
    m_command->setToolTip(command);
    m_command->setCursorPosition(0);
    m_memory->setText(servingMemoryText(serving));
    m_memory->setVisible(serving.memory.has_value());
    QStringList notes;
    if (serving.memory) {
        for (const std::string& note : serving.memory->notes)
            notes << toQString(note);
    }
    m_memory->setToolTip(notes.join(u'\n'));
    QPalette colours;
    if (serving.memory && serving.memory->verdict == Verdict::DoesNotFit)
        colours.setColor(QPalette::WindowText, errorColour(palette()));
    m_memory->setPalette(colours);
    setVisible(!command.isEmpty());
}

} // namespace quantlathe::ui
