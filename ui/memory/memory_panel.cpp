// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/memory/memory_panel.h"

#include "ui/document.h"
#include "ui/look/icons.h"
#include "ui/look/theme.h"
#include "ui/memory/device_combo.h"
#include "ui/memory/memory_bar.h"
#include "ui/text.h"

#include <QComboBox>
#include <QEvent>
#include <QFormLayout>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>
#include <QSettings>
#include <QSlider>
#include <QSpinBox>
#include <QStyle>
#include <QVBoxLayout>

#include <bit>
#include <cmath>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

const QString contextKey = u"memory/context"_s;
const QString keyTypeKey = u"memory/keyType"_s;
const QString valueTypeKey = u"memory/valueType"_s;
const QString deviceKey = u"memory/device"_s;

// The slider is logarithmic: four steps per doubling, from 512 tokens to 4 Mi.
constexpr int smallestContext = 512;
constexpr int largestContext = 1 << 22;
constexpr int stepsPerDoubling = 4;

int stepOf(int tokens) { return static_cast<int>(std::lround(stepsPerDoubling * std::log2(double(tokens) / smallestContext))); }

int tokensOf(int step)
{
    const double tokens = smallestContext * std::exp2(double(step) / stepsPerDoubling);
    return static_cast<int>(std::lround(tokens / 256)) * 256;
}

/// Scrolls up and down only: as wide as its content needs, as high as it would like.
class VerticalScrollArea : public QScrollArea
{
public:
    explicit VerticalScrollArea(QWidget* parent) : QScrollArea(parent)
    {
        setWidgetResizable(true);
        setFrameShape(QFrame::NoFrame);
        setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
        setFocusPolicy(Qt::NoFocus);
    }

    [[nodiscard]] QSize minimumSizeHint() const override
    {
        return {widget()->minimumSizeHint().width() + verticalScrollBar()->sizeHint().width(),
                QScrollArea::minimumSizeHint().height()};
    }
    [[nodiscard]] QSize sizeHint() const override
    {
        return widget()->sizeHint() + QSize(verticalScrollBar()->sizeHint().width(), 0);
    }

protected:
    /// The content's needs change with the text size; a scroll area does not pass that on by itself.
    bool eventFilter(QObject* watched, QEvent* event) override
    {
        if (watched == widget() && event->type() == QEvent::LayoutRequest)
            updateGeometry();
        return QScrollArea::eventFilter(watched, event);
    }
};

} // namespace

