// SPDX-License-Identifier: GPL-3.0-or-later
// Which text a model is run on, and how much of it at what expense. Remembers what was chosen last.
#pragma once

#include "ui/evaluation/trial.h"

#include <QWidget>

class QComboBox;
class QSpinBox;
class QToolButton;

namespace quantlathe::ui {

class TrialTextBox : public QWidget
{
    Q_OBJECT
public:
    explicit TrialTextBox(QWidget* parent = nullptr);

    [[nodiscard]] TrialText text() const;
    void setFile(const QString& file);
    /// Tells tool tips what the model was made for; 0 = not known.
    void setLongestContext(std::uint64_t tokens);
    /// True for what looks like a text by its name.
    static bool isTextFile(const QString& file);

Q_SIGNALS:
    void changed();

private:
    void choose();
    void restore();
    void remember();

    QComboBox* m_file; ///< data: the path, empty for the built-in text
    QToolButton* m_choose;
    QSpinBox* m_context;
    QSpinBox* m_chunks;
    QSpinBox* m_threads;
    QSpinBox* m_memory; ///< MiB
    bool m_isQuiet = false;
};

} // namespace quantlathe::ui
