// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/empty_state.h"

#include "ui/look/icons.h"
#include "ui/window/recent_files.h"
#include "ui/window/sample.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr qsizetype shownRecentFiles = 5;
} // namespace

EmptyState::EmptyState(RecentFiles& recentFiles, QWidget* parent)
    : QWidget(parent), m_recentFiles(recentFiles), m_recentBox(new QWidget(this)), m_recentLayout(new QVBoxLayout(m_recentBox))
{
    setObjectName(u"emptyState"_s);
    auto* icon = new QLabel(this);
    icon->setPixmap(applicationIcon().pixmap(72));
    icon->setAlignment(Qt::AlignCenter);

    auto* title = new QLabel(tr("Open a model to begin"), this);
    QFont large = title->font();
    large.setPointSizeF(large.pointSizeF() * 1.6);
    title->setFont(large);
    title->setAlignment(Qt::AlignCenter);

    auto* hint = new QLabel(tr("Drop a GGUF file, a safetensors file or a Hugging Face folder here,\nor choose one:"), this);
    hint->setAlignment(Qt::AlignCenter);

    const auto makeButton = [this](const QString& iconName, const QString& text, const QString& objectName) {
        auto* button = new QPushButton(themedIcon(iconName), text, this);
        button->setObjectName(objectName);
        return button;
    };
    QPushButton* file = makeButton(u"open-file"_s, tr("Open &file…"), u"emptyOpenFile"_s);
    QPushButton* folder = makeButton(u"open-folder"_s, tr("Open f&older…"), u"emptyOpenFolder"_s);
    QPushButton* sample = makeButton(u"sample"_s, tr("Open &sample"), u"emptyOpenSample"_s);
    sample->setToolTip(tr("A small language model that comes with Quantlathe"));
    sample->setVisible(!sampleModelPath().isEmpty());
    file->setDefault(true);
    connect(file, &QPushButton::clicked, this, &EmptyState::openFileRequested);
    connect(folder, &QPushButton::clicked, this, &EmptyState::openFolderRequested);
    connect(sample, &QPushButton::clicked, this, [this] { Q_EMIT openRequested(sampleModelPath()); });

    auto* buttons = new QHBoxLayout;
    buttons->addStretch();
    buttons->addWidget(file);
    buttons->addWidget(folder);
    buttons->addWidget(sample);
    buttons->addStretch();

    auto* layout = new QVBoxLayout(this);
    const int space = fontMetrics().height();
    layout->setSpacing(space);
    layout->addStretch(2);
    layout->addWidget(icon);
    layout->addWidget(title);
    layout->addWidget(hint);
    layout->addLayout(buttons);
    layout->addWidget(m_recentBox, 0, Qt::AlignHCenter);
    layout->addStretch(3);
    m_recentLayout->setSpacing(0);

    connect(&recentFiles, &RecentFiles::changed, this, &EmptyState::fillRecentFiles);
    fillRecentFiles();
}

void EmptyState::fillRecentFiles()
{
    while (QLayoutItem* item = m_recentLayout->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const QStringList paths = m_recentFiles.paths().mid(0, shownRecentFiles);
    m_recentBox->setVisible(!paths.isEmpty());
    if (paths.isEmpty())
        return;
    auto* title = new QLabel(tr("Recent files"), m_recentBox);
    QFont bold = title->font();
    bold.setBold(true);
    title->setFont(bold);
    m_recentLayout->addWidget(title);
    for (const QString& path : paths) {
        auto* button = new QToolButton(m_recentBox);
        button->setText(recentFileText(path).replace(u'&', u"&&"_s));
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::StrongFocus);
        button->setToolTip(path);
        connect(button, &QToolButton::clicked, this, [this, path] { Q_EMIT openRequested(path); });
        m_recentLayout->addWidget(button, 0, Qt::AlignLeft);
    }
}

} // namespace quantlathe::ui
