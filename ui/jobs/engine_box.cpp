// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/engine_box.h"

#include "ui/text.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSettings>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

const QString engineKey = u"jobs/engine"_s;

QString formatKey(Engine engine) { return u"jobs/format/"_s + toQString(name(engine)); }

QString engineSentence(Engine engine)
{
    switch (engine) {
    case Engine::LlamaCpp:
        return EngineBox::tr("A GGUF file for llama.cpp and what is built on it (Ollama, LM Studio): processors and all GPUs.");
    case Engine::Vllm:
        return EngineBox::tr("A folder for vLLM, which serves many requests at a time on GPUs.");
    case Engine::Tgi:
        return EngineBox::tr("A folder for Text Generation Inference, Hugging Face's server for GPUs.");
    case Engine::Transformers:
        return EngineBox::tr("A folder for Python programs that use the transformers library.");
    }
    return {};
}

QString formatName(ExportFormat format)
{
    switch (format) {
    case ExportFormat::Plain:
        return EngineBox::tr("16 bits, nothing quantized");
    case ExportFormat::Fp8Blocks:
        return EngineBox::tr("FP8 in blocks");
    default:
        return toQString(label(format));
    }
}

QString formatSentence(ExportFormat format)
{
    switch (format) {
    case ExportFormat::Gguf:
        return EngineBox::tr("Every tensor gets the type that the plan gives it.");
    case ExportFormat::W4A16:
        return EngineBox::tr("Weights as 4-bit integers in groups, activations in 16 bits: a quarter of the size.");
    case ExportFormat::W8A16:
        return EngineBox::tr("Weights as 8-bit integers in groups, activations in 16 bits: half the size, next to no loss.");
    case ExportFormat::W8A8:
        return EngineBox::tr("Weights and activations as 8-bit integers: half the size, fast with many requests at a time.");
    case ExportFormat::Fp8:
        return EngineBox::tr("Weights and activations as 8-bit floats, a scale for each row: half the size, fast on GPUs with FP8 units (Ada, Hopper and newer).");
    case ExportFormat::Nvfp4:
        return EngineBox::tr("Weights as 4-bit floats, a scale for each 16 of them: made for Blackwell GPUs, others unpack it.");
    case ExportFormat::Mxfp4:
        return EngineBox::tr("Weights as 4-bit floats, a power of two for each 32 of them: smaller and coarser than NVFP4.");
    case ExportFormat::Gptq:
        return EngineBox::tr("Integers in groups in the layout that most programs read.");
    case ExportFormat::Awq:
        return EngineBox::tr("4-bit integers in groups with zero points, in the layout of the AWQ tools.");
    case ExportFormat::Fp8Blocks:
        return EngineBox::tr("8-bit floats, a scale for each block of 128 x 128 weights, as DeepSeek's models come.");
    case ExportFormat::Plain:
        return EngineBox::tr("The weights as they are, in the type of the model.");
    }
    return {};
}

QLabel* makeSentence(QWidget* parent, const QString& name)
{
    auto* label = new QLabel(parent);
    label->setObjectName(name);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setAlignment(Qt::AlignTop | Qt::AlignLeft); // next to what it explains, where it gets more room than it needs
    return label;
}

/// Selects @p data, or leaves the box as it is.
void choose(QComboBox& box, const QVariant& data)
{
    if (const int index = box.findData(data); index >= 0)
        box.setCurrentIndex(index);
}

} // namespace

EngineBox::EngineBox(QWidget* parent)
    : QWidget(parent), m_engine(new QComboBox(this)), m_engineText(makeSentence(this, u"exportEngineExplanation"_s)), m_format(new QComboBox(this)),
      m_formatText(makeSentence(this, u"exportFormatExplanation"_s)), m_choices(new QWidget(this)), m_bitsLabel(new QLabel(tr("B&its:"), m_choices)),
      m_bits(new QComboBox(m_choices)), m_groupLabel(new QLabel(tr("Gr&oup:"), m_choices)), m_group(new QComboBox(m_choices)), m_symmetry(new QComboBox(m_choices)),
      m_mixed(new QCheckBox(tr("Bits of e&ach layer as in the plan"), this))
{
    m_engine->setObjectName(u"exportEngine"_s);
    for (const Engine engine : {Engine::LlamaCpp, Engine::Vllm, Engine::Tgi, Engine::Transformers})
        m_engine->addItem(toQString(label(engine)), static_cast<int>(engine));
    m_format->setObjectName(u"exportFormat"_s);
    m_bits->setObjectName(u"exportBits"_s);
    m_bitsLabel->setBuddy(m_bits);
    m_group->setObjectName(u"exportGroup"_s);
    m_group->setToolTip(tr("Inputs that share a scale: smaller groups are more exact and take more room"));
    m_groupLabel->setBuddy(m_group);
    m_symmetry->setObjectName(u"exportSymmetry"_s);
    m_symmetry->setAccessibleName(tr("Zero points"));
    m_symmetry->addItem(tr("symmetric"), true);
    m_symmetry->addItem(tr("with zero points"), false);
    m_mixed->setObjectName(u"exportMixed"_s);
    m_mixed->setToolTip(tr("Layers whose type in the plan has more than 8 bits stay in 16; layers that engines put together get the same"));

    auto* choices = new QHBoxLayout(m_choices);
    choices->setContentsMargins(0, 0, 0, 0);
    for (QWidget* widget : std::initializer_list<QWidget*>{m_bitsLabel, m_bits, m_groupLabel, m_group, m_symmetry})
        choices->addWidget(widget);
    choices->addStretch(1);
    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    form->addRow(tr("En&gine:"), m_engine);
    form->addRow(QString(), m_engineText);
    form->addRow(tr("Forma&t:"), m_format);
    form->addRow(QString(), m_formatText);
    form->addRow(QString(), m_choices);
    form->addRow(QString(), m_mixed);

    connect(m_engine, &QComboBox::currentIndexChanged, this, [this] {
        showFormats();
        Q_EMIT changed();
    });
    connect(m_format, &QComboBox::currentIndexChanged, this, [this] {
        if (m_isQuiet)
            return;
        showChoices();
        Q_EMIT changed();
    });
    const auto edited = [this] {
        if (m_isQuiet)
            return;
        explain();
        Q_EMIT changed();
    };
    for (QComboBox* box : {m_bits, m_group, m_symmetry})
        connect(box, &QComboBox::currentIndexChanged, this, edited);
    connect(m_mixed, &QCheckBox::toggled, this, edited);
    const auto last = engineFromName(QSettings().value(engineKey).toString().toStdString());
    m_isQuiet = true;
    choose(*m_engine, static_cast<int>(last.value_or(Engine::LlamaCpp)));
    m_isQuiet = false;
    showFormats();
}

