// SPDX-License-Identifier: GPL-3.0-or-later
// How the codes are chosen: by rounding, or by a method that looks at a text; and which text.
#pragma once

#include "core/methods/method_run.h"

#include <QWidget>

#include <vector>

class QComboBox;
class QLabel;
class QSpinBox;
class QToolButton;

namespace quantlathe::ui {

class MethodBox : public QWidget
{
    Q_OBJECT
public:
    /// @param longestContext what the model was made for; 0 = not known
    explicit MethodBox(std::uint64_t longestContext, QWidget* parent = nullptr);

    /// Offers @p methods, the first of which is proposed. @param kind of format, for remembering what was chosen
    /// @param obstacle why methods other than rounding are out of the question: a sentence; empty = none
    void offer(const std::vector<Method>& methods, const QString& kind, const QString& obstacle);
    /// What rounding goes by: said with it.
    void setHasImportance(bool hasImportance);

    [[nodiscard]] Method method() const;
    /// Threads are the caller's.
    [[nodiscard]] MethodSettings settings() const;
    void setText(const QString& file);
    void remember() const;

Q_SIGNALS:
    void changed();

private:
    void makeFold();
    void chooseText();
    void explain();
    void restore();

    QString m_kind;
    QString m_obstacle;
    bool m_hasImportance = false;
    bool m_isQuiet = false;
    QComboBox* m_method;
    QLabel* m_explanation;
    QWidget* m_textRow;
    QComboBox* m_text; ///< data: the path, empty for the built-in text
    QToolButton* m_fold;
    QWidget* m_more;
    QSpinBox* m_windows;
    QSpinBox* m_context;
    QSpinBox* m_memory; ///< MiB
};

} // namespace quantlathe::ui
