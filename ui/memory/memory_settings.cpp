// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/memory/memory_settings.h"

#include "core/memory/estimate.h"
#include "ui/text.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QRegularExpressionValidator>
#include <QSettings>
#include <QSlider>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

// The slider is logarithmic: four steps per doubling, from 512 tokens to 4 Mi.
constexpr int smallestContext = 512;
constexpr int largestContext = 1 << 22;
constexpr int stepsPerDoubling = 4;
constexpr int allLayers = -1; ///< shown as "all"
constexpr int pauseMilliseconds = 300;

int stepOf(int tokens) { return static_cast<int>(std::lround(stepsPerDoubling * std::log2(double(tokens) / smallestContext))); }

int tokensOf(int step)
{
    const double tokens = smallestContext * std::exp2(double(step) / stepsPerDoubling);
    return static_cast<int>(std::lround(tokens / 256)) * 256;
}

QSpinBox* makeSpin(QWidget* parent, const QString& name, int low, int high, const QString& accessibleName)
{
    auto* spin = new QSpinBox(parent);
    spin->setObjectName(name);
    spin->setRange(low, high);
    spin->setGroupSeparatorShown(true);
    spin->setAccessibleName(accessibleName);
    spin->setKeyboardTracking(false);
    return spin;
}

QCheckBox* makeCheck(QWidget* parent, const QString& name, const QString& text, const QString& toolTip)
{
    auto* box = new QCheckBox(text, parent);
    box->setObjectName(name);
    box->setToolTip(toolTip);
    return box;
}

QFormLayout* makeForm(QWidget* parent)
{
    auto* form = new QFormLayout(parent);
    form->setContentsMargins(0, 0, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    return form;
}

} // namespace

MemorySettings::MemorySettings(QWidget* parent)
    : QWidget(parent), m_runner(new QComboBox(this)), m_contextSlider(new QSlider(Qt::Horizontal, this)),
      m_context(makeSpin(this, u"memoryContext"_s, 1, largestContext, tr("Context length in tokens"))),
      m_keyType(new QComboBox(this)), m_valueType(new QComboBox(this)),
      m_slots(makeSpin(this, u"memorySlots"_s, 1, 4096, tr("Parallel requests"))),
      m_isUnified(makeCheck(this, u"memoryUnified"_s, tr("one cache for &all"),
                            tr("Slots share one cache; otherwise each has its share of the context"))),
      m_fold(new QToolButton(this)), m_advanced(makeAdvanced())
{
    m_pause.setSingleShot(true);
    m_pause.setInterval(pauseMilliseconds);
    connect(&m_pause, &QTimer::timeout, this, &MemorySettings::remember);
    makeMain();
    restore();
    showForRunner();
}

MemorySettings::~MemorySettings()
{
    if (m_pause.isActive())
        remember();
}

