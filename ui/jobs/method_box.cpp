// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/method_box.h"

#include "ui/text.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSettings>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QToolButton>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int fewestTokens = 8;
constexpr int usualTokens = 512;
constexpr int mostTokens = 1 << 20;
constexpr int usualWindows = 128;
constexpr int mostWindows = 1 << 20;
constexpr int leastMemory = 64; ///< MiB
constexpr int usualMemory = 3584; // with what else there is under 4 GiB
constexpr int mostMemory = 1 << 24;

QString methodKey(const QString& kind) { return u"jobs/method/"_s + kind; }

QString methodName(Method method)
{
    switch (method) {
    case Method::RoundToNearest:
        return MethodBox::tr("Round to nearest");
    case Method::Gptq:
        return u"GPTQ"_s;
    case Method::Awq:
        return u"AWQ"_s;
    case Method::SmoothQuant:
        return u"SmoothQuant"_s;
    }
    return {};
}

QString methodSentence(Method method, bool hasImportance)
{
    switch (method) {
    case Method::RoundToNearest:
        return hasImportance ? MethodBox::tr("Every weight is rounded for itself, by the importance data that are loaded: fast.")
                             : MethodBox::tr("Every weight is rounded for itself: fast, and needs no text.");
    case Method::Gptq:
        return MethodBox::tr("Layer by layer on a text, later weights make up for what rounding earlier ones did: the least error of all, but it takes long.");
    case Method::Awq:
        return MethodBox::tr("Weights that meet large inputs get finer steps, by scales that are folded into the layers before.");
    case Method::SmoothQuant:
        return MethodBox::tr("Outliers of the activations move into the weights, so that both fit into 8 bits.");
    }
    return {};
}

void prepare(QSpinBox& box, const QString& objectName, int low, int high, int value)
{
    box.setObjectName(objectName);
    box.setRange(low, high);
    box.setGroupSeparatorShown(true);
    box.setKeyboardTracking(false);
    box.setValue(value);
}

} // namespace

MethodBox::MethodBox(std::uint64_t longestContext, QWidget* parent)
    : QWidget(parent), m_method(new QComboBox(this)), m_explanation(new QLabel(this)), m_textRow(new QWidget(this)), m_text(new QComboBox(m_textRow)),
      m_fold(new QToolButton(this)), m_more(new QWidget(this)), m_windows(new QSpinBox(m_more)), m_context(new QSpinBox(m_more)), m_memory(new QSpinBox(m_more))
{
    m_method->setObjectName(u"exportMethod"_s);
    m_explanation->setObjectName(u"exportMethodExplanation"_s);
    m_explanation->setTextFormat(Qt::PlainText);
    m_explanation->setWordWrap(true);
    m_explanation->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    m_text->setObjectName(u"exportText"_s);
    m_text->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_text->setMinimumContentsLength(12);
    m_text->setAccessibleName(tr("Calibration text"));
    m_text->setToolTip(tr("The text that the method looks at: one like that of the model's use serves best"));
    m_text->addItem(tr("Neutral text (built in)"), QString());
    auto* file = new QToolButton(m_textRow);
    file->setObjectName(u"exportChooseText"_s);
    file->setText(tr("Choose a fi&le…"));
    file->setFocusPolicy(Qt::StrongFocus);
    connect(file, &QToolButton::clicked, this, &MethodBox::chooseText);
    auto* row = new QHBoxLayout(m_textRow);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_text, 1);
    row->addWidget(file);

    const int tokens = longestContext > 0 ? static_cast<int>(std::clamp<std::uint64_t>(longestContext, fewestTokens, usualTokens)) : usualTokens;
    prepare(*m_windows, u"exportWindows"_s, 0, mostWindows, usualWindows);
    prepare(*m_context, u"exportWindowTokens"_s, fewestTokens, mostTokens, tokens);
    prepare(*m_memory, u"exportMethodMemory"_s, leastMemory, mostMemory, usualMemory);
    makeFold();

    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    auto* methodLabel = new QLabel(tr("Met&hod:"), this);
    methodLabel->setBuddy(m_method);
    form->addRow(methodLabel, m_method);
    form->addRow(QString(), m_explanation);
    auto* textLabel = new QLabel(tr("Te&xt:"), m_textRow);
    textLabel->setBuddy(m_text);
    row->insertWidget(0, textLabel);
    form->addRow(QString(), m_textRow);
    form->addRow(QString(), m_fold);
    form->addRow(QString(), m_more);
    restore();
    connect(m_method, &QComboBox::currentIndexChanged, this, [this] {
        if (m_isQuiet)
            return;
        explain();
        Q_EMIT changed();
    });
    connect(m_text, &QComboBox::currentIndexChanged, this, &MethodBox::changed);
    for (QSpinBox* box : {m_windows, m_context, m_memory})
        connect(box, &QSpinBox::valueChanged, this, &MethodBox::changed);
}

