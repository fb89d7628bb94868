// SPDX-License-Identifier: GPL-3.0-or-later
// What fits, with a button each that adopts it; before and after; how fast.
#pragma once

#include "core/memory/estimate.h"
#include "ui/background.h"

#include <QTimer>
#include <QWidget>

class QAction;
class QGridLayout;
class QLabel;
class QPushButton;
class QToolButton;

namespace quantlathe::ui {

class Document;

/// Asks in the background when the person pauses; never changes a setting by itself.
class MemoryAnswersBox : public QWidget
{
    Q_OBJECT
public:
    explicit MemoryAnswersBox(Document& document, QWidget* parent = nullptr);

    /// What the document's estimate says now; the rest follows in a moment.
    void update();
    /// A button for "the best plan that fits" is shown for @p action (the window's).
    void setBestPlanAction(QAction* action);
    /// Before and after, and what bare bits would be: what people look for first, for the panel to place.
    [[nodiscard]] QWidget* headline() const { return m_headline; }

Q_SIGNALS:
    void contextWanted(std::uint64_t tokens);
    void gpuLayersWanted(unsigned layers);
    void cpuExpertsWanted(unsigned layers);

private:
    struct Row
    {
        QLabel* text = nullptr;
        QPushButton* button = nullptr;
    };
    Row addRow(QGridLayout& grid, const QString& name, const QString& toolTip);
    void ask();
    void show(const MemoryAnswers& answers);
    void showBeforeAfter(const MemoryAnswers* answers);

    Document& m_document;
    QWidget* m_headline;
    QLabel* m_beforeAfter;
    QLabel* m_bits;
    QLabel* m_speed;
    Row m_context;
    Row m_layers;
    Row m_experts;
    QToolButton* m_best;
    MemoryAnswers m_answers;
    QTimer m_pause;
    LatestJob m_job;
};

} // namespace quantlathe::ui
