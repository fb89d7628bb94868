// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/memory/device_block.h"

#include "ui/look/theme.h"
#include "ui/memory/memory_bar.h"
#include "ui/text.h"

#include <QEvent>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

enum Series { Weights, FullCache, WindowCache, State, Compute, Overhead };

QString phaseText(Phase phase)
{
    switch (phase) {
    case Phase::Inputs: return DeviceBlock::tr("attention mask and inputs");
    case Phase::Projections: return DeviceBlock::tr("attention");
    case Phase::Scores: return DeviceBlock::tr("attention scores");
    case Phase::Dequantization: return DeviceBlock::tr("the cache in 16 bits");
    case Phase::FeedForward: return DeviceBlock::tr("feed-forward part");
    case Phase::Experts: return DeviceBlock::tr("experts");
    case Phase::State: return DeviceBlock::tr("recurrent part");
    case Phase::Logits: return DeviceBlock::tr("logits");
    case Phase::Staging: return DeviceBlock::tr("weights from main memory");
    }
    return {};
}

QString exactText(std::uint64_t bytes) { return DeviceBlock::tr("%1 bytes").arg(exactCountText(bytes)); }

} // namespace

QString verdictText(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Unknown: return DeviceBlock::tr("unknown");
    case Verdict::Fits: return DeviceBlock::tr("fits");
    case Verdict::LittleRoom: return DeviceBlock::tr("fits with little room");
    case Verdict::Tight: return DeviceBlock::tr("tight");
    case Verdict::DoesNotFit: return DeviceBlock::tr("does not fit");
    }
    return {};
}

QString verdictIcon(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Unknown: return u"info"_s;
    case Verdict::Fits: return u"good"_s;
    case Verdict::LittleRoom:
    case Verdict::Tight: return u"warning"_s;
    case Verdict::DoesNotFit: return u"error"_s;
    }
    return {};
}

QColor verdictColour(const QPalette& palette, Verdict verdict)
{
    switch (verdict) {
    case Verdict::Unknown: break;
    case Verdict::Fits: return goodColour(palette);
    case Verdict::LittleRoom:
    case Verdict::Tight: return warningColour(palette);
    case Verdict::DoesNotFit: return errorColour(palette);
    }
    return palette.color(QPalette::WindowText);
}