void MemorySettings::makeMain()
{
    auto* form = new QFormLayout;
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    m_runner->setObjectName(u"memoryRunner"_s);
    m_runner->setAccessibleName(tr("Program that runs the model"));
    m_runner->setToolTip(tr("Choosing one sets its own defaults for slots and batches"));
    for (const Runner runner : allRunners())
        m_runner->addItem(toQString(label(runner)), static_cast<int>(runner));
    form->addRow(tr("R&unner:"), m_runner);

    m_contextSlider->setObjectName(u"memoryContextSlider"_s);
    m_contextSlider->setRange(0, stepOf(largestContext));
    m_contextSlider->setPageStep(stepsPerDoubling);
    m_contextSlider->setAccessibleName(tr("Context length"));
    m_context->setSingleStep(256);
    m_context->setSuffix(tr(" tokens"));
    auto* contextRow = new QHBoxLayout;
    contextRow->addWidget(m_contextSlider, 1);
    contextRow->addWidget(m_context);
    auto* contextLabel = new QLabel(tr("&Context:"), this);
    contextLabel->setBuddy(m_context);
    form->addRow(contextLabel, contextRow);

    for (QComboBox* combo : {m_keyType, m_valueType}) {
        for (const TensorType type : cacheTypes())
            combo->addItem(toQString(name(type)), static_cast<int>(type));
        combo->setCurrentIndex(combo->findData(static_cast<int>(TensorType::F16)));
    }
    m_keyType->setObjectName(u"memoryKeyType"_s);
    m_keyType->setAccessibleName(tr("Type of the cached keys"));
    m_valueType->setObjectName(u"memoryValueType"_s);
    m_valueType->setAccessibleName(tr("Type of the cached values"));
    auto* valueLabel = new QLabel(tr("&values"), this);
    valueLabel->setBuddy(m_valueType);
    auto* cacheRow = new QHBoxLayout;
    cacheRow->addWidget(m_keyType, 1);
    cacheRow->addWidget(valueLabel);
    cacheRow->addWidget(m_valueType, 1);
    auto* keyLabel = new QLabel(tr("Cache &keys:"), this);
    keyLabel->setBuddy(m_keyType);
    form->addRow(keyLabel, cacheRow);

    auto* slotRow = new QHBoxLayout;
    slotRow->addWidget(m_slots);
    slotRow->addWidget(m_isUnified, 1);
    auto* slotLabel = new QLabel(tr("S&lots:"), this);
    slotLabel->setBuddy(m_slots);
    form->addRow(slotLabel, slotRow);

    m_fold->setObjectName(u"memoryAdvanced"_s);
    m_fold->setText(tr("&More settings"));
    m_fold->setCheckable(true);
    m_fold->setAutoRaise(true);
    m_fold->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_fold->setArrowType(Qt::RightArrow);
    connect(m_fold, &QToolButton::toggled, this, [this](bool isOpen) {
        m_advanced->setVisible(isOpen);
        m_fold->setArrowType(isOpen ? Qt::DownArrow : Qt::RightArrow);
        QSettings().setValue(u"memory/advanced"_s, isOpen);
    });
    m_advanced->hide();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(form);
    layout->addWidget(m_fold, 0, Qt::AlignLeft);
    layout->addWidget(m_advanced);

    connect(m_runner, &QComboBox::currentIndexChanged, this, &MemorySettings::takeRunner);
    connect(m_contextSlider, &QSlider::valueChanged, this, [this](int step) { takeContext(tokensOf(step)); });
    connect(m_context, &QSpinBox::valueChanged, this, &MemorySettings::takeContext);
    for (QComboBox* combo : {m_keyType, m_valueType})
        connect(combo, &QComboBox::currentIndexChanged, this, &MemorySettings::choose);
    for (QSpinBox* spin : {m_slots, m_batch, m_microBatch, m_outputs, m_gpuLayers, m_cpuExperts, m_utilization, m_hostBandwidth})
        connect(spin, &QSpinBox::valueChanged, this, &MemorySettings::choose);
    for (QCheckBox* box : {m_isUnified, m_isFlashAttention, m_isCacheOnHost, m_isWindowFull, m_isOffloading})
        connect(box, &QCheckBox::toggled, this, &MemorySettings::choose);
    connect(m_split, &QLineEdit::editingFinished, this, &MemorySettings::choose);
}

QWidget* MemorySettings::makeAdvanced()
{
    auto* box = new QWidget(this);
    auto* form = makeForm(box);
    m_gpuLayers = makeSpin(box, u"memoryGpuLayers"_s, allLayers, 4096, tr("Layers on the devices"));
    m_gpuLayers->setSpecialValueText(tr("all"));
    m_gpuLayers->setValue(allLayers);
    m_gpuLayers->setToolTip(tr("--gpu-layers: the output is the first one, then the last layers follow"));
    form->addRow(tr("&GPU layers:"), m_gpuLayers);
    m_cpuExperts = makeSpin(box, u"memoryCpuExperts"_s, 0, 4096, tr("Layers whose experts stay in main memory"));
    m_cpuExperts->setToolTip(tr("--n-cpu-moe: the experts of so many layers, from the first on, stay in main memory"));
    form->addRow(tr("CPU e&xperts:"), m_cpuExperts);
    m_split = new QLineEdit(box);
    m_split->setObjectName(u"memorySplit"_s);
    m_split->setPlaceholderText(tr("by their memory; or 3,1"));
    m_split->setAccessibleName(tr("Shares of several devices"));
    m_split->setValidator(new QRegularExpressionValidator(QRegularExpression(u"[0-9., :/]*"_s), m_split));
    form->addRow(tr("&Split:"), m_split);
    m_batch = makeSpin(box, u"memoryBatch"_s, 1, 1 << 20, tr("Tokens per batch"));
    m_microBatch = makeSpin(box, u"memoryMicroBatch"_s, 1, 1 << 20, tr("Tokens per micro-batch"));
    m_outputs = makeSpin(box, u"memoryOutputs"_s, -1, 1 << 20, tr("Rows of logits"));
    m_outputs->setSpecialValueText(tr("as the runner does"));
    m_outputs->setValue(-1);
    m_outputs->setToolTip(tr("For how many tokens of a batch logits are computed; 0 = all"));
    form->addRow(tr("&Batch:"), m_batch);
    form->addRow(tr("M&icro-batch:"), m_microBatch);
    form->addRow(tr("L&ogits:"), m_outputs);
    m_isFlashAttention = makeCheck(box, u"memoryFlashAttention"_s, tr("&Flash attention"), tr("Without it the scores of all pairs of tokens are kept"));
    m_isCacheOnHost = makeCheck(box, u"memoryCacheOnHost"_s, tr("KV cache in main memor&y"), tr("--no-kv-offload"));
    m_isWindowFull = makeCheck(box, u"memoryWindowFull"_s, tr("Windowed layers keep the &whole context"), tr("--swa-full"));
    m_isOffloading = makeCheck(box, u"memoryOperationOffload"_s, tr("Copy weights over for large &batches"), tr("Off: --no-op-offload"));
    for (QCheckBox* check : {m_isFlashAttention, m_isCacheOnHost, m_isWindowFull, m_isOffloading})
        form->addRow(check);
    m_utilization = makeSpin(box, u"memoryUtilization"_s, 5, 100, tr("Share of a device that vLLM may use"));
    m_utilization->setSuffix(tr(" %"));
    form->addRow(tr("vLLM may &take:"), m_utilization);
    m_hostBandwidth = makeSpin(box, u"memoryHostBandwidth"_s, 1, 2000, tr("Bandwidth of main memory"));
    m_hostBandwidth->setSuffix(tr(" GB/s"));
    form->addRow(tr("Main memory:"), m_hostBandwidth);
    return box;
}