void EngineBox::setContents(std::shared_ptr<const FolderContents> contents, bool hasMixture)
{
    m_contents = std::move(contents);
    m_hasMixture = hasMixture;
    showChoices();
}

Engine EngineBox::engine() const { return static_cast<Engine>(m_engine->currentData().toInt()); }

ExportFormat EngineBox::format() const { return static_cast<ExportFormat>(m_format->currentData().toInt()); }

FormatSettings EngineBox::settings() const
{
    FormatSettings settings;
    settings.format = format();
    settings.bits = m_bits->count() > 0 ? m_bits->currentData().toUInt() : 4;
    settings.groupSize = m_group->count() > 0 ? m_group->currentData().toULongLong() : 0;
    settings.isSymmetric = m_symmetry->currentData().toBool();
    return settings;
}

bool EngineBox::isMixed() const { return m_mixed->isEnabled() && m_mixed->isChecked(); }

QString EngineBox::shortName() const
{
    const QString bits = isMixed() ? u"mixed"_s : u"%1bit"_s.arg(settings().bits);
    switch (format()) {
    case ExportFormat::Gptq:
        return u"GPTQ-"_s + bits;
    case ExportFormat::Awq:
        return u"AWQ"_s;
    case ExportFormat::Fp8Blocks:
        return u"FP8-blocks"_s;
    case ExportFormat::Plain:
        return u"16bit"_s;
    case ExportFormat::W4A16:
        return isMixed() ? u"W-mixed-A16"_s : u"W4A16"_s;
    default:
        return toQString(name(format())).toUpper();
    }
}

void EngineBox::remember() const
{
    QSettings settings;
    settings.setValue(engineKey, toQString(name(engine())));
    settings.setValue(formatKey(engine()), toQString(name(format())));
}

void EngineBox::showFormats()
{
    m_isQuiet = true;
    m_format->clear();
    for (const ExportFormat format : formatsFor(engine()))
        m_format->addItem(formatName(format), static_cast<int>(format));
    if (const auto last = exportFormatFromName(QSettings().value(formatKey(engine())).toString().toStdString()))
        choose(*m_format, static_cast<int>(*last));
    m_format->setEnabled(m_format->count() > 1);
    m_isQuiet = false;
    showChoices();
}

void EngineBox::showChoices()
{
    m_isQuiet = true;
    const FormatFacts offered = facts();
    FormatSettings proposed;
    proposed.format = format();
    proposed.isSymmetric = format() != ExportFormat::Awq; // its layout has zero points in any case
    if (m_contents)
        proposed = fittedTo(proposed, offered, *m_contents);
    m_bits->clear();
    for (const unsigned bits : offered.bits)
        m_bits->addItem(QString::number(bits), bits);
    choose(*m_bits, proposed.bits);
    m_group->clear();
    for (const std::uint64_t group : offered.groups)
        m_group->addItem(group == 0 ? tr("the whole row") : QString::number(group), static_cast<qulonglong>(group));
    choose(*m_group, static_cast<qulonglong>(proposed.groupSize));
    m_symmetry->setCurrentIndex(proposed.isSymmetric || !offered.canBeAsymmetric ? 0 : 1);
    m_symmetry->setEnabled(offered.canBeAsymmetric);
    m_bitsLabel->setVisible(!offered.bits.empty());
    m_bits->setVisible(!offered.bits.empty());
    m_bits->setEnabled(offered.bits.size() > 1);
    m_groupLabel->setVisible(!offered.groups.empty());
    m_group->setVisible(!offered.groups.empty());
    m_group->setEnabled(offered.groups.size() > 1);
    m_symmetry->setVisible(!offered.bits.empty());
    m_mixed->setVisible(!offered.bits.empty() && offered.isMixable);
    m_mixed->setEnabled(offered.isMixable && m_hasMixture);
    m_choices->setVisible(!offered.bits.empty());
    m_isQuiet = false;
    explain();
}

void EngineBox::explain()
{
    m_engineText->setText(engineSentence(engine()));
    QString text = formatSentence(format());
    if (m_hasMixture && isFolder() && format() != ExportFormat::Plain && !facts().isMixable)
        text += u' ' + tr("It has the same bits for all layers here: those of the plan are not taken over.");
    m_formatText->setText(text);
    m_bits->setEnabled(facts().bits.size() > 1 && !isMixed());
}

} // namespace quantlathe::ui