MemoryPanel::MemoryPanel(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_contextSlider(new QSlider(Qt::Horizontal, this)),
      m_contextSpin(new QSpinBox(this)), m_keyType(new QComboBox(this)), m_valueType(new QComboBox(this)),
      m_device(new DeviceCombo(this)), m_bar(new MemoryBar(this)), m_verdictIcon(new QLabel(this)),
      m_verdict(new QLabel(this)), m_notes(new QLabel(this))
{
    auto* verdict = new QHBoxLayout;
    verdict->addWidget(m_verdictIcon, 0, Qt::AlignTop);
    verdict->addWidget(m_verdict, 1);
    m_verdict->setObjectName(u"memoryVerdict"_s);
    m_verdict->setWordWrap(true);
    m_notes->setObjectName(u"memoryNotes"_s);
    m_notes->setWordWrap(true);

    auto* grid = new QGridLayout;
    grid->setColumnStretch(1, 1);
    addFigure(*grid, FileSize, tr("File size"), tr("Exact size of the file that the export would write"), -1);
    addFigure(*grid, Weights, tr("Weights"), tr("Weights on the device, all layers offloaded"), 0);
    addFigure(*grid, HostWeights, tr("Weights kept in main memory"), tr("The token embedding stays with the processor"), -1);
    addFigure(*grid, KvCache, tr("KV cache"), tr("Keys and values of the whole context"), 1);
    addFigure(*grid, Total, tr("Weights and KV cache"), {}, -1);
    addFigure(*grid, Free, tr("Left on the device"), tr("Must hold the compute buffers and what the driver needs"), -1);

    // With large text the figures do not fit into every dock: they scroll instead of being cut off.
    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->addWidget(makeSettings());
    layout->addWidget(m_bar);
    layout->addLayout(verdict);
    layout->addLayout(grid);
    layout->addWidget(m_notes);
    layout->addStretch();
    auto* scroll = new VerticalScrollArea(this);
    scroll->setWidget(content);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(scroll);

    connect(&document, &Document::modelChanged, this, &MemoryPanel::takeModel);
    connect(&document, &Document::planChanged, this, &MemoryPanel::update);
    connect(&document, &Document::settingsChanged, this, [this] {
        if (!m_device->hasFocus())
            m_device->showDevice(m_document.devices().empty() ? std::nullopt : std::optional(m_document.devices().front()));
        update();
    });

    const QSettings settings;
    setContext(settings.value(contextKey, 8192).toInt());
    for (QComboBox* combo : {m_keyType, m_valueType}) {
        for (const TensorType type : cacheTypes())
            combo->addItem(toQString(name(type)), static_cast<int>(type));
        const QString stored = settings.value(combo == m_keyType ? keyTypeKey : valueTypeKey, u"F16"_s).toString();
        combo->setCurrentIndex(qMax(0, combo->findText(stored)));
        connect(combo, &QComboBox::currentIndexChanged, this, &MemoryPanel::applySettings);
    }
    connect(m_contextSlider, &QSlider::valueChanged, this, [this](int step) { setContext(tokensOf(step)); });
    connect(m_contextSpin, &QSpinBox::valueChanged, this, &MemoryPanel::setContext);
    connect(m_device, &DeviceCombo::deviceChosen, this, [this](const std::optional<Device>& device) {
        QSettings().setValue(deviceKey, device ? toQString(device->name) : QString());
        m_document.setDevices(device ? std::vector{*device} : std::vector<Device>());
    });
    connect(m_device, &DeviceCombo::notUnderstood, this, &MemoryPanel::showProblem);
    if (const QString stored = settings.value(deviceKey).toString(); !stored.isEmpty()) {
        try {
            document.setDevices({parseDevice(stored.toStdString())});
        } catch (const Error&) {
            // A preset that this version does not know any more: no device.
        }
    }
    m_device->showDevice(document.devices().empty() ? std::nullopt : std::optional(document.devices().front()));
    applySettings();
    takeModel();
}

QWidget* MemoryPanel::makeSettings()
{
    auto* settings = new QWidget(this);
    auto* form = new QFormLayout(settings);
    form->setContentsMargins(0, 0, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);

    m_contextSlider->setObjectName(u"memoryContextSlider"_s);
    m_contextSlider->setRange(0, stepOf(largestContext));
    m_contextSlider->setPageStep(stepsPerDoubling);
    m_contextSlider->setAccessibleName(tr("Context length"));
    m_contextSpin->setObjectName(u"memoryContext"_s);
    m_contextSpin->setRange(1, largestContext);
    m_contextSpin->setSingleStep(256);
    m_contextSpin->setGroupSeparatorShown(true);
    m_contextSpin->setSuffix(tr(" tokens"));
    m_contextSpin->setAccessibleName(tr("Context length in tokens"));
    m_contextSpin->setKeyboardTracking(false);
    auto* contextRow = new QHBoxLayout;
    contextRow->addWidget(m_contextSlider, 1);
    contextRow->addWidget(m_contextSpin);
    auto* contextLabel = new QLabel(tr("&Context:"), this);
    contextLabel->setBuddy(m_contextSpin);
    form->addRow(contextLabel, contextRow);

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

    m_device->setObjectName(u"memoryDevice"_s);
    m_device->setAccessibleName(tr("Device or amount of memory"));
    form->addRow(tr("&Device:"), m_device);
    return settings;
}

void MemoryPanel::addFigure(QGridLayout& grid, Figure figure, const QString& text, const QString& toolTip, int series)
{
    const int row = grid.rowCount();
    m_series[figure] = series;
    if (series >= 0) {
        m_keys[figure] = new QLabel(this);
        grid.addWidget(m_keys[figure], row, 0);
    }
    m_names[figure] = new QLabel(text, this);
    m_names[figure]->setToolTip(toolTip);
    m_values[figure] = new QLabel(this);
    m_values[figure]->setObjectName(u"memoryFigure%1"_s.arg(static_cast<int>(figure)));
    m_values[figure]->setAccessibleName(text);
    m_values[figure]->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_values[figure]->setTextInteractionFlags(Qt::TextSelectableByMouse);
    grid.addWidget(m_names[figure], row, 1);
    grid.addWidget(m_values[figure], row, 2);
    if (figure == Total) {
        QFont bold = font();
        bold.setBold(true);
        m_names[figure]->setFont(bold);
        m_values[figure]->setFont(bold);
    }
    paintKeys();
}

void MemoryPanel::paintKeys()
{
    const int size = fontMetrics().height() * 2 / 3;
    for (std::size_t figure = 0; figure < m_keys.size(); ++figure) {
        if (!m_keys[figure])
            continue;
        QPixmap square(size, size);
        square.fill(seriesColour(palette(), m_series[figure]));
        m_keys[figure]->setPixmap(square);
    }
}

void MemoryPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange) {
        paintKeys();
        update();
    }
}

