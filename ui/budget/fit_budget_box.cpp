// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/budget/fit_budget_box.h"

#include "ui/text.h"

#include <QComboBox>
#include <QCompleter>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QSettings>
#include <QSlider>
#include <QSpinBox>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <functional>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

const QString kindKey = u"fit/kind"_s;
const QString bitsKey = u"fit/bits"_s;
const QString errorKey = u"fit/error"_s;
const QString presetKey = u"fit/preset"_s;
constexpr int sliderSteps = 1000;
constexpr double percent = 100;

QFormLayout* formOf(QWidget* page)
{
    auto* form = new QFormLayout(page);
    form->setContentsMargins(0, 0, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    return form;
}

} // namespace

FitBudgetBox::FitBudgetBox(const Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_kind(new QComboBox(this)), m_pages(new QStackedWidget(this)), m_size(new QLineEdit(this)),
      m_bits(new QDoubleSpinBox(this)), m_device(new QComboBox(this)), m_deviceCount(new QSpinBox(this)), m_context(new QSpinBox(this)),
      m_keyType(new QComboBox(this)), m_valueType(new QComboBox(this)), m_slots(new QSpinBox(this)), m_error(new QDoubleSpinBox(this)),
      m_preset(new QComboBox(this)), m_slider(new QSlider(Qt::Horizontal, this)), m_range(new QLabel(this)), m_mixed(new QLabel(this))
{
    m_kind->setObjectName(u"fitKind"_s);
    m_kind->addItem(tr("A file size"), FitRequest::FileSize);
    m_kind->addItem(tr("Bits per weight"), FitRequest::Bits);
    m_kind->addItem(tr("A device"), FitRequest::DeviceMemory);
    m_kind->addItem(tr("An error limit"), FitRequest::ErrorLimit);
    m_kind->addItem(tr("The size of a preset"), FitRequest::LikePreset);
    auto* kindLabel = new QLabel(tr("&Fit to"), this);
    kindLabel->setBuddy(m_kind);
    for (QWidget* page : {makeSizePage(), makeBitsPage(), makeDevicePage(), makeErrorPage(), makePresetPage()})
        m_pages->addWidget(page);
    m_slider->setObjectName(u"fitSlider"_s);
    m_slider->setAccessibleName(tr("File size, from the smallest possible to the largest of use"));
    m_slider->setRange(0, sliderSteps);
    m_slider->setPageStep(sliderSteps / 20);
    m_slider->setEnabled(false);
    m_range->setObjectName(u"fitRange"_s);
    m_range->setWordWrap(true);
    m_range->setForegroundRole(QPalette::PlaceholderText);

    auto* top = new QHBoxLayout;
    top->addWidget(kindLabel);
    top->addWidget(m_kind, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(top);
    layout->addWidget(m_pages);
    layout->addWidget(m_slider);
    layout->addWidget(m_range);

    const QSettings settings;
    m_kind->setCurrentIndex(std::clamp(settings.value(kindKey, 0).toInt(), 0, m_kind->count() - 1));
    m_bits->setValue(settings.value(bitsKey, 4.5).toDouble());
    m_error->setValue(settings.value(errorKey, 5.0).toDouble());
    m_preset->setCurrentIndex(qMax(0, m_preset->findText(settings.value(presetKey, u"Q4_K_M"_s).toString())));
    connect(m_kind, &QComboBox::currentIndexChanged, this, &FitBudgetBox::kindChosen);
    connect(m_size, &QLineEdit::textChanged, this, &FitBudgetBox::read);
    connect(m_bits, &QDoubleSpinBox::valueChanged, this, &FitBudgetBox::read);
    connect(m_error, &QDoubleSpinBox::valueChanged, this, &FitBudgetBox::read);
    connect(m_preset, &QComboBox::currentIndexChanged, this, &FitBudgetBox::read);
    for (QComboBox* combo : {m_keyType, m_valueType})
        connect(combo, &QComboBox::currentIndexChanged, this, &FitBudgetBox::read);
    connect(m_deviceCount, &QSpinBox::valueChanged, this, [this] {
        m_isMixed = false;
        m_mixed->hide();
        read();
    });
    for (QSpinBox* spin : {m_context, m_slots})
        connect(spin, &QSpinBox::valueChanged, this, &FitBudgetBox::read);
    connect(m_device, &QComboBox::editTextChanged, this, [this] {
        m_isMixed = false;
        m_mixed->hide();
        read();
    });
    connect(m_slider, &QSlider::valueChanged, this, &FitBudgetBox::sliderMoved);
    m_pages->setCurrentIndex(m_kind->currentIndex());
    kindChosen();
}

QWidget* FitBudgetBox::makeSizePage()
{
    auto* page = new QWidget(this);
    m_size->setObjectName(u"fitSize"_s);
    m_size->setText(bytesText(m_document.memoryEstimate().fileBytes));
    m_size->setToolTip(tr("The largest file, such as 38 GB (powers of 1000) or 35 GiB (powers of 1024)"));
    formOf(page)->addRow(tr("&Largest file"), m_size);
    return page;
}

QWidget* FitBudgetBox::makeBitsPage()
{
    auto* page = new QWidget(this);
    m_bits->setObjectName(u"fitBits"_s);
    m_bits->setRange(1, 32);
    m_bits->setDecimals(3);
    m_bits->setSingleStep(0.05);
    m_bits->setToolTip(tr("Of all tensors together, scales and padding included"));
    formOf(page)->addRow(tr("&Bits per weight, at most"), m_bits);
    return page;
}

QWidget* FitBudgetBox::makeDevicePage()
{
    auto* page = new QWidget(this);
    QFormLayout* form = formOf(page);
    m_device->setObjectName(u"fitDevice"_s);
    const std::vector<Device>& devices = m_document.devices();
    m_device->setEditable(true);
    m_device->setInsertPolicy(QComboBox::NoInsert);
    m_device->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_device->setMinimumContentsLength(14);
    for (const Device& device : devicePresets())
        m_device->addItem(toQString(device.name));
    m_device->completer()->setCompletionMode(QCompleter::PopupCompletion);
    m_device->completer()->setFilterMode(Qt::MatchContains);
    m_device->lineEdit()->setPlaceholderText(tr("Device, or an amount such as 24 GiB"));
    m_device->setToolTip(tr("Type part of a name, or an amount of memory such as 24 GiB"));
    m_device->setCurrentIndex(-1);
    if (!devices.empty())
        m_device->setEditText(findDevice(devices.front().name) ? toQString(devices.front().name)
                                                               : tr("%1 MiB").arg(devices.front().totalBytes >> 20));
    m_deviceCount->setObjectName(u"fitDeviceCount"_s);
    m_deviceCount->setRange(1, 64);
    m_deviceCount->setValue(static_cast<int>(std::clamp<std::size_t>(devices.size(), 1, 64)));
    m_isMixed = std::adjacent_find(devices.begin(), devices.end(), std::not_equal_to<>()) != devices.end();
    QStringList names;
    for (const Device& device : devices)
        names << toQString(device.name);
    m_mixed->setObjectName(u"fitMixedDevices"_s);
    m_mixed->setWordWrap(true);
    m_mixed->setText(tr("All of them together: %1").arg(names.join(u", "_s)));
    m_mixed->setVisible(m_isMixed);
    const RuntimeSettings& settings = m_document.runtimeSettings();
    m_context->setObjectName(u"fitContext"_s);
    m_context->setRange(1, 1 << 24);
    m_context->setSingleStep(1024);
    m_context->setGroupSeparatorShown(true);
    m_context->setValue(static_cast<int>(std::clamp<std::uint64_t>(settings.contextLength, 1, 1u << 24)));
    m_keyType->setObjectName(u"fitKeyType"_s);
    m_valueType->setObjectName(u"fitValueType"_s);
    for (const TensorType type : cacheTypes()) {
        m_keyType->addItem(toQString(name(type)), static_cast<int>(type));
        m_valueType->addItem(toQString(name(type)), static_cast<int>(type));
    }
    m_keyType->setCurrentIndex(qMax(0, m_keyType->findData(static_cast<int>(settings.keyCacheType))));
    m_valueType->setCurrentIndex(qMax(0, m_valueType->findData(static_cast<int>(settings.valueCacheType))));
    m_slots->setObjectName(u"fitSlots"_s);
    m_slots->setRange(1, 65536);
    m_slots->setValue(static_cast<int>(settings.sequences));
    form->addRow(tr("&Device"), m_device);
    form->addRow(tr("&Number of them"), m_deviceCount);
    form->addRow(m_mixed);
    form->addRow(tr("&Context length"), m_context);
    form->addRow(tr("Cache type of &keys"), m_keyType);
    form->addRow(tr("Cache type of &values"), m_valueType);
    form->addRow(tr("&Parallel sequences"), m_slots);
    return page;
}

QWidget* FitBudgetBox::makeErrorPage()
{
    auto* page = new QWidget(this);
    m_error->setObjectName(u"fitError"_s);
    m_error->setRange(0.001, 100);
    m_error->setDecimals(3);
    m_error->setSingleStep(0.1);
    m_error->setSuffix(tr(" %"));
    m_error->setToolTip(tr("Relative RMS error of the whole model, a proxy; the smallest file is sought"));
    formOf(page)->addRow(tr("&Error, at most"), m_error);
    return page;
}

QWidget* FitBudgetBox::makePresetPage()
{
    auto* page = new QWidget(this);
    m_preset->setObjectName(u"fitPreset"_s);
    for (const Preset& preset : allPresets())
        m_preset->addItem(toQString(preset.id));
    m_preset->setToolTip(tr("The file is at most as large as the preset's"));
    formOf(page)->addRow(tr("&Preset"), m_preset);
    return page;
}

FitRequest::Kind FitBudgetBox::kind() const { return static_cast<FitRequest::Kind>(m_kind->currentData().toInt()); }

void FitBudgetBox::setKind(FitRequest::Kind kind) { m_kind->setCurrentIndex(m_kind->findData(kind)); }

void FitBudgetBox::kindChosen()
{
    m_pages->setCurrentIndex(m_kind->currentIndex());
    // A stack is as high as its highest page; only the one in sight counts.
    for (int page = 0; page < m_pages->count(); ++page)
        m_pages->widget(page)->setSizePolicy(QSizePolicy::Preferred, page == m_pages->currentIndex() ? QSizePolicy::Preferred : QSizePolicy::Ignored);
    const bool hasSlider = kind() == FitRequest::FileSize || kind() == FitRequest::Bits;
    m_slider->setVisible(hasSlider);
    m_range->setVisible(hasSlider);
    read();
}

void FitBudgetBox::read()
{
    m_problem.clear();
    m_request = {};
    m_request.kind = kind();
    switch (m_request.kind) {
    case FitRequest::FileSize:
        try {
            m_request.bytes = parseDevice(m_size->text().trimmed().toStdString()).totalBytes;
        } catch (const Error&) {
            m_problem = tr("“%1” is no size; examples: 38 GB, 35 GiB").arg(m_size->text().left(40));
        }
        break;
    case FitRequest::Bits:
        m_request.bits = m_bits->value();
        break;
    case FitRequest::DeviceMemory:
        readDevices();
        m_request.settings = m_document.runtimeSettings();
        m_request.settings.contextLength = static_cast<std::uint64_t>(m_context->value());
        m_request.settings.keyCacheType = static_cast<TensorType>(m_keyType->currentData().toInt());
        m_request.settings.valueCacheType = static_cast<TensorType>(m_valueType->currentData().toInt());
        m_request.settings.sequences = static_cast<unsigned>(m_slots->value());
        break;
    case FitRequest::ErrorLimit:
        m_request.damage = damageOfRelativeRms(m_error->value() / percent);
        break;
    case FitRequest::LikePreset:
        m_request.preset = findPreset(m_preset->currentText().toStdString());
        break;
    }
    placeSlider();
    Q_EMIT changed();
}

void FitBudgetBox::readDevices()
{
    const std::string text = m_device->currentText().trimmed().toStdString();
    if (m_isMixed) {
        m_request.devices = m_document.devices();
    } else if (text.empty()) {
        m_problem = tr("Choose a device, or type an amount of memory such as 24 GiB");
    } else {
        try {
            m_request.devices.assign(static_cast<std::size_t>(m_deviceCount->value()), parseDevice(text));
        } catch (const Error& error) {
            m_problem = messageText(error);
        }
    }
}

std::optional<FitRequest> FitBudgetBox::request() const { return m_problem.isEmpty() ? std::optional(m_request) : std::nullopt; }

void FitBudgetBox::setRange(const FitProblem& problem)
{
    if (problem.measure() != FitMeasure::FileBytes)
        return;
    m_smallest = problem.smallestBytes();
    m_largest = problem.largestUsefulBytes();
    m_header = problem.headerBytes();
    m_bytesPerBit = static_cast<double>(problem.model().weightCount()) / 8;
    m_slider->setEnabled(m_largest > m_smallest);
    const auto bits = [this](std::uint64_t bytes) { return m_bytesPerBit > 0 ? static_cast<double>(bytes - m_header) / m_bytesPerBit : 0.0; };
    m_range->setText(tr("From %1 (%2 bits) to %3 (%4 bits)")
                         .arg(bytesText(m_smallest), bitsText(bits(m_smallest)), bytesText(m_largest), bitsText(bits(m_largest))));
    placeSlider();
}

void FitBudgetBox::placeSlider()
{
    if (m_largest <= m_smallest || m_isFollowing)
        return;
    const double bytes = m_request.kind == FitRequest::Bits ? m_request.bits * m_bytesPerBit + static_cast<double>(m_header)
                                                            : static_cast<double>(m_request.bytes);
    const double share = (bytes - static_cast<double>(m_smallest)) / static_cast<double>(m_largest - m_smallest);
    m_isFollowing = true;
    m_slider->setValue(static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * sliderSteps)));
    m_isFollowing = false;
}

