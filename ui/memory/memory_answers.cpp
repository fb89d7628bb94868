// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/memory/memory_answers.h"

#include "ui/document.h"
#include "ui/text.h"

#include <QAction>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int pauseMilliseconds = 120;

/// In the unit of disks and of what people say: GB = 10^9.
QString gigabytesText(std::uint64_t bytes)
{
    const double gigabytes = static_cast<double>(bytes) / 1e9;
    return gigabytes >= 1 ? MemoryAnswersBox::tr("%L1 GB").arg(gigabytes, 0, 'f', 1)
                          : MemoryAnswersBox::tr("%L1 MB").arg(gigabytes * 1000, 0, 'f', 1);
}

/// What people expect of "4 bits", and why the file is larger.
QString bareBitsText(const MemoryEstimate& estimate)
{
    const QString bare = gigabytesText(estimate.bareBytes);
    const QString file = gigabytesText(estimate.fileBytes);
    const QString bits = u"%L1"_s.arg(estimate.nominalBits, 0, 'f', 1);
    if (estimate.largerBits.empty())
        return MemoryAnswersBox::tr("%1 bits would be %2; with scales it is %3.").arg(bits, bare, file);
    QStringList before;
    for (const unsigned more : estimate.largerBits)
        before << QString::number(more);
    const QString last = before.takeLast();
    const QString larger = before.isEmpty() ? last : MemoryAnswersBox::tr("%1- and %2", "5- and 6-bit tensors").arg(before.join(u"-, "_s), last);
    return MemoryAnswersBox::tr("%1 bits would be %2; with scales and %4-bit tensors it is %3.").arg(bits, bare, file, larger);
}

QString fleetText(const Fleet& fleet)
{
    const auto gigabytes = static_cast<int>(std::lround(static_cast<double>(fleet.device.totalBytes) / 0x1p30));
    return MemoryAnswersBox::tr("%1 × %2 GB").arg(fleet.count).arg(gigabytes);
}

} // namespace