void MethodBox::makeFold()
{
    m_windows->setSpecialValueText(tr("the whole text"));
    m_context->setSuffix(tr(" tokens"));
    m_memory->setSuffix(tr(" MiB"));
    m_memory->setSingleStep(512);
    m_memory->setToolTip(tr("Beside the model's file. Less memory makes the method slower, not worse"));
    auto* form = new QFormLayout(m_more);
    form->setContentsMargins(0, 0, 0, 0);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    form->addRow(tr("&Windows of text:"), m_windows);
    form->addRow(tr("To&kens in each:"), m_context);
    form->addRow(tr("Memor&y:"), m_memory);
    m_fold->setObjectName(u"exportMethodMore"_s);
    m_fold->setText(tr("How much of the text"));
    m_fold->setCheckable(true);
    m_fold->setAutoRaise(true);
    m_fold->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_fold->setArrowType(Qt::RightArrow);
    m_fold->setFocusPolicy(Qt::StrongFocus);
    connect(m_fold, &QToolButton::toggled, this, [this](bool isOpen) {
        m_fold->setArrowType(isOpen ? Qt::DownArrow : Qt::RightArrow);
        explain();
    });
}

void MethodBox::offer(const std::vector<Method>& methods, const QString& kind, const QString& obstacle)
{
    if (kind == m_kind && obstacle == m_obstacle && m_method->count() == static_cast<int>(methods.size()))
        return;
    const bool isSameKind = kind == m_kind && m_obstacle.isEmpty() && m_method->count() > 0;
    const Method before = method();
    m_isQuiet = true;
    m_kind = kind;
    m_obstacle = obstacle;
    m_method->clear();
    for (const Method each : methods) {
        m_method->addItem(methodName(each), static_cast<int>(each));
        if (each != Method::RoundToNearest && !obstacle.isEmpty())
            static_cast<QStandardItemModel*>(m_method->model())->item(m_method->count() - 1)->setEnabled(false);
    }
    const auto last = methodFromName(QSettings().value(methodKey(kind)).toString().toStdString());
    Method wanted = isSameKind ? before : last.value_or(methods.empty() ? Method::RoundToNearest : methods.front());
    if (!obstacle.isEmpty())
        wanted = Method::RoundToNearest;
    m_method->setCurrentIndex(std::max(0, m_method->findData(static_cast<int>(wanted))));
    m_isQuiet = false;
    setVisible(!methods.empty());
    explain();
}

void MethodBox::setHasImportance(bool hasImportance)
{
    m_hasImportance = hasImportance;
    explain();
}

Method MethodBox::method() const
{
    return m_method->count() > 0 ? static_cast<Method>(m_method->currentData().toInt()) : Method::RoundToNearest;
}

MethodSettings MethodBox::settings() const
{
    MethodSettings settings;
    settings.text.file = toPath(m_text->currentData().toString());
    settings.text.contextLength = static_cast<std::uint64_t>(m_context->value());
    settings.text.maximumWindows = static_cast<std::uint64_t>(m_windows->value());
    settings.layers.memoryBytes = static_cast<std::uint64_t>(m_memory->value()) << 20;
    return settings;
}

void MethodBox::setText(const QString& file)
{
    const QString path = QFileInfo(file).absoluteFilePath();
    int index = m_text->findData(path);
    if (index < 0) {
        m_text->addItem(QFileInfo(path).fileName(), path);
        index = m_text->count() - 1;
        m_text->setItemData(index, path, Qt::ToolTipRole);
    }
    m_text->setCurrentIndex(index);
}

void MethodBox::chooseText()
{
    const QString file = QFileDialog::getOpenFileName(this, tr("Text to calibrate on"), m_text->currentData().toString(),
                                                      tr("Texts (*.txt *.text *.md *.raw);;All files (*)"));
    if (!file.isEmpty())
        setText(file);
}

void MethodBox::explain()
{
    QStringList sentences{methodSentence(method(), m_hasImportance)};
    if (!m_obstacle.isEmpty() && m_method->count() > 1)
        sentences << tr("Other methods cannot be used: %1.").arg(m_obstacle);
    m_explanation->setText(sentences.join(u' '));
    const bool isCalibrated = method() != Method::RoundToNearest;
    m_textRow->setVisible(isCalibrated);
    m_fold->setVisible(isCalibrated);
    m_more->setVisible(isCalibrated && m_fold->isChecked());
}

void MethodBox::restore()
{
    const QSettings stored;
    if (const QString file = stored.value(u"jobs/text"_s).toString(); !file.isEmpty() && QFileInfo::exists(file))
        setText(file);
    m_windows->setValue(stored.value(u"jobs/windows"_s, usualWindows).toInt());
    m_memory->setValue(stored.value(u"jobs/methodMemory"_s, usualMemory).toInt());
}

void MethodBox::remember() const
{
    QSettings stored;
    if (m_obstacle.isEmpty() && m_method->count() > 1)
        stored.setValue(methodKey(m_kind), toQString(name(method())));
    if (method() == Method::RoundToNearest)
        return;
    stored.setValue(u"jobs/text"_s, m_text->currentData());
    stored.setValue(u"jobs/windows"_s, m_windows->value());
    stored.setValue(u"jobs/methodMemory"_s, m_memory->value());
}

} // namespace quantlathe::ui
