// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/empty_state.h"

#include "ui/look/icons.h"
#include "ui/window/recent_files.h"
#include "ui/window/sample.h"

#include <QFileInfo>
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

EmptyState::EmptyState(RecentFiles& recentFiles, RecentRecipes& recentRecipes, QWidget* parent)
    : QWidget(parent), m_recentFiles(recentFiles), m_recentRecipes(recentRecipes), m_waiting(new QLabel(this)),
      m_recentBox(new QWidget(this)), m_recentLayout(new QVBoxLayout(m_recentBox)), m_recipeBox(new QWidget(this)),
      m_recipeLayout(new QVBoxLayout(m_recipeBox))
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

    auto* hint = new QLabel(tr("Drop a GGUF file, a safetensors file, a Hugging Face folder or a recipe here,\nor choose a model:"), this);
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
    m_waiting->setObjectName(u"waitingRecipe"_s);
    m_waiting->setTextFormat(Qt::PlainText);
    m_waiting->setAlignment(Qt::AlignCenter);
    m_waiting->hide();
    layout->addWidget(m_waiting);
    auto* recent = new QHBoxLayout;
    recent->setSpacing(space * 2);
    recent->addStretch();
    recent->addWidget(m_recentBox, 0, Qt::AlignTop);
    recent->addWidget(m_recipeBox, 0, Qt::AlignTop);
    recent->addStretch();
    layout->addLayout(recent);
    layout->addStretch(3);
    m_recentLayout->setSpacing(0);

    m_recipeLayout->setSpacing(0);
    connect(&recentFiles, &RecentFiles::changed, this, &EmptyState::fillRecentFiles);
    connect(&recentRecipes, &RecentRecipes::changed, this, &EmptyState::fillRecentRecipes);
    fillRecentFiles();
    fillRecentRecipes();
}

namespace {

/// Empties @p layout and gives it a heading; the boxes around it hide while @p isEmpty.
void restart(QWidget& box, QVBoxLayout& layout, const QString& heading, bool isEmpty)
{
    while (QLayoutItem* item = layout.takeAt(0)) {
        if (QWidget* widget = item->widget()) { // it may be the button whose click is being handled
            widget->hide();
            widget->deleteLater();
        }
        delete item;
    }
    box.setVisible(!isEmpty);
    auto* title = new QLabel(heading, &box);
    QFont bold = title->font();
    bold.setBold(true);
    title->setFont(bold);
    layout.addWidget(title);
}

QToolButton* addButton(QWidget& box, QVBoxLayout& layout, QString text, const QString& toolTip)
{
    auto* button = new QToolButton(&box);
    button->setText(text.replace(u'&', u"&&"_s));
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::StrongFocus);
    button->setToolTip(toolTip);
    layout.addWidget(button, 0, Qt::AlignLeft);
    return button;
}

} // namespace

void EmptyState::fillRecentFiles()
{
    const QStringList paths = m_recentFiles.paths().mid(0, shownRecentFiles);
    restart(*m_recentBox, *m_recentLayout, tr("Recent files"), paths.isEmpty());
    for (const QString& path : paths) {
        QToolButton* button = addButton(*m_recentBox, *m_recentLayout, recentFileText(path), path);
        connect(button, &QToolButton::clicked, this, [this, path] { Q_EMIT openRequested(path); });
    }
}

void EmptyState::fillRecentRecipes()
{
    const QList<RecentRecipe> recipes = m_recentRecipes.recipes().mid(0, shownRecentFiles);
    restart(*m_recipeBox, *m_recipeLayout, tr("Recent recipes"), recipes.isEmpty());
    for (const RecentRecipe& recipe : recipes) {
        const QString name = QFileInfo(recipe.path).fileName();
        QToolButton* button = addButton(*m_recipeBox, *m_recipeLayout,
                                        recipe.model.isEmpty() ? name : tr("%1 — used on %2").arg(name, QFileInfo(recipe.model).fileName()),
                                        recipe.model.isEmpty() ? tr("%1\nIs applied to the model that is opened next").arg(recipe.path)
                                                               : tr("%1\nOpens %2 and applies the recipe").arg(recipe.path, recipe.model));
        connect(button, &QToolButton::clicked, this, [this, path = recipe.path] { Q_EMIT recipeRequested(path); });
    }
}

void EmptyState::setWaitingRecipe(const QString& name)
{
    m_waiting->setText(tr("The recipe %1 is applied to the model that is opened next.").arg(name));
    m_waiting->setVisible(!name.isEmpty());
}

} // namespace quantlathe::ui