DeviceBlock::DeviceBlock(QWidget* parent)
    : QWidget(parent), m_title(new QLabel(this)), m_verdict(new QLabel(this)), m_bar(new MemoryBar(this)), m_grid(new QGridLayout)
{
    m_title->setObjectName(u"memoryBlockTitle"_s);
    m_title->setWordWrap(true);
    m_verdict->setObjectName(u"memoryBlockVerdict"_s);
    m_verdict->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    auto* head = new QHBoxLayout;
    head->addWidget(m_title, 1);
    head->addWidget(m_verdict);
    m_grid->setColumnStretch(1, 1);
    m_grid->setVerticalSpacing(1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(head);
    layout->addWidget(m_bar);
    layout->addLayout(m_grid);
}

void DeviceBlock::showDevice(const DeviceMemory& memory, std::uint64_t layerCount)
{
    const QString name = toQString(memory.name);
    const int layers = static_cast<int>(memory.layers);
    m_title->setText(memory.hasOutput
                         ? tr("<b>%1</b>, %2 of %n layers and the output", nullptr, static_cast<int>(layerCount)).arg(name.toHtmlEscaped()).arg(layers)
                         : tr("<b>%1</b>, %2 of %n layers", nullptr, static_cast<int>(layerCount)).arg(name.toHtmlEscaped()).arg(layers));
    m_verdict->setText(memory.capacityBytes > 0 ? verdictText(memory.verdict) : QString());
    QPalette colours;
    colours.setColor(QPalette::WindowText, verdictColour(palette(), memory.verdict));
    m_verdict->setPalette(colours);
    m_bar->setAccessibleName(tr("Memory of %1").arg(name));
    m_bar->setParts({{tr("Weights"), memory.weightBytes, Weights},
                     {tr("KV cache"), memory.cache.fullAttention, FullCache},
                     {tr("Window"), memory.cache.slidingWindow, WindowCache},
                     {tr("State"), memory.cache.recurrentState, State},
                     {tr("Compute"), memory.computeBytes, Compute},
                     {tr("Driver"), memory.overheadBytes(), Overhead}},
                    memory.capacityBytes);

    std::vector<Entry> entries;
    entries.push_back({tr("Weights"), bytesText(memory.weightBytes), exactText(memory.weightBytes), Weights});
    entries.push_back({tr("KV cache"), bytesText(memory.cache.fullAttention),
                       tr("Keys and values of layers that see the whole context: %1").arg(exactText(memory.cache.fullAttention)), FullCache});
    if (memory.cache.slidingWindow > 0)
        entries.push_back({tr("KV cache, sliding window"), bytesText(memory.cache.slidingWindow), exactText(memory.cache.slidingWindow), WindowCache});
    if (memory.cache.recurrentState > 0)
        entries.push_back({tr("Recurrent state"), bytesText(memory.cache.recurrentState), exactText(memory.cache.recurrentState), State});
    entries.push_back({memory.computeBytes > 0 ? tr("Compute: %1").arg(phaseText(memory.computePhase)) : tr("Compute"),
                       bytesText(memory.computeBytes),
                       tr("Buffers for intermediate results, and what takes most of them: %1").arg(exactText(memory.computeBytes)), Compute});
    entries.push_back({tr("Driver and libraries"), tr("%1 to %2").arg(bytesText(memory.overheadLowBytes), bytesText(memory.overheadHighBytes)),
                       tr("CUDA context and libraries: a band, because it depends on driver and card"), Overhead});
    entries.push_back({tr("In all"), bytesText(memory.totalBytes()), tr("With the middle of the driver's band"), -1, true});
    if (memory.capacityBytes > 0) {
        const bool isOver = memory.totalBytes() > memory.capacityBytes;
        entries.push_back({isOver ? tr("Missing") : tr("Free"),
                           bytesText(isOver ? memory.totalBytes() - memory.capacityBytes : memory.capacityBytes - memory.totalBytes()),
                           tr("Of %1 that programs can use").arg(bytesText(memory.capacityBytes)), -1, true});
    }
    showEntries(entries);
}

void DeviceBlock::showHost(const HostMemory& memory)
{
    m_title->setText(tr("<b>Main memory</b>"));
    m_verdict->clear();
    m_bar->setAccessibleName(tr("Main memory"));
    m_bar->setParts({{tr("Weights"), memory.weightBytes, Weights},
                     {tr("KV cache"), memory.cache.total(), FullCache},
                     {tr("Compute"), memory.computeBytes, Compute},
                     {tr("Outputs"), memory.outputBytes, Overhead}},
                    0);
    std::vector<Entry> entries;
    entries.push_back({tr("Weights"), bytesText(memory.weightBytes),
                       tr("Mapped from the file: the token embedding, and layers and experts that are not on a device"), Weights});
    entries.push_back({tr("KV cache and state"), bytesText(memory.cache.total()), exactText(memory.cache.total()), FullCache});
    entries.push_back({tr("Compute"), bytesText(memory.computeBytes), exactText(memory.computeBytes), Compute});
    entries.push_back({tr("Outputs"), bytesText(memory.outputBytes), tr("Where logits are handed over"), Overhead});
    entries.push_back({tr("In all"), bytesText(memory.totalBytes()), {}, -1, true});
    showEntries(entries);
}

void DeviceBlock::showEntries(const std::vector<Entry>& entries)
{
    while (m_lines.size() < entries.size()) {
        const int row = static_cast<int>(m_lines.size());
        Line line{new QLabel(this), new QLabel(this), new QLabel(this), -1};
        line.name->setWordWrap(true);
        line.value->setAlignment(Qt::AlignRight | Qt::AlignTop);
        line.value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        line.value->setObjectName(u"memoryValue%1"_s.arg(row));
        m_grid->addWidget(line.key, row, 0, Qt::AlignTop);
        m_grid->addWidget(line.name, row, 1);
        m_grid->addWidget(line.value, row, 2);
        m_lines.push_back(line);
    }
    for (std::size_t index = 0; index < m_lines.size(); ++index) {
        Line& line = m_lines[index];
        const bool isShown = index < entries.size();
        for (QLabel* label : {line.key, line.name, line.value})
            label->setVisible(isShown);
        if (!isShown)
            continue;
        const Entry& entry = entries[index];
        line.series = entry.series;
        line.name->setText(entry.name);
        line.value->setText(entry.value);
        line.value->setAccessibleName(entry.name);
        line.name->setToolTip(entry.toolTip);
        line.value->setToolTip(entry.toolTip);
        QFont strong = font();
        strong.setBold(entry.isStrong);
        line.name->setFont(strong);
        line.value->setFont(strong);
    }
    paintKeys();
}

void DeviceBlock::paintKeys()
{
    const int size = fontMetrics().height() * 2 / 3;
    for (const Line& line : m_lines) {
        QPixmap square(size, size);
        square.fill(line.series >= 0 ? seriesColour(palette(), line.series) : Qt::transparent);
        line.key->setPixmap(square);
    }
}

void DeviceBlock::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        paintKeys();
}

} // namespace quantlathe::ui
