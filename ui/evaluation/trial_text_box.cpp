// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/evaluation/trial_text_box.h"

#include "ui/text.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QSettings>
#include <QSpinBox>
#include <QThread>
#include <QToolButton>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int fewestContext = 8;
constexpr int mostContext = 1 << 22;
constexpr int usualContext = 512;
constexpr int mostChunks = 1 << 24;
constexpr int usualChunks = 32; ///< some minutes for a model of a few billion weights
constexpr int leastMemory = 64; ///< MiB
constexpr int mostMemory = 1 << 24;
constexpr int usualMemory = 4096;
constexpr int rememberedFiles = 8;

void prepare(QSpinBox& box, const QString& objectName, int low, int high, const QString& accessibleName, const QString& toolTip)
{
    box.setObjectName(objectName);
    box.setRange(low, high);
    box.setGroupSeparatorShown(true);
    box.setKeyboardTracking(false);
    box.setAccessibleName(accessibleName);
    box.setToolTip(toolTip);
}

} // namespace

TrialTextBox::TrialTextBox(QWidget* parent)
    : QWidget(parent), m_file(new QComboBox(this)), m_choose(new QToolButton(this)), m_context(new QSpinBox(this)), m_chunks(new QSpinBox(this)),
      m_threads(new QSpinBox(this)), m_memory(new QSpinBox(this))
{
    prepare(*m_context, u"evaluationContext"_s, fewestContext, mostContext, tr("Tokens in a window"), {});
    setLongestContext(0);
    prepare(*m_chunks, u"evaluationWindows"_s, 0, mostChunks, tr("Windows at most"), tr("More windows take longer and make the figures surer"));
    prepare(*m_threads, u"evaluationThreads"_s, 0, qMax(1, QThread::idealThreadCount()), tr("Threads"), {});
    prepare(*m_memory, u"evaluationMemory"_s, leastMemory, mostMemory, tr("Memory to use at most"),
            tr("Beside the model's file. Less memory means that weights are decoded more often"));
    m_file->setObjectName(u"evaluationText"_s);
    m_file->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_file->setMinimumContentsLength(10);
    m_file->setToolTip(tr("The text that the model reads; a text file may be dropped here, too"));
    m_choose->setObjectName(u"evaluationChooseText"_s);
    m_choose->setText(tr("F&ile…"));
    m_choose->setToolTip(tr("Choose a text file"));
    m_choose->setFocusPolicy(Qt::StrongFocus);
    m_chunks->setSpecialValueText(tr("the whole text"));
    m_threads->setSpecialValueText(tr("automatic"));
    m_context->setSuffix(tr(" tokens"));
    m_context->setSingleStep(128);
    m_memory->setSuffix(tr(" MiB"));
    m_memory->setSingleStep(512);

    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    auto* fileRow = new QHBoxLayout;
    fileRow->addWidget(m_file, 1);
    fileRow->addWidget(m_choose);
    auto* fileLabel = new QLabel(tr("Te&xt:"), this);
    fileLabel->setBuddy(m_file);
    form->addRow(fileLabel, fileRow);
    form->addRow(tr("Wi&ndow:"), m_context);
    form->addRow(tr("At mo&st:"), m_chunks);
    form->addRow(tr("T&hreads:"), m_threads);
    form->addRow(tr("Memor&y:"), m_memory);

    setFocusProxy(m_file);
    restore();
    connect(m_choose, &QToolButton::clicked, this, &TrialTextBox::choose);
    connect(m_file, &QComboBox::currentIndexChanged, this, &TrialTextBox::remember);
    for (QSpinBox* box : {m_context, m_chunks, m_threads, m_memory})
        connect(box, &QSpinBox::valueChanged, this, &TrialTextBox::remember);
}

bool TrialTextBox::isTextFile(const QString& file)
{
    static const QStringList endings{u"txt"_s, u"text"_s, u"md"_s, u"raw"_s};
    const QFileInfo info(file);
    return info.isFile() && endings.contains(info.suffix().toLower());
}

TrialText TrialTextBox::text() const
{
    const QString file = m_file->currentData().toString();
    TrialText text;
    text.file = toPath(file);
    text.name = (file.isEmpty() ? tr("the neutral text") : QFileInfo(file).fileName()).toStdString();
    text.contextLength = static_cast<std::uint64_t>(m_context->value());
    text.maximumChunks = static_cast<std::uint64_t>(m_chunks->value());
    text.threads = static_cast<unsigned>(m_threads->value());
    text.memoryBytes = static_cast<std::uint64_t>(m_memory->value()) << 20;
    return text;
}

void TrialTextBox::setLongestContext(std::uint64_t tokens)
{
    const QString cut = tr("The text is cut into windows of so many tokens; the second half of each is judged");
    m_context->setToolTip(tokens > 0 ? tr("%1. The model was made for at most %2.").arg(cut, exactCountText(tokens)) : cut);
}

void TrialTextBox::choose()
{
    const QString file = QFileDialog::getOpenFileName(this, tr("Text to run the model on"), m_file->currentData().toString(),
                                                      tr("Texts (*.txt *.text *.md *.raw);;All files (*)"));
    if (!file.isEmpty())
        setFile(file);
}

void TrialTextBox::setFile(const QString& file)
{
    const QString path = QFileInfo(file).absoluteFilePath();
    int index = m_file->findData(path);
    if (index < 0) {
        m_file->addItem(QFileInfo(path).fileName(), path);
        index = m_file->count() - 1;
        m_file->setItemData(index, path, Qt::ToolTipRole);
    }
    m_file->setCurrentIndex(index);
}

void TrialTextBox::restore()
{
    m_isQuiet = true;
    const QSettings stored;
    m_file->addItem(tr("Neutral text (built in)"), QString());
    for (const QString& file : stored.value(u"evaluation/texts"_s).toStringList()) {
        if (QFileInfo::exists(file))
            setFile(file);
    }
    const int index = m_file->findData(stored.value(u"evaluation/text"_s).toString());
    m_file->setCurrentIndex(qMax(0, index));
    m_context->setValue(stored.value(u"evaluation/context"_s, usualContext).toInt());
    m_chunks->setValue(stored.value(u"evaluation/windows"_s, usualChunks).toInt());
    m_threads->setValue(stored.value(u"evaluation/threads"_s, 0).toInt());
    m_memory->setValue(stored.value(u"evaluation/memory"_s, usualMemory).toInt());
    m_isQuiet = false;
}

void TrialTextBox::remember()
{
    if (m_isQuiet)
        return;
    QStringList files;
    for (int index = 0; index < m_file->count(); ++index) {
        if (const QString file = m_file->itemData(index).toString(); !file.isEmpty())
            files << file;
    }
    QSettings stored;
    stored.setValue(u"evaluation/texts"_s, files.mid(qMax<qsizetype>(0, files.size() - rememberedFiles)));
    stored.setValue(u"evaluation/text"_s, m_file->currentData());
    stored.setValue(u"evaluation/context"_s, m_context->value());
    stored.setValue(u"evaluation/windows"_s, m_chunks->value());
    stored.setValue(u"evaluation/threads"_s, m_threads->value());
    stored.setValue(u"evaluation/memory"_s, m_memory->value());
    Q_EMIT changed();
}

} // namespace quantlathe::ui