MemoryAnswersBox::MemoryAnswersBox(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_headline(new QWidget(parent)), m_beforeAfter(new QLabel(m_headline)),
      m_bits(new QLabel(m_headline)), m_speed(new QLabel(this)),
      m_best(new QToolButton(this))
{
    for (QLabel* label : {m_beforeAfter, m_bits, m_speed}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    }
    m_beforeAfter->setObjectName(u"memoryBeforeAfter"_s);
    m_bits->setObjectName(u"memoryBits"_s);
    m_speed->setObjectName(u"memorySpeed"_s);
    m_best->setObjectName(u"memoryBestPlan"_s);
    m_best->setToolButtonStyle(Qt::ToolButtonTextOnly);
    m_best->hide();
    auto* grid = new QGridLayout;
    grid->setColumnStretch(0, 1);
    m_context = addRow(*grid, u"memoryUseContext"_s, tr("Sets the context to the longest one that fits"));
    m_layers = addRow(*grid, u"memoryUseLayers"_s, tr("Puts as many layers on the devices as fit"));
    m_experts = addRow(*grid, u"memoryUseExperts"_s, tr("Puts all layers on the devices, without the experts of the first ones"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    auto* first = new QVBoxLayout(m_headline);
    first->setContentsMargins(0, 0, 0, 0);
    first->addWidget(m_beforeAfter);
    first->addWidget(m_bits);
    layout->addWidget(m_speed);
    layout->addLayout(grid);
    layout->addWidget(m_best);

    connect(m_context.button, &QPushButton::clicked, this, [this] {
        if (m_answers.largestContext)
            Q_EMIT contextWanted(*m_answers.largestContext);
    });
    connect(m_layers.button, &QPushButton::clicked, this, [this] {
        if (m_answers.mostGpuLayers)
            Q_EMIT gpuLayersWanted(*m_answers.mostGpuLayers);
    });
    connect(m_experts.button, &QPushButton::clicked, this, [this] {
        if (m_answers.fewestCpuExpertLayers)
            Q_EMIT cpuExpertsWanted(*m_answers.fewestCpuExpertLayers);
    });
    m_pause.setSingleShot(true);
    m_pause.setInterval(pauseMilliseconds);
    connect(&m_pause, &QTimer::timeout, this, &MemoryAnswersBox::ask);
}

MemoryAnswersBox::Row MemoryAnswersBox::addRow(QGridLayout& grid, const QString& name, const QString& toolTip)
{
    const int row = grid.rowCount();
    Row result{new QLabel(this), new QPushButton(tr("Use"), this)};
    result.text->setWordWrap(true);
    result.text->setObjectName(name + u"Text"_s);
    result.button->setObjectName(name);
    result.button->setToolTip(toolTip);
    result.button->setAccessibleName(toolTip);
    grid.addWidget(result.text, row, 0);
    grid.addWidget(result.button, row, 1, Qt::AlignTop);
    return result;
}

void MemoryAnswersBox::setBestPlanAction(QAction* action)
{
    m_best->setDefaultAction(action);
    m_best->setToolButtonStyle(Qt::ToolButtonTextOnly);
    m_best->setVisible(action != nullptr);
}

void MemoryAnswersBox::update()
{
    const bool hasModel = m_document.hasModel();
    setVisible(hasModel);
    m_headline->setVisible(hasModel);
    if (!hasModel) {
        m_pause.stop();
        m_job.cancel();
        return;
    }
    const MemoryEstimate& estimate = m_document.memoryEstimate();
    showBeforeAfter(nullptr);
    m_bits->setVisible(estimate.nominalBits > 0);
    if (estimate.nominalBits > 0)
        m_bits->setText(bareBitsText(estimate));
    const SpeedBand& speed = estimate.decodeSpeed;
    m_speed->setVisible(speed.low > 0);
    if (speed.low > 0) {
        const int digits = speed.low < 10 ? 1 : 0;
        m_speed->setText(tr("About %L1 to %L2 tokens per second, estimated from bandwidths.").arg(speed.low, 0, 'f', digits).arg(speed.high, 0, 'f', digits));
    }
    for (const Row& row : {m_context, m_layers, m_experts})
        row.button->setEnabled(false);
    m_pause.start();
}

void MemoryAnswersBox::showBeforeAfter(const MemoryAnswers* answers)
{
    const MemoryEstimate& estimate = m_document.memoryEstimate();
    const std::uint64_t before = answers ? answers->sixteenBitFileBytes : m_document.memoryModel()->sixteenBitBytes();
    QString text = tr("<b>%1</b> in 16 bits → <b>%2</b>").arg(gigabytesText(before), gigabytesText(estimate.fileBytes));
    if (estimate.fileBytes < before)
        text = tr("%1, %2 % saved").arg(text).arg(static_cast<int>(std::lround(100.0 - 100.0 * static_cast<double>(estimate.fileBytes) / static_cast<double>(before))));
    if (answers && answers->before && answers->after)
        text += u"<br/>"_s + tr("Needs %1 → <b>%2</b> with this context").arg(fleetText(*answers->before), fleetText(*answers->after));
    m_beforeAfter->setText(text);
}

void MemoryAnswersBox::ask()
{
    m_job.start([model = m_document.memoryModel(), plan = m_document.plan(), settings = m_document.runtimeSettings(),
                 devices = m_document.devices()](const RunControl& control) { return model->answers(plan, settings, devices, control); },
                [this](const MemoryAnswers& answers) { show(answers); }, [](const Error&) {});
}

void MemoryAnswersBox::show(const MemoryAnswers& answers)
{
    if (!m_document.hasModel())
        return;
    m_answers = answers;
    showBeforeAfter(&answers);
    const RuntimeSettings& settings = m_document.runtimeSettings();
    const auto model = m_document.memoryModel();
    const bool hasDevices = !m_document.devices().empty();
    const std::uint64_t longest = m_document.model()->architecture().parameters.contextLength;
    const auto setRow = [](const Row& row, bool isShown, const QString& text, bool isUsable) {
        row.text->setVisible(isShown);
        row.button->setVisible(isShown && isUsable);
        row.text->setText(text);
        row.button->setEnabled(isUsable);
    };
    setRow(m_context, hasDevices,
           !answers.largestContext ? tr("No context fits.")
               : *answers.largestContext == longest ? tr("The model's whole context fits: %1 tokens").arg(exactCountText(longest))
                                                    : tr("Largest context that fits: %1 tokens").arg(exactCountText(*answers.largestContext)),
           answers.largestContext && *answers.largestContext != settings.contextLength);
    const auto all = static_cast<unsigned>(model->layerCount() + 1);
    const bool isLlama = settings.runner != Runner::Vllm && settings.runner != Runner::Transformers;
    setRow(m_layers, hasDevices && isLlama,
           !answers.mostGpuLayers ? tr("Not even the buffers fit without layers.")
               : *answers.mostGpuLayers == all ? tr("All %n layers and the output fit on the devices.", nullptr, static_cast<int>(all - 1))
                                               : tr("GPU layers that fit: %1 of %2").arg(*answers.mostGpuLayers).arg(all),
           answers.mostGpuLayers && *answers.mostGpuLayers != std::min(all, settings.gpuLayers.value_or(all)));
    setRow(m_experts, hasDevices && isLlama && model->hasExperts(),
           !answers.fewestCpuExpertLayers ? tr("Even without any experts it does not fit.")
               : *answers.fewestCpuExpertLayers == 0 ? tr("All experts fit on the devices.")
                                                     : tr("With the experts of %n layers in main memory the rest fits.", nullptr,
                                                          static_cast<int>(*answers.fewestCpuExpertLayers)),
           answers.fewestCpuExpertLayers && (*answers.fewestCpuExpertLayers != settings.cpuExpertLayers || settings.gpuLayers));
}

} // namespace quantlathe::ui