Runner MemorySettings::runner() const { return static_cast<Runner>(m_runner->currentData().toInt()); }

RuntimeSettings MemorySettings::settings() const
{
    RuntimeSettings settings = defaultSettings(runner());
    settings.contextLength = static_cast<std::uint64_t>(m_context->value());
    settings.keyCacheType = static_cast<TensorType>(m_keyType->currentData().toInt());
    settings.valueCacheType = static_cast<TensorType>(m_valueType->currentData().toInt());
    settings.sequences = static_cast<unsigned>(m_slots->value());
    settings.isCacheUnified = m_isUnified->isChecked();
    settings.isFlashAttention = m_isFlashAttention->isChecked();
    settings.batch = static_cast<unsigned>(m_batch->value());
    settings.microBatch = static_cast<unsigned>(m_microBatch->value());
    if (m_outputs->value() >= 0)
        settings.outputs = static_cast<std::uint64_t>(m_outputs->value());
    if (m_gpuLayers->value() >= 0)
        settings.gpuLayers = static_cast<unsigned>(m_gpuLayers->value());
    settings.cpuExpertLayers = static_cast<unsigned>(m_cpuExperts->value());
    for (const QString& share : m_split->text().split(QRegularExpression(u"[,:/ ]+"_s), Qt::SkipEmptyParts))
        settings.tensorSplit.push_back(qMax(0.0, share.toDouble()));
    settings.isCacheOnHost = m_isCacheOnHost->isChecked();
    settings.isSlidingWindowFull = m_isWindowFull->isChecked();
    settings.isOperationOffload = m_isOffloading->isChecked();
    settings.memoryUtilization = m_utilization->value() / 100.0;
    settings.hostBandwidthGBs = m_hostBandwidth->value();
    return settings;
}

void MemorySettings::restore()
{
    m_isQuiet = true;
    const QSettings stored;
    const auto runner = runnerFromName(stored.value(u"memory/runner"_s).toString().toStdString());
    m_runner->setCurrentIndex(qMax(0, m_runner->findData(static_cast<int>(runner.value_or(Runner::LlamaServer)))));
    takeRunner(); // the defaults first
    takeContext(stored.value(u"memory/context"_s, 8192).toInt());
    for (QComboBox* combo : {m_keyType, m_valueType}) {
        const QString type = stored.value(combo == m_keyType ? u"memory/keyType"_s : u"memory/valueType"_s, u"F16"_s).toString();
        combo->setCurrentIndex(qMax(0, combo->findText(type)));
    }
    const RuntimeSettings defaults = defaultSettings(this->runner());
    m_slots->setValue(stored.value(u"memory/slots"_s, defaults.sequences).toInt());
    m_isUnified->setChecked(stored.value(u"memory/unified"_s, true).toBool());
    m_isFlashAttention->setChecked(stored.value(u"memory/flashAttention"_s, true).toBool());
    m_hostBandwidth->setValue(stored.value(u"memory/hostBandwidth"_s, defaults.hostBandwidthGBs).toInt());
    m_utilization->setValue(static_cast<int>(std::lround(100 * defaults.memoryUtilization)));
    m_isOffloading->setChecked(true);
    m_fold->setChecked(stored.value(u"memory/advanced"_s, false).toBool());
    m_isQuiet = false;
}