void MemoryPanel::takeModel()
{
    if (m_document.hasModel()) {
        const std::uint64_t longest = m_document.model()->architecture().parameters.contextLength;
        m_contextSpin->setToolTip(longest > 0 ? tr("The model was made for at most %1 tokens").arg(exactCountText(longest)) : QString());
    }
    update();
}

void MemoryPanel::setContext(int tokens)
{
    tokens = qBound(1, tokens, largestContext);
    const QSignalBlocker spin(m_contextSpin);
    const QSignalBlocker slider(m_contextSlider);
    m_contextSpin->setValue(tokens);
    m_contextSlider->setValue(stepOf(qMax(tokens, smallestContext)));
    applySettings();
}

void MemoryPanel::applySettings()
{
    if (m_keyType->currentIndex() < 0 || m_valueType->currentIndex() < 0)
        return; // still being filled
    RuntimeSettings settings = m_document.runtimeSettings();
    settings.contextLength = static_cast<std::uint64_t>(m_contextSpin->value());
    settings.keyCacheType = static_cast<TensorType>(m_keyType->currentData().toInt());
    settings.valueCacheType = static_cast<TensorType>(m_valueType->currentData().toInt());
    QSettings stored;
    stored.setValue(contextKey, m_contextSpin->value());
    stored.setValue(keyTypeKey, m_keyType->currentText());
    stored.setValue(valueTypeKey, m_valueType->currentText());
    m_document.setRuntimeSettings(settings);
}

void MemoryPanel::showProblem(const QString& problem)
{
    m_verdict->setText(problem);
    m_verdictIcon->setPixmap(themedIcon(u"error"_s).pixmap(style()->pixelMetric(QStyle::PM_SmallIconSize)));
}

void MemoryPanel::update()
{
    if (!m_document.hasModel()) {
        for (QLabel* value : m_values)
            value->setText(u"–"_s);
        m_bar->setParts({}, 0);
        m_verdict->setText(tr("Open a model to see what it needs."));
        m_verdict->setPalette({});
        m_verdictIcon->clear();
        m_notes->clear();
        return;
    }
    const MemoryEstimate& estimate = m_document.memoryEstimate();
    m_values[FileSize]->setText(bytesText(estimate.fileBytes));
    m_values[FileSize]->setToolTip(tr("%1 bytes").arg(exactCountText(estimate.fileBytes)));
    m_values[Weights]->setText(bytesText(estimate.weightBytes));
    m_values[HostWeights]->setText(bytesText(estimate.hostWeightBytes));
    m_values[KvCache]->setText(bytesText(estimate.kvCacheBytes));
    m_values[Total]->setText(bytesText(estimate.totalBytes));
    const bool hasDevice = estimate.deviceBytes > 0;
    const bool isOver = hasDevice && estimate.totalBytes > estimate.deviceBytes;
    m_names[Free]->setText(isOver ? tr("Missing on the device") : tr("Left on the device"));
    m_values[Free]->setText(!hasDevice ? u"–"_s
                                       : bytesText(isOver ? estimate.totalBytes - estimate.deviceBytes
                                                          : estimate.deviceBytes - estimate.totalBytes));
    m_bar->setParts({{tr("Weights"), estimate.weightBytes, 0}, {tr("KV cache"), estimate.kvCacheBytes, 1}}, estimate.deviceBytes);

    QString icon = u"info"_s;
    QPalette colours = palette();
    switch (estimate.verdict) {
    case MemoryEstimate::Verdict::Unknown: break;
    case MemoryEstimate::Verdict::Fits:
        icon = u"good"_s;
        colours.setColor(QPalette::WindowText, goodColour(colours));
        break;
    case MemoryEstimate::Verdict::LittleRoom:
    case MemoryEstimate::Verdict::Tight:
        icon = u"warning"_s;
        colours.setColor(QPalette::WindowText, warningColour(colours));
        break;
    case MemoryEstimate::Verdict::DoesNotFit:
        icon = u"error"_s;
        colours.setColor(QPalette::WindowText, errorColour(colours));
        break;
    }
    m_verdict->setText(estimate.explanation.empty() ? tr("Choose a device to see whether the model fits.")
                                                    : toQString(estimate.explanation));
    m_verdict->setPalette(colours);
    m_verdictIcon->setPixmap(themedIcon(icon).pixmap(style()->pixelMetric(QStyle::PM_SmallIconSize)));
    QStringList notes;
    for (const std::string& note : estimate.notes)
        notes << toQString(note);
    m_notes->setText(notes.join(u'\n'));
    m_notes->setVisible(!notes.isEmpty());
}

} // namespace quantlathe::ui