void FitBudgetBox::sliderMoved(int position)
{
    if (m_isFollowing || m_largest <= m_smallest)
        return;
    const auto span = static_cast<double>(m_largest - m_smallest);
    const std::uint64_t bytes = m_smallest + static_cast<std::uint64_t>(span * position / sliderSteps);
    m_isFollowing = true;
    if (kind() == FitRequest::Bits) {
        // Rounded up: the smallest file must stay possible.
        const double bits = static_cast<double>(bytes - m_header) / m_bytesPerBit;
        m_bits->setValue(std::ceil(bits * 1000) / 1000);
    } else {
        // Text of one decimal would be a coarse budget: a thousandth of the unit.
        constexpr double mebi = 1 << 20;
        constexpr double gibi = 1 << 30;
        const bool isLarge = static_cast<double>(m_largest) >= gibi;
        const double count = std::ceil(static_cast<double>(bytes) / (isLarge ? gibi : mebi) * 1000) / 1000;
        m_size->setText(u"%1 %2"_s.arg(QString::number(count, 'f', 3), isLarge ? u"GiB"_s : u"MiB"_s));
    }
    m_isFollowing = false;
}

void FitBudgetBox::remember() const
{
    QSettings settings;
    settings.setValue(kindKey, m_kind->currentIndex());
    settings.setValue(bitsKey, m_bits->value());
    settings.setValue(errorKey, m_error->value());
    settings.setValue(presetKey, m_preset->currentText());
}

} // namespace quantlathe::ui