void MemorySettings::takeRunner()
{
    const bool wasQuiet = m_isQuiet;
    m_isQuiet = true;
    const RuntimeSettings defaults = defaultSettings(runner());
    m_slots->setValue(static_cast<int>(defaults.sequences));
    m_batch->setValue(static_cast<int>(defaults.batch));
    m_microBatch->setValue(static_cast<int>(defaults.microBatch));
    m_outputs->setValue(-1);
    m_isUnified->setChecked(defaults.isCacheUnified);
    m_isQuiet = wasQuiet;
    showForRunner();
    choose();
}

void MemorySettings::showForRunner()
{
    const bool isLlama = runner() != Runner::Vllm && runner() != Runner::Transformers;
    for (QWidget* widget : std::initializer_list<QWidget*>{m_isUnified, m_microBatch, m_outputs, m_gpuLayers, m_cpuExperts, m_split, m_isCacheOnHost, m_isWindowFull, m_isOffloading})
        widget->setEnabled(isLlama);
    m_utilization->setEnabled(runner() == Runner::Vllm);
    m_batch->setEnabled(runner() != Runner::Transformers);
}

void MemorySettings::setModel(std::uint64_t longestContext, std::uint64_t layers, bool hasExperts)
{
    m_context->setToolTip(longestContext > 0 ? tr("The model was made for at most %1 tokens").arg(exactCountText(longestContext)) : QString());
    m_isQuiet = true;
    m_gpuLayers->setMaximum(layers > 0 ? static_cast<int>(std::min<std::uint64_t>(layers + 1, 4096)) : 4096);
    m_cpuExperts->setMaximum(hasExperts ? static_cast<int>(std::min<std::uint64_t>(layers, 4096)) : 0);
    m_cpuExperts->setToolTip(hasExperts ? tr("--n-cpu-moe: the experts of so many layers, from the first on, stay in main memory")
                                        : tr("This model has no experts"));
    m_isQuiet = false;
    choose();
}

void MemorySettings::takeContext(int tokens)
{
    tokens = qBound(1, tokens, largestContext);
    const QSignalBlocker spin(m_context);
    const QSignalBlocker slider(m_contextSlider);
    m_context->setValue(tokens);
    m_contextSlider->setValue(stepOf(qMax(tokens, smallestContext)));
    choose();
}

void MemorySettings::setContext(std::uint64_t tokens) { takeContext(static_cast<int>(std::min<std::uint64_t>(tokens, largestContext))); }

void MemorySettings::setGpuLayers(unsigned layers)
{
    m_gpuLayers->setValue(static_cast<int>(layers) >= m_gpuLayers->maximum() ? allLayers : static_cast<int>(layers));
}

void MemorySettings::setCpuExpertLayers(unsigned layers)
{
    m_isQuiet = true;
    m_gpuLayers->setValue(allLayers);
    m_isQuiet = false;
    if (m_cpuExperts->value() == static_cast<int>(layers))
        choose();
    else
        m_cpuExperts->setValue(static_cast<int>(layers));
}

void MemorySettings::choose()
{
    if (m_isQuiet)
        return;
    m_pause.start();
    Q_EMIT settingsChosen(settings());
}

void MemorySettings::remember()
{
    m_pause.stop();
    QSettings stored;
    stored.setValue(u"memory/runner"_s, toQString(name(runner())));
    stored.setValue(u"memory/context"_s, m_context->value());
    stored.setValue(u"memory/keyType"_s, m_keyType->currentText());
    stored.setValue(u"memory/valueType"_s, m_valueType->currentText());
    stored.setValue(u"memory/slots"_s, m_slots->value());
    stored.setValue(u"memory/unified"_s, m_isUnified->isChecked());
    stored.setValue(u"memory/flashAttention"_s, m_isFlashAttention->isChecked());
    stored.setValue(u"memory/hostBandwidth"_s, m_hostBandwidth->value());
}

} // namespace quantlathe::ui
