// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/memory/memory_panel.h"

#include "ui/document.h"
#include "ui/look/icons.h"
#include "ui/memory/device_block.h"
#include "ui/memory/device_list.h"
#include "ui/memory/memory_answers.h"
#include "ui/memory/memory_settings.h"
#include "ui/parts/vertical_scroll_area.h"
#include "ui/text.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QSettings>
#include <QStyle>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

const QString devicesKey = u"memory/devices"_s;
constexpr int laterMilliseconds = 20; ///< a turn of the event loop of its own

} // namespace

MemoryPanel::MemoryPanel(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_settings(new MemorySettings(this)), m_devices(new DeviceList(this)),
      m_verdictIcon(new QLabel(this)), m_verdict(new QLabel(this)), m_answers(new MemoryAnswersBox(document, this)),
      m_blockLayout(new QVBoxLayout), m_notes(new QLabel(this))
{
    auto* verdict = new QHBoxLayout;
    verdict->addWidget(m_verdictIcon, 0, Qt::AlignTop);
    verdict->addWidget(m_verdict, 1);
    m_verdict->setObjectName(u"memoryVerdict"_s);
    m_verdict->setWordWrap(true);
    m_notes->setObjectName(u"memoryNotes"_s);
    m_notes->setWordWrap(true);

    // With large text the figures do not fit into every dock: they scroll instead of being cut off.
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->addLayout(verdict); // first: docks are low
    layout->addWidget(m_answers->headline());
    layout->addWidget(m_settings);
    layout->addWidget(m_devices);
    layout->addLayout(m_blockLayout);
    layout->addWidget(m_answers);
    layout->addWidget(m_notes);
    layout->addStretch();
    auto* scroll = new VerticalScrollArea(this);
    scroll->setWidget(content);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(scroll);

    m_soon.setSingleShot(true);
    connect(&m_soon, &QTimer::timeout, this, &MemoryPanel::update);
    connect(&document, &Document::modelChanged, this, &MemoryPanel::takeModel);
    connect(&document, &Document::planChanged, this, &MemoryPanel::update);
    connect(&document, &Document::settingsChanged, this, [this] {
        m_devices->showDevices(m_document.devices());
        if (!m_isTakingModel)
            update();
    });
    connect(m_settings, &MemorySettings::settingsChosen, this,
            [this](const RuntimeSettings& settings) { m_document.setRuntimeSettings(settings); });
    connect(m_devices, &DeviceList::devicesChosen, this, [this](const std::vector<Device>& devices) {
        QStringList texts;
        for (const Device& device : devices)
            texts << toQString(deviceText(device));
        QSettings().setValue(devicesKey, texts);
        m_document.setDevices(devices);
    });
    connect(m_devices, &DeviceList::notUnderstood, this, &MemoryPanel::showProblem);
    connect(m_answers, &MemoryAnswersBox::contextWanted, m_settings, &MemorySettings::setContext);
    connect(m_answers, &MemoryAnswersBox::gpuLayersWanted, m_settings, &MemorySettings::setGpuLayers);
    connect(m_answers, &MemoryAnswersBox::cpuExpertsWanted, m_settings, &MemorySettings::setCpuExpertLayers);

    restoreDevices();
    document.setRuntimeSettings(m_settings->settings());
    takeModel();
}

void MemoryPanel::setBestPlanAction(QAction* action) { m_answers->setBestPlanAction(action); }

void MemoryPanel::restoreDevices()
{
    std::vector<Device> devices;
    for (const QString& text : QSettings().value(devicesKey).toStringList()) {
        try {
            devices.push_back(parseDevice(text.toStdString()));
        } catch (const Error&) {
            // A preset that this version does not know any more.
        }
    }
    if (!devices.empty())
        m_document.setDevices(std::move(devices));
    m_devices->showDevices(m_document.devices());
}

void MemoryPanel::takeModel()
{
    if (m_document.hasModel()) {
        const auto memory = m_document.memoryModel();
        m_isTakingModel = true; // the settings of a new model are part of it: one update for both
        m_settings->setModel(m_document.model()->architecture().parameters.contextLength, memory->layerCount(), memory->hasExperts());
        m_isTakingModel = false;
        m_soon.start(laterMilliseconds);
    } else {
        update();
    }
}

void MemoryPanel::showProblem(const QString& problem)
{
    m_verdict->setText(problem);
    m_verdict->setPalette({});
    m_verdictIcon->setPixmap(themedIcon(u"error"_s).pixmap(style()->pixelMetric(QStyle::PM_SmallIconSize)));
}

void MemoryPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        update();
}

void MemoryPanel::update()
{
    m_soon.stop();
    m_answers->update();
    if (!m_document.hasModel()) {
        for (DeviceBlock* block : m_blocks)
            block->hide();
        m_verdict->setText(tr("Open a model to see what it needs."));
        m_verdict->setPalette({});
        m_verdictIcon->clear();
        m_notes->hide();
        return;
    }
    const MemoryEstimate& estimate = m_document.memoryEstimate();
    while (m_blocks.size() < estimate.devices.size() + 1) {
        m_blocks.push_back(new DeviceBlock(this));
        m_blocks.back()->setObjectName(u"memoryBlock%1"_s.arg(m_blocks.size() - 1));
        m_blockLayout->addWidget(m_blocks.back());
    }
    for (std::size_t index = 0; index < m_blocks.size(); ++index) {
        DeviceBlock& block = *m_blocks[index];
        block.setVisible(index <= estimate.devices.size());
        if (index < estimate.devices.size())
            block.showDevice(estimate.devices[index], m_document.memoryModel()->layerCount());
        else if (index == estimate.devices.size())
            block.showHost(estimate.host);
    }

    QPalette colours;
    colours.setColor(QPalette::WindowText, verdictColour(palette(), estimate.verdict));
    m_verdict->setText(m_document.devices().empty() ? tr("Add a device to see whether the model fits.") : toQString(estimate.explanation));
    m_verdict->setPalette(colours);
    m_verdictIcon->setPixmap(themedIcon(verdictIcon(estimate.verdict)).pixmap(style()->pixelMetric(QStyle::PM_SmallIconSize)));
    QStringList notes;
    for (const std::string& note : estimate.notes)
        notes << toQString(note);
    m_notes->setText(notes.join(u'\n'));
    m_notes->setVisible(!notes.isEmpty());
}

} // namespace quantlathe::ui
